#pragma once

#include "chorus/metrics/registry.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::metrics {

enum class SampleKind : std::uint8_t { Untyped, Counter, Gauge, Histogram, Summary };

/// One line of an exposition. `name` as it stands, with `_bucket`, `_sum` or `_count` of a
/// histogram.
struct Sample {
  std::string name;
  Labels labels;  ///< in order of the text
  double value = 0;
  SampleKind kind = SampleKind::Untyped;  ///< of the family, by its TYPE line
};

struct Exposition {
  std::vector<Sample> samples;  ///< in order of the text
  std::size_t malformed = 0;    ///< lines that are none
  std::size_t beyond = 0;       ///< samples left out because there were more than `limit`
};

/// Reads Prometheus text format 0.0.4 and the lines that OpenMetrics has in common with it;
/// timestamps and exemplars are passed over, help is ignored. Any bytes are answered: what is no
/// sample is counted. At most `limit` samples of at most 16 labels each.
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
Exposition parse_prometheus_text(std::string_view text, std::size_t limit = 10'000);

}  // namespace chorus::metrics
