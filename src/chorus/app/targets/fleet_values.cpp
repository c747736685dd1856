#include "chorus/app/targets/fleet_values.hpp"

#include "chorus/app/targets/fleet_limits.hpp"
#include "chorus/base/text.hpp"
#include "chorus/platform/llm/chain.hpp"

#include <algorithm>
#include <charconv>

namespace chorus::app {

std::map<std::string, std::string> fleet_values(const lab::TargetSpec& spec) {
  std::map<std::string, std::string> values{
      {"pacing", spec.pacing == lab::Pacing::Fast ? "none" : "human"},
      {"max_concurrent_conversations", std::to_string(kLoadConversations)}};
  for (const auto& [name, value] : spec.env) {
    if (name.starts_with("CHORUS_")) values[ascii_lower(name.substr(7))] = value;
  }
  return values;
}

std::uint32_t llm_concurrency(const lab::TargetSpec& spec) {
  constexpr std::uint32_t kMost = 10'000;  // of chorus.yaml
  const auto slots = spec.env.find("CHORUS_MAX_CONCURRENT_CONVERSATIONS");
  if (slots == spec.env.end()) return platform::kCallsAtOnce;
  std::uint32_t n = 0;  // what is no number is said by whoever reads the setting
  const auto& text = slots->second;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return std::clamp(n, platform::kCallsAtOnce, kMost);
}

}  // namespace chorus::app
