#include "chorus/lab/report_page.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/markup.hpp"
#include "chorus/base/text.hpp"
#include "chorus/lab/capacity/capacity.hpp"
#include "chorus/lab/compare/compare_output.hpp"
#include "chorus/lab/embedded_report.hpp"
#include "chorus/lab/outputs.hpp"

#include <fmt/format.h>

namespace chorus::lab {

namespace {

constexpr std::string_view kTitlePlace = "__CHORUS_TITLE__";
constexpr std::string_view kDataPlace = "__CHORUS_DATA__";

/// Inside a script element "</script" would end it and "<!--<script" would hide its end: no text of
/// a stranger may hold the sign that all of them begin with.
std::string inert(std::string_view json) {
  return replace_all(std::string(json), "<", "\\u003c");
}

/// JSON without the blanks that make it readable; as it was when it is none.
std::string compact(std::string_view json_text) {
  const auto value = parse_json(json_text);
  return value ? json::serialize(*value) : std::string(json_text);
}

std::string title_of(const RunResult& result) {
  return fmt::format("{} {}", to_string(result.verdict), result.name);
}

/// Neighbours joined, as a longer run would have joined them.
bool halve(RunResult& result) {
  if (result.series.size() < 2) return false;
  Series joined(result.series_interval * 2);
  for (std::size_t i = 0; i < result.series.size(); ++i) {
    joined.add(result.series[i]);
  }
  result.series = joined.points();
  result.series_interval = joined.interval();
  return true;
}

/// Its numbers without the parts that only a page of its own would draw.
std::string numbers_of(const RunResult& result) {
  auto small = result;
  small.series.clear();
  small.scrape.reset();
  return result_json(small);
}

std::string fitted(const RunResult& result, std::string_view json, ReportData data) {
  data.result = json;
  auto page = report_page(title_of(result), data);
  auto joined = result;
  while (page.size() > kMaxReportBytes && halve(joined)) {
    const auto smaller = result_json(joined);
    data.result = smaller;
    page = report_page(title_of(result), data);
  }
  return page;
}

}  // namespace

std::string report_page(std::string_view title, const ReportData& data) {
  std::string_view page;
  for (const auto& file : embedded_report::files()) {
    if (file.name == "report.html") page = file.bytes;
  }
  std::string all = "{";
  const auto add = [&](std::string_view key, std::string_view json_text) {
    if (json_text.empty()) return;
    all += fmt::format("{}\"{}\":{}", all.size() > 1 ? "," : "", key, inert(compact(json_text)));
  };
  add("result", data.result);
  add("before", data.before);
  add("comparison", data.comparison);
  add("capacity", data.capacity);
  all += "}";
  // In one pass from the template: what is put in is never searched for a place again.
  const auto title_at = page.find(kTitlePlace);
  const auto data_at = page.find(kDataPlace);
  const auto title_end = title_at + kTitlePlace.size();
  std::string out;
  out.reserve(page.size() + all.size() + title.size());
  out.append(page.substr(0, title_at)).append(xml_text(title));
  out.append(page.substr(title_end, data_at - title_end)).append(all);
  out.append(page.substr(data_at + kDataPlace.size()));
  return out;
}

std::string run_report(const RunResult& result, std::string_view json) {
  return fitted(result, json, {});
}

std::string comparison_report(const RunComparison& comparison, const NamedRun& before,
                              const NamedRun& after) {
  const auto changes = comparison_json(comparison);
  const auto then = numbers_of(before.result);
  ReportData data;
  data.before = then;
  data.comparison = changes;
  return fitted(after.result, result_json(after.result), data);
}

std::string capacity_report(const Capacity& capacity) {
  const auto found = capacity_json(capacity);
  ReportData data;
  data.capacity = found;
  return report_page("Capacity of " + capacity.scenario, data);
}

}  // namespace chorus::lab
