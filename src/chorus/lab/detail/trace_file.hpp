#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/executor.hpp"

#include <string_view>
#include <vector>

namespace chorus::lab::detail {

/// Arrivals out of a recorded file, in order of time and counted from the first: CSV with the
/// columns `at` and, where wanted, `text` (a header line names them; without one the first column
/// is the time), or one JSON object a line with these members; or
/// what `chorus sandbox --record` wrote, of which the people's lines count (docs/sandbox.md). A time is a number of seconds, a
/// duration like `1m30s`, or an instant like `2026-01-05T12:00:00Z`. At most a million lines.
/// Errors: ParseError with the number of the line.
Result<std::vector<TracePoint>> parse_trace(std::string_view content);

}  // namespace chorus::lab::detail
