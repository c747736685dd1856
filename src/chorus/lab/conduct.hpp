#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace chorus::lab {

namespace detail {
class Archive;
}

// How bots behave towards a platform's limits and refusals, seen from the platform's side and by
// logs of the lab's own: they share no code with a limiter under test nor with the sandbox's. All
// pure and bounded, one thread.

/// Counts events per key in a sliding window. Remembers at most 4096 events per key
/// and 100,000 keys; what comes beyond is not counted.
class SlidingLog {
 public:
  SlidingLog(std::size_t limit, Duration window) : limit_(limit), window_(window) {}
  /// True when this event is one too many for the window that ends with it.
  bool add(std::uint64_t key, MonoTime at);
  /// Most events that any key had in one window.
  [[nodiscard]] std::size_t peak() const { return peak_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  /// The peak alone: what happened before a gap fills no window after it.
  void archive(detail::Archive& archive);

 private:
  std::size_t limit_;
  Duration window_;
  std::size_t peak_ = 0;
  std::unordered_map<std::uint64_t, std::deque<MonoTime>> events_;
};

/// What bots made of the 429s they got.
struct Obedience {
  std::uint64_t limited = 0;  ///< answers 429 that named a time and a room
  std::uint64_t waited = 0;   ///< times that were over before the next call for that room
  std::uint64_t early = 0;    ///< calls made before that
  double worst_early_ms = 0;  ///< how much too early at most
};
void archive(detail::Archive& archive, Obedience& seen);

/// Whether a bot obeyed a 429: no call for the same room before its time was over.
class RetryAfterWatch {
 public:
  /// True when this call came too early. `room` 0 never disobeys.
  bool call(PlatformUserId bot, PlatformChatId room, int status, int retry_after, MonoTime at);
  [[nodiscard]] const Obedience& seen() const { return seen_; }
  void archive(detail::Archive& archive) { lab::archive(archive, seen_); }

 private:
  Obedience seen_;
  std::map<std::pair<std::int64_t, std::int64_t>, MonoTime> until_;
};

/// Whether a bot goes on calling with a token that is refused (401). A client that looks again
/// once a second is patient; more than ten refused calls in ten seconds are a hot loop.
class RevokedTokenWatch {
 public:
  /// True when this refused call belongs to a hot loop. `who`: the bot, or the hash of its token.
  bool refused(std::uint64_t who, MonoTime at) { return log_.add(who, at); }

 private:
  SlidingLog log_{10, std::chrono::seconds(10)};
};

/// What bots wanted to say, was answered 429, and was never said: the same content by the same bot
/// in the same room was not accepted later. A bot that says it in other words counts as having lost
/// it. Remembers at most 100,000 contents that wait.
class LimitedSends {
 public:
  void send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status,
            int retry_after, MonoTime at);
  /// Contents whose time to be sent again was over for ten seconds at `now`. O(n).
  [[nodiscard]] std::uint64_t lost(MonoTime now) const;
  /// So many were lost in a part of the run before this one.
  void carry_on(std::uint64_t lost) { lost_before_ = lost; }

 private:
  std::uint64_t lost_before_ = 0;
  std::map<std::tuple<std::int64_t, std::int64_t, std::uint64_t>, MonoTime> until_;
};

}  // namespace chorus::lab
