#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/conduct.hpp"
#include "chorus/lab/drift.hpp"
#include "chorus/lab/fairness.hpp"
#include "chorus/lab/fault_window.hpp"
#include "chorus/lab/ledger.hpp"
#include "chorus/lab/legs.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/quality/quality.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/lab/scrape.hpp"
#include "chorus/lab/series.hpp"
#include "chorus/lab/thresholds.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

struct WatchReport;

/// Watched: nobody said what should hold, so nothing is claimed.
enum class Verdict : std::uint8_t { Pass, Fail, Invalid, Watched };
std::string_view to_string(Verdict verdict) noexcept;  ///< PASS, FAIL, INVALID, WATCHED

/// How a run ended, apart from its verdict; each has an exit code of its own.
enum class RunEnd : std::uint8_t {
  Complete,
  Interrupted,
  Aborted,   ///< by a threshold
  TimedOut,  ///< the bound of RunOptions::timeout
  NeverReady,
  Broken,
  TargetEnded  ///< a watch: what was watched has ended
};
std::string_view to_string(RunEnd end) noexcept;  ///< as in result.json: `never_ready`

/// A metric's numbers; times in milliseconds. Which fields mean something depends on the type.
struct MetricSummary {
  std::string key;  ///< `reply_latency{kind:mention}`
  MetricType type = MetricType::Trend;
  MetricUnit unit = MetricUnit::Time;
  std::uint64_t count = 0;  ///< samples; Rate: of how many
  double min = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p95 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  double value = 0;  ///< Counter: sum; Rate: share; Gauge: last
  std::uint64_t clamped = 0;
  std::string hdr;  ///< Trend: HdrHistogram V2, base64
  std::vector<std::pair<double, double>>
      spectrum;  ///< untagged trends: percentile and milliseconds
};

/// How near the run came to a limit.
struct LimitUse {
  std::string name;
  std::string whose;  ///< `platform` or `scenario`
  double limit = 0;
  double peak = 0;
  MetricUnit unit = MetricUnit::Number;
  double factor = 0;  ///< peak / limit
};

struct LoadSummary {
  std::uint64_t planned = 0;  ///< sends of the measured window
  std::uint64_t sent = 0;
  std::uint64_t late = 0;  ///< sends for which the lab woke more than 5 ms late
  double factor = 0;       ///< highest use of a platform limit
  double late_p99_ms = 0;
};

/// What the target says of itself when the run is over (our own fleet).
struct TargetCounts {
  std::optional<std::uint64_t> updates_stored;
  std::optional<std::uint64_t> messages_sent;
  std::optional<std::uint64_t> unknown;
  std::optional<std::uint64_t> dead;
  std::optional<std::uint64_t> queue_depth;
  // Of its conversation slots, where it has some.
  std::optional<std::uint64_t> conversations_begun;
  std::optional<std::uint64_t> conversations_waited;           ///< in a queue, and were let in
  std::optional<std::uint64_t> conversations_gave_up;          ///< waited in vain
  std::map<std::string, std::uint64_t> conversations_refused;  ///< by reason
};

/// Little's law over the answered required messages of the measured window: what was in flight on
/// average must be what came per second times what each took. Both sides are counted apart, so a
/// difference is a mistake of the measuring.
struct LittleCheck {
  std::uint64_t n = 0;           ///< messages
  double recorded_seconds = 0;   ///< sum of their times
  double in_flight_seconds = 0;  ///< integral of the number in flight
  double window_seconds = 0;
  [[nodiscard]] double in_flight() const;  ///< L
  [[nodiscard]] double rate() const;       ///< lambda, per second
  [[nodiscard]] double time() const;       ///< W, seconds
  [[nodiscard]] double error() const;      ///< share by which L and lambda W differ
};

