#include "chorus/lab/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::lab {

namespace {

constexpr std::size_t kMaxErrorKinds = 200;
constexpr Duration kLate = std::chrono::milliseconds(5);

std::uint64_t pair_key(std::int64_t a, std::int64_t b) {
  return stable_hash("pair", static_cast<std::uint64_t>(a)) ^
         (static_cast<std::uint64_t>(b) * 0x9E3779B97F4A7C15ULL);
}

}  // namespace

std::vector<PlatformLimit> platform_limits(const TargetSpec& target) {
  using enum sandbox::Platform;
  std::vector<PlatformLimit> out;
  if (target.is_on(Telegram)) {
    out.push_back({Telegram, "messages of one bot in one group, per minute", "chat_rate_violations",
                   true, SlidingLog(20, std::chrono::minutes(1))});
    out.push_back({Telegram, "messages of one bot, per second", "global_rate_violations", false,
                   SlidingLog(30, std::chrono::seconds(1))});
  }
  if (target.is_on(Matrix) && target.bots.transport == UpdateTransport::Polling) {
    // A burst of 10, then 0.2 a second.
    out.push_back({Matrix, "messages of one bot, per minute (Synapse's default)",
                   "global_rate_violations", false, SlidingLog(22, std::chrono::minutes(1))});
  }
  return out;
}

Measure::Measure(Options options)
    : options_(std::move(options)),
      metrics_(MetricSet(options_.own)),
      reply_(metrics_.at("reply_latency")),
      service_(metrics_.at("reply_service")),
      complete_(metrics_.at("reply_complete")),
      ack_(metrics_.at("ack_latency")),
      pickup_(metrics_.at("pickup_latency")),
      bot_(metrics_.at("bot_latency")),
      late_(metrics_.at("generator_late")),
      connection_(metrics_.at("connection_wait")),
      person_messages_(metrics_.at("messages", {{"side", "person"}})),
      bot_messages_(metrics_.at("messages", {{"side", "bot"}})),
      platform_errors_(metrics_.at("platform_errors")),
      rate_limited_(metrics_.at("rate_limited")),
      limits_(std::move(options_.limits)) {
  for (std::size_t i = 0; i < kLegCount; ++i) {
    const std::string leg(to_string(static_cast<Leg>(i)));
    legs_[i] = &metrics_.at("leg_latency", {{"leg", leg}});
  }
  llm_leg_ = &metrics_.at("leg_latency", {{"leg", std::string(kLlmLeg)}});
  for (const auto& kind : options_.kinds) {
    const MetricSet::Tags tags{{"kind", kind}};
    by_kind_.push_back(
        {tags, &metrics_.at("reply_latency", tags), &metrics_.at("reply_service", tags), 0});
  }
  label_metrics();
}

Duration Measure::passed(Duration since_start) const {
  return since_start - options_.warmup - away_within(options_.away, options_.warmup, since_start);
}

bool Measure::in_window(MonoTime at) const {
  const auto t = since(at);
  if (t < options_.warmup) return false;
  for (const auto& away : options_.away) {
    if (t >= away.from && t < away.until) return false;
  }
  return options_.window == Duration::zero() || passed(t) < options_.window;
}

double Measure::measured_seconds(MonoTime now) const {
  auto t = passed(since(now));
  if (options_.window > Duration::zero()) t = std::min(t, options_.window);
  return std::max(0.0, to_seconds(t));
}

void Measure::end_window(MonoTime now) {
  const auto measured = std::max(Duration{1}, passed(since(now)));
  options_.window =
      options_.window == Duration::zero() ? measured : std::min(options_.window, measured);
}

void Measure::planned(Duration at) {
  ++series_.at(at).planned;
  if (in_window(options_.start + at)) ++planned_;
}

void Measure::dropped(MonoTime at) {
  if (in_window(at)) metrics_.at("dropped_iterations").add();
}

void Measure::iteration(MonoTime at) {
  if (in_window(at)) metrics_.at("iterations").add();
}

void Measure::sent(const SentMessage& message) {
  ++series_.at(since(message.accepted)).sent;
  if (!message.measured) return;
  ++sent_;
  person_messages_.add();
  const auto late = message.woke - message.intended;
  late_.record(late);
  if (late > kLate) ++late_sends_;
  connection_.record(message.accepted - message.woke);
}

void Measure::send_failed(MonoTime at) {
  ++failed_all_;
  ++series_.at(since(at)).errors;
}

void Measure::taken(const LedgerRecord& record) {
  const auto& m = record.message;
  if (!m.measured || !record.waited) return;
  pickup_.record(*record.waited);
  ack_.record(*record.waited + (m.accepted - m.intended));
}

