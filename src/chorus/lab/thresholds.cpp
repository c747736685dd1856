#include "chorus/lab/thresholds.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/quality/quality.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chorus::lab {

namespace {

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

struct ParsedAggregate {
  Aggregate aggregate;
  double percentile = 0;
};

std::optional<ParsedAggregate> parse_aggregate(std::string_view text) {
  if (text == "avg") return ParsedAggregate{Aggregate::Avg};
  if (text == "min") return ParsedAggregate{Aggregate::Min};
  if (text == "med") return ParsedAggregate{Aggregate::Med, 50};
  if (text == "max") return ParsedAggregate{Aggregate::Max};
  if (text == "count") return ParsedAggregate{Aggregate::Count};
  if (text == "rate") return ParsedAggregate{Aggregate::Rate};
  if (text == "value") return ParsedAggregate{Aggregate::Value};
  if (text.starts_with("p(") && text.ends_with(")")) {
    const auto p = to_number(trim(text.substr(2, text.size() - 3)));
    if (p && *p >= 0 && *p <= 100) return ParsedAggregate{Aggregate::Percentile, *p};
  }
  return std::nullopt;
}

/// Number, duration (as milliseconds), size (as bytes) or percentage (as a share).
std::optional<double> parse_bound(std::string_view text) {
  if (const auto number = to_number(text)) return number;
  if (text.ends_with('%')) {
    if (const auto number = to_number(trim(text.substr(0, text.size() - 1)))) return *number / 100;
  }
  if (const auto duration = parse_duration(text)) return to_millis(*duration);
  if (const auto bytes = parse_bytes(text)) return static_cast<double>(*bytes);
  return std::nullopt;
}

bool fits(Aggregate aggregate, MetricType type) {
  switch (type) {
    case MetricType::Trend:
      return aggregate != Aggregate::Rate && aggregate != Aggregate::Value;
    case MetricType::Counter:
      return aggregate == Aggregate::Count || aggregate == Aggregate::Rate;
    case MetricType::Rate:
      return aggregate == Aggregate::Rate || aggregate == Aggregate::Count;
    case MetricType::Gauge:
      return aggregate == Aggregate::Value || aggregate == Aggregate::Min ||
             aggregate == Aggregate::Max || aggregate == Aggregate::Avg;
  }
  return false;
}

/// The metrics of conversation have their list beside their bounds.
std::vector<MetricInfo> with_quality(std::vector<MetricInfo> metrics) {
  for (const auto& bound : quality_bounds()) {
    metrics.push_back({bound.name, MetricType::Gauge, bound.unit, bound.title});
  }
  return metrics;
}

const OwnMetric* find_own(std::span<const OwnMetric> own, std::string_view name) {
  const auto found = std::ranges::find(own, name, &OwnMetric::name);
  return found == own.end() ? nullptr : &*found;
}

std::string_view aggregates_of(MetricType type) {
  switch (type) {
    case MetricType::Trend:
      return "avg, min, med, max, p(N) or count";
    case MetricType::Counter:
      return "count or rate";
    case MetricType::Rate:
      return "rate or count";
    case MetricType::Gauge:
      return "value, avg, min or max";
  }
  return "";
}

}  // namespace

