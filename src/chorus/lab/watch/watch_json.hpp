#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/watch/watch_report.hpp"

#include <memory>

namespace chorus::lab {

/// The part `watch` of result.json.
json::object watch_json(const WatchReport& report);
/// What metrics of a watch mean, where that differs from a load test.
json::object watch_definitions(const RunResult& result);
/// The same back. Takes any object; what is missing or odd stays empty, lists are bounded.
std::shared_ptr<const WatchReport> read_watch(const json::object& o);

}  // namespace chorus::lab