void Measure::replied(const LedgerRecord& record) {
  const auto& m = record.message;
  const auto at = *record.replied;
  const auto latency = at - m.intended;
  // An unlinked message near an optional one proves too little to be a latency.
  const bool strong = record.via == Via::Link || record.via == Via::Canary;
  if (m.expect.reply != ReplyRule::Required && !strong) return;
  auto& point = series_.at(since(at));
  ++point.answered;
  point.latency.record(latency);
  everything_.record(latency);
  if (!m.measured) return;
  reply_.record(latency);
  service_.record(at - m.accepted);
  if (m.expect.reply == ReplyRule::Required) {
    service_seconds_ += to_seconds(at - m.accepted);
    ++service_count_;
  }
  by_kind_[m.kind].reply->record(latency);
  by_kind_[m.kind].service->record(at - m.accepted);
  if (m.label > 0) {
    for (const auto i : label_tags_[m.label - 1]) {
      by_tag_[i].reply->record(latency);
      by_tag_[i].service->record(at - m.accepted);
    }
  }
  // A webhook bot may answer before its 2xx: then all of the time was its own.
  const auto from = record.taken && *record.taken < at ? *record.taken : m.accepted;
  bot_.record(at - from);
}

void Measure::legs(const LedgerRecord& record, const LegTimes& times) {
  if (!record.message.measured) return;
  const auto leg = [&](Leg which) -> Metric& { return *legs_[static_cast<std::size_t>(which)]; };
  leg(Leg::Queue).record(times.queue);
  if (!times.split) return;
  const auto& s = *times.split;
  leg(Leg::React).record(s.react);
  leg(Leg::Work).record(s.work);
  if (s.send) leg(Leg::Send).record(*s.send);
  if (s.llm) llm_leg_->record(*s.llm);
  auto& point = series_.at(since(*record.replied));
  ++point.legs_n;
  const std::array parts{times.queue, s.react, s.work, s.send.value_or(Duration::zero())};
  for (std::size_t i = 0; i < kLegCount; ++i) point.legs_ms[i] += to_millis(parts[i]);
}

void Measure::closed(const LedgerRecord& record, std::optional<std::uint32_t> group) {
  const auto& m = record.message;
  if (record.completed && m.measured) complete_.record(*record.completed - m.intended);
  if (m.expect.reply != ReplyRule::Required || record.outcome == Outcome::InFlight) return;
  auto& served = served_.at(since(m.intended));
  ++served.sent;
  if (record.outcome == Outcome::Answered) ++served.answered;
  if (record.replied) served.latency.record(*record.replied - m.intended);
  if (m.measured && !record.replied && record.outcome != Outcome::Failed) {
    ++missing_;
    ++by_kind_[m.kind].missing;
    if (m.label > 0) {
      for (const auto i : label_tags_[m.label - 1]) ++by_tag_[i].missing;
    }
  }
  const bool answered = record.outcome == Outcome::Answered;
  people_.add(m.person, answered);
  if (group) groups_.add(*group, answered);
  if (!record.replied) return;
  people_.replied(m.person, *record.replied - m.intended);
  if (group) groups_.replied(*group, *record.replied - m.intended);
}

void Measure::bot_message(PlatformUserId bot, sandbox::Platform platform, PlatformChatId room,
                          MonoTime at) {
  ++bot_all_;
  ++series_.at(since(at)).bot_messages;
  for (auto& limit : limits_) {
    if (limit.platform != platform || (limit.per_room && room.value >= 0)) continue;
    const auto key =
        limit.per_room ? pair_key(bot.value, room.value) : static_cast<std::uint64_t>(bot.value);
    if (limit.log.add(key, at)) metrics_.at(limit.metric).add();
  }
  if (in_window(at)) bot_messages_.add();
}

void Measure::call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
                   int retry_after, MonoTime at) {
  ++calls_all_;
  const bool bad = status >= 400;
  if (in_window(at)) platform_errors_.rate(bad);
  if (retry_watch_.call(bot, room, status, retry_after, at)) {
    metrics_.at("retry_after_disobeyed").add();
    ++series_.at(since(at)).early_calls;
  }
  last_retry_after_ = retry_after;
  if (status == 401) unauthorized(pair_key(bot.value, 0), at);
  if (!bad) return;
  ++errors_all_;
  auto& point = series_.at(since(at));
  ++point.errors;
  if (status == 429) {
    ++limited_all_;
    ++point.rate_limited;
    rate_limited_.add();
  }
  auto name = fmt::format("{} {}", method, status);
  if (errors_.size() < kMaxErrorKinds || errors_.contains(name)) ++errors_[std::move(name)];
}

void Measure::unauthorized(std::uint64_t token, MonoTime at) {
  if (revoked_watch_.refused(token, at)) metrics_.at("hot_loop_on_revoked_token").add();
}

void Measure::send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status,
                   MonoTime at) {
  limited_sends_.send(bot, room, content, status, last_retry_after_, at);
}

void Measure::llm_call(int status, Duration ttft, Duration total, std::int64_t prompt_tokens,
                       std::int64_t completion_tokens, MonoTime at) {
  ++llm_calls_;
  prompt_tokens_ += prompt_tokens;
  completion_tokens_ += completion_tokens;
  auto& point = series_.at(since(at));
  ++point.llm_calls;
  point.llm_prompt += static_cast<std::uint64_t>(std::max<std::int64_t>(0, prompt_tokens));
  point.llm_completion += static_cast<std::uint64_t>(std::max<std::int64_t>(0, completion_tokens));
  if (status >= 400) ++point.llm_errors;
  if (!in_window(at)) return;
  metrics_.at("llm_errors").rate(status >= 400);
  if (status >= 400) return;
  metrics_.at("llm_ttft").record(ttft);
  metrics_.at("llm_total").record(total);
}