const std::vector<MetricInfo>& known_metrics() {
  using enum MetricType;
  using U = MetricUnit;
  static const std::vector<MetricInfo> metrics = with_quality({
      {"reply_latency", Trend, U::Time,
       "first bot message attributed to a person's message, from the time that message was meant "
       "to "
       "be sent"},
      {"reply_service", Trend, U::Time,
       "the same, from the time the message was really accepted; the difference to reply_latency "
       "is backlog"},
      {"reply_complete", Trend, U::Time,
       "last message or edit of an answer, from the intended time (streamed answers end late)"},
      {"ack_latency", Trend, U::Time,
       "intended time to the bot's 2xx for the webhook, or to the getUpdates answer that carried "
       "it"},
      {"pickup_latency", Trend, U::Time, "update queued for the bot until the bot had it"},
      {"bot_latency", Trend, U::Time,
       "bot had the update until its reply was accepted by the platform: the bot's own share"},
      {"leg_latency", Trend, U::Time,
       "parts of reply_service by leg: queue (until the bot fetched it), react (until its first "
       "call), work (until it first tried to send), send (until the platform had the answer), and "
       "llm (of react and work, at the LLM)"},
      {"llm_ttft", Trend, U::Time, "LLM call until its first token, at our LLM server"},
      {"llm_total", Trend, U::Time, "LLM call until its last token, at our LLM server"},
      {"generator_late", Trend, U::Time,
       "how late the lab itself woke up to send; the only judge of the generator"},
      {"connection_wait", Trend, U::Time,
       "lab awake until the message was accepted by the platform"},
      {"messages", Counter, U::Count, "messages accepted by the platform, by side: person or bot"},
      {"messages_answered", Counter, U::Count, "person messages that got their reply"},
      {"messages_unanswered", Rate, U::Share,
       "share of the required replies that did not come in time although the bot took the update"},
      {"messages_lost", Counter, U::Count,
       "person messages that a required recipient never took: expired, dropped or left queued"},
      {"messages_failed", Counter, U::Count, "person messages that the platform refused"},
      {"messages_duplicated", Counter, U::Count, "same bot, same cause, same text, twice"},
      {"messages_out_of_order", Counter, U::Count,
       "answers of one bot to one person that overtook an earlier one"},
      {"messages_spurious", Counter, U::Count, "answers where silence was required"},
      {"messages_misrouted", Counter, U::Count,
       "answers that carried another person's canary or went to another room"},
      {"errors", Rate, U::Share, "share of the sent messages that failed, were lost or unanswered"},
      {"platform_errors", Rate, U::Share, "share of the bots' API calls answered 400 or above"},
      {"rate_limited", Counter, U::Count, "API calls answered 429"},
      {"retry_after_disobeyed", Counter, U::Count,
       "calls of the same bot and room made before the 429's retry_after had passed"},
      {"hot_loop_on_revoked_token", Counter, U::Count,
       "calls with a token that is refused (401), beyond ten in ten seconds of one bot"},
      {"lost_on_429", Counter, U::Count,
       "messages answered 429 that the bot did not send again, ten seconds after it might"},
      {"chat_rate_violations", Counter, U::Count,
       "bot messages beyond 20 per minute of one bot in one group, by our own sliding log"},
      {"global_rate_violations", Counter, U::Count,
       "bot messages beyond 30 per second of one bot, by our own sliding log"},
      {"llm_errors", Rate, U::Share, "share of LLM calls answered 400 or above"},
      {"queue_depth", Gauge, U::Number,
       "updates the bots have not taken yet, plus the target's own queue where it tells"},
      {"outbound_queue_depth", Gauge, U::Number, "sends waiting inside the target, where it tells"},
      {"in_flight", Gauge, U::Number, "messages whose required reply is still awaited"},
      {"amplification", Gauge, U::Number, "bot messages per person message"},
      {"fairness_jain", Gauge, U::Number,
       "Jain's index over the people's answered shares; 1 is perfectly fair"},
      {"process_rss", Gauge, U::Bytes, "resident memory of the target's processes together"},
      {"process_rss_growth", Gauge, U::Bytes,
       "resident memory of the target at the end minus at the start of the measured window"},
      {"process_cpu", Gauge, U::Number, "cores that the target keeps busy"},
      {"generator_rss", Gauge, U::Bytes, "resident memory of the lab and its sandbox"},
      {"generator_cpu", Gauge, U::Number, "cores that the lab and its sandbox keep busy"},
      {"iterations", Counter, U::Count, "iterations that closed executors have done"},
      {"dropped_iterations", Counter, U::Count,
       "planned arrivals that were not sent because max_vus were waiting for an answer"},
      {"latency_drift", Gauge, U::Number,
       "p95 of required replies in the last fifth of the measured window over that in the first"},
      {"success_drift", Gauge, U::Share,
       "share of required replies in time in the last fifth minus that in the first"},
      {"recovery_time", Trend, U::Time,
       "end of a fault until people are served as in the minute before it (p95 within 1.5 times, "
       "share answered within 5 points); by fault"},
      {"drain_time", Trend, U::Time,
       "end of a fault until the last answer to a message of before that end; by fault"},
      {"conversations_started", Counter, U::Count, "conversations begun"},
      {"conversations_completed", Counter, U::Count, "conversations that reached their last step"},
      {"conversations_success", Rate, U::Share,
       "share of the conversations that ended at their last step"},
      {"step_latency", Trend, U::Time,
       "a user step's intended time, or the end of the bot step before, until the bot step's first "
       "message"},
      {"checks", Rate, U::Share, "share of the checks of conversations that held"},
      {"conversation_duration", Trend, U::Time,
       "first message to last step of a conversation; of kind conversations from the request to "
       "the end of those that completed"},
      {"conversation_wait", Trend, U::Time,
       "request for a conversation until its slot, of those that had to wait"},
      {"conversations_refused", Counter, U::Count,
       "requests for a conversation that were refused, also by reason (kind conversations)"},
      {"conversations_live", Gauge, U::Number,
       "conversations that hold a slot (kind conversations)"},
      {"conversations_live_of_one", Gauge, U::Number,
       "of these, one person's, while that person holds some"},
      {"conversations_rate", Gauge, U::Number,
       "completed conversations a second of virtual time, from the first request to the last end"},
      {"manager_rate", Gauge, U::Number,
       "completed conversations a second of real time that the calls took"},
  });
  return metrics;
}

