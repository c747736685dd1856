#pragma once

#include "chorus/proto/openai/types.hpp"
#include "chorus/sandbox/llm_script.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::sandbox {

/// What a scripted model does about a request that declares tools.
struct ToolPlay {
  std::vector<proto::openai::ToolCall> calls;  ///< without ids; none: it answers
  std::optional<std::string> say;              ///< the answer's words; nullopt: the usual ones
};

/// The first rule whose `when` stands in the last message of a person (between its marks, whatever
/// the case) counts. Its tool is called while it is declared, calls are wanted (`tool_choice`) and
/// fewer than `times` results follow that message; afterwards `say` is the answer. In `arguments`
/// and `say`, `{said}` stands for the message and `{result}` for the last result, both without
/// marks; in `arguments` they are escaped for a JSON string.
ToolPlay play_tools(const std::vector<LlmToolRule>& rules,
                    const proto::openai::ChatRequest& request);

/// As OpenAI streams them: id and name first, then the arguments in pieces that are valid UTF-8.
std::vector<proto::openai::ToolCall> call_pieces(const std::vector<proto::openai::ToolCall>& calls);

}  // namespace chorus::sandbox
