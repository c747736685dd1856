#pragma once

#include "chorus/fleet/memory/memory_extract.hpp"
#include "chorus/fleet/memory/memory_gate.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chorus::test {

/// What would be kept of a person's line: the extraction and the gate together.
inline std::vector<std::string> kept_of(const fleet::MemoryGate& gate, std::string_view line) {
  std::vector<std::string> out;
  const auto found = fleet::extract_memories(line);
  if (found.empty() || gate.check_line(line, false)) return out;
  for (const auto& candidate : found) {
    if (!gate.check(candidate)) out.push_back(candidate.text);
  }
  return out;
}

}  // namespace chorus::test
