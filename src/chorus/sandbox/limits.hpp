#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/types.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

namespace chorus::sandbox {

/// What a platform allows a bot to send. It shares no code with the fleet's own limits, so that one
/// bug cannot hide in both. Decides on a log of what was admitted; refused calls do not count.
/// Pure: the time is handed in. One thread.
class SendLimits {
 public:
  enum class PenaltyScope : std::uint8_t { Room, Bot };
  struct Options {
    LimitsProfile profile = LimitsProfile::Off;
    std::size_t bot_sends = 30;  ///< in any window of `bot_window`
    Duration bot_window = std::chrono::seconds(1);
    std::size_t group_sends = 20;
    Duration group_window = std::chrono::seconds(60);
    std::int64_t private_burst = 3;
    Duration private_interval = std::chrono::seconds(1);
    PenaltyScope penalty_scope = PenaltyScope::Room;
    /// Calls that come so soon after a refusal were on their way already: they do not add to it.
    Duration penalty_grace = std::chrono::milliseconds(500);
    std::int64_t longest_penalty = 10'000;  ///< seconds
  };
  explicit SendLimits(Options options) : options_(options) {}

  enum class Kind : std::uint8_t { Send, Edit };
  /// 0: admitted and counted. Otherwise the seconds after which it will be (`retry_after`).
  /// `room` is unique over all rooms. Edits count in groups only.
  std::int64_t admit(PlatformUserId bot, std::int64_t room, bool is_group, Kind kind, MonoTime now);
  void forget(PlatformUserId bot);
  void clear() { bots_.clear(); }
  [[nodiscard]] const Options& options() const { return options_; }
  void set_profile(LimitsProfile profile) { options_.profile = profile; }

 private:
  struct Penalty {
    MonoTime until{};
    MonoTime told{};
  };
  struct RoomState {
    std::deque<MonoTime> sent;  ///< groups: the newest `group_sends`
    MonoTime full_at{};         ///< private: when the burst will be whole again
    bool used = false;
    Penalty penalty;
    MonoTime last{};
  };
  struct BotState {
    std::deque<MonoTime> sent;
    Penalty penalty;
    std::unordered_map<std::int64_t, RoomState> rooms;
  };
  std::int64_t refuse(Penalty& penalty, MonoTime allowed_at, MonoTime now) const;
  [[nodiscard]] MonoTime room_allows(const RoomState& room, bool is_group, MonoTime now) const;
  void sweep(BotState& bot, MonoTime now) const;

  Options options_;
  std::unordered_map<PlatformUserId, BotState> bots_;
};

/// The two limits of a self-hosted server that a fleet's start meets: new tokens from one address,
/// and calls under way at once. Active in the profile `strict` only.
class ServerLimits {
 public:
  static constexpr std::size_t kTokensPerMinute = 20;
  static constexpr std::size_t kTokensPerHour = 600;
  static constexpr std::size_t kActiveCalls = 1000;
  static constexpr std::int64_t kBusyRetryAfter = 60;
  static constexpr Duration kBusyHold = std::chrono::seconds(3);

  /// 0: a token seen for the first time may come in now; else `retry_after`.
  std::int64_t first_contact(MonoTime now);

 private:
  std::deque<MonoTime> contacts_;
};

}  // namespace chorus::sandbox
