#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/result.hpp"

#include <string>

namespace chorus::app {

/// Sends a run's series to a Prometheus remote write receiver (`-o prometheus-rw=URL`). Blocks, at
/// most 15 s. Errors: Unavailable with the receiver's origin (never its path or password) and its
/// answer.
Result<void> push_remote_write(const std::string& url, const lab::RunResult& result);

}  // namespace chorus::app
