#include "chorus/lab/pattern.hpp"

#include <fmt/format.h>

#include <re2/re2.h>

namespace chorus::lab {

namespace {

constexpr std::int64_t kMaxCompiled = 1 << 20;

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

/// RE2 of this age knows only Python's way to name a group.
std::string with_python_groups(std::string_view expression) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    const auto rest = expression.substr(i);
    if (c == '\\' && rest.size() > 1) {
      out += rest.substr(0, 2);
      ++i;
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    const bool named =
        !in_class && rest.size() > 3 && rest.starts_with("(?<") && rest[3] != '=' && rest[3] != '!';
    if (named) {
      out += "(?P<";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxCompiled);
  auto compiled = std::make_shared<const re2::RE2>(with_python_groups(expression), options);
  if (!compiled->ok()) {
    return fail(ErrorCode::ParseError, fmt::format("'{}' is no regular expression (RE2): {}",
                                                   expression, compiled->error()));
  }
  return Pattern(std::string(expression), std::move(compiled));
}

bool Pattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *compiled_);
}

std::optional<std::string> Pattern::first_of(std::string_view text) const {
  re2::StringPiece groups[2];
  const int wanted = compiled_->NumberOfCapturingGroups() > 0 ? 2 : 1;
  const auto whole = piece(text);
  if (!compiled_->Match(whole, 0, text.size(), re2::RE2::UNANCHORED, groups, wanted)) {
    return std::nullopt;
  }
  return std::string(groups[wanted - 1]);
}

Pattern::Groups Pattern::groups_of(std::string_view text) const {
  Groups out;
  std::vector<re2::StringPiece> groups(
      static_cast<std::size_t>(compiled_->NumberOfCapturingGroups()) + 1);
  if (!compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                        static_cast<int>(groups.size()))) {
    return out;
  }
  for (const auto& [name, index] : compiled_->NamedCapturingGroups()) {
    const auto& group = groups[static_cast<std::size_t>(index)];
    if (group.data() != nullptr) out.emplace_back(name, std::string(group));
  }
  return out;
}

std::vector<std::string> Pattern::group_names() const {
  std::vector<std::string> out;
  for (const auto& [name, index] : compiled_->NamedCapturingGroups()) out.push_back(name);
  return out;
}

}  // namespace chorus::lab
