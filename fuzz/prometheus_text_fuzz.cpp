// An exposition of any bytes is read or counted as malformed, within its bounds; scrapes of it stay
// within the bounds of what a report keeps.
#include "chorus/base/check.hpp"
#include "chorus/lab/scrape.hpp"
#include "chorus/metrics/prometheus_parse.hpp"

#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kLimit = 50;
  const auto read = chorus::metrics::parse_prometheus_text(text, kLimit);
  CH_CHECK(read.samples.size() <= kLimit);
  for (const auto& sample : read.samples) CH_CHECK(!sample.name.empty());
  chorus::lab::ScrapeLog log;
  for (int i = 0; i < 3; ++i) log.add(std::chrono::seconds(i), text.substr(0, size - size / 4 * i));
  const auto report = log.report("");
  CH_CHECK(report.series.size() <= chorus::lab::ScrapeLog::kMaxShown);
  for (const auto& s : report.series) CH_CHECK(s.values.size() == report.at.size());
  return 0;
}
