#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

inline constexpr std::size_t kLongestToolResult = 1500;  ///< code points given to the model
inline constexpr std::size_t kCallsPerRound = 4;         ///< later ones are not taken up

/// One call of a tool and what it came to.
struct ToolUse {
  ToolCall call;
  std::string_view name;  ///< of a shipped tool; `unknown` for any other word
  std::string result;     ///< data, or `error: ...`; at most kLongestToolResult
  bool ok = false;
  Duration took{};
};

/// What a model asked for at once. `text`: what it said beside its calls.
struct ToolRound {
  std::string text;
  std::vector<ToolUse> uses;
};

/// The rounds as the lines that a request goes on with: calls as the model made them, results
/// between the marks of that request, because their words are other people's.
void append_rounds(std::vector<ChatLine>& lines, const std::vector<ToolRound>& rounds,
                   std::string_view delimiter);

/// For the stored decision: name, outcome and milliseconds of each call, no content.
std::string uses_json(const std::vector<ToolRound>& rounds);

}  // namespace chorus::fleet
