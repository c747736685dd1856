#include "chorus/fleet/tools/reminders.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/outbox_options.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/tools/questions.hpp"
#include "chorus/fleet/tools/reminder_lines.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

/// From so late on the line says when it should have come.
constexpr Duration kLate = std::chrono::minutes(1);
constexpr std::size_t kBatch = 64;

}  // namespace

// ------------------------------------------------------------------------- what people do

rt::Task<Result<store::ReminderKept>> Reminders::put(store::ReminderRow row) {
  const Bot* bot = core_.directory.bot(row.bot);
  const Room* room = core_.directory.room(row.room);
  if (bot == nullptr || room == nullptr) co_return fail(ErrorCode::NotFound, "the chat is gone");
  // It will be sent as it is: the rules of every message hold now, while it is known what was said.
  row.text = clean_output(row.text, {bot->display_name, bot->row.username, {}, kLongestMessage});
  if (row.text.empty()) co_return fail(ErrorCode::InvalidArgument, "nothing is left of 'text'");
  std::vector<std::string_view> sources;
  for (const RoomLine& line : room->log.lines()) sources.push_back(line.text);
  Guard::Input input;
  input.text = row.text;
  input.sources = sources;
  if (core_.guard.check(input).blocked()) {
    co_return fail(ErrorCode::InvalidArgument, "such a text may not be sent");
  }
  row.id = core_.ids.next<ReminderId>();
  row.created_at = core_.loop.wall_now();
  auto kept = co_await core_.store.put_reminder(
      std::move(row), {core_.settings.reminders_per_person, core_.settings.reminders_per_bot});
  core_.note_store(kept);
  if (!kept) co_return fail(kept.error().code, "it could not be stored now");
  using Outcome = store::ReminderKept::Outcome;
  if (kept->outcome == Outcome::PersonFull) {
    co_return fail(ErrorCode::InvalidArgument,
                   "the person has as many reminders as one may have; one must be cancelled first");
  }
  if (kept->outcome == Outcome::BotFull) {
    co_return fail(ErrorCode::InvalidArgument, "you hold as many reminders as you may");
  }
  look_again();
  co_return kept;
}

rt::Task<Result<std::vector<store::ReminderRow>>> Reminders::of(BotId bot, RoomId room,
                                                                PlatformUserId person) {
  auto rows = co_await core_.store.reminders_of(person);
  core_.note_store(rows);
  if (!rows) co_return fail(rows.error().code, "reminders cannot be read now");
  std::erase_if(*rows, [&](const auto& row) {
    return row.bot != bot || row.room != room || row.kind != store::ReminderKind::Remind;
  });
  co_return rows;
}

rt::Task<Result<std::optional<store::ReminderRow>>> Reminders::cancel(BotId bot, RoomId room,
                                                                      PlatformUserId person,
                                                                      std::int32_t number) {
  CH_CO_TRY(auto rows, co_await of(bot, room, person));
  const auto found = std::ranges::find(rows, number, &store::ReminderRow::number);
  if (found == rows.end()) co_return std::optional<store::ReminderRow>{};
  const auto removed = co_await core_.store.remove_reminder(found->id);
  core_.note_store(removed);
  if (!removed) co_return fail(removed.error().code, "it could not be cancelled now");
  co_return *removed ? std::optional(std::move(*found)) : std::nullopt;
}

rt::Task<Result<std::string>> Reminders::answer(BotId bot, RoomId room, PlatformUserId person,
                                                std::string text, Language language) {
  const auto number = cancelled_number(text);
  if (!number) {
    CH_CO_TRY(const auto rows, co_await of(bot, room, person));
    co_return reminders_list(language, rows);
  }
  CH_CO_TRY(const auto gone, co_await cancel(bot, room, person, *number));
  co_return gone ? reminder_cancelled(language, gone->text) : reminder_unknown(language);
}

// ---------------------------------------------------------------------------- what time does

rt::Task<void> Reminders::keep_time(Reminders* self) {
  Core& core = self->core_;
  // What becomes due while the process drains is said by the next one.
  while (!core.scope.stopping() && !core.stopping) {
    self->changed_since_ = false;
    const MonoTime read_at = core.now();
    const auto rows = co_await core.store.next_reminders(kBatch);
    core.note_store(rows);
    bool failed = !rows;
    std::optional<WallTime> next;
    for (std::size_t i = 0; !failed && !next && i < rows->size(); ++i) {
      const store::ReminderRow& row = (*rows)[i];
      if (row.due > core.loop.wall_now()) {
        next = row.due;
      } else {
        failed = !co_await self->fire(row, read_at);
      }
    }
    if (failed) {
      if (!co_await rt::sleep_for(core.loop, core.settings.store_retry)) co_return;
      continue;
    }
    // All of them were due: there may be more.
    if (self->changed_since_ || (!next && rows->size() == kBatch)) continue;
    const auto woken =
        co_await self->changed_.wait_until(next ? core.mono(*next) : MonoTime::max());
    if (woken == rt::Notify::Woken::Cancelled) co_return;
  }
}

