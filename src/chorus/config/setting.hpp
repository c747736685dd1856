#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::config {

enum class Kind : std::uint8_t {
  Flag,      ///< true | false
  Whole,     ///< a whole number within its range
  Number,    ///< a number within its range
  Duration,  ///< `250ms`, `30s`, `1h30m`; the range is in seconds
  Choice,    ///< one of `choices`
  Text,      ///< at most 8,000 bytes of UTF-8
  Secret,    ///< text that is never shown, stored or set at run time
};
/// `flag`, `whole number`, ...: what the table of the documentation says.
std::string_view to_string(Kind kind) noexcept;

/// When a changed value counts.
enum class Takes : std::uint8_t {
  AtOnce,
  AtStart,  ///< needs a restart
};

/// Inclusive bounds of a number, or of a duration in seconds; what is counted.
struct Range {
  double low = 0;
  double high = 1;
  std::string unit;
};

/// What can be said about one setting without its value: everything that validation, documentation,
/// environment, command line and API need. The one place that says so.
struct Setting {
  std::string name{};
  Kind kind = Kind::Text;
  std::string fallback{};  ///< default, in the form that `check` gives
  Range range{};
  std::vector<std::string> choices{};
  Takes takes = Takes::AtStart;
  std::string group{};     ///< heading it stands under
  std::string what{};      ///< one or two sentences
  std::string variable{};  ///< of the environment
  std::string key{};       ///< path in chorus.yaml; empty: not there
  /// A rule of its own, after those of its kind; the error says what is expected.
  std::function<Result<void>(const std::string&)> rule = nullptr;
};

/// CHORUS_<NAME>.
std::string default_variable(std::string_view name);

/// `a whole number from 0 to 100`, `one of score, random`.
std::string allowed(const Setting& setting);

/// The value in its one form (`TRUE` -> `true`, `0.50` -> `0.5`, `60s` -> `1m`). Errors:
/// Misconfigured with one line: what is expected, and what came (never a secret).
Result<std::string> check(const Setting& setting, std::string_view text);

/// A checked value as JSON: a flag as a boolean, numbers as numbers, the rest as text; a secret is
/// null when it is empty and `true` when it is set.
json::value to_json(const Setting& setting, const std::string& value);
/// The text of a value given as JSON, not checked yet. InvalidArgument: a list, an object or null.
Result<std::string> text_of(const json::value& value);

/// `unknown setting 'selectr', did you mean 'selector'?`
Error unknown_setting(std::string_view name, const std::vector<std::string>& known);

}  // namespace chorus::config
