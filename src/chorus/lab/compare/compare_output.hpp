#pragma once

#include "chorus/lab/compare/compare.hpp"

#include <string>
#include <string_view>

namespace chorus::lab {

/// For a terminal: the decision first, a row for each number, then notes and how to read it.
std::string comparison_text(const RunComparison& comparison, bool color);
/// For a pull request.
std::string comparison_markdown(const RunComparison& comparison);
/// `{schema_version, scenario, decision, method, alpha, before[], after[], changes[], notes[]}`,
/// indented. Effects and intervals are shares of the value before where `relative`, else in the
/// metric's unit; positive is worse.
std::string comparison_json(const RunComparison& comparison);
/// One test case a gate: worse fails, undecided is skipped.
std::string comparison_junit(const RunComparison& comparison);
/// Any of these by kind: text, md, json, junit. Errors: InvalidArgument naming them.
Result<std::string> render_comparison(std::string_view kind, const RunComparison& comparison);

/// `+12.3 %` of a relative change, or the change in the metric's unit; as it was measured, whatever
/// is better.
std::string change_text(const MeasureChange& change);

}  // namespace chorus::lab
