#pragma once

#include "chorus/base/error.hpp"

#include <string>
#include <string_view>

namespace chorus::lab {

/// What the sandbox's `/control/v1/stats` counts, as an exposition, so that it is kept and read
/// like every other source: `sandbox_calls_total{door,method,status}`, the histogram
/// `sandbox_call_seconds{door,method}`, `sandbox_messages_total{side}` and
/// `sandbox_pending_updates`. Errors: ParseError when it is none, or of a sandbox that does not
/// tell its methods.
Result<std::string> sandbox_exposition(std::string_view stats_json);

}  // namespace chorus::lab
