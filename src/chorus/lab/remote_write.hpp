#pragma once

#include "chorus/lab/result.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

/// One series as Prometheus stores it: labels sorted by name, samples in order of time.
struct RemoteSeries {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::int64_t, double>> samples;  ///< milliseconds since 1970, value
};

/// A finished run as series: each metric once, at the end of the run, as the Prometheus naming
/// rules want it (base units, `_total`, `_ratio`, trends as a summary with `quantile`), and beside
/// them `chorus_lab_live_*` over the time of the run. Every series carries `job`, `scenario` and
/// `run` (the time of its start). A receiver refuses what is older than about an hour, so only the
/// last 50 minutes of the intervals are told.
std::vector<RemoteSeries> remote_series(const RunResult& result);

/// The body of a Prometheus remote write 1.0 request: protobuf, compressed by snappy.
/// Source: prometheus.io/docs/concepts/remote_write_spec, prompb/remote.proto.
std::string remote_write_body(const std::vector<RemoteSeries>& series);

}  // namespace chorus::lab
