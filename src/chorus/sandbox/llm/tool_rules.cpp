#include "chorus/sandbox/llm/tool_rules.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <string_view>

namespace chorus::sandbox {

namespace openai = proto::openai;

namespace {

/// What stands between the quotes of a JSON string.
std::string escaped(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out.substr(1, out.size() - 2);
}

std::string filled(std::string text, std::string_view said, std::string_view result) {
  text = replace_all(std::move(text), "{said}", said);
  return replace_all(std::move(text), "{result}", result);
}

}  // namespace

ToolPlay play_tools(const std::vector<LlmToolRule>& rules, const openai::ChatRequest& request) {
  std::string_view said;
  std::string_view result;
  std::int32_t results = 0;
  for (const auto& message : request.messages) {
    if (message.role == "user") {
      said = inside_marks(message.content);
      results = 0;
    } else if (message.role == "tool") {
      result = inside_marks(message.content);
      ++results;
    }
  }
  const std::string lower = ascii_lower(said);
  const auto rule = std::ranges::find_if(rules, [&](const LlmToolRule& r) {
    return lower.find(ascii_lower(r.when)) != std::string::npos;
  });
  ToolPlay play;
  if (rule == rules.end()) return play;
  const bool declared = std::ranges::any_of(
      request.tools, [&](const openai::Tool& tool) { return tool.name == rule->call; });
  const bool wanted = request.tool_choice != "none";
  if (results < rule->times && wanted && (declared || rule->undeclared)) {
    openai::ToolCall call;
    call.name = rule->call;
    call.arguments = filled(rule->arguments, escaped(said), escaped(result));
    play.calls.push_back(std::move(call));
  } else if (results > 0 && !rule->say.empty()) {
    play.say = filled(rule->say, said, result);
  }
  return play;
}

std::vector<openai::ToolCall> call_pieces(const std::vector<openai::ToolCall>& calls) {
  constexpr std::size_t kPiece = 24;
  std::vector<openai::ToolCall> out;
  for (const openai::ToolCall& call : calls) {
    out.push_back({call.id, call.name, "", call.index});
    for (std::string_view rest = call.arguments; !rest.empty();) {
      std::size_t end = std::min(kPiece, rest.size());
      while (end < rest.size() && (static_cast<unsigned char>(rest[end]) & 0xC0U) == 0x80U) ++end;
      out.push_back({"", "", std::string(rest.substr(0, end)), call.index});
      rest.remove_prefix(end);
    }
  }
  return out;
}

}  // namespace chorus::sandbox
