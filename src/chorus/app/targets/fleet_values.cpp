#include "chorus/app/targets/fleet_values.hpp"

#include "chorus/app/targets/fleet_limits.hpp"
#include "chorus/base/text.hpp"

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

}  // namespace chorus::app
