#include "chorus/fleet/admission.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/turn.hpp"

#include <fmt/format.h>

#include <utility>

// A turn and its conversation: the slot, and the short lines that tell a person what becomes of
// their message when it is not answered at once.
namespace chorus::fleet::detail {
namespace {

/// How often one person hears that there is no place for them.
constexpr Duration kRefusedAgain = std::chrono::minutes(5);

bool was_named(const TurnJob& job) {
  return job.room->is_private() || !job.unasked;
}

/// Every text that was made for it was refused.
bool has_no_text(TurnReason reason) {
  return reason == TurnReason::GuardBlocked || reason == TurnReason::EmptyText ||
         reason == TurnReason::DuplicateText;
}

}  // namespace

/// nullopt: the slot is held. A person who waits hears their place once.
rt::Task<std::optional<TurnReason>> Turns::take_slot(std::shared_ptr<TurnJob> job) {
  Admission& admission = *core_.admission;
  const Heard& heard = *job->heard();
  const auto started = admission.start(job);
  if (started.kind == policy::StartOutcome::Kind::Admitted) co_return std::nullopt;
  if (started.kind == policy::StartOutcome::Kind::Refused) {
    // The next process answers.
    if (started.reason == policy::RefusalReason::ShuttingDown) co_return TurnReason::ShuttingDown;
    tell_refused(job, started.reason);
    co_return TurnReason::ConversationRefused;
  }
  std::optional<MonoTime> tell_at;
  if (core_.settings.queue_notice_after > Duration::zero() && was_named(*job)) {
    tell_at = core_.now() + core_.settings.queue_notice_after;
  }
  while (true) {
    const auto waited = co_await admission.wait(job->conversation, tell_at);
    switch (waited) {
      case Admission::Waited::Admitted:
        co_return std::nullopt;
      case Admission::Waited::NotYet:
        break;
      case Admission::Waited::TimedOut:
        co_return TurnReason::QueueTimeout;
      case Admission::Waited::Ended:
        co_return TurnReason::ConversationEnded;
      case Admission::Waited::Shutdown:
      case Admission::Waited::Cancelled:
        co_return TurnReason::ShuttingDown;
    }
    tell_at.reset();
    const auto position = admission.position(job->conversation);
    if (position && may_tell(*job->room, heard.line.author)) {
      // The key is the message's: once, whatever restarts and whoever asks again for its slot.
      say_line(job, queue_line(language_of(heard.language), *position),
               fmt::format("m{:x}-{:x}-position", heard.line.row.value, job->bot->row.id.value));
    }
  }
}

/// What stands in the answer's place, under the answer's key: one of them leaves, never both.
/// Empty: nothing.
std::string Turns::line_instead(const TurnJob& job, TurnReason reason) const {
  if (!was_named(job)) return {};
  const Language language = language_of(job.heard()->language);
  if (reason == TurnReason::QueueTimeout) {
    return ended_line(language, policy::EndStatus::QueueTimeout);
  }
  if (reason == TurnReason::ConversationEnded && job.cancelled) {
    return ended_line(language, job.ended_why);
  }
  return has_no_text(reason) && core_.settings.tell_blocked ? blocked_line(language)
                                                            : std::string();
}

/// Also a line of ours can be the first words that a person hears of a bot.
void Turns::say_instead(const TurnJob& job, Outcome& outcome) const {
  std::string line = line_instead(job, outcome.reason);
  if (!line.empty()) outcome.text = with_notice(job, std::move(line), outcome.notice);
}

void Turns::tell_refused(const std::shared_ptr<TurnJob>& job, policy::RefusalReason reason) {
  const Heard& heard = *job->heard();
  const PlatformUserId person = heard.line.author;
  if (!core_.settings.tell_refused || !was_named(*job) || !may_refuse_aloud(person)) return;
  // One key per person and step of time: another process does not say it again within the step.
  const auto step = to_micros(core_.loop.wall_now()) /
                    std::chrono::duration_cast<std::chrono::microseconds>(kRefusedAgain).count();
  say_line(job, refused_line(language_of(heard.language), reason),
           fmt::format("r{:x}-{:x}", person.value, step));
}

bool Turns::may_refuse_aloud(PlatformUserId person) {
  constexpr std::size_t kMost = 10'000;
  const MonoTime now = core_.now();
  const auto it = refused_aloud_.find(person);
  if (it != refused_aloud_.end() && now - it->second < kRefusedAgain) return false;
  if (refused_aloud_.size() >= kMost) {
    std::erase_if(refused_aloud_,
                  [&](const auto& told) { return now - told.second >= kRefusedAgain; });
    if (refused_aloud_.size() >= kMost) return false;  // a flood: silence is cheaper for everybody
  }
  refused_aloud_[person] = now;
  return true;
}

/// At most one place in the line per person, room and minute.
bool Turns::may_tell(Room& room, PlatformUserId person) {
  constexpr std::size_t kMost = 1000;
  const MonoTime now = core_.now();
  const auto it = room.told.find(person);
  if (it != room.told.end() && now - it->second < std::chrono::minutes(1)) return false;
  if (room.told.size() >= kMost) room.told.clear();
  room.told[person] = now;
  return true;
}

/// A short line beside the turn: the place in the queue, or that there is none.
void Turns::say_line(const std::shared_ptr<TurnJob>& job, std::string text, std::string idem_key) {
  store::TurnRow turn;
  turn.id = core_.ids.next<TurnId>();
  turn.room = job->room->face_of(job->bot->row.id).id;
  turn.bot = job->bot->row.id;
  turn.trigger = job->heard()->line.row;
  turn.outcome = to_string(TurnReason::Sent);
  turn.detail = R"({"decision":{"by":"queue"}})";
  turn.at = core_.loop.wall_now();
  Outgoing outgoing;
  outgoing.row = new_outbox_row(core_, *job, turn.id, "line");
  outgoing.row.idem_key = std::move(idem_key);
  outgoing.row.text = std::move(text);
  outgoing.row.reply_to = reply_target(*job);
  outgoing.chat = job->room->face_of(job->bot->row.id).chat;
  outgoing.thread = job->thread;
  outgoing.priority =
      job->room->is_private() ? policy::Priority::Direct : policy::Priority::Mention;
  outgoing.row.priority = stored_priority(outgoing.priority);
  outgoing.queued_at = core_.now();
  rt::spawn(core_.scope, "queue line", &Turns::write_line, this, job->bot, std::move(turn),
            std::move(outgoing));
}

rt::Task<void> Turns::write_line(Turns* self, Bot* bot, store::TurnRow turn, Outgoing outgoing) {
  std::vector<bool> fresh;
  if (!co_await self->append(std::move(turn), {outgoing.row}, {}, &fresh)) co_return;
  if (!fresh.empty() && fresh[0]) self->core_.sender->push(*bot, std::move(outgoing));
}

}  // namespace chorus::fleet::detail
