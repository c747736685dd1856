#pragma once

#include "chorus/base/error.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::app {

/// `KEY=value` lines, `#` comments (on a line of their own, or after a space behind a value),
/// optional `export `, single or double quotes. Nothing is expanded; of a key that stands there
/// twice the last counts. Errors: Misconfigured with `file:line`, never with the value.
Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text,
                                                        std::string_view file_name);

}  // namespace chorus::app
