#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/report_json.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/quality/quality_json.hpp"
#include "chorus/lab/watch/watch_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

/// Three decimals are microseconds: what the histograms resolve.
double rounded(double value) {
  return std::isfinite(value) ? std::round(value * 1000) / 1000 : value;
}

json::value number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return rounded(value);
}

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const auto& line : lines) out.emplace_back(line);
  return out;
}

json::object pairs(const std::vector<std::pair<std::string, std::string>>& values) {
  json::object out;
  for (const auto& [key, value] : values) out[key] = value;
  return out;
}

json::object counts(const std::map<std::string, std::uint64_t>& values) {
  json::object out;
  for (const auto& [name, n] : values) out[name] = n;
  return out;
}

json::array thresholds(const RunResult& r) {
  json::array out;
  for (const auto& t : r.thresholds) {
    json::object o;
    o["metric"] = to_string(t.threshold.metric);
    o["expr"] = t.threshold.expr;
    o["value"] = t.value ? number(*t.value) : json::value(nullptr);
    // Three decimals would take a share's per mille away.
    const bool share = unit_of(t.threshold) == MetricUnit::Share;
    if (share && t.value && std::isfinite(*t.value)) o["value"] = *t.value;
    if (t.value && std::isinf(*t.value)) o["never"] = true;
    o["unit"] = to_string(unit_of(t.threshold));
    o["limit"] = number(t.threshold.bound);
    o["n"] = t.n;
    o["needed"] = t.needed;
    o["decided"] = t.decided;
    o["ok"] = t.ok;
    o["why"] = t.threshold.why;
    if (t.threshold.broken_for > Duration::zero()) {
      o["for_s"] = number(to_seconds(t.threshold.broken_for));
      o["longest_broken_s"] = number(to_seconds(t.longest_broken));
    }
    out.push_back(std::move(o));
  }
  return out;
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Trend:
      return "trend";
    case MetricType::Counter:
      return "counter";
    case MetricType::Rate:
      return "rate";
    case MetricType::Gauge:
      break;
  }
  return "gauge";
}

json::object metric_json(const MetricSummary& m) {
  json::object o;
  o["count"] = m.count;
  o["unit"] = to_string(m.unit);
  if (!find_metric(std::string_view(m.key).substr(0, m.key.find('{')))) {
    o["type"] = type_name(m.type);  // the scenario has declared it
  }
  switch (m.type) {
    case MetricType::Counter:
      o["value"] = number(m.value);
      return o;
    case MetricType::Rate:
      o["value"] = m.value;
      return o;
    case MetricType::Gauge:
      o["value"] = m.value;
      o["min"] = number(m.min);
      o["mean"] = number(m.mean);
      o["max"] = number(m.max);
      return o;
    case MetricType::Trend:
      break;
  }
  o["min"] = number(m.min);
  o["mean"] = number(m.mean);
  o["p50"] = number(m.p50);
  o["p90"] = number(m.p90);
  o["p95"] = number(m.p95);
  o["p99"] = number(m.p99);
  o["p999"] = number(m.p999);
  o["max"] = number(m.max);
  if (m.clamped > 0) o["clamped"] = m.clamped;
  o["hdr"] = m.hdr;
  return o;
}

json::object spectrum(const RunResult& r) {
  json::object out;
  for (const auto& m : r.metrics) {
    if (m.key != "reply_latency" && m.key != "reply_service") continue;
    json::array points;
    for (const auto& [p, ms] : m.spectrum) points.push_back(json::array{p, number(ms)});
    out[m.key] = std::move(points);
  }
  return out;
}

json::object ledger(const RunResult& r) {
  const auto& c = r.ledger;
  json::object o;
  o["sent"] = c.sent;
  o["answered"] = c.of(Outcome::Answered);
  o["ignored_ok"] = c.of(Outcome::IgnoredOk);
  o["unanswered"] = c.of(Outcome::Unanswered);
  o["lost"] = c.of(Outcome::Lost);
  o["failed"] = c.of(Outcome::Failed);
  o["in_flight"] = c.of(Outcome::InFlight);
  o["duplicated"] = c.duplicated;
  o["out_of_order"] = c.out_of_order;
  o["spurious"] = c.spurious;
  o["misrouted"] = c.misrouted;
  o["identity"] = r.identity;
  o["required"] = c.required;
  o["late_replies"] = c.late_replies;
  o["extra_replies"] = c.extra_replies;
  o["bot_messages"] = c.bot_messages;
  o["unprompted"] = c.unprompted;
  o["updates_taken"] = c.updates_taken;
  json::object via;
  for (std::size_t i = 0; i < kViaCount; ++i) {
    via[to_string(static_cast<Via>(i))] = c.attributed[i];
  }
  o["attributed"] = std::move(via);
  return o;
}