/// What a run of kind `conversations` saw of the slots, counted apart from the slots' own counters.
struct SlotAccount {
  std::uint64_t requests = 0;
  std::uint64_t at_once = 0;                     ///< held a slot at once
  std::uint64_t queued = 0;                      ///< had to wait
  std::uint64_t from_queue = 0;                  ///< of these, were let in
  std::uint64_t gave_up = 0;                     ///< of these, waited in vain
  std::map<std::string, std::uint64_t> refused;  ///< by reason
  std::map<std::string, std::uint64_t> ended;    ///< by status
  std::uint64_t peak = 0;                        ///< most slots held at once
  std::uint64_t left = 0;                        ///< held or waiting when all was over
  Duration took{};                               ///< real time, without the lab's bookkeeping
  std::vector<std::string> differences;          ///< to the slots' own counters; none is right
};

struct ConversationSummary {
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t abandoned = 0;
};

/// Everything that is known of a run. The renderers of outputs.hpp and summary.hpp need no more.
struct RunResult {
  std::string name;
  std::string description;
  Verdict verdict = Verdict::Invalid;
  RunEnd end = RunEnd::Complete;
  int exit_code = 120;
  std::string end_reason;             ///< of all ends but Complete and Interrupted
  std::vector<std::string> reasons;   ///< of the verdict, most important first
  std::vector<std::string> findings;  ///< why, and what was met first
  std::string sentence;               ///< what a person can act on
  std::vector<std::string> not_proven;

  std::uint64_t seed = 0;
  bool virtual_time = false;
  WallTime started_at{};
  Duration duration{};  ///< whole run
  Duration warmup{};
  Duration measured{};  ///< what the metrics rest on
  Duration cooldown{};
  std::string target;  ///< one line: kind and what was started
  TargetKind target_kind = TargetKind::Fleet;
  std::string platform = "telegram";
  std::string transport;
  std::string pacing;
  std::string limits;  ///< profile
  std::uint32_t bots = 0;
  std::uint32_t people = 0;

  LoadSummary load;
  std::vector<ThresholdResult> thresholds;
  std::vector<MetricSummary> metrics;
  LedgerCounts ledger;
  bool identity = true;
  LittleCheck little;
  double little_error = 0;  ///< share by which Little's law is off
  std::optional<Drift> drift;
  TargetCounts target_counts;
  std::uint64_t taken_updates = 0;
  ConversationSummary conversations;
  std::optional<SlotAccount> slots;  ///< target kind `conversations` only
  std::vector<LimitUse> limit_use;
  std::vector<SeriesPoint> series;
  Duration series_interval{};
  std::vector<ProcessSummary> processes;
  std::vector<std::string> faults;  ///< one line for each, at most 500
  std::vector<FaultWindow> fault_windows;
  std::uint64_t faults_uncounted = 0;           ///< that happened beyond those
  std::vector<std::string> steered;             ///< what somebody changed about the load, in order
  std::map<std::string, std::uint64_t> errors;  ///< `sendMessage 429`: how often
  /// Methods that the bots called and the sandbox does not simulate: no errors of the bots.
  std::map<std::string, std::uint64_t> not_simulated;
  std::uint64_t withheld = 0;  ///< not delivered: privacy mode
  std::uint64_t llm_calls = 0;
  std::int64_t llm_prompt_tokens = 0;
  std::int64_t llm_completion_tokens = 0;
  std::optional<LlmPrices> llm_prices;
  LegCounts legs;  ///< their times are the metrics `leg_latency`
  FairnessReport fairness;
  Obedience obedience;
  std::optional<ScrapeReport> scrape;  ///< what the target says of itself, when it was asked
  std::vector<std::pair<std::string, std::string>> founding;
  /// Of a watch instead of a load test; copies of a result share it, it never changes.
  std::shared_ptr<const WatchReport> watch;
  std::optional<QualityReport> quality;  ///< of the groups' conversations, when they were kept
  std::string records_hash;              ///< 16 hex digits
  std::vector<std::pair<std::string, std::string>> environment;
};

/// The summary of that key, or null.
const MetricSummary* find_summary(const RunResult& result, std::string_view key);

}  // namespace chorus::lab
