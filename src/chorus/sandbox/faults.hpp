#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/llm_script.hpp"
#include "chorus/sandbox/types.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::sandbox {

/// Which calls a fault meets; an empty member matches all. `method` compares without case; the
/// method `webhook` matches deliveries to bots and `llm` chat completions of the LLM server, which
/// belong to no bot and no room (their platform is `llm`, too). With platform `matrix` methods are
/// the names of endpoints, and `transactions` for pushes to application services.
struct FaultMatch {
  std::string platform;
  std::string method;
  PlatformUserId bot;
  PlatformChatId room;
};

/// How long a caller whose request was lost may wait. Longer than the patience of any client.
inline constexpr Duration kLossHold = std::chrono::minutes(10);

/// What goes wrong. Several parts may be set: latency comes first, then the rest.
struct FaultAction {
  enum class Drop : std::uint8_t { None, Before, After, Middle };
  enum class Loss : std::uint8_t { None, Request, Answer };
  std::optional<DelaySpec> latency;
  int status = 0;  ///< answer this instead; 429 carries `retry_after`
  std::string description;
  /// LLM: code of the error, `insufficient_quota` for the 429 without a wait, `tokens_per_day` for
  /// the wall of a day's tokens (its wire code is `rate_limit_exceeded`).
  std::string code;
  std::int64_t retry_after = 0;
  /// Cut the connection before or after the call had its effect, or in the middle of the answer.
  Drop drop = Drop::None;
  /// The request never arrives, or its answer never comes back: the caller waits until it gives up
  /// (the connection is cut after kLossHold).
  Loss loss = Loss::None;
  Duration stall{};             ///< the answer's body pauses so long in its middle
  bool duplicate = false;       ///< deliver the updates of this answer (or webhook) twice
  std::uint64_t slow_body = 0;  ///< bytes per second of the answer's body, 0: at once
};

struct FaultSpec {
  FaultMatch match;
  FaultAction action;
  std::int64_t times = 0;  ///< so many calls, 0: no such bound
  Duration lasts{};        ///< so long from now, 0: no such bound
  double rate = 1.0;       ///< share of the matching calls
};

struct FaultInfo {
  std::int64_t id = 0;
  FaultSpec spec;
  MonoTime since{};
  std::int64_t hits = 0;
  MonoTime last_hit{};
};

/// What became of a fault.
struct FaultState {
  bool active = false;
  std::int64_t hits = 0;
  MonoTime last_hit{};  ///< means nothing without a hit
};

/// The faults that are active. Deterministic for a seed. One thread.
class Faults {
 public:
  explicit Faults(Rng rng) : rng_(rng) {}

  /// Errors: those of check_fault, QueueFull (1,000 faults).
  Result<std::int64_t> add(FaultSpec spec, MonoTime now);
  bool remove(std::int64_t id);
  void clear();
  [[nodiscard]] const std::vector<FaultInfo>& all() const { return faults_; }
  [[nodiscard]] bool empty() const { return faults_.empty(); }

  struct Call {
    std::string_view platform;
    std::string_view method;
    PlatformUserId bot;
    PlatformChatId room;
  };
  /// The first active fault that meets the call, counted; nullopt for none.
  std::optional<FaultAction> hit(const Call& call, MonoTime now);
  Duration draw(const DelaySpec& delay);
  /// nullopt for an id that never was, or that ended before the last 1,000 that did.
  [[nodiscard]] std::optional<FaultState> state(std::int64_t id, MonoTime now) const;

 private:
  void remember(const FaultInfo& fault);

  Rng rng_;
  std::vector<FaultInfo> faults_;
  std::deque<std::pair<std::int64_t, FaultState>> ended_;
  std::int64_t next_ = 1;
};

/// `250ms`, `uniform(100ms, 300ms)`, `lognormal(250ms, 0.4)`, `exponential(1s)`.
Result<DelaySpec> parse_delay(std::string_view text);
/// The JSON of the control API and of scenarios: `{match: {platform, method, bot, room}, fault:
/// {latency, status, description, code, quota, retry_after, drop, loss, stall, duplicate,
/// slow_body}, times | for | rate}`; bot and room as ids. Errors: InvalidArgument naming the
/// member.
Result<FaultSpec> parse_fault(const json::object& object);
/// Whether the fault does something that the matched calls can show. Errors: InvalidArgument.
Result<void> check_fault(const FaultSpec& spec);
Duration draw_delay(const DelaySpec& delay, Rng& rng);

}  // namespace chorus::sandbox
