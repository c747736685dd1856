#include "chorus/lab/capacity/goal.hpp"

#include "chorus/base/text.hpp"
#include "chorus/metrics/histogram.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::lab {

namespace {

bool can_be_goal(const Threshold& t) {
  const bool upper = t.comparison == Comparison::Less || t.comparison == Comparison::LessEqual;
  const bool replies = t.metric.name == "reply_latency" || t.metric.name == "reply_service";
  return upper && replies && t.aggregate == Aggregate::Percentile && t.percentile > 0 &&
         t.percentile < 100 && t.bound > 0;
}

}  // namespace

Result<Goal> parse_goal(std::string_view text) {
  text = trim(text);
  const auto brace = text.find('}');
  const auto colon = text.find(':', brace == std::string_view::npos ? 0 : brace);
  const bool named = colon != std::string_view::npos;
  const auto metric = named ? trim(text.substr(0, colon)) : std::string_view("reply_latency");
  CH_TRY(auto threshold, parse_threshold(metric, named ? text.substr(colon + 1) : text));
  if (!can_be_goal(threshold)) {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is no goal of a search; write it like p(95)<5000, "
                            "which is 95 % of the replies within 5 s",
                            text));
  }
  return Goal{std::move(threshold)};
}

Result<Goal> goal_of(const std::vector<Threshold>& thresholds) {
  const auto found = std::ranges::find_if(thresholds, can_be_goal);
  if (found != thresholds.end()) return Goal{*found};
  return fail(ErrorCode::NotFound,
              "the scenario has no limit of a reply_latency percentile; give one: "
              "--goal 'p(95)<5000'");
}

std::optional<stats::Proportion> attainment(const RunResult& result, const Goal& goal) {
  const auto key = to_string(goal.threshold.metric);
  const auto gate = std::ranges::find_if(result.thresholds, [&](const ThresholdResult& t) {
    return to_string(t.threshold.metric) == key && t.threshold.expr == goal.threshold.expr;
  });
  if (gate == result.thresholds.end() || gate->n == 0) return std::nullopt;
  stats::Proportion out{0, gate->n};
  const auto* summary = find_summary(result, key);
  if (!summary || summary->count == 0) return out;
  const auto histogram = metrics::Histogram::decode_base64(summary->hdr);
  if (!histogram) return std::nullopt;
  const auto bound = static_cast<std::uint64_t>(goal.threshold.bound * 1e6);
  out.hits = std::min(histogram->count_at_or_below(bound), out.n);
  return out;
}

}  // namespace chorus::lab
