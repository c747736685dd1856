#include "chorus/app/dotenv.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::app {

namespace {

bool is_variable_name(std::string_view name) {
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, ok);
}

/// Without quotes and without the comment behind it; nullopt when a quote is not closed or is
/// followed by something else.
std::optional<std::string_view> value_of(std::string_view text) {
  text = trim(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) {
    // A '#' inside of a value stays: passwords hold them.
    if (text.starts_with('#')) return std::string_view();
    const auto comment = std::min(text.find(" #"), text.find("\t#"));
    return trim(text.substr(0, comment));
  }
  const auto close = text.find(text.front(), 1);
  if (close == std::string_view::npos) return std::nullopt;
  const auto rest = trim(text.substr(close + 1));
  if (!rest.empty() && !rest.starts_with('#')) return std::nullopt;
  return text.substr(1, close - 1);
}

}  // namespace

Result<std::map<std::string, std::string>> parse_dotenv(std::string_view text,
                                                        std::string_view file_name) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::map<std::string, std::string> values;
  int number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_variable_name(key)) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{}:{}: expected KEY=value", file_name, number));
    }
    const auto value = value_of(line.substr(equals + 1));
    if (!value) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{}:{}: the quotes of {} do not match", file_name, number, key));
    }
    values[std::string(key)] = std::string(*value);
  }
  return values;
}

}  // namespace chorus::app
