#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/stats/proportion.hpp"
#include "chorus/lab/thresholds.hpp"

#include <optional>
#include <string_view>

namespace chorus::lab {

/// What must hold at the capacity: so large a share of the required replies within a time. It comes
/// from a percentile threshold: `p(95)<5000` is 95 % within 5 s.
struct Goal {
  Threshold threshold;
  [[nodiscard]] double share() const { return threshold.percentile / 100; }
};

/// `p(95)<5000` (of reply_latency), or `reply_latency{kind:mention}:p(95)<2s`. Errors: ParseError
/// unless it is an upper bound of a percentile of reply_latency or reply_service, between 0 and
/// 100.
Result<Goal> parse_goal(std::string_view text);
/// The first threshold of the scenario that can be a goal. Errors: NotFound.
Result<Goal> goal_of(const std::vector<Threshold>& thresholds);

/// The replies of a run that were in time, of all that were required: one that never came was not.
/// The goal must be among the run's thresholds. Nothing when nothing was required.
std::optional<stats::Proportion> attainment(const RunResult& result, const Goal& goal);

}  // namespace chorus::lab