json::object rates(const RunResult& r) {
  const double seconds = to_seconds(r.measured);
  json::object out;
  for (const char* side : {"person", "bot"}) {
    const auto* m = find_summary(r, std::string("messages{side:") + side + "}");
    const double per_second = m && seconds > 0 ? m->value / seconds : 0;
    out[side] = json::object{{"per_second", number(per_second)},
                             {"per_minute", number(per_second * 60)},
                             {"per_hour", number(per_second * 3600)},
                             {"per_day", number(per_second * 86400)}};
  }
  return out;
}

/// `bin:count` with a space between: a list in JSON would be five times as long.
std::string series_bins(const LogBins& bins) {
  std::string out;
  for (const auto& [bin, n] : bins.bins()) {
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", bin, n);
  }
  return out;
}

json::array series(const RunResult& r) {
  json::array out;
  for (const auto& p : r.series) {
    json::object o;
    o["t"] = number(to_seconds(p.at));
    o["planned"] = p.planned;
    o["sent"] = p.sent;
    o["answered"] = p.answered;
    o["bot"] = p.bot_messages;
    o["errors"] = p.errors;
    o["limited"] = p.rate_limited;
    if (p.latency.count() > 0) {
      o["n"] = p.latency.count();
      o["p50"] = number(p.latency.percentile_ms(50));
      o["p95"] = number(p.latency.percentile_ms(95));
      o["max"] = number(p.latency.max_ms());
      o["bins"] = series_bins(p.latency);
    }
    o["in_flight"] = p.in_flight;
    o["queue"] = p.queue;
    if (p.target_rss > 0) o["rss"] = number(p.target_rss);
    o["cpu"] = number(p.target_cpu);
    o["lab_cpu"] = number(p.generator_cpu);
    if (p.llm_calls > 0) o["llm"] = p.llm_calls;
    if (p.llm_errors > 0) o["llm_errors"] = p.llm_errors;
    if (p.early_calls > 0) o["early"] = p.early_calls;
    if (p.llm_prompt > 0) o["llm_prompt"] = p.llm_prompt;
    if (p.llm_completion > 0) o["llm_completion"] = p.llm_completion;
    if (p.target_fds > 0) o["fds"] = p.target_fds;
    if (p.target_threads > 0) o["threads"] = p.target_threads;
    if (p.legs_n > 0) {
      o["legs_n"] = p.legs_n;
      json::array legs;
      for (const double ms : p.legs_ms) legs.push_back(number(ms));
      o["legs_ms"] = std::move(legs);
    }
    out.push_back(std::move(o));
  }
  return out;
}

/// The latency curve: neighbours are merged (bins, not percentiles) until an interval holds enough
/// replies for a percentile to mean something, but never below 20 intervals.
json::array latency_series(const RunResult& r) {
  constexpr std::size_t kFewest = 20;
  constexpr std::uint64_t kWanted = 20;
  std::uint64_t total = 0;
  for (const auto& p : r.series) total += p.latency.count();
  std::size_t join = 1;
  while (r.series.size() / (join * 2) >= kFewest && total * join < kWanted * r.series.size()) {
    join *= 2;
  }
  json::array out;
  for (std::size_t i = 0; i < r.series.size(); i += join) {
    LogBins bins;
    for (std::size_t j = i; j < std::min(i + join, r.series.size()); ++j) {
      bins.merge(r.series[j].latency);
    }
    const double begin = to_seconds(r.series[i].at);
    const double middle = begin + to_seconds(r.series_interval) * static_cast<double>(join) / 2;
    json::object o{{"t", number(middle)}, {"n", bins.count()}};
    if (bins.count() > 0) {
      o["p50"] = number(bins.percentile_ms(50));
      o["p95"] = number(bins.percentile_ms(95));
      o["max"] = number(bins.max_ms());
    }
    out.push_back(std::move(o));
  }
  return out;
}

json::value between(const std::optional<std::pair<double, double>>& ends) {
  if (!ends) return nullptr;
  return json::array{number(ends->first), number(ends->second)};
}