const MetricInfo* find_metric(std::string_view name) {
  const auto& all = known_metrics();
  const auto found = std::ranges::find(all, name, &MetricInfo::name);
  return found == all.end() ? nullptr : &*found;
}

std::string_view to_string(MetricUnit unit) noexcept {
  switch (unit) {
    case MetricUnit::Time:
      return "ms";
    case MetricUnit::Count:
      return "count";
    case MetricUnit::Share:
      return "share";
    case MetricUnit::Bytes:
      return "bytes";
    case MetricUnit::Percent:
      return "percent";
    case MetricUnit::Number:
      return "number";
  }
  return "number";
}

bool is_tag(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

Result<MetricName> parse_metric_name(std::string_view text, std::span<const OwnMetric> own) {
  text = trim(text);
  MetricName out;
  const auto brace = text.find('{');
  out.name = std::string(trim(text.substr(0, brace)));
  if (!find_metric(out.name) && !find_own(own, out.name)) {
    std::vector<std::string> names;
    for (const auto& m : own) names.push_back(m.name);
    for (const auto& m : known_metrics()) names.emplace_back(m.name);
    const auto near = nearest(out.name, names);
    return fail(ErrorCode::ParseError,
                near ? fmt::format("unknown metric '{}', did you mean '{}'?", out.name, *near)
                     : fmt::format("unknown metric '{}'", out.name));
  }
  if (brace == std::string_view::npos) return out;
  if (!text.ends_with('}')) {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}': the tags of a metric end with '}}'", text));
  }
  for (const auto& part : split(text.substr(brace + 1, text.size() - brace - 2), ',')) {
    const auto colon = part.find(':');
    const auto key = trim(std::string_view(part).substr(0, colon));
    const auto value = colon == std::string::npos ? std::string_view{}
                                                  : trim(std::string_view(part).substr(colon + 1));
    if (!is_tag(key) || !is_tag(value)) {
      return fail(ErrorCode::ParseError,
                  fmt::format("'{}': a tag is written {{key:value}}", trim(part)));
    }
    out.tags.emplace_back(key, value);
  }
  std::ranges::sort(out.tags);
  return out;
}

std::string to_string(const MetricName& name) {
  std::string out = name.name;
  for (std::size_t i = 0; i < name.tags.size(); ++i) {
    out += i == 0 ? '{' : ',';
    out += name.tags[i].first + ":" + name.tags[i].second;
  }
  if (!name.tags.empty()) out += '}';
  return out;
}

