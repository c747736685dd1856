#include "chorus/yaml/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace chorus::yaml {

std::string to_string(const Problem& problem, std::string_view file) {
  if (problem.line <= 0) return fmt::format("{}: {}", file, problem.message);
  return fmt::format("{}:{}:{}: {}", file, problem.line, problem.column, problem.message);
}

std::string to_string(const std::vector<Problem>& problems, std::string_view file) {
  std::string out;
  for (const auto& p : problems) out += (out.empty() ? "" : "\n") + to_string(p, file);
  return out;
}

void sort_by_place(std::vector<Problem>& problems) {
  std::ranges::sort(problems, [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column, a.message) < std::tie(b.line, b.column, b.message);
  });
}

}  // namespace chorus::yaml
