#include "chorus/fleet/tools/tool_use.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/fleet/folding.hpp"

#include <fmt/format.h>

namespace chorus::fleet {

void append_rounds(std::vector<ChatLine>& lines, const std::vector<ToolRound>& rounds,
                   std::string_view delimiter) {
  for (const ToolRound& round : rounds) {
    ChatLine asked;
    asked.role = Role::Assistant;
    asked.text = sanitise_text(round.text, kLongestToolResult);
    for (const ToolUse& use : round.uses) asked.calls.push_back(use.call);
    lines.push_back(std::move(asked));
    for (const ToolUse& use : round.uses) {
      ChatLine result;
      result.role = Role::Tool;
      result.call_id = use.call.id;
      result.text =
          fmt::format("[{0}]{1}[/{0}]", delimiter, sanitise_text(use.result, kLongestToolResult));
      lines.push_back(std::move(result));
    }
  }
}

std::string uses_json(const std::vector<ToolRound>& rounds) {
  std::string json;
  JsonWriter w(json);
  w.begin_array();
  for (const ToolRound& round : rounds) {
    for (const ToolUse& use : round.uses) {
      w.begin_object().field("name", use.name).field("ok", use.ok);
      w.field("ms", to_millis(use.took)).end_object();
    }
  }
  w.end_array();
  return json;
}

}  // namespace chorus::fleet
