#include "chorus/fleet/tools/tool_policy.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/memory/memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chorus::fleet {
namespace {

using Type = ToolParam::Type;

constexpr std::int64_t kMemoryText = static_cast<std::int64_t>(kLongestMemory);

constexpr std::array kRemember{
    ToolParam{"text", Type::Text, "The fact in the person's own words, such as: I play the violin.",
              true, 3, kMemoryText},
};
constexpr std::array kRecall{
    ToolParam{"query", Type::Text, "What to look for.", true, 1, 200},
};
constexpr std::array kForget{
    ToolParam{"memory", Type::Whole, "The number in front of what recall gave.", true, 1,
              INT64_MAX},
};
constexpr std::array<std::string_view, 3> kRemindActions{"set", "list", "cancel"};
constexpr std::array kRemind{
    ToolParam{"action", Type::Choice, "set (the default), list or cancel.", false, 0, 0,
              kRemindActions},
    ToolParam{"text", Type::Text, "set: of what to remind the person.", false, 1, 300},
    ToolParam{"in_seconds", Type::Whole, "set: in how many seconds from now.", false, 1,
              365 * 86'400},
    ToolParam{"at", Type::Text,
              "set, instead of in_seconds: when, as ISO 8601 with an offset, such as "
              "2026-01-05T18:30:00+03:00.",
              false, 1, 40},
    ToolParam{"number", Type::Whole, "cancel: which one, by the number that list gives.", false, 1,
              100'000},
};
constexpr std::array kRoll{
    ToolParam{"count", Type::Whole, "How many dice; 1 when absent.", false, 1, 20},
    ToolParam{"sides", Type::Whole, "Sides of each; 6 when absent.", false, 2, 1000},
};

constexpr std::array kAskUser{
    ToolParam{"question", Type::Text, "What to ask, one or two sentences.", true, 1, 300},
    ToolParam{"choices", Type::Texts, "Answers to choose from.", false, 0, 6},
};

constexpr std::array kShipped{
    ToolSpec{ToolKind::Remember, "remember",
             "Keep a fact that the person you answer has just told you about themselves.",
             kRemember, true},
    ToolSpec{ToolKind::Recall, "recall",
             "Look up what you remember of the person you answer and of yourself.", kRecall, true},
    ToolSpec{ToolKind::Forget, "forget",
             "Forget one thing about the person you answer, when they ask for it.", kForget, true},
    ToolSpec{ToolKind::Remind, "remind",
             "Set a reminder for the person you answer, list theirs in this chat, or cancel one.",
             kRemind, false},
    ToolSpec{ToolKind::ListMembers,
             "list_members",
             "Names of those who were seen in this chat.",
             {},
             false},
    ToolSpec{ToolKind::Roll, "roll", "Roll dice.", kRoll, false},
    ToolSpec{ToolKind::RoomStatus,
             "room_status",
             "How lively this chat is: its kind, its bots, how much was said lately.",
             {},
             false},
    ToolSpec{ToolKind::AskUser, kAskUserName,
             "Ask the person you answer something that you need to know first. It ends your turn; "
             "you go on when they have answered.",
             kAskUser, false},
};

bool names(std::span<const std::string> list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

/// In the shipped order, each once.
std::vector<std::string> in_order(std::span<const std::string> list) {
  std::vector<std::string> out;
  for (const ToolSpec& tool : kShipped) {
    if (names(list, tool.name)) out.emplace_back(tool.name);
  }
  return out;
}

}  // namespace

std::span<const ToolSpec> shipped_tools() {
  return kShipped;
}

const ToolSpec* find_tool(std::string_view name) {
  const auto found = std::ranges::find(kShipped, name, &ToolSpec::name);
  return found == kShipped.end() ? nullptr : &*found;
}

DeclaredTool declaration_of(const ToolSpec& tool) {
  return {std::string(tool.name), std::string(tool.description), schema_json(tool.params)};
}

Result<std::vector<std::string>> parse_tool_names(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(", \n", i), text.size());
    const std::string_view one = text.substr(i, end - i);
    i = end + 1;
    if (one.empty()) continue;
    if (find_tool(one) == nullptr) {
      std::vector<std::string_view> known;
      for (const ToolSpec& tool : kShipped) known.push_back(tool.name);
      return fail(ErrorCode::Misconfigured,
                  fmt::format("expected names among {}, not '{}'", fmt::join(known, ", "), one));
    }
    found.emplace_back(one);
  }
  return in_order(found);
}

std::optional<std::vector<std::string>> room_tools(std::string_view room_extra) {
  if (room_extra.empty()) return std::nullopt;
  const auto extra = parse_json(room_extra, {}, 8);
  if (!extra || !extra->is_object()) return std::nullopt;
  const auto* list = find_array(extra->get_object(), "tools");
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> found;
  for (const json::value& entry : *list) {
    if (const auto* name = entry.if_string()) found.emplace_back(name->data(), name->size());
  }
  return in_order(found);
}

std::vector<const ToolSpec*> permitted_tools(std::span<const std::string> allowed, bool memory) {
  std::vector<const ToolSpec*> out;
  for (const ToolSpec& tool : kShipped) {
    if (names(allowed, tool.name) && (memory || !tool.needs_memory)) out.push_back(&tool);
  }
  return out;
}

}  // namespace chorus::fleet
