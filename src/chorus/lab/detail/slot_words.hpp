#pragma once

#include "chorus/lab/result.hpp"

#include <string>
#include <vector>

// What a verdict says of a run of kind `conversations`, which has no messages.
namespace chorus::lab::detail {

/// Counters that do not add up, and conversations that are left.
void slot_failures(const SlotAccount& slots, std::vector<std::string>& out);
/// What the run does not show.
void slot_gaps(std::vector<std::string>& out);
/// `1,000 conversations of 10 people, at most 10 at once, 0 refused`.
std::string slot_sentence(const RunResult& result);
/// Lines of the summary's section on conversations, each with its line end.
std::string slot_lines(const RunResult& result);

}  // namespace chorus::lab::detail
