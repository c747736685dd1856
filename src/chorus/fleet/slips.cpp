#include "chorus/fleet/slips.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>

namespace chorus::fleet {

bool is_slip(std::u32string_view typed, std::u32string_view meant) {
  constexpr std::size_t kForgivesMore = 4;
  const auto differ = std::mismatch(typed.begin(), typed.end(), meant.begin(), meant.end());
  const auto at = static_cast<std::size_t>(differ.first - typed.begin());
  if (typed.size() == meant.size()) {
    if (at + 1 < typed.size() && typed[at] == meant[at + 1] && typed[at + 1] == meant[at] &&
        typed.substr(at + 2) == meant.substr(at + 2)) {
      return true;
    }
    return meant.size() > kForgivesMore + 1 && at > 0 && at < typed.size() &&
           typed.substr(at + 1) == meant.substr(at + 1);
  }
  if (meant.size() < kForgivesMore || at == 0) return false;
  if (typed.size() + 1 == meant.size()) return typed.substr(at) == meant.substr(at + 1);
  return typed.size() == meant.size() + 1 && typed.substr(at + 1) == meant.substr(at);
}

std::u32string code_points(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    std::size_t bytes = 1;
    out += decode_utf8(text, bytes);
    text.remove_prefix(std::min(std::max<std::size_t>(bytes, 1), text.size()));
  }
  return out;
}

}  // namespace chorus::fleet
