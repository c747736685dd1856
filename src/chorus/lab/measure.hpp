#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/lab/ledger.hpp"
#include "chorus/lab/live.hpp"
#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/series.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::lab {

/// Counts events per key in a sliding window: the lab's own log, independent of any limiter under
/// test and of the sandbox's. Remembers at most 4096 events per key.
class SlidingLog {
 public:
  SlidingLog(std::size_t limit, Duration window) : limit_(limit), window_(window) {}
  /// True when this event is one too many for the window that ends with it.
  bool add(std::uint64_t key, MonoTime at);
  /// Most events that any key had in one window.
  [[nodiscard]] std::size_t peak() const { return peak_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }

 private:
  std::size_t limit_;
  Duration window_;
  std::size_t peak_ = 0;
  std::unordered_map<std::uint64_t, std::deque<MonoTime>> events_;
};

/// Whether a bot obeyed a 429: no call for the same room before its time was over.
class RetryAfterWatch {
 public:
  /// True when this call came too early. `room` 0 never disobeys.
  bool call(PlatformUserId bot, PlatformChatId room, int status, int retry_after, MonoTime at);
  [[nodiscard]] const Obedience& seen() const { return seen_; }

 private:
  Obedience seen_;
  std::map<std::pair<std::int64_t, std::int64_t>, MonoTime> until_;
};

/// One limit that the platform documents, and how near the bots came to it. `metric` counts what
/// went beyond.
struct PlatformLimit {
  sandbox::Platform platform = sandbox::Platform::Telegram;
  std::string name;
  std::string metric;
  bool per_room = false;  ///< of one bot in one group; else of one bot
  SlidingLog log;
};
/// What the platform documents for bots; none where it limits them not (a Matrix application
/// service is exempt). Sources: reference limits.md for Telegram, matrix.md 1.5 for Synapse.
std::vector<PlatformLimit> platform_limits(const TargetSpec& target);

/// Turns what the sandbox reports into metrics, series and live numbers. Pure: it is told the time.
/// Trends of messages count those of the measured window by intended time, everything else what
/// happens inside the window. One thread.
class Measure {
 public:
  struct Options {
    MonoTime start{};  ///< of the warm-up
    Duration warmup{};
    Duration window{};               ///< 0: endless
    std::vector<std::string> kinds;  ///< names of the people's kinds, by index
    std::vector<PlatformLimit> limits = platform_limits(TargetSpec());
  };
  explicit Measure(Options options);

  void planned(Duration at);
  void sent(const SentMessage& message);
  void send_failed(MonoTime at);
  void taken(const LedgerRecord& record);
  void replied(const LedgerRecord& record);
  /// `group`: its number among the groups; none for private chats.
  void closed(const LedgerRecord& record, std::optional<std::uint32_t> group = std::nullopt);
  void legs(const LedgerRecord& record, const LegTimes& times);
  void bot_message(PlatformUserId bot, sandbox::Platform platform, PlatformChatId room,
                   MonoTime at);
  void call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
            int retry_after, MonoTime at);
  void llm_call(int status, Duration ttft, Duration total, std::int64_t prompt_tokens,
                std::int64_t completion_tokens, MonoTime at);
  void conversation(bool started, bool completed, Duration duration, MonoTime at);
  void withheld() { ++withheld_; }
  /// A look at the queues, some times a second.
  void queues(MonoTime at, std::uint64_t pending, std::optional<std::uint64_t> outbound,
              std::uint64_t in_flight);
  void processes(MonoTime at, const ProcessSample& generator,
                 const std::optional<ProcessSample>& target);

  /// Brings the metrics that rest on the account up to date (for thresholds).
  void account(const LedgerCounts& counts);
  /// What the conversations were like, as metrics that a threshold can name.
  void quality(const QualityReport& report);
  /// The account is complete: also what is known at the end only.
  void finish(const LedgerCounts& counts);
  [[nodiscard]] const MetricSet& metrics() const { return metrics_; }
  /// What a threshold asks for at `now`. A required reply that never came counts as slower than any
  /// in percentiles of reply_latency and reply_service: a bot that answers only what it answers
  /// fast would look fast otherwise.
  [[nodiscard]] std::optional<Measured> lookup(const Threshold& threshold, MonoTime now) const;
  /// Seconds of the measured window that have passed at `now`.
  [[nodiscard]] double measured_seconds(MonoTime now) const;
  [[nodiscard]] bool in_window(MonoTime at) const;
  /// Interrupted or endless: the window ends here.
  void end_window(MonoTime now);
  /// Sum of the times between acceptance and the required reply, in seconds.
  [[nodiscard]] double service_seconds() const { return service_seconds_; }
  [[nodiscard]] std::uint64_t planned_in_window() const { return planned_; }
  [[nodiscard]] std::uint64_t sent_in_window() const { return sent_; }
  void fill_live(LiveStats& out, MonoTime now) const;
  [[nodiscard]] const ServiceTally& people() const { return people_; }
  [[nodiscard]] const ServiceTally& groups() const { return groups_; }
  /// Everything of a result that was measured; `now` is the end of the run.
  void fill(RunResult& out, MonoTime now) const;

 private:
  struct KindMetrics {
    Metric* reply;
    Metric* service;
    std::uint64_t missing;  ///< required replies that never came
  };
  [[nodiscard]] Duration since(MonoTime at) const { return at - options_.start; }
  void fill_limits(RunResult& out) const;

  Options options_;
  MetricSet metrics_;
  Series series_;
  std::vector<KindMetrics> by_kind_;
  Metric& reply_;
  Metric& service_;
  Metric& complete_;
  Metric& ack_;
  Metric& pickup_;
  Metric& bot_;
  Metric& late_;
  Metric& connection_;
  Metric& person_messages_;
  Metric& bot_messages_;
  Metric& platform_errors_;
  Metric& rate_limited_;
  LogBins everything_;  ///< latencies of the whole run, for the live view of the warm-up
  std::vector<PlatformLimit> limits_;
  RetryAfterWatch retry_watch_;
  ProcessTrack generator_{"generator"};
  ProcessTrack target_{"target"};
  std::uint64_t planned_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t late_sends_ = 0;
  std::uint64_t calls_all_ = 0;
  std::uint64_t errors_all_ = 0;
  std::uint64_t limited_all_ = 0;
  std::uint64_t failed_all_ = 0;
  std::uint64_t bot_all_ = 0;
  double service_seconds_ = 0;
  std::uint64_t missing_ = 0;
  std::uint64_t withheld_ = 0;
  std::uint64_t queue_now_ = 0;
  std::uint64_t llm_calls_ = 0;
  std::int64_t prompt_tokens_ = 0;
  std::int64_t completion_tokens_ = 0;
  ConversationSummary conversations_;
  std::map<std::string, std::uint64_t> errors_;
  ServiceTally people_;
  ServiceTally groups_;
  std::array<Metric*, kLegCount> legs_{};
  Metric* llm_leg_;
};

}  // namespace chorus::lab