/// False: the store could not be used; the reminder is there still.
rt::Task<bool> Reminders::fire(store::ReminderRow row, MonoTime read_at) {
  Bot* bot = core_.directory.bot(row.bot);
  Room* room = core_.directory.room(row.room);
  // Whoever was forgotten since it was read is not spoken to of it any more.
  const bool gone = bot == nullptr || bot->removed || room == nullptr ||
                    core_.personal.forgotten_since(row.person, read_at);
  const bool question = row.kind == store::ReminderKind::Question;
  if (!gone && question) core_.questions->expire(row);
  if (!gone && !question && !co_await append(row, bot, room)) co_return false;
  const auto removed = co_await core_.store.remove_reminder(row.id);
  core_.note_store(removed);
  // What cannot be removed for ever would be found here for ever.
  if (!removed && !is_retryable(removed.error().code)) {
    log::error("fleet", "reminder {} could not be deleted: {}", row.id, removed.error().message);
  }
  co_return removed.has_value();
}

rt::Task<bool> Reminders::append(store::ReminderRow row, Bot* bot, Room* room) {
  const WallTime now = core_.loop.wall_now();
  store::TurnRow turn;
  turn.id = core_.ids.next<TurnId>();
  turn.room = row.room;
  turn.bot = row.bot;
  turn.at = now;
  turn.detail = R"({"decision":{"by":"reminder"}})";
  TurnReason reason = TurnReason::Sent;
  if (!room->first().enabled) reason = TurnReason::Disabled;
  if (core_.directory.is_stopped(row.bot, *room, row.person)) reason = TurnReason::StoppedByPerson;
  turn.outcome = to_string(reason);
  std::vector<store::OutboxRow> sends;
  Outgoing out;
  if (reason == TurnReason::Sent) {
    out.chat = room->face_of(row.bot).chat;
    out.queued_at = core_.now();
    out.priority = room->is_private() ? policy::Priority::Direct : policy::Priority::Mention;
    if (room->is_private()) out.notice_person = row.person;
    out.row.id = core_.ids.next<OutboxId>();
    out.row.bot = row.bot;
    out.row.room = row.room;
    out.row.turn = turn.id;
    out.row.priority = stored_priority(out.priority);
    out.row.idem_key = fmt::format("{}{}", store::kPromisedKey, row.id);
    out.row.text = words(row, *bot, *room, out.carries_notice);
    out.row.reply_to = row.reply_to;
    out.thread = row.thread;
    if (row.thread) out.row.options = write_options({.thread = row.thread});
    out.row.created_at = now;
    out.row.not_before = now;
    sends.push_back(out.row);
  }
  const auto fresh = co_await core_.store.append_turn(std::move(turn), std::move(sends), {});
  core_.note_store(fresh);
  if (!fresh) {
    if (is_retryable(fresh.error().code)) co_return false;
    log::error("fleet", "reminder {} could not be put into the outbox: {}", row.id,
               fresh.error().message);
    co_return true;
  }
  core_.metrics.turn(reason);
  // Not new: an earlier process put it there, and the outbox has brought it along.
  if (!fresh->empty() && fresh->front()) core_.sender->push(*bot, std::move(out));
  co_return true;
}

std::string Reminders::words(const store::ReminderRow& row, const Bot& bot, const Room& room,
                             bool& notice) const {
  const Language language = language_of(bot.persona.language);
  std::string name;
  if (!room.is_private()) {
    for (const auto& [person, username] : room.usernames) {
      if (person == row.person) name = "@" + username;
    }
    for (const RoomLine& line : room.log.lines()) {
      if (name.empty() && line.author == row.person && !line.from_bot) name = line.name;
    }
  }
  const WallTime now = core_.loop.wall_now();
  const bool late = Duration(now - row.due) > kLate;
  std::string text =
      reminder_line(language, name, row.text, late ? std::optional(row.due) : std::nullopt);
  if (!disclosure_is_on(core_.settings, bot.sandbox)) return text;
  const PlatformUserId told = room.is_private() ? row.person : PlatformUserId{};
  if (core_.directory.is_disclosed({row.bot, row.room, told}, now)) return text;
  notice = true;
  return first_contact_notice(language, bot.display_name) + "\n" + text;
}

}  // namespace chorus::fleet::detail
