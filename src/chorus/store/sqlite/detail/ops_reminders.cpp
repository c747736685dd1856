#include "chorus/store/sqlite/detail/operations.hpp"

#include <utility>

// What is due at a time: reminders, and questions that wait for an answer.
namespace chorus::store::detail {

namespace {

#define CH_REMINDER_COLUMNS \
  "id, key, kind, bot, room, person, number, text, reply_to, due, created_at, thread"

constexpr char kFindReminder[] = "SELECT number FROM reminders WHERE key = ?";
constexpr char kCountOfPerson[] = "SELECT count(*) FROM reminders WHERE person = ? AND kind = ?";
constexpr char kCountOfBot[] = "SELECT count(*) FROM reminders WHERE bot = ? AND kind = ?";
constexpr char kNumbers[] = "SELECT number FROM reminders WHERE person = ? ORDER BY number";
constexpr char kPutReminder[] =
    "INSERT INTO reminders (" CH_REMINDER_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kNextReminders[] =
    "SELECT " CH_REMINDER_COLUMNS " FROM reminders ORDER BY due, id LIMIT ?";
constexpr char kRemindersOf[] =
    "SELECT " CH_REMINDER_COLUMNS " FROM reminders WHERE person = ? ORDER BY due, id";
constexpr char kOpenQuestions[] = "SELECT " CH_REMINDER_COLUMNS
                                  " FROM (SELECT * FROM reminders WHERE kind = 2 "
                                  "ORDER BY id DESC LIMIT 10000) ORDER BY id";
constexpr char kRemoveReminder[] = "DELETE FROM reminders WHERE id = ?";

#undef CH_REMINDER_COLUMNS

crypto::Place text_place(ReminderId id) {
  return {"reminders", "text", id.value};
}

Result<std::int64_t> count(Run& query) {
  CH_TRY(const bool found, query.row());
  return found ? query.integer(0) : 0;
}

/// The smallest number that none of the person's has.
Result<std::int32_t> free_number(const Session& s, PlatformUserId person) {
  auto query = s.db.run(kNumbers);
  query.bind(person);
  std::int32_t number = 1;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more || query.integer(0) > number) return number;
    if (query.integer(0) == number) ++number;
  }
}

Result<std::vector<ReminderRow>> read(const Session& s, Run& query) {
  std::vector<ReminderRow> rows;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return rows;
    ReminderRow row;
    row.id = query.id<ReminderId>(0);
    row.key = query.text(1);
    row.kind = query.enumerator<ReminderKind>(2);
    row.bot = query.id<BotId>(3);
    row.room = query.id<RoomId>(4);
    row.person = query.id<PlatformUserId>(5);
    row.number = static_cast<std::int32_t>(query.integer(6));
    CH_TRY(row.text, unseal(s, text_place(row.id), query.blob(7)));
    row.reply_to = query.optional_message(8);
    row.due = query.time(9);
    row.created_at = query.time(10);
    row.thread = query.optional_message(11);
    rows.push_back(std::move(row));
  }
}

}  // namespace

Result<ReminderKept> put_reminder(const Session& s, const ReminderRow& reminder,
                                  const ReminderLimits& limits) {
  using Outcome = ReminderKept::Outcome;
  {
    auto known = s.db.run(kFindReminder);
    known.bind_text(reminder.key);
    CH_TRY(const bool found, known.row());
    if (found) return ReminderKept{Outcome::Known, static_cast<std::int32_t>(known.integer(0))};
  }
  {
    auto query = s.db.run(kCountOfPerson);
    query.bind(reminder.person).bind(reminder.kind);
    CH_TRY(const auto of_person, count(query));
    if (static_cast<std::size_t>(of_person) >= limits.per_person) {
      return ReminderKept{Outcome::PersonFull, 0};
    }
  }
  {
    auto query = s.db.run(kCountOfBot);
    query.bind(reminder.bot).bind(reminder.kind);
    CH_TRY(const auto of_bot, count(query));
    if (static_cast<std::size_t>(of_bot) >= limits.per_bot) {
      return ReminderKept{Outcome::BotFull, 0};
    }
  }
  CH_TRY(const auto number, free_number(s, reminder.person));
  const std::string text = seal(s, text_place(reminder.id), reminder.text);
  auto put = s.db.run(kPutReminder);
  put.bind(reminder.id).bind_text(reminder.key).bind(reminder.kind).bind(reminder.bot);
  put.bind(reminder.room).bind(reminder.person).bind(number).bind_blob(text);
  put.bind(reminder.reply_to).bind(reminder.due).bind(reminder.created_at);
  put.bind(reminder.thread);
  CH_TRY_VOID(put.finish());
  return ReminderKept{Outcome::New, number};
}

Result<std::vector<ReminderRow>> next_reminders(const Session& s, std::size_t limit) {
  auto query = s.db.run(kNextReminders);
  query.bind(static_cast<std::int64_t>(limit));
  return read(s, query);
}

Result<std::vector<ReminderRow>> reminders_of(const Session& s, PlatformUserId person) {
  auto query = s.db.run(kRemindersOf);
  query.bind(person);
  return read(s, query);
}

Result<std::vector<ReminderRow>> open_questions(const Session& s) {
  auto query = s.db.run(kOpenQuestions);
  return read(s, query);
}

Result<bool> remove_reminder(const Session& s, ReminderId reminder) {
  CH_TRY_VOID(s.db.run(kRemoveReminder).bind(reminder).finish());
  return s.db.changes() > 0;
}

}  // namespace chorus::store::detail
