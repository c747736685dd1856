#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chorus::app {

/// One line of the file of `chorus bots import`.
struct BotLine {
  std::string name;
  Secret token;
  std::string persona;  ///< may be empty
};

/// Reads `name,token` or `name,token,persona` lines; a field may stand in double quotes; empty
/// lines and those that begin with `#` are left out, and so is a first line that says
/// `name,token,...`. Errors: Misconfigured with one `file:line: what` for each problem, never the
/// token.
Result<std::vector<BotLine>> parse_bots_file(std::string_view text, const std::string& file);

}  // namespace chorus::app
