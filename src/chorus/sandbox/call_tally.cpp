#include "chorus/sandbox/call_tally.hpp"

#include <algorithm>

namespace chorus::sandbox {

void CallTally::add(std::string_view door, std::string_view method, int status, Duration took) {
  // Method names of strangers are foreign text: neither their number nor their length is bounded.
  constexpr std::size_t kMaxName = 64;
  auto at = doors_.find(door);
  if (at == doors_.end()) at = doors_.try_emplace(std::string(door)).first;
  Methods& methods = at->second;
  auto found = methods.find(method);
  if (found == methods.end()) {
    const bool odd = methods.size() >= kMaxMethods || method.size() > kMaxName;
    found = methods.try_emplace(std::string(odd ? "other" : method)).first;
  }
  Method& m = found->second;
  ++m.count;
  const bool room = m.statuses.size() < kMaxStatuses || m.statuses.contains(status);
  ++m.statuses[room ? status : 0];
  took = std::max(took, Duration::zero());
  m.seconds += to_seconds(took);
  for (std::size_t i = kBoundsMs.size(); i-- > 0;) {
    if (took > std::chrono::milliseconds(kBoundsMs[i])) break;
    ++m.at_most[i];
  }
}

}  // namespace chorus::sandbox
