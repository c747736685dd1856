#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/ports.hpp"
#include "chorus/fleet/tools/tool_arguments.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What ships. A closed list: nothing is loaded or made at run time.
enum class ToolKind : std::uint8_t {
  Remember,
  Recall,
  Forget,
  Remind,
  ListMembers,
  Roll,
  RoomStatus,
  AskUser,
};

/// One tool as it is declared to models.
struct ToolSpec {
  ToolKind kind = ToolKind::Roll;
  std::string_view name;
  std::string_view description;  ///< for the model, and for operators
  std::span<const ToolParam> params;
  bool needs_memory = false;  ///< not offered while `memory` is off
};

inline constexpr std::string_view kAskUserName = "ask_user";

/// In the order in which models see them.
std::span<const ToolSpec> shipped_tools();
const ToolSpec* find_tool(std::string_view name);
DeclaredTool declaration_of(const ToolSpec& tool);

/// Names separated by commas or spaces, in the shipped order, each once. Errors: Misconfigured,
/// with the nearest name.
Result<std::vector<std::string>> parse_tool_names(std::string_view text);

/// The list of a room's `extra` (`{"tools": ["roll"]}`; an empty list permits nothing). nullopt: it
/// has none, so the fleet's counts. Names that are none are left out.
std::optional<std::vector<std::string>> room_tools(std::string_view room_extra);

/// What `names` permits, in the shipped order.
std::vector<const ToolSpec*> permitted_tools(std::span<const std::string> names, bool memory);

}  // namespace chorus::fleet
