#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/result.hpp"

#include <string>
#include <string_view>

namespace chorus::lab {

/// A result out of the text of its `result.json`, as far as tables, summaries and comparisons need
/// it: without the spectrum, which only the page shows. Metrics and thresholds that this version
/// does not know are left out. Errors: Misconfigured when it is no result, or one of a newer
/// schema.
Result<RunResult> parse_result(std::string_view json);

/// What `-o kind` writes, from a stored result instead of a run. Errors: those of parse_result;
/// InvalidArgument for `ndjson` and `prometheus-rw`, which only a run itself can write, and for
/// unknown kinds.
Result<std::string> render_stored(std::string_view kind, std::string_view json);

}  // namespace chorus::lab
