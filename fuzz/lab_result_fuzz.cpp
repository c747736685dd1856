// A result.json, a line of an index of runs, a measure or a goal of any bytes is read or refused;
// what was read can be rendered, compared with itself, and is written as it is read.
#include "chorus/base/check.hpp"
#include "chorus/lab/capacity/goal.hpp"
#include "chorus/lab/compare/compare_output.hpp"
#include "chorus/lab/compare/run_store.hpp"
#include "chorus/lab/stored_result.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace lab = chorus::lab;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto result = lab::parse_result(text)) {
    for (const char* kind : {"csv", "md", "junit", "hlog"}) (void)lab::render_stored(kind, text);
    const std::vector<lab::NamedRun> run = {{"a", *result}};
    lab::CompareOptions options;
    options.resamples = 20;
    if (const auto same = lab::compare_runs(run, run, options)) {
      CH_CHECK(same->decision != lab::stats::Decision::Worse);
      (void)lab::comparison_json(*same);
      (void)lab::comparison_text(*same, true);
    }
    (void)lab::index_line(lab::index_entry("a", *result));
  }
  const auto line = text.substr(0, text.find('\n'));
  if (const auto entry = lab::parse_index_line(line)) {
    const auto written = lab::index_line(*entry);
    const auto again = lab::parse_index_line(written);
    CH_CHECK(again && lab::index_line(*again) == written);
  }
  if (const auto key = lab::parse_measure(line)) {
    const auto again = lab::parse_measure(to_string(*key));
    CH_CHECK(again && to_string(*again) == to_string(*key));
  }
  (void)lab::parse_goal(line);
  return 0;
}
