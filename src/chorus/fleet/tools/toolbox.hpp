#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"
#include "chorus/fleet/tools/tool_use.hpp"

#include <memory>
#include <vector>

namespace chorus::fleet::detail {

struct TurnJob;

/// Runs the shipped tools for a turn. What a tool reads and changes is bound to the bot, the room
/// and the person of that turn, whatever the model writes: a call cannot name another person or
/// room. No tool reaches the network, a shell or the program. One thread.
class Toolbox {
 public:
  explicit Toolbox(Core& core) : core_(core) {}

  /// What the turn may ask for: none unless it answers a person who spoke to the bot.
  [[nodiscard]] std::vector<const ToolSpec*> permitted(const TurnJob& job) const;

  /// The call's outcome; never an error of the turn. Suspends where the store is needed. `serial`
  /// counts the turn's calls: what a call keeps is kept once, however often the turn is made.
  rt::Task<ToolUse> run(std::shared_ptr<TurnJob> job, ToolCall call, std::size_t serial);

 private:
  rt::Task<Result<std::string>> perform(std::shared_ptr<TurnJob> job, const ToolSpec* tool,
                                        ToolArguments arguments, std::size_t serial);
  rt::Task<Result<std::string>> remind(std::shared_ptr<TurnJob> job, ToolArguments arguments,
                                       std::size_t serial);
  Result<std::string> remember(const TurnJob& job, const ToolArguments& arguments);
  Result<std::string> recall(const TurnJob& job, const ToolArguments& arguments) const;
  Result<std::string> forget(const TurnJob& job, const ToolArguments& arguments);
  Result<std::string> ask_user(TurnJob& job, const ToolArguments& arguments);
  [[nodiscard]] std::string members(const TurnJob& job) const;
  [[nodiscard]] std::string status(const TurnJob& job) const;
  static std::string roll(const TurnJob& job, const ToolArguments& arguments, std::size_t serial);

  Core& core_;
};

}  // namespace chorus::fleet::detail