void Measure::conversation(bool started, bool completed, Duration duration, MonoTime at) {
  if (started) {
    ++conversations_.started;
    if (in_window(at)) metrics_.at("conversations_started").add();
    return;
  }
  ++(completed ? conversations_.completed : conversations_.abandoned);
  if (!in_window(at)) return;
  metrics_.at("conversations_success").rate(completed);
  if (!completed) return;
  metrics_.at("conversations_completed").add();
  metrics_.at("conversation_duration").record(duration);
}

void Measure::queues(MonoTime at, std::uint64_t pending, std::optional<std::uint64_t> outbound,
                     std::uint64_t in_flight) {
  queue_now_ = pending + outbound.value_or(0);
  auto& point = series_.at(since(at));
  point.queue = std::max(point.queue, queue_now_);
  point.in_flight = std::max(point.in_flight, in_flight);
  if (!in_window(at)) return;
  metrics_.at("queue_depth").gauge(static_cast<double>(queue_now_));
  metrics_.at("in_flight").gauge(static_cast<double>(in_flight));
  if (outbound) metrics_.at("outbound_queue_depth").gauge(static_cast<double>(*outbound));
}

void Measure::processes(MonoTime at, const ProcessSample& generator,
                        const std::optional<ProcessSample>& target) {
  const bool measured = in_window(at);
  const double lab_cores = generator_.add(since(at), generator, measured);
  auto& point = series_.at(since(at));
  point.generator_cpu = std::max(point.generator_cpu, lab_cores);
  if (measured) {
    metrics_.at("generator_rss").gauge(static_cast<double>(generator.rss));
    metrics_.at("generator_cpu").gauge(lab_cores);
  }
  if (!target) return;
  const double cores = target_.add(since(at), *target, measured);
  point.target_rss = static_cast<double>(target->rss);
  point.target_cpu = std::max(point.target_cpu, cores);
  point.target_fds = std::max(point.target_fds, target->fds);
  point.target_threads = std::max(point.target_threads, target->threads);
  if (!measured) return;
  metrics_.at("process_rss").gauge(static_cast<double>(target->rss));
  metrics_.at("process_cpu").gauge(cores);
  metrics_.at("process_rss_growth").gauge(target_.growth());
}

void Measure::account(const LedgerCounts& c) {
  const auto of = [&](Outcome o) { return c.of(o); };
  const auto bad = of(Outcome::Unanswered);
  metrics_.at("messages_answered").set_count(of(Outcome::Answered));
  metrics_.at("messages_lost").set_count(of(Outcome::Lost));
  metrics_.at("messages_failed").set_count(of(Outcome::Failed));
  metrics_.at("messages_duplicated").set_count(c.duplicated);
  metrics_.at("messages_out_of_order").set_count(c.out_of_order);
  metrics_.at("messages_spurious").set_count(c.spurious);
  metrics_.at("messages_misrouted").set_count(c.misrouted);
  metrics_.at("messages_unanswered").set_rate(bad, c.required);
  metrics_.at("errors").set_rate(of(Outcome::Failed) + of(Outcome::Lost) + bad, c.sent);
}

void Measure::faults(const std::vector<FaultWindow>& windows) {
  for (const auto& window : windows) {
    const MetricSet::Tags tags{{"fault", window.name}};
    if (window.recovery) {
      metrics_.at("recovery_time").record(*window.recovery);
      metrics_.at("recovery_time", tags).record(*window.recovery);
    } else {
      ++unrecovered_[""];
      ++unrecovered_[window.name];
    }
    if (!window.drain) continue;
    metrics_.at("drain_time").record(*window.drain);
    metrics_.at("drain_time", tags).record(*window.drain);
  }
}

void Measure::quality(const QualityReport& report) {
  for (const auto& value : report.values) {
    if (value.sample.value) metrics_.at(value.bound->name).gauge(*value.sample.value);
  }
}

void Measure::finish(const LedgerCounts& c, MonoTime now) {
  account(c);
  metrics_.at("lost_on_429").set_count(limited_sends_.lost(now));
  // On the time axis, where the window is longer by what the lab was away.
  const auto longest = since(now) - options_.warmup;
  const auto measured = from_seconds(measured_seconds(now));
  const auto away = away_within(options_.away, options_.warmup, since(now));
  drift_ = drift_of(served(), options_.warmup, std::min(longest, measured + away));
  if (drift_) {
    metrics_.at("latency_drift").gauge(drift_->latency_ratio());
    metrics_.at("success_drift").gauge(drift_->last_success - drift_->first_success);
  }
  if (c.sent > 0) {
    const auto sent = static_cast<double>(c.sent);
    metrics_.at("amplification").gauge(static_cast<double>(c.bot_messages) / sent);
  }
  if (c.required > 0) metrics_.at("fairness_jain").gauge(people_.jain());
}

}  // namespace chorus::lab
