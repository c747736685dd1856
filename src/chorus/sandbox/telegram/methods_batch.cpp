#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

/// Several messages at once: what cannot be done is left out. Source: reference telegram.md 6
/// and 9.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::size_t kMaxBatch = 100;

Step<std::vector<std::int64_t>> message_ids(const Call& call) {
  const auto text = call.params.get("message_ids");
  if (text.empty()) return std::unexpected(Answer::bad("message identifiers are not specified"));
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_array()) {
    return std::unexpected(Answer::bad("expected an Array of message identifiers"));
  }
  std::vector<std::int64_t> ids;
  for (const auto& item : parsed->get_array()) {
    const auto id = as_int(item);
    if (!id) return std::unexpected(Answer::bad("invalid message identifier specified"));
    ids.push_back(*id);
  }
  if (ids.empty()) return std::unexpected(Answer::bad("message identifiers are not specified"));
  if (ids.size() > kMaxBatch) {
    return std::unexpected(Answer::bad("too many message identifiers specified"));
  }
  return ids;
}

/// Sends a copy or forward of each message that can be; answers their ids.
Answer resend(Call& call, bool forward) {
  auto ids = message_ids(call);
  if (!ids) return std::move(ids).error();
  if (!std::ranges::is_sorted(*ids, std::ranges::less_equal())) {
    return Answer::bad("message identifiers must be in a strictly increasing order");
  }
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto from = source_room(call);
  if (!from) return std::move(from).error();
  std::vector<Draft> drafts;
  for (const auto id : *ids) {
    const auto* message = (*from)->find_view(PlatformMessageId(id), call.bot->id);
    if (message == nullptr || message->is_protected || message->kind == MessageKind::Service) {
      continue;
    }
    auto draft = draft_of(*message);
    if (forward) draft.origin = origin_of(**from, *message);
    draft.is_protected = call.params.get_bool("protect_content");
    const bool bare = !forward && call.params.get_bool("remove_caption") && message->file != 0;
    if (bare) {
      draft.text.clear();
      draft.wire.clear();
    }
    drafts.push_back(std::move(draft));
  }
  if (drafts.empty()) {
    return Answer::bad(forward ? "message to forward not found" : "message to copy not found");
  }
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
      return std::move(charged).error();
    }
  }
  std::string out;
  for (auto& draft : drafts) {
    const auto& sent = call.world.says(**room, *call.bot, std::move(draft), call.method);
    out += fmt::format(R"({}{{"message_id":{}}})", out.empty() ? "[" : ",",
                       (*room)->view_id(sent, call.bot->id).value);
  }
  return Answer::ok(out + "]");
}

}  // namespace

Answer delete_messages(Call& call) {
  if (call.params.get("chat_id").empty()) return Answer::bad("chat identifier is not specified");
  auto ids = message_ids(call);
  if (!ids) return std::move(ids).error();
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::move(room).error();
  for (const auto id : *ids) {
    auto* message = (*room)->find_view(PlatformMessageId(id), call.bot->id);
    if (message == nullptr || !may_delete(call, **room, *message)) continue;
    call.world.delete_message(**room, *message, *call.bot);
  }
  return Answer::yes();
}

Answer forward_messages(Call& call) {
  return resend(call, true);
}

Answer copy_messages(Call& call) {
  return resend(call, false);
}

}  // namespace chorus::sandbox::telegram