Result<Threshold> parse_threshold(std::string_view metric, std::string_view expr,
                                  std::span<const OwnMetric> own) {
  Threshold out;
  CH_TRY(out.metric, parse_metric_name(metric, own));
  out.expr = std::string(trim(expr));
  const auto bad = [&] {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is not a threshold; write it like p(95)<5000, max<1000, "
                            "rate<0.01 or count==0",
                            out.expr));
  };
  const auto at = out.expr.find_first_of("<>=!");
  if (at == std::string::npos) return bad();
  const std::string_view text = out.expr;
  const auto aggregate = parse_aggregate(trim(text.substr(0, at)));
  if (!aggregate) return bad();
  out.aggregate = aggregate->aggregate;
  out.percentile = aggregate->percentile;
  auto rest = text.substr(at);
  static constexpr std::pair<std::string_view, Comparison> kOperators[] = {
      {"<=", Comparison::LessEqual}, {">=", Comparison::GreaterEqual}, {"===", Comparison::Equal},
      {"==", Comparison::Equal},     {"!=", Comparison::NotEqual},     {"<", Comparison::Less},
      {">", Comparison::Greater},
  };
  bool found = false;
  for (const auto& [symbol, comparison] : kOperators) {
    if (rest.starts_with(symbol)) {
      out.comparison = comparison;
      rest.remove_prefix(symbol.size());
      found = true;
      break;
    }
  }
  if (!found) return bad();
  const auto bound = parse_bound(trim(rest));
  if (!bound) return bad();
  out.bound = *bound;
  const auto* declared = find_own(own, out.metric.name);
  if (declared) out.own_unit = declared->unit;
  const auto type = declared ? declared->type : find_metric(out.metric.name)->type;
  if (!fits(out.aggregate, type)) {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}': {} offers {}", out.expr, out.metric.name, aggregates_of(type)));
  }
  return out;
}

std::uint64_t samples_needed(const Threshold& threshold) {
  if (threshold.aggregate == Aggregate::Med) return 5;
  if (threshold.aggregate != Aggregate::Percentile) return 1;
  const double q = threshold.percentile / 100;
  if (q <= 0.5) return 5;
  if (q >= 1) return 1;
  // The smallest n whose largest sample lies above the true quantile with 95 % confidence.
  return static_cast<std::uint64_t>(std::ceil(std::log(0.05) / std::log(q)));
}

bool compare(double value, Comparison comparison, double bound) {
  switch (comparison) {
    case Comparison::Less:
      return value < bound;
    case Comparison::LessEqual:
      return value <= bound;
    case Comparison::Greater:
      return value > bound;
    case Comparison::GreaterEqual:
      return value >= bound;
    case Comparison::Equal:
      return value == bound;
    case Comparison::NotEqual:
      return value != bound;
  }
  return false;
}

std::vector<ThresholdResult> evaluate(const std::vector<Threshold>& thresholds,
                                      const MetricLookup& lookup) {
  std::vector<ThresholdResult> out;
  out.reserve(thresholds.size());
  for (const auto& threshold : thresholds) {
    ThresholdResult result;
    result.threshold = threshold;
    result.needed = samples_needed(threshold);
    if (const auto measured = lookup(threshold)) {
      result.value = measured->value;
      result.n = measured->n;
      result.decided = measured->n >= result.needed;
      result.ok = result.decided && compare(measured->value, threshold.comparison, threshold.bound);
    }
    out.push_back(std::move(result));
  }
  return out;
}

MetricUnit unit_of(const Threshold& threshold) {
  const auto* info = find_metric(threshold.metric.name);
  if (threshold.aggregate == Aggregate::Count) return MetricUnit::Count;
  if (threshold.own_unit) {
    const bool per_second =
        threshold.aggregate == Aggregate::Rate && *threshold.own_unit != MetricUnit::Share;
    return per_second ? MetricUnit::Number : *threshold.own_unit;
  }
  if (!info) return MetricUnit::Count;
  if (threshold.aggregate == Aggregate::Rate && info->type == MetricType::Counter) {
    return MetricUnit::Number;
  }
  return info->unit;
}

std::string format_value(double value, MetricUnit unit) {
  if (std::isinf(value)) return "never";
  switch (unit) {
    case MetricUnit::Time:
      return format_duration(from_seconds(value / 1000));
    case MetricUnit::Share:
      return fmt::format("{:.3g} %", value * 100);
    case MetricUnit::Percent:
      return fmt::format("{:.3g} %", value);
    case MetricUnit::Bytes:
      return value < 0 ? "-" + format_bytes(static_cast<std::uint64_t>(-value))
                       : format_bytes(static_cast<std::uint64_t>(value));
    case MetricUnit::Count:
      return format_count(std::llround(value));
    case MetricUnit::Number:
      break;
  }
  const bool whole = value == std::floor(value) || std::abs(value) >= 1000;
  if (whole && std::abs(value) < 1e15) return format_count(std::llround(value));
  return fmt::format("{:.3g}", value);
}

}  // namespace chorus::lab
