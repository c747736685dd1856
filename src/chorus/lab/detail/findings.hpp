#pragma once

#include "chorus/lab/result.hpp"

#include <string>

// What a reader of a verdict should know beside it, and the words that both use.
namespace chorus::lab::detail {

/// Fills `findings`: where the time went, what became of messages, how bots took refusals, what
/// changed during the run. The verdict must stand.
void list_findings(RunResult& result);

/// Which leg of the way took most of the time; empty without latencies.
std::string slowest_leg(const RunResult& result);
/// False for application services, which no platform limits.
bool has_platform_limits(const RunResult& result);
/// A threshold on the lab's own lateness judges nobody else.
bool judges_generator(const ThresholdResult& threshold);
/// Little's law is off by so much that samples must be missing.
bool little_is_void(const RunResult& result);
std::string little_text(const RunResult& result);
std::string ms_text(double ms);

}  // namespace chorus::lab::detail
