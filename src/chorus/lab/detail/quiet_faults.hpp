#pragma once

#include "chorus/lab/result.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab::detail {

/// Names of the platform's faults that met no call at any of their times. A calm minute is no
/// wonder; a fault that is for another platform, or for what this bot never does, is one.
inline std::vector<std::string> faults_that_met_nothing(const RunResult& r) {
  std::vector<std::pair<std::string, std::uint64_t>> calls;
  for (const auto& window : r.fault_windows) {
    if (window.kind == "kill" || window.kind == "pause") continue;
    auto known = std::ranges::find(calls, window.name, &decltype(calls)::value_type::first);
    if (known == calls.end()) known = calls.insert(calls.end(), {window.name, 0});
    known->second += window.calls;
  }
  std::vector<std::string> out;
  for (auto& [name, met] : calls) {
    if (met == 0) out.push_back(std::move(name));
  }
  return out;
}

}  // namespace chorus::lab::detail
