#include "chorus/lab/stored_result.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/lab/detail/report_json.hpp"
#include "chorus/lab/fault_track.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/quality/quality_json.hpp"
#include "chorus/lab/report_page.hpp"
#include "chorus/lab/watch/watch_json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <span>

namespace chorus::lab {

namespace {

/// Of a latency of about a day: nothing that a run could have measured lies above.
constexpr std::uint16_t kHighestBin = 1024;

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string text(const json::object& o, std::string_view key) {
  return std::string(find_string(o, key).value_or(""));
}

double number(const json::object& o, std::string_view key) {
  return find_double(o, key).value_or(0);
}

/// A length of time; what no run can have lasted is cut off, so that sums of two are safe.
Duration span_of(const json::object& o, std::string_view key) {
  constexpr double kLongest = 1e9;  // 31 years
  return from_seconds(std::clamp(number(o, key), 0.0, kLongest));
}

template <class T>
void count(const json::object& o, std::string_view key, T& out) {
  out = static_cast<T>(detail::read_count(o, key));
}

void optional_count(const json::object& o, std::string_view key,
                    std::optional<std::uint64_t>& out) {
  if (const auto value = find_int(o, key)) out = static_cast<std::uint64_t>(*value);
}

/// The member of that name, or an empty object.
const json::object& group(const json::object& o, std::string_view key) {
  static const json::object empty;
  const auto* found = find_object(o, key);
  return found ? *found : empty;
}

std::vector<std::string> texts(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* list = find_array(o, key)) {
    for (const auto& entry : *list) {
      if (entry.is_string()) out.emplace_back(entry.get_string());
    }
  }
  return out;
}

/// The objects of a list.
std::vector<const json::object*> objects(const json::object& o, std::string_view key) {
  std::vector<const json::object*> out;
  if (const auto* list = find_array(o, key)) {
    for (const auto& entry : *list) {
      if (entry.is_object()) out.push_back(&entry.get_object());
    }
  }
  return out;
}

Pairs pairs(const json::object& o, std::string_view key) {
  Pairs out;
  for (const auto& [name, value] : group(o, key)) {
    if (value.is_string()) out.emplace_back(name, value.get_string());
  }
  return out;
}

/// The first of `values` that is written like that.
template <class T>
T named(std::string_view name, std::initializer_list<T> values, T otherwise) {
  for (const T value : values) {
    if (to_string(value) == name) return value;
  }
  return otherwise;
}

MetricUnit unit_named(std::string_view name) {
  using enum MetricUnit;
  return named(name, {Time, Count, Share, Bytes, Percent, Number}, Number);
}

/// Metrics that the scenario had declared: the result says what they are.
std::vector<OwnMetric> own_metrics(const json::object& o) {
  std::vector<OwnMetric> out;
  for (const auto& [key, value] : group(o, "metrics")) {
    const std::string_view whole(key);
    const auto name = whole.substr(0, whole.find('{'));
    if (find_metric(name) || !value.is_object()) continue;
    const auto& m = value.get_object();
    static constexpr std::pair<std::string_view, MetricType> kTypes[] = {
        {"trend", MetricType::Trend},
        {"counter", MetricType::Counter},
        {"rate", MetricType::Rate},
        {"gauge", MetricType::Gauge}};
    const auto type = std::ranges::find(kTypes, text(m, "type"),
                                        [](const auto& t) { return std::string(t.first); });
    if (type == std::end(kTypes)) continue;
    out.push_back({std::string(name), type->second, unit_named(text(m, "unit")), {}});
  }
  return out;
}

void read_thresholds(const json::object& o, const std::vector<OwnMetric>& own, RunResult& out) {
  for (const auto* entry : objects(o, "thresholds")) {
    auto threshold = parse_threshold(text(*entry, "metric"), text(*entry, "expr"), own);
    if (!threshold) continue;
    ThresholdResult t;
    t.threshold = std::move(*threshold);
    t.threshold.why = text(*entry, "why");
    t.value = find_double(*entry, "value");
    if (find_bool(*entry, "never").value_or(false)) {
      t.value = std::numeric_limits<double>::infinity();
    }
    count(*entry, "n", t.n);
    count(*entry, "needed", t.needed);
    t.threshold.broken_for = span_of(*entry, "for_s");
    t.longest_broken = span_of(*entry, "longest_broken_s");
    t.decided = find_bool(*entry, "decided").value_or(false);
    t.ok = find_bool(*entry, "ok").value_or(false);
    out.thresholds.push_back(std::move(t));
  }
}

/// Pairs of percentile and milliseconds; a run writes about 100.
void read_spectrum(const json::object& o, MetricSummary& out) {
  constexpr std::size_t kMost = 1000;
  const auto* points = find_array(group(o, "spectrum"), out.key);
  if (!points) return;
  for (const auto& point : *points) {
    const auto* pair = point.if_array();
    if (!pair || pair->size() != 2 || out.spectrum.size() >= kMost) continue;
    out.spectrum.emplace_back(detail::to_double((*pair)[0]).value_or(0),
                              detail::to_double((*pair)[1]).value_or(0));
  }
}

void read_metrics(const json::object& o, const std::vector<OwnMetric>& own, RunResult& out) {
  for (const auto& [key, value] : group(o, "metrics")) {
    const std::string_view name(key);
    const auto plain = name.substr(0, name.find('{'));
    const auto* info = find_metric(plain);
    const auto declared = std::ranges::find(own, plain, &OwnMetric::name);
    if ((!info && declared == own.end()) || !value.is_object()) continue;
    const auto& m = value.get_object();
    MetricSummary s;
    s.key = name;
    s.type = info ? info->type : declared->type;
    s.unit = info ? info->unit : declared->unit;
    count(m, "count", s.count);
    s.min = number(m, "min");
    s.mean = number(m, "mean");
    s.p50 = number(m, "p50");
    s.p90 = number(m, "p90");
    s.p95 = number(m, "p95");
    s.p99 = number(m, "p99");
    s.p999 = number(m, "p999");
    s.max = number(m, "max");
    s.value = number(m, "value");
    count(m, "clamped", s.clamped);
    s.hdr = text(m, "hdr");
    read_spectrum(o, s);
    out.metrics.push_back(std::move(s));
  }
}

void read_ledger(const json::object& o, RunResult& out) {
  auto& c = out.ledger;
  const auto outcome = [&](std::string_view key, Outcome which) {
    count(o, key, c.outcomes[static_cast<std::size_t>(which)]);
  };
  count(o, "sent", c.sent);
  outcome("answered", Outcome::Answered);
  outcome("ignored_ok", Outcome::IgnoredOk);
  outcome("unanswered", Outcome::Unanswered);
  outcome("lost", Outcome::Lost);
  outcome("failed", Outcome::Failed);
  outcome("in_flight", Outcome::InFlight);
  count(o, "duplicated", c.duplicated);
  count(o, "out_of_order", c.out_of_order);
  count(o, "spurious", c.spurious);
  count(o, "misrouted", c.misrouted);
  out.identity = find_bool(o, "identity").value_or(false);
  count(o, "required", c.required);
  count(o, "late_replies", c.late_replies);
  count(o, "extra_replies", c.extra_replies);
  count(o, "bot_messages", c.bot_messages);
  count(o, "unprompted", c.unprompted);
  count(o, "updates_taken", c.updates_taken);
  for (std::size_t i = 0; i < kViaCount; ++i) {
    count(group(o, "attributed"), to_string(static_cast<Via>(i)), c.attributed[i]);
  }
}

void read_target(const json::object& o, RunResult& out) {
  using enum TargetKind;
  out.target_kind = named(text(o, "kind"), {Fleet, Command, Attach, Webhook, Conversations}, Fleet);
  out.target = text(o, "description");
  if (o.contains("platform")) out.platform = text(o, "platform");
  out.transport = text(o, "transport");
  out.pacing = text(o, "pacing");
  out.limits = text(o, "limits");
  count(o, "bots", out.bots);
  count(o, "people", out.people);
  const auto& counts = group(o, "counts");
  optional_count(counts, "updates_stored", out.target_counts.updates_stored);
  optional_count(counts, "messages_sent", out.target_counts.messages_sent);
  optional_count(counts, "unknown", out.target_counts.unknown);
  optional_count(counts, "dead", out.target_counts.dead);
  optional_count(counts, "queue_depth", out.target_counts.queue_depth);
}

void read_processes(const json::object& o, RunResult& out) {
  for (const auto* entry : objects(o, "process")) {
    ProcessSummary p;
    p.name = text(*entry, "name");
    count(*entry, "processes", p.processes);
    const auto& rss = group(*entry, "rss");
    p.rss_before = number(rss, "before");
    p.rss_after = number(rss, "after");
    p.rss_peak = number(rss, "peak");
    p.rss_slope = number(rss, "slope");
    if (const auto* ends = find_array(rss, "slope_between"); ends && ends->size() == 2) {
      p.rss_slope_between = {detail::to_double((*ends)[0]).value_or(0),
                             detail::to_double((*ends)[1]).value_or(0)};
    }
    p.fds_slope = number(*entry, "fds_slope");
    const auto& cpu = group(*entry, "cpu");
    p.cpu_mean = number(cpu, "mean");
    p.cpu_peak = number(cpu, "peak");
    p.cpu_seconds = number(cpu, "seconds");
    count(group(*entry, "io"), "read", p.read_bytes);
    count(group(*entry, "io"), "written", p.written_bytes);
    count(*entry, "fds", p.fds);
    count(*entry, "threads", p.threads);
    count(group(*entry, "switches"), "voluntary", p.voluntary_switches);
    count(group(*entry, "switches"), "involuntary", p.involuntary_switches);
    out.processes.push_back(std::move(p));
  }
}

void read_limits(const json::object& o, RunResult& out) {
  for (const auto* entry : objects(o, "limits")) {
    out.limit_use.push_back({text(*entry, "name"), text(*entry, "whose"), number(*entry, "limit"),
                             number(*entry, "peak"), unit_named(text(*entry, "unit")),
                             number(*entry, "factor")});
  }
}

/// The averages are written: what they were made of is made of them again.
LittleCheck read_little(const json::object& o) {
  LittleCheck out;
  count(o, "n", out.n);
  const double rate = number(o, "rate_per_s");
  out.window_seconds = rate > 0 ? static_cast<double>(out.n) / rate : 0;
  out.in_flight_seconds = number(o, "in_flight") * out.window_seconds;
  out.recorded_seconds = number(o, "time_s") * static_cast<double>(out.n);
  return out;
}

Drift read_drift(const json::object& o) {
  Drift out;
  const auto& first = group(o, "first");
  const auto& last = group(o, "last");
  out.first_p95_ms = number(first, "p95_ms");
  out.last_p95_ms = number(last, "p95_ms");
  out.first_success = number(first, "success");
  out.last_success = number(last, "success");
  count(first, "n", out.first_n);
  count(last, "n", out.last_n);
  out.success_p = number(o, "success_p");
  return out;
}

LogBins read_bins(std::string_view text) {
  LogBins out;
  for (const auto part : split(text, ' ')) {
    std::uint16_t bin = 0;
    std::uint32_t n = 0;
    const auto colon = part.find(':');
    if (colon == std::string_view::npos) continue;
    const auto first = std::from_chars(part.data(), part.data() + colon, bin);
    const auto second = std::from_chars(part.data() + colon + 1, part.data() + part.size(), n);
    const bool both = first.ec == std::errc{} && second.ec == std::errc{};
    if (both && bin <= kHighestBin) out.add(bin, n);
  }
  return out;
}

void read_series(const json::object& o, RunResult& out) {
  out.series_interval = span_of(o, "series_interval_s");
  for (const auto* entry : objects(o, "series")) {
    SeriesPoint p;
    p.at = span_of(*entry, "t");
    p.length = out.series_interval;
    count(*entry, "planned", p.planned);
    count(*entry, "sent", p.sent);
    count(*entry, "answered", p.answered);
    count(*entry, "bot", p.bot_messages);
    count(*entry, "errors", p.errors);
    count(*entry, "limited", p.rate_limited);
    count(*entry, "in_flight", p.in_flight);
    count(*entry, "queue", p.queue);
    p.target_rss = number(*entry, "rss");
    p.target_cpu = number(*entry, "cpu");
    p.generator_cpu = number(*entry, "lab_cpu");
    count(*entry, "llm", p.llm_calls);
    count(*entry, "llm_errors", p.llm_errors);
    count(*entry, "early", p.early_calls);
    count(*entry, "llm_prompt", p.llm_prompt);
    count(*entry, "llm_completion", p.llm_completion);
    count(*entry, "fds", p.target_fds);
    count(*entry, "threads", p.target_threads);
    count(*entry, "legs_n", p.legs_n);
    if (const auto* legs = find_array(*entry, "legs_ms"); legs && legs->size() == kLegCount) {
      for (std::size_t i = 0; i < kLegCount; ++i)
        p.legs_ms[i] = detail::to_double((*legs)[i]).value_or(0);
    }
    p.latency = read_bins(find_string(*entry, "bins").value_or(""));
    out.series.push_back(std::move(p));
    if (out.series.size() >= Series::kMaxPoints) break;
  }
}

void read_fault_windows(const json::object& o, RunResult& out) {
  const auto seconds = [](const json::object& e, std::string_view key) -> std::optional<Duration> {
    const auto* value = e.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return span_of(e, key);
  };
  const auto ms = [](const json::object& e, std::string_view key) -> std::optional<double> {
    const auto* value = e.if_contains(key);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
  };
  for (const auto* entry : objects(o, "fault_windows")) {
    if (out.fault_windows.size() >= FaultTrack::kMaxWindows) break;
    FaultWindow w;
    w.name = text(*entry, "name");
    w.kind = text(*entry, "kind");
    w.what = text(*entry, "what");
    w.begin = span_of(*entry, "begin_s");
    w.end = seconds(*entry, "end_s");
    count(*entry, "calls", w.calls);
    count(*entry, "messages", w.messages);
    count(*entry, "missed", w.missed);
    w.p95_before_ms = ms(*entry, "p95_before_ms");
    w.p95_during_ms = ms(*entry, "p95_during_ms");
    w.recovery = seconds(*entry, "recovery_s");
    w.drain = seconds(*entry, "drain_s");
    w.note = text(*entry, "note");
    out.fault_windows.push_back(std::move(w));
  }
  count(o, "faults_uncounted", out.faults_uncounted);
}

RunResult read(const json::object& o) {
  RunResult out;
  out.name = text(o, "name");
  out.description = text(o, "description");
  using enum RunEnd;
  using enum Verdict;
  out.verdict = named(text(o, "verdict"), {Pass, Fail, Watched}, Invalid);
  const auto ends = {Complete, Interrupted, Aborted, TimedOut, NeverReady, TargetEnded, CutOff};
  out.end = named(text(o, "end"), ends, Broken);
  out.end_reason = text(o, "end_reason");
  out.exit_code = static_cast<int>(find_int(o, "exit_code").value_or(1));
  out.reasons = texts(o, "reasons");
  out.findings = texts(o, "findings");
  out.sentence = text(o, "sentence");
  out.not_proven = texts(o, "not_proven");
  count(o, "seed", out.seed);
  out.virtual_time = find_bool(o, "virtual_time").value_or(false);
  if (const auto at = from_iso8601(text(o, "started_at"))) out.started_at = *at;
  out.duration = span_of(o, "duration_s");
  const auto& windows = group(o, "windows");
  out.warmup = span_of(windows, "warmup_s");
  out.measured = span_of(windows, "measured_s");
  out.cooldown = span_of(windows, "cooldown_s");
  read_target(group(o, "target"), out);
  const auto& load = group(o, "load");
  count(load, "planned", out.load.planned);
  count(load, "sent", out.load.sent);
  count(load, "late", out.load.late);
  out.load.factor = number(load, "factor");
  out.load.late_p99_ms = number(load, "late_p99_ms");
  const auto own = own_metrics(o);
  read_thresholds(o, own, out);
  read_metrics(o, own, out);
  read_ledger(group(o, "ledger"), out);
  out.little_error = number(o, "little_error");
  out.little = read_little(group(o, "little"));
  if (const auto* drift = find_object(o, "drift")) out.drift = read_drift(*drift);
  const auto& conversations = group(o, "conversations");
  count(conversations, "started", out.conversations.started);
  count(conversations, "completed", out.conversations.completed);
  count(conversations, "abandoned", out.conversations.abandoned);
  if (const auto* slots = find_object(o, "slots")) out.slots = detail::read_slots(*slots);
  read_limits(o, out);
  read_processes(o, out);
  read_series(o, out);
  if (const auto* away = find_array(o, "away")) out.away = detail::read_away(*away);
  out.faults = texts(o, "faults");
  out.steered = texts(o, "steered");
  read_fault_windows(o, out);
  for (const auto& [name, value] : group(o, "errors")) {
    out.errors[name] = static_cast<std::uint64_t>(as_int(value).value_or(0));
  }
  for (const auto& [name, value] : group(o, "not_simulated")) {
    out.not_simulated[name] = static_cast<std::uint64_t>(as_int(value).value_or(0));
  }
  count(o, "withheld", out.withheld);
  detail::read_llm(group(o, "llm"), out);
  detail::read_legs(group(o, "legs"), out.legs);
  detail::read_fairness(group(o, "fairness"), out.fairness);
  detail::read_obedience(group(o, "obedience"), out.obedience);
  if (const auto* scrape = find_object(o, "scrape")) out.scrape = detail::read_scrape(*scrape);
  if (const auto* watch = find_object(o, "watch")) out.watch = read_watch(*watch);
  if (const auto* quality = find_object(o, "quality")) out.quality = read_quality(*quality);
  out.founding = pairs(o, "founding");
  out.records_hash = text(o, "records_hash");
  out.environment = pairs(o, "env");
  return out;
}

}  // namespace

