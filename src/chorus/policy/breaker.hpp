#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace chorus::policy {

enum class BreakerState : std::uint8_t { Closed, Open, HalfOpen };
/// `closed`, `open`, `half_open`.
std::string_view to_string(BreakerState state) noexcept;

/// What the end of a call says about the host behind it.
enum class CallHealth : std::uint8_t {
  Alive,      ///< it answered: success, or an answer that is about this one message (400, 401, 429)
  Transport,  ///< refused, reset, closed early, not its protocol: counts as a failure
  ServerError,  ///< 5xx: counts as a failure
  Timeout,      ///< no answer in time: counts as a failure
  Unknown,      ///< says nothing: cancelled by us, never sent
};
/// Only transport faults, 5xx and timeouts are failures; 400/403/404 end that message, 401 disables
/// that bot, 409 is a lease problem, 429 a freeze, and none of them is a breaker's business.
/// `http_status` 0 = there was no answer.
CallHealth classify(ErrorCode code, int http_status = 0) noexcept;
/// For an answer that came: 5xx is ServerError, everything else Alive.
CallHealth classify_status(int http_status) noexcept;

struct BreakerConfig {
  Duration window = std::chrono::seconds(30);  ///< of the failure rate, in 10 steps
  double failure_rate = 0.5;                   ///< opens at this rate or above; > 1 = never by rate
  std::uint32_t minimum_volume = 20;           ///< calls in the window before the rate counts
  std::uint32_t consecutive_failures = 0;      ///< opens at this many in a row; 0 = not used
  Duration open_for = std::chrono::seconds(5);
  std::uint32_t probes = 3;  ///< 1 to 16 calls let through half-open; all must succeed to close
  Duration probe_timeout = std::chrono::seconds(60);  ///< a probe never reported counts as lost

  /// The founding numbers: 5 failures in a row open it for 120 s, 2 probes close it.
  static BreakerConfig llm();
  /// The founding numbers: 10 failures in a row open it for 60 s, 3 probes close it.
  static BreakerConfig platform();
};

/// Given out by `allow`, handed back with the outcome. Outcomes of calls from an earlier state are
/// recognised and ignored.
struct BreakerPermit {
  std::uint64_t epoch = 0;
  std::uint64_t probe = 0;  ///< serial number; 0 = not a probe
};

/// Stops calls to a host that fails. States move along closed -> open -> half-open -> closed, and
/// half-open -> open, nothing else (and `reset`, from anywhere to closed). `allow` itself makes the
/// move open -> half-open, so a breaker that is only ever asked recovers. One per bot and per host.
/// One thread; `now` must not go back. O(1).
class Breaker {
 public:
  explicit Breaker(BreakerConfig config);

  /// A permit, or nullopt: do not call. Half-open, at most `probes` permits are out at once; a
  /// probe that is not reported within `probe_timeout` is taken back.
  [[nodiscard]] std::optional<BreakerPermit> allow(MonoTime now);
  void on_success(BreakerPermit permit, MonoTime now) { on_result(permit, CallHealth::Alive, now); }
  void on_failure(BreakerPermit permit, CallHealth why, MonoTime now) {
    on_result(permit, why, now);
  }
  /// Every permit should come back here exactly once, with Unknown when the call was not made.
  void on_result(BreakerPermit permit, CallHealth health, MonoTime now);
  /// An operator's act: closed, everything forgotten.
  void reset(MonoTime now);

  [[nodiscard]] BreakerState state() const { return state_; }
  /// Earliest time at which `allow` can say yes: `now` when closed or when a probe is free; the end
  /// of the open time; the time at which the oldest probe is taken back.
  [[nodiscard]] MonoTime earliest(MonoTime now) const;

  struct Snapshot {
    BreakerState state = BreakerState::Closed;
    std::uint32_t calls = 0;     ///< in the window
    std::uint32_t failures = 0;  ///< in the window
    std::uint32_t consecutive_failures = 0;
    std::uint32_t probes_out = 0;
    Duration retry_after{};         ///< until `allow` can say yes
    std::uint64_t opened = 0;       ///< times since the start
    std::uint64_t refused = 0;      ///< calls not permitted since the start
    std::optional<MonoTime> since;  ///< when this state was entered; nullopt = from the start
    std::optional<CallHealth> last_failure;
  };
  [[nodiscard]] Snapshot snapshot(MonoTime now) const;
  [[nodiscard]] const BreakerConfig& config() const { return config_; }

 private:
  static constexpr std::size_t kSteps = 10;
  static constexpr std::size_t kMaxProbes = 16;
  struct Step {
    std::int64_t index = -1;
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  struct Probe {
    std::uint64_t serial = 0;
    MonoTime deadline{};
  };
  struct Tally {
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  void enter(BreakerState next, MonoTime now);
  void count(bool failure, MonoTime now);
  [[nodiscard]] Tally tally(MonoTime now) const;
  void on_probe(std::uint64_t serial, CallHealth health, MonoTime now);
  void remove_probe(std::size_t at);
  [[nodiscard]] bool should_open(MonoTime now) const;

  BreakerConfig config_;
  Duration step_length_;
  BreakerState state_ = BreakerState::Closed;
  std::uint64_t epoch_ = 1;
  std::array<Step, kSteps> steps_{};
  std::uint32_t consecutive_ = 0;
  std::uint32_t probe_successes_ = 0;
  std::uint32_t probes_out_ = 0;
  std::array<Probe, kMaxProbes> out_{};  ///< the first probes_out_, the oldest first
  std::uint64_t last_probe_ = 0;
  MonoTime open_until_{};
  std::uint64_t opened_ = 0;
  std::uint64_t refused_ = 0;
  std::optional<MonoTime> since_;
  std::optional<CallHealth> last_failure_;
};

}  // namespace chorus::policy