json::array processes(const RunResult& r) {
  json::array out;
  for (const auto& p : r.processes) {
    out.push_back(
        json::object{{"name", p.name},
                     {"processes", p.processes},
                     {"rss", json::object{{"before", number(p.rss_before)},
                                          {"after", number(p.rss_after)},
                                          {"peak", number(p.rss_peak)},
                                          {"slope", number(p.rss_slope)},
                                          {"slope_between", between(p.rss_slope_between)}}},
                     {"cpu", json::object{{"mean", number(p.cpu_mean)},
                                          {"peak", number(p.cpu_peak)},
                                          {"seconds", number(p.cpu_seconds)}}},
                     {"io", json::object{{"read", p.read_bytes}, {"written", p.written_bytes}}},
                     {"fds", p.fds},
                     {"fds_slope", number(p.fds_slope)},
                     {"threads", p.threads},
                     {"switches", json::object{{"voluntary", p.voluntary_switches},
                                               {"involuntary", p.involuntary_switches}}}});
  }
  return out;
}

json::array fault_windows(const RunResult& r) {
  json::array out;
  const auto seconds = [](const std::optional<Duration>& d) {
    return d ? number(to_seconds(*d)) : json::value(nullptr);
  };
  const auto ms = [](const std::optional<double>& v) {
    return v ? number(*v) : json::value(nullptr);
  };
  for (const auto& w : r.fault_windows) {
    out.push_back(json::object{{"name", w.name},
                               {"kind", w.kind},
                               {"what", w.what},
                               {"begin_s", number(to_seconds(w.begin))},
                               {"end_s", seconds(w.end)},
                               {"calls", w.calls},
                               {"messages", w.messages},
                               {"missed", w.missed},
                               {"p95_before_ms", ms(w.p95_before_ms)},
                               {"p95_during_ms", ms(w.p95_during_ms)},
                               {"recovery_s", seconds(w.recovery)},
                               {"drain_s", seconds(w.drain)},
                               {"note", w.note}});
  }
  return out;
}

json::array limits(const RunResult& r) {
  json::array out;
  for (const auto& l : r.limit_use) {
    out.push_back(json::object{{"name", l.name},
                               {"whose", l.whose},
                               {"limit", number(l.limit)},
                               {"peak", number(l.peak)},
                               {"unit", to_string(l.unit)},
                               {"factor", number(l.factor)}});
  }
  return out;
}

json::object target_counts(const TargetCounts& c) {
  json::object o;
  const auto put = [&](std::string_view key, const std::optional<std::uint64_t>& value) {
    if (value) o[key] = *value;
  };
  put("updates_stored", c.updates_stored);
  put("messages_sent", c.messages_sent);
  put("unknown", c.unknown);
  put("dead", c.dead);
  put("queue_depth", c.queue_depth);
  put("conversations_begun", c.conversations_begun);
  return o;
}

/// Null unless the target has conversation slots and tells of them.
json::value queue_wait(const TargetCounts& c) {
  if (!c.conversations_waited) return nullptr;
  return json::object{{"waited", *c.conversations_waited},
                      {"gave_up", c.conversations_gave_up.value_or(0)}};
}

json::object conversations(const RunResult& r) {
  const auto& c = r.conversations;
  const auto ended = static_cast<double>(c.completed + c.abandoned);
  json::object o;
  o["started"] = c.started;
  o["refused"] = counts(r.slots ? r.slots->refused : r.target_counts.conversations_refused);
  o["completed"] = c.completed;
  o["abandoned"] = c.abandoned;
  o["success_rate"] =
      ended > 0 ? number(static_cast<double>(c.completed) / ended) : json::value(nullptr);
  o["queue_wait"] = queue_wait(r.target_counts);
  return o;
}

json::object drift(const Drift& d) {
  const auto fifth = [](double p95, double success, std::uint64_t n) {
    return json::object{{"p95_ms", number(p95)}, {"success", number(success)}, {"n", n}};
  };
  return {{"first", fifth(d.first_p95_ms, d.first_success, d.first_n)},
          {"last", fifth(d.last_p95_ms, d.last_success, d.last_n)},
          {"latency_ratio", number(d.latency_ratio())},
          {"success_p", d.success_p}};
}

