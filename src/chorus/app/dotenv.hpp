#pragma once

#include "chorus/base/error.hpp"

#include <map>
#include <string>
#include <string_view>

namespace chorus::app {

/// `KEY=value` lines, `#` comments, optional `export `, single or double quotes. Nothing is
/// expanded. Errors: Misconfigured with `file:line`.
Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text,
                                                        std::string_view file_name);

}  // namespace chorus::app
