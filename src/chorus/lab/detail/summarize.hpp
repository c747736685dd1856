#pragma once

#include "chorus/lab/metric_set.hpp"
#include "chorus/lab/result.hpp"

#include <string>

namespace chorus::lab::detail {

/// A metric as the result holds it; `seconds` divides a counter's rate.
MetricSummary summarize(const std::string& key, const Metric& metric, MetricUnit unit,
                        double seconds);

}  // namespace chorus::lab::detail
