#include "chorus/base/random.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <string_view>

// A text that is still being made, shown to the person who waits for it. Off by default. What is
// shown passes the same cleaning and the same guard as what is sent; the message itself is sent as
// ever.
namespace chorus::fleet::detail {
namespace {

constexpr Duration kDraftEvery = std::chrono::seconds(1);
constexpr std::uint64_t kMostDraftId = 0x7fffffff;

}  // namespace

std::shared_ptr<Turns::Draft> Turns::start_draft(const std::shared_ptr<TurnJob>& job,
                                                 GenerationRequest& request,
                                                 std::vector<std::string> secrets) {
  const bool shown =
      core_.settings.stream_drafts && job->room->is_private() && job->kind == TurnJob::Kind::Answer;
  if (!shown) return nullptr;
  auto draft = std::make_shared<Draft>(core_.loop);
  draft->secrets = std::move(secrets);
  request.on_text = [draft](std::string_view so_far) { draft->text = so_far; };
  rt::spawn(core_.scope, "draft", &Turns::show_draft, this, job, draft);
  return draft;
}

/// Best effort: the first refusal ends it.
rt::Task<void> Turns::show_draft(Turns* self, std::shared_ptr<TurnJob> job,
                                 std::shared_ptr<Draft> draft) {
  Core& core = self->core_;
  const PlatformChatId chat = job->room->face_of(job->bot->row.id).chat;
  const auto id = static_cast<std::int64_t>(
      1 + stable_hash("draft", static_cast<std::uint64_t>(job->id.value)) % kMostDraftId);
  std::string last;
  while (co_await rt::sleep_for(core.loop, kDraftEvery)) {
    if (draft->ended || core.scope.stopping() || !job->bot->may_send()) co_return;
    const std::vector<std::string> mentionable = self->mentionable_in(*job->room);
    std::string text =
        clean_output(draft->text, {job->bot->display_name, job->bot->row.username, mentionable,
                                   traits_of(job->bot->row.platform).longest_message});
    if (text.empty() || text == last) continue;
    std::vector<std::string_view> sources;
    for (const RoomLine& line : job->room->log.lines()) sources.push_back(line.text);
    Guard::Input input;
    input.text = text;
    input.sources = sources;
    input.secrets = draft->secrets;
    if (core.guard.check(input).blocked()) co_return;  // more words do not make it better
    last = text;
    bool notice = false;
    text = self->with_notice(*job, std::move(text), notice);
    draft->calling = true;
    const auto sent = co_await rt::with_timeout(
        core.loop, core.settings.send_timeout,
        core.platform.send_draft(job->bot->access(), chat, id, std::move(text)));
    draft->calling = false;
    draft->idle.notify_all();
    if (!sent) co_return;
  }
}

/// A draft that arrives after the message would open again: the last one is waited for.
rt::Task<void> Turns::end_draft(std::shared_ptr<Draft> draft) {
  if (draft == nullptr) co_return;
  draft->ended = true;
  while (draft->calling) {
    if (!co_await draft->idle.wait()) co_return;
  }
}

}  // namespace chorus::fleet::detail
