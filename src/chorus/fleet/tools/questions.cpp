#include "chorus/fleet/tools/questions.hpp"

#include "chorus/base/log.hpp"
#include "chorus/fleet/tools/reminders.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

/// Open questions of one kind of limit: a person is not asked by a whole fleet at once.
constexpr store::ReminderLimits kLimits{.per_person = 5, .per_bot = 1000};

}  // namespace

std::string question_text(std::string_view question, const std::vector<std::string>& choices) {
  std::string out(question);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    out += fmt::format("\n{}) {}", i + 1, choices[i]);
  }
  return out;
}

void Questions::keep(store::ReminderRow row) {
  const Room* room = core_.directory.room(row.room);
  if (room == nullptr || core_.directory.bot(row.bot) == nullptr) return;
  const Key key{room->id(), row.person};
  waiting_.insert_or_assign(key, std::move(row));
}

rt::Task<Result<void>> Questions::load() {
  CH_CO_TRY(auto rows, co_await core_.store.open_questions());
  for (auto& row : rows) keep(std::move(row));
  co_return Result<void>{};
}

bool Questions::may_ask(const Room& room, PlatformUserId person) const {
  return !waiting_.contains({room.id(), person});
}

rt::Task<void> Questions::open(std::shared_ptr<TurnJob> job) {
  store::ReminderRow row;
  row.id = core_.ids.next<ReminderId>();
  row.kind = store::ReminderKind::Question;
  row.bot = job->bot->row.id;
  row.key = fmt::format("q{:x}-{:x}", job->heard()->line.row.value, row.bot.value);
  row.room = job->room->face_of(row.bot).id;
  row.person = job->person();
  row.text = job->question;
  row.created_at = core_.loop.wall_now();
  row.due = row.created_at +
            std::chrono::floor<std::chrono::microseconds>(core_.settings.conversations.user_answer);
  const auto kept = co_await core_.store.put_reminder(row, kLimits);
  core_.note_store(kept);
  if (!kept || kept->outcome != store::ReminderKept::Outcome::New) {
    log::info("fleet", "a question of bot {} is asked, but its answer is not waited for", row.bot);
    co_return;
  }
  if (core_.personal.forgotten_since(row.person, job->heard()->received)) co_return;
  keep(std::move(row));
  core_.reminders->look_again();
}

void Questions::hear(const Room& room, Heard& heard, Addressed& addressed) {
  if (heard.line.from_bot) return;
  const auto it = waiting_.find({room.id(), heard.line.author});
  if (it == waiting_.end()) return;
  const BotId asked = it->second.bot;
  const bool to_another =
      addressed.to_others ||
      (!addressed.bots.empty() && std::ranges::find(addressed.bots, asked) == addressed.bots.end());
  if (to_another) return;
  if (addressed.bots.empty() && room.has_member(asked)) {
    addressed.by = AddressedBy::OpenPair;
    addressed.bots = {asked};
  }
  heard.answers = it->second.text;
  const ReminderId id = it->second.id;
  waiting_.erase(it);
  rt::spawn(core_.scope, "question answered", &Questions::remove, this, id);
}

/// A row that cannot be removed would be told of as unanswered: it is tried until it works.
rt::Task<void> Questions::remove(Questions* self, ReminderId id) {
  while (!co_await self->core_.store.remove_reminder(id)) {
    if (self->core_.scope.stopping()) co_return;
    if (!co_await rt::sleep_for(self->core_.loop, self->core_.settings.store_retry)) co_return;
  }
}

void Questions::expire(const store::ReminderRow& row) {
  Room* room = core_.directory.room(row.room);
  Bot* bot = core_.directory.bot(row.bot);
  if (room == nullptr || bot == nullptr) return;
  const auto it = waiting_.find({room->id(), row.person});
  if (it == waiting_.end() || it->second.id != row.id) return;  // answered just now
  waiting_.erase(it);
  if (core_.directory.is_stopped(row.bot, *room, row.person)) return;
  auto job = std::make_shared<TurnJob>();
  job->kind = TurnJob::Kind::SelfStarted;
  job->bot = bot;
  job->room = room;
  job->decision = R"({"by":"question"})";
  job->unanswered = row.text;
  job->decided_at = core_.now();
  core_.turns->start(std::move(job));
}

void Questions::forget(PlatformUserId person) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.first.second == person; });
}

std::size_t Questions::count(PlatformUserId person) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      waiting_, [&](const auto& entry) { return entry.first.second == person; }));
}

void Questions::drop(BotId bot) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.bot == bot; });
}

}  // namespace chorus::fleet::detail
