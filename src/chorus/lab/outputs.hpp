#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// One `-o kind[=path]`. Ndjson is written while the run goes (RunOptions::record) and
/// `prometheus-rw` is sent (remote_write.hpp); the others are rendered from the result.
struct OutputSpec {
  std::string kind;
  std::string path;  ///< empty: standard output; prometheus-rw: where it is sent
  [[nodiscard]] bool is_file() const { return kind != "prometheus-rw"; }
};
/// Errors: InvalidArgument naming the kinds that exist.
Result<OutputSpec> parse_output(std::string_view text);
const std::vector<std::string>& output_kinds();

/// Of `result.json`; a reader refuses a higher one.
inline constexpr int kResultSchemaVersion = 1;
/// `result.json` (DESIGN.md 10), indented; every histogram is stored whole.
std::string result_json(const RunResult& result);
/// One row per metric.
std::string result_csv(const RunResult& result);
/// One test case per threshold, plus `ledger` and `load`.
std::string result_junit(const RunResult& result);
/// For a pull request or an issue.
std::string result_markdown(const RunResult& result);
/// HdrHistogram log, one tagged histogram per trend, microseconds kept in nanosecond values.
std::string result_hlog(const RunResult& result);
/// One self-contained page, no network, at most kMaxReportBytes (report_page.hpp).
std::string result_html(const RunResult& result);
/// Any of the above by kind. Errors: InvalidArgument.
Result<std::string> render(std::string_view kind, const RunResult& result);

/// Writes a file, making its folder. Errors: Unavailable with path and cause. Blocking.
Result<void> write_output(const std::string& path, std::string_view content);

/// Where the files of a run go below `runs`: `20260105T120000-phase2`.
std::string run_folder(std::string_view name, WallTime started_at);

}  // namespace chorus::lab
