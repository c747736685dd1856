#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chorus::lab {

struct RunResult;
struct RunComparison;
struct Capacity;
struct NamedRun;

/// A page never becomes larger; the intervals of a long run are joined until it fits.
inline constexpr std::size_t kMaxReportBytes = 1'000'000;

/// What a page is made of: JSON texts as the outputs write them; an empty one is not there. A panel
/// without data is not drawn.
struct ReportData {
  std::string_view result;      ///< `result.json`
  std::string_view before;      ///< `result.json` of the run that `comparison` holds it against
  std::string_view comparison;  ///< comparison_json
  std::string_view capacity;    ///< capacity_json
};

/// One self-contained page: no network, scripts bound by their hash, all foreign text as data.
std::string report_page(std::string_view title, const ReportData& data);

/// The report of a run; `json` is its `result.json`, which may hold more than `result` knows.
std::string run_report(const RunResult& result, std::string_view json);
/// The report of the newest run `after`, with what has changed since `before`.
std::string comparison_report(const RunComparison& comparison, const NamedRun& before,
                              const NamedRun& after);
/// What a search for the capacity has found.
std::string capacity_report(const Capacity& capacity);

}  // namespace chorus::lab
