#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/lab/away.hpp"
#include "chorus/lab/conduct.hpp"
#include "chorus/lab/conversation.hpp"
#include "chorus/lab/drift.hpp"
#include "chorus/lab/ledger.hpp"
#include "chorus/lab/live.hpp"
#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/series.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

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
    std::vector<OwnMetric> own;      ///< that the scenario declares
    std::vector<TagList> labels;     ///< of messages, by SentMessage::label - 1
    std::vector<PlatformLimit> limits = platform_limits(TargetSpec());
    std::vector<Away> away{};  ///< no part of the window, which ends later by so much
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
  /// A call whose token was refused; `token` is its hash.
  void unauthorized(std::uint64_t token, MonoTime at);
  /// An attempt to say something, right after its `call`.
  void send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status,
            MonoTime at);
  void llm_call(int status, Duration ttft, Duration total, std::int64_t prompt_tokens,
                std::int64_t completion_tokens, MonoTime at);
  /// An arrival for which `max_vus` left nobody: planned and not sent.
  void dropped(MonoTime at);
  /// A closed executor has done one iteration.
  void iteration(MonoTime at);
  /// What a step of a conversation tells (measure_steps.cpp). Each tag names a metric of its own,
  /// as thresholds write it, and several tags one more for all of them together.
  void check(const std::string& name, bool held, const TagList& tags, MonoTime at);
  void step(Duration latency, const TagList& tags, MonoTime at);
  /// A trend or gauge gets a sample, a counter is raised, a rate hits unless `value` is 0.
  void feed(const std::string& metric, double value, const TagList& tags, MonoTime at);
  void conversation(bool started, bool completed, Duration duration, MonoTime at);
  void withheld() { ++withheld_; }
  /// A look at the queues, some times a second.
  void queues(MonoTime at, std::uint64_t pending, std::optional<std::uint64_t> outbound,
              std::uint64_t in_flight);
  void processes(MonoTime at, const ProcessSample& generator,
                 const std::optional<ProcessSample>& target);

  /// Brings the metrics that rest on the account up to date (for thresholds).
  void account(const LedgerCounts& counts);
  /// How long people waited for service as before after each fault, and for the backlog's end.
  void faults(const std::vector<FaultWindow>& windows);
  /// Required messages by intended time: how many (sent), answered in time, their latencies.
  [[nodiscard]] const std::vector<SeriesPoint>& served() const { return served_.points(); }
  /// What the conversations were like, as metrics that a threshold can name.
  void quality(const QualityReport& report);
  /// The account is complete: also what is known at the end only. `now` is the end of the run.
  void finish(const LedgerCounts& counts, MonoTime now);
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
  /// How many times that sum is of.
  [[nodiscard]] std::uint64_t service_count() const { return service_count_; }
  [[nodiscard]] std::uint64_t planned_in_window() const { return planned_; }
  [[nodiscard]] std::uint64_t sent_in_window() const { return sent_; }
  void fill_live(LiveStats& out, MonoTime now) const;
  [[nodiscard]] const ServiceTally& people() const { return people_; }
  [[nodiscard]] const ServiceTally& groups() const { return groups_; }
  /// Everything of a result that was measured; `now` is the end of the run.
  void fill(RunResult& out, MonoTime now) const;
  /// Everything that was counted up to `now`, for a checkpoint; read into a new measure of the same
  /// scenario it goes on. What waits for its end (retry_after, a fault that goes on) does not.
  void archive(detail::Archive& archive, MonoTime now);

 private:
  template <class F>
  void each_tagged(std::string_view metric, const TagList& tags, F&& use);
  void label_metrics();
  struct KindMetrics {
    MetricSet::Tags tags;
    Metric* reply;
    Metric* service;
    std::uint64_t missing;  ///< required replies that never came
  };
  [[nodiscard]] Duration since(MonoTime at) const { return at - options_.start; }
  /// Of the window, that has passed so long after the start; not bounded by its length.
  [[nodiscard]] Duration passed(Duration since_start) const;
  void fill_limits(RunResult& out) const;

  Options options_;
  MetricSet metrics_;
  Series series_;
  Series served_;
  std::vector<KindMetrics> by_kind_;
  std::vector<KindMetrics> by_tag_;                   ///< of the messages' labels
  std::vector<std::vector<std::size_t>> label_tags_;  ///< by label - 1: indexes into by_tag_
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
  RevokedTokenWatch revoked_watch_;
  LimitedSends limited_sends_;
  int last_retry_after_ = 0;  ///< of the last call
  std::optional<Drift> drift_;
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
  std::uint64_t service_count_ = 0;
  std::uint64_t missing_ = 0;
  std::map<std::string, std::uint64_t> unrecovered_;  ///< faults by name; "" for all together
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
