#include "chorus/sandbox/limits.hpp"

#include <algorithm>

namespace chorus::sandbox {

namespace {

constexpr std::size_t kSweepAbove = 1024;  // rooms of one bot before idle ones are looked for

std::int64_t ceil_seconds(Duration d) {
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(d).count());
}

/// When a window of `count` sends admits one more.
MonoTime window_allows(const std::deque<MonoTime>& sent, std::size_t count, Duration window,
                       MonoTime now) {
  return sent.size() < count ? now : sent[sent.size() - count] + window;
}

void remember(std::deque<MonoTime>& sent, std::size_t count, MonoTime now) {
  if (sent.size() >= count) sent.pop_front();
  sent.push_back(now);
}

}  // namespace

MonoTime SendLimits::room_allows(const RoomState& room, bool is_group, MonoTime now) const {
  if (is_group) {
    return window_allows(room.sent, options_.group_sends, options_.group_window, now);
  }
  if (!room.used) return now;
  // One more send moves the time of the whole burst by an interval; it must stay in reach.
  return room.full_at - (options_.private_burst - 1) * options_.private_interval;
}

std::int64_t SendLimits::refuse(Penalty& penalty, MonoTime allowed_at, MonoTime now) const {
  if (now < penalty.until) {
    const auto left = ceil_seconds(penalty.until - now);
    if (now - penalty.told <= options_.penalty_grace) return left;
    const auto longer = std::min(2 * left, options_.longest_penalty);
    penalty = {now + std::chrono::seconds(longer), now};
    return longer;
  }
  const auto wait = ceil_seconds(allowed_at - now);
  penalty = {now + std::chrono::seconds(wait), now};
  return wait;
}

std::int64_t SendLimits::admit(PlatformUserId bot_id, std::int64_t room_id, bool is_group,
                               Kind kind, MonoTime now) {
  if (options_.profile == LimitsProfile::Off) return 0;
  if (kind == Kind::Edit && !is_group) return 0;
  auto& bot = bots_[bot_id];
  sweep(bot, now);
  auto& room = bot.rooms[room_id];
  room.last = now;
  auto& room_penalty = options_.penalty_scope == PenaltyScope::Bot ? bot.penalty : room.penalty;
  if (now < bot.penalty.until) return refuse(bot.penalty, now, now);
  if (now < room_penalty.until) return refuse(room_penalty, now, now);
  if (kind == Kind::Send) {
    const auto allowed = window_allows(bot.sent, options_.bot_sends, options_.bot_window, now);
    if (allowed > now) return refuse(bot.penalty, allowed, now);
  }
  const auto allowed = room_allows(room, is_group, now);
  if (allowed > now) return refuse(room_penalty, allowed, now);
  if (kind == Kind::Send) remember(bot.sent, options_.bot_sends, now);
  if (is_group) {
    remember(room.sent, options_.group_sends, now);
  } else {
    room.full_at = (room.used ? std::max(room.full_at, now) : now) + options_.private_interval;
    room.used = true;
  }
  return 0;
}

void SendLimits::sweep(BotState& bot, MonoTime now) const {
  if (bot.rooms.size() < kSweepAbove || (bot.rooms.size() & (bot.rooms.size() - 1)) != 0) return;
  std::erase_if(bot.rooms, [&](const auto& entry) {
    const auto& room = entry.second;
    return now - room.last > options_.group_window && room.penalty.until <= now;
  });
}

void SendLimits::forget(PlatformUserId bot) {
  bots_.erase(bot);
}

std::int64_t ServerLimits::first_contact(MonoTime now) {
  using std::chrono::hours;
  using std::chrono::minutes;
  const auto minute = window_allows(contacts_, kTokensPerMinute, minutes(1), now);
  const auto hour = window_allows(contacts_, kTokensPerHour, hours(1), now);
  const auto allowed = std::max(minute, hour);
  if (allowed > now) return ceil_seconds(allowed - now);
  remember(contacts_, kTokensPerHour, now);
  return 0;
}

}  // namespace chorus::sandbox
