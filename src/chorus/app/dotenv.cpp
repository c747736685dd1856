#include "chorus/app/dotenv.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

namespace chorus::app {

Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text,
                                                        std::string_view file_name) {
  std::map<std::string, std::string> values;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{}:{}: expected KEY=value", file_name, number));
    }
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = value.substr(1, value.size() - 2);
    }
    values[std::string(key)] = std::string(value);
  }
  return values;
}

}  // namespace chorus::app
