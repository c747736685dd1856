#include "chorus/proto/openai/detail/tools.hpp"

#include <string>
#include <string_view>

namespace chorus::proto::openai::detail {
namespace {

constexpr std::size_t kMostCalls = 64;
constexpr std::size_t kMostTools = 128;  ///< OpenAI takes no more

std::string text_of(const json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(""));
}

void write_function(JsonWriter& out, const ToolCall& call) {
  out.key("function").begin_object();
  if (!call.name.empty()) out.field("name", call.name);
  out.field("arguments", call.arguments).end_object();
}

Result<Tool> decode_tool(const json::value& entry) {
  const auto* object = entry.if_object();
  const auto* function = object != nullptr ? find_object(*object, "function") : nullptr;
  const auto name = function != nullptr ? find_string(*function, "name") : std::nullopt;
  if (!name || name->empty()) {
    return fail(ErrorCode::ParseError, "every entry of 'tools' needs a function with a 'name'");
  }
  Tool tool;
  tool.name = *name;
  tool.description = text_of(*function, "description");
  if (const auto* parameters = find(*function, "parameters")) {
    if (!parameters->is_object()) {
      return fail(ErrorCode::ParseError, "'parameters' of a tool must be an object");
    }
    tool.parameters = json::serialize(*parameters);
  }
  return tool;
}

}  // namespace

std::vector<ToolCall> decode_calls(const json::object& message) {
  std::vector<ToolCall> calls;
  const auto* list = find_array(message, "tool_calls");
  if (list == nullptr) return calls;
  for (const auto& entry : *list) {
    const auto* object = entry.if_object();
    const auto* function = object != nullptr ? find_object(*object, "function") : nullptr;
    if (function == nullptr) continue;
    if (calls.size() == kMostCalls) break;
    ToolCall call;
    call.id = text_of(*object, "id");
    call.name = text_of(*function, "name");
    call.arguments = text_of(*function, "arguments");
    call.index = find_int(*object, "index").value_or(0);
    calls.push_back(std::move(call));
  }
  return calls;
}

void write_calls(JsonWriter& out, const std::vector<ToolCall>& calls) {
  if (calls.empty()) return;
  out.key("tool_calls").begin_array();
  for (const auto& call : calls) {
    out.begin_object().field("id", call.id).field("type", "function");
    write_function(out, call);
    out.end_object();
  }
  out.end_array();
}

void write_call_pieces(JsonWriter& out, const std::vector<ToolCall>& calls) {
  if (calls.empty()) return;
  out.key("tool_calls").begin_array();
  for (const auto& call : calls) {
    out.begin_object().field("index", call.index);
    if (!call.id.empty()) out.field("id", call.id).field("type", "function");
    write_function(out, call);
    out.end_object();
  }
  out.end_array();
}

Result<void> decode_tools(const json::object& object, ChatRequest& request) {
  if (const auto* list = find_array(object, "tools")) {
    if (list->size() > kMostTools) {
      return fail(ErrorCode::ParseError, "'tools' may hold at most 128 entries");
    }
    for (const auto& entry : *list) {
      CH_TRY(Tool tool, decode_tool(entry));
      request.tools.push_back(std::move(tool));
    }
  }
  const auto* choice = find(object, "tool_choice");
  if (choice == nullptr || choice->is_null()) return {};
  if (const auto* word = choice->if_string()) {
    request.tool_choice.assign(word->data(), word->size());
  } else if (const auto* named = choice->if_object()) {
    const auto* function = find_object(*named, "function");
    request.tool_choice = "function";
    request.tool_choice_name = function != nullptr ? text_of(*function, "name") : std::string();
  }
  const std::string& said = request.tool_choice;
  const bool named = said == "function" && !request.tool_choice_name.empty();
  if (said != "auto" && said != "none" && said != "required" && !named) {
    return fail(ErrorCode::ParseError,
                "'tool_choice' must be auto, none, required or a function with a name");
  }
  return {};
}

void write_tools(JsonWriter& out, const ChatRequest& request) {
  if (!request.tools.empty()) {
    out.key("tools").begin_array();
    for (const auto& tool : request.tools) {
      out.begin_object().field("type", "function").key("function").begin_object();
      out.field("name", tool.name);
      if (!tool.description.empty()) out.field("description", tool.description);
      if (!tool.parameters.empty()) out.key("parameters").raw(tool.parameters);
      out.end_object().end_object();
    }
    out.end_array();
  }
  if (request.tool_choice.empty()) return;
  if (request.tool_choice == "function") {
    out.key("tool_choice").begin_object().field("type", "function");
    out.key("function").begin_object().field("name", request.tool_choice_name).end_object();
    out.end_object();
  } else {
    out.field("tool_choice", request.tool_choice);
  }
}

}  // namespace chorus::proto::openai::detail
