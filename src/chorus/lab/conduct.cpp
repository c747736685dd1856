#include "chorus/lab/conduct.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {

constexpr std::size_t kMaxLogged = 4096;
constexpr std::size_t kMaxKeys = 100'000;
/// A client may round; it is disobedience only beyond this.
constexpr Duration kRetryTolerance = std::chrono::milliseconds(50);
constexpr Duration kGrace = std::chrono::seconds(10);

}  // namespace

bool SlidingLog::add(std::uint64_t key, MonoTime at) {
  if (events_.size() >= kMaxKeys && !events_.contains(key)) return false;
  auto& log = events_[key];
  while (!log.empty() && at - log.front() >= window_) log.pop_front();
  log.push_back(at);
  if (log.size() > kMaxLogged) log.pop_front();
  peak_ = std::max(peak_, log.size());
  return log.size() > limit_;
}

bool RetryAfterWatch::call(PlatformUserId bot, PlatformChatId room, int status, int retry_after,
                           MonoTime at) {
  if (!room) return false;
  const std::pair key(bot.value, room.value);
  const auto found = until_.find(key);
  bool early = false;
  if (found != until_.end()) {
    early = at + kRetryTolerance < found->second;
    if (early) {
      ++seen_.early;
      seen_.worst_early_ms = std::max(seen_.worst_early_ms, to_millis(found->second - at));
    } else {
      ++seen_.waited;
      until_.erase(found);
    }
  }
  if (status == 429) ++seen_.limited;
  if (status == 429 && until_.size() < kMaxKeys) {
    until_[key] = std::max(until_[key], at + std::chrono::seconds(retry_after));
  }
  return early;
}

void LimitedSends::send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status,
                        int retry_after, MonoTime at) {
  const std::tuple key(bot.value, room.value, content);
  if (status != 429) {
    // Accepted, or refused for a reason that waiting does not change.
    until_.erase(key);
  } else if (until_.size() < kMaxKeys) {
    until_[key] = at + std::chrono::seconds(retry_after);
  }
}

std::uint64_t LimitedSends::lost(MonoTime now) const {
  const auto lost = std::ranges::count_if(
      until_, [&](const auto& entry) { return entry.second + kGrace <= now; });
  return lost_before_ + static_cast<std::uint64_t>(lost);
}

}  // namespace chorus::lab
