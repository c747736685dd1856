#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/rt/notify.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet::detail {

/// Reminders that people asked for. They live in the store alone: memory holds the time of the next
/// one. When one is due it becomes a row of the outbox, whose key names it, and then it is deleted:
/// a crash anywhere in between leads to the same one row, and that row is sent again when nobody
/// knows whether it arrived. So it is said at least once, and where the platform knows transactions
/// exactly once. One thread.
class Reminders {
 public:
  explicit Reminders(Core& core) : core_(core), changed_(core.loop) {}

  /// Durable when it returns; `id` and `created_at` are given here. Errors: InvalidArgument (the
  /// guard's, or too many wait), those of the store.
  rt::Task<Result<store::ReminderKept>> put(store::ReminderRow row);
  /// A person's own with that bot in that room (a store row), in order of their time.
  rt::Task<Result<std::vector<store::ReminderRow>>> of(BotId bot, RoomId room,
                                                       PlatformUserId person);
  /// What was cancelled; nullopt: there is none of that number.
  rt::Task<Result<std::optional<store::ReminderRow>>> cancel(BotId bot, RoomId room,
                                                             PlatformUserId person,
                                                             std::int32_t number);
  /// The answer to `/reminders` and `/reminders cancel N`.
  rt::Task<Result<std::string>> answer(BotId bot, RoomId room, PlatformUserId person,
                                       std::string text, Language language);

  /// A row was added that may be due before the others.
  void look_again() {
    changed_since_ = true;
    changed_.notify_all();
  }
  /// Says what is due. Runs until the scope stops.
  static rt::Task<void> keep_time(Reminders* self);

 private:
  rt::Task<bool> fire(store::ReminderRow row, MonoTime read_at);
  rt::Task<bool> append(store::ReminderRow row, Bot* bot, Room* room);
  [[nodiscard]] std::string words(const store::ReminderRow& row, const Bot& bot, const Room& room,
                                  bool& notice) const;

  Core& core_;
  rt::Notify changed_;
  bool changed_since_ = false;  ///< rows were added since the next ones were asked for
};

}  // namespace chorus::fleet::detail
