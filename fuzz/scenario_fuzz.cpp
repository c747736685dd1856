// A scenario file of any bytes is either a scenario or a list of problems, each one line of valid
// UTF-8 with a place that is not negative; nothing throws and nothing is both.
#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/lab/scenario.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = chorus::lab::parse_scenario(text, {});
  CH_CHECK(parsed.scenario.has_value() == parsed.problems.empty());
  for (const auto& problem : parsed.problems) {
    CH_CHECK(problem.line >= 0 && problem.column >= 0);
    CH_CHECK(!problem.message.empty() && chorus::is_valid_utf8(problem.message));
  }
  if (parsed.scenario) {
    CH_CHECK(parsed.scenario->measured() >= chorus::Duration::zero());
    CH_CHECK(parsed.scenario->warmup_or_default() >= chorus::Duration::zero());
  }
  const auto cut = text.find('\n');
  (void)chorus::lab::parse_threshold("reply_latency", text.substr(0, cut));
  (void)chorus::lab::parse_metric_name(text.substr(0, cut));
  (void)chorus::lab::parse_delay(text.substr(0, cut));
  return 0;
}
