#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/pattern.hpp"
#include "chorus/sandbox/llm_script.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

/// What a conversation knows: the columns of its row, then what its steps have captured.
using Variables = std::map<std::string, std::string, std::less<>>;
/// Tags of a metric, sorted by key.
using TagList = std::vector<std::pair<std::string, std::string>>;

/// What a text has to be; everything that is given must hold.
struct TextRule {
  std::string contains;  ///< ASCII case ignored; may hold placeholders
  std::string equals;    ///< the whole text, trimmed; may hold placeholders
  std::optional<Pattern> match;
  [[nodiscard]] bool empty() const { return contains.empty() && equals.empty() && !match; }
};

/// One value of the conversation, taken out of an answer.
struct Capture {
  std::string variable;
  std::optional<Pattern> pattern;  ///< its first group, or its match; none: the whole text
};

/// What a bot step tells a metric of the scenario.
struct Feed {
  enum class From : std::uint8_t { Latency, Right, Value };
  std::string metric;
  From from = From::Value;
  std::string value;  ///< Value: a number, or a template that becomes one
};

/// One step of a conversation.
struct Step {
  enum class Kind : std::uint8_t { User, Bot, Think, Check };
  enum class OnTimeout : std::uint8_t { Continue, Abandon, Fail };
  Kind kind = Kind::User;
  std::string text;              ///< User; Check: the text that is looked at
  bool mention = false;          ///< User
  std::string button;            ///< User: presses it, by its data or its label, in place of a text
  sandbox::DelaySpec think;      ///< Think
  Duration within{};             ///< Bot: how long the answer may take; with `none`: the silence
  TextRule rule;                 ///< Bot, Check
  std::uint32_t count_low = 1;   ///< Bot: so many messages are awaited
  std::uint32_t count_high = 0;  ///< Bot: more are wrong; 0: any number
  Duration settle{};             ///< Bot: the answer is over when nothing changed for so long
  bool linked = false;           ///< Bot
  bool none = false;             ///< Bot: must stay silent
  std::vector<Capture> captures;
  std::vector<Feed> feeds;
  std::string check;  ///< Bot, Check: the name under which right and wrong are counted
  TagList tags;
  std::uint16_t label = 0;  ///< User: index into Scenario::labels, 0: none
  OnTimeout on_timeout = OnTimeout::Abandon;
};

/// Rows of a CSV file, one for each conversation.
struct DataRows {
  enum class Order : std::uint8_t { InTurn, Random };
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each as long as `columns`
  Order order = Order::InTurn;                 ///< in turn: after the last comes the first
};

struct Conversation {
  std::string name;
  double weight = 1;
  DataRows data;
  std::vector<Step> steps;
};

}  // namespace chorus::lab
