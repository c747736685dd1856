#include "chorus/lab/fault_times.hpp"

#include "chorus/base/units.hpp"
#include "chorus/sandbox/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace chorus::lab {

namespace {

std::string kind_of_status(const json::object& fault) {
  if (fault.contains("quota") || find_string(fault, "code") == "insufficient_quota") return "quota";
  const auto status = find_int(fault, "status");
  if (status && *status != 429) return fmt::format("error_{}", *status);
  return status || fault.contains("retry_after") ? "rate_limit" : "";
}

}  // namespace

std::optional<Duration> FaultTimes::next(Duration ended) {
  if (!planned_) {
    planned_ = plan_.at;
  } else if (!plan_.every) {
    return std::nullopt;
  } else {
    planned_ = *planned_ + std::max(Duration(1), sandbox::draw_delay(*plan_.every, rng_));
  }
  const auto jitter = from_seconds(rng_.uniform(0, to_seconds(plan_.jitter)));
  return std::max(*planned_ + jitter, ended);
}

std::string kind_of(const FaultPlan& plan) {
  if (plan.target == TargetFault::Kill) return "kill";
  if (plan.target == TargetFault::Pause) return "pause";
  std::string out;
  const auto add = [&](std::string_view part) {
    if (!part.empty()) out += fmt::format("{}{}", out.empty() ? "" : "+", part);
  };
  if (plan.fault.contains("latency")) add("latency");
  add(kind_of_status(plan.fault));
  if (plan.fault.contains("loss")) add("loss");
  if (const auto drop = find_string(plan.fault, "drop")) {
    add(*drop == "middle" ? "truncated" : "reset");
  }
  for (const auto* part : {"stall", "slow_body", "duplicate"}) {
    if (plan.fault.contains(part)) add(part);
  }
  return out;
}

std::string text_of(const FaultPlan& plan) {
  if (plan.target == TargetFault::Kill) return "the target is killed and started again";
  if (plan.target == TargetFault::Pause) return "the target is stopped and continued";
  auto out = json::serialize(plan.fault);
  if (!plan.match.empty()) out += " for " + json::serialize(plan.match);
  if (plan.rate) out += fmt::format(", {:.3g} % of them", *plan.rate * 100);
  if (plan.times) out += fmt::format(", {} times", *plan.times);
  return out;
}

}  // namespace chorus::lab