json::object definitions(const RunResult& r) {
  json::object out;
  if (r.watch) out = watch_definitions(r);
  for (const auto& m : known_metrics()) {
    for (const auto& present : r.metrics) {
      if (std::string_view(present.key).substr(0, present.key.find('{')) == m.name) {
        out.emplace(m.name, m.definition);  // a watch may mean something else by it
        break;
      }
    }
  }
  return out;
}

}  // namespace

std::string result_json(const RunResult& r) {
  json::object o;
  o["schema_version"] = kResultSchemaVersion;
  o["name"] = r.name;
  o["mode"] = r.watch ? "watch" : "load";
  o["description"] = r.description;
  o["verdict"] = to_string(r.verdict);
  o["exit_code"] = r.exit_code;
  o["end"] = to_string(r.end);
  o["end_reason"] = r.end_reason;
  o["reasons"] = texts(r.reasons);
  o["sentence"] = r.sentence;
  o["seed"] = r.seed;
  o["virtual_time"] = r.virtual_time;
  o["started_at"] = to_iso8601(r.started_at);
  o["duration_s"] = number(to_seconds(r.duration));
  o["windows"] = json::object{{"warmup_s", number(to_seconds(r.warmup))},
                              {"measured_s", number(to_seconds(r.measured))},
                              {"cooldown_s", number(to_seconds(r.cooldown))}};
  o["target"] = json::object{{"kind", to_string(r.target_kind)},
                             {"description", r.target},
                             {"platform", r.platform},
                             {"transport", r.transport},
                             {"pacing", r.pacing},
                             {"limits", r.limits},
                             {"bots", r.bots},
                             {"people", r.people},
                             {"counts", target_counts(r.target_counts)}};
  o["load"] =
      json::object{{"planned", r.load.planned},
                   {"sent", r.load.sent},
                   {"late", r.load.late},
                   {"late_p99_ms", number(r.load.late_p99_ms)},
                   {"offered", r.load.planned > 0 ? number(static_cast<double>(r.load.sent) /
                                                           static_cast<double>(r.load.planned))
                                                  : json::value(nullptr)},
                   {"factor", number(r.load.factor)}};
  o["thresholds"] = thresholds(r);
  json::object metrics;
  json::object counters;
  for (const auto& m : r.metrics) {
    metrics[m.key] = metric_json(m);
    if (m.type == MetricType::Counter) counters[m.key] = static_cast<std::uint64_t>(m.value);
  }
  o["metrics"] = std::move(metrics);
  o["counters"] = std::move(counters);
  o["rates"] = rates(r);
  o["ledger"] = ledger(r);
  o["conversations"] = conversations(r);
  if (r.slots) o["slots"] = detail::slots_json(*r.slots);
  o["limits"] = limits(r);
  o["little_error"] = number(r.little_error);
  o["little"] = json::object{{"n", r.little.n},
                             {"in_flight", number(r.little.in_flight())},
                             {"rate_per_s", number(r.little.rate())},
                             {"time_s", number(r.little.time())}};
  o["drift"] = r.drift ? json::value(drift(*r.drift)) : json::value(nullptr);
  o["withheld"] = r.withheld;
  o["llm"] = detail::llm_json(r);
  o["legs"] = detail::legs_json(r);
  o["fairness"] = detail::fairness_json(r.fairness);
  o["obedience"] = detail::obedience_json(r.obedience);
  if (r.scrape) o["scrape"] = detail::scrape_json(*r.scrape);
  if (r.watch) o["watch"] = watch_json(*r.watch);
  if (r.quality) o["quality"] = quality_json(*r.quality);
  o["errors"] = counts(r.errors);
  o["not_simulated"] = counts(r.not_simulated);
  o["series_interval_s"] = number(to_seconds(r.series_interval));
  o["series"] = series(r);
  o["latency_series"] = latency_series(r);
  o["spectrum"] = spectrum(r);
  o["process"] = processes(r);
  o["steered"] = texts(r.steered);
  o["faults"] = texts(r.faults);
  o["fault_windows"] = fault_windows(r);
  if (r.faults_uncounted > 0) o["faults_uncounted"] = r.faults_uncounted;
  o["findings"] = texts(r.findings);
  o["not_proven"] = texts(r.not_proven);
  o["founding"] = pairs(r.founding);
  o["definitions"] = definitions(r);
  o["records_hash"] = r.records_hash;
  o["env"] = pairs(r.environment);
  return pretty_json(o);
}

}  // namespace chorus::lab
