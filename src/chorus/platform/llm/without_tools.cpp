#include "chorus/platform/llm/detail/without_tools.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace chorus::platform::detail {

bool uses_tools(const fleet::GenerationRequest& request) {
  return !request.tools.empty() || std::ranges::any_of(request.lines, [](const auto& line) {
    return line.role == fleet::Role::Tool || !line.calls.empty();
  });
}

fleet::GenerationRequest without_tools(fleet::GenerationRequest request) {
  if (!uses_tools(request)) return request;
  request.tools.clear();
  std::vector<fleet::ChatLine> lines;
  lines.reserve(request.lines.size());
  for (fleet::ChatLine& line : request.lines) {
    if (!line.calls.empty()) {
      line.calls.clear();
      if (line.text.empty()) continue;
    }
    if (line.role == fleet::Role::Tool) {
      line.role = fleet::Role::User;
      line.name = "notes";
      line.call_id.clear();
      line.text = "Looked up for your answer: " + line.text;
    }
    lines.push_back(std::move(line));
  }
  request.lines = std::move(lines);
  return request;
}

}  // namespace chorus::platform::detail
