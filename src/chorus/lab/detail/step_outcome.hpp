#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/conversation.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// One message of a bot, as it stands now, or the notice that answers a pressed button.
struct Answer {
  PlatformMessageId id;  ///< none: a notice
  std::string text;
  bool linked = false;  ///< a real reply to the person's message
  MonoTime at{};
};

struct StepOutcome {
  bool right = false;
  std::optional<MonoTime> first;  ///< when the first message came; none: none came
};

/// Whether the text is what the rule asks for. `contains` and `equals` may name variables.
bool holds(const TextRule& rule, std::string_view text, const Variables& variables);

/// What a bot step makes of the messages that it got: right or wrong, and its captures (those of a
/// right answer only; a capture that finds nothing makes it wrong). Several messages are one text
/// with line ends between them.
StepOutcome judge(const Step& step, std::span<const Answer> answers, Variables& variables);

/// `{{name}}` of the variables is replaced; other placeholders stay.
std::string fill_variables(std::string_view text, const Variables& variables);
/// `1,204.50` and `12 ms` are numbers to a person: the first number of a text, without thousands
/// separators. nullopt: there is none.
std::optional<double> number_in(std::string_view text);

}  // namespace chorus::lab
