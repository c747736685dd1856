#include "chorus/app/bots_file.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace chorus::app {

namespace {

/// The fields of a CSV line; nullopt when a quote is not closed.
std::optional<std::vector<std::string>> fields_of(std::string_view line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  for (auto& field : out) field = std::string(trim(field));
  return out;
}

}  // namespace

Result<std::vector<BotLine>> parse_bots_file(std::string_view text, const std::string& file) {
  std::vector<BotLine> out;
  std::set<std::string> names;
  std::string problems;
  std::size_t number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trim(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const auto problem = [&](std::string_view what) {
      problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : "\n", file, number, what);
    };
    const auto fields = fields_of(line);
    if (!fields) {
      problem("a double quote is not closed");
      continue;
    }
    if (out.empty() && fields->size() >= 2 && (*fields)[0] == "name" && (*fields)[1] == "token") {
      continue;
    }
    if (fields->size() < 2 || fields->size() > 3 || (*fields)[0].empty() || (*fields)[1].empty()) {
      problem("expected name,token or name,token,persona");
      continue;
    }
    if (!names.insert((*fields)[0]).second) {
      problem(fmt::format("there is another bot named '{}'", (*fields)[0]));
      continue;
    }
    out.push_back(
        {(*fields)[0], Secret((*fields)[1]), fields->size() == 3 ? (*fields)[2] : std::string()});
  }
  if (problems.empty() && out.empty()) problems = fmt::format("{}: there is no bot in it", file);
  if (!problems.empty()) return fail(ErrorCode::Misconfigured, std::move(problems));
  return out;
}

}  // namespace chorus::app