Result<RunResult> parse_result(std::string_view json_text) {
  const auto value = parse_json(json_text);
  if (!value) {
    return fail(ErrorCode::Misconfigured, "not a result.json: " + value.error().message);
  }
  const auto* o = value->if_object();
  const auto schema = o ? find_int(*o, "schema_version") : std::nullopt;
  if (!schema || !find_string(*o, "verdict")) {
    return fail(ErrorCode::Misconfigured,
                "not the result of a run (a result.json has "
                "'schema_version' and 'verdict')");
  }
  if (*schema > kResultSchemaVersion) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("written by a newer chorus (schema {}, this one reads {})", *schema,
                            kResultSchemaVersion));
  }
  return read(*o);
}

Result<std::string> render_stored(std::string_view kind, std::string_view json_text) {
  if (kind == "ndjson") {
    return fail(ErrorCode::InvalidArgument,
                "the records of -o ndjson are written while a run goes; a stored result has none");
  }
  if (kind == "prometheus-rw") {
    return fail(ErrorCode::InvalidArgument,
                "-o prometheus-rw is sent when a run ends: receivers refuse old samples");
  }
  CH_TRY(const RunResult result, parse_result(json_text));
  if (kind == "json") return std::string(json_text);
  if (kind == "html") return run_report(result, json_text);
  return render(kind, result);
}

}  // namespace chorus::lab
