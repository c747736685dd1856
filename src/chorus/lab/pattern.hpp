#pragma once

#include "chorus/base/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace chorus::lab {

/// A regular expression for what bots write: found anywhere in the text, in time linear in its
/// length whatever the expression is (RE2), so neither a scenario nor a bot can stall the lab.
/// Groups may be named `(?P<name>...)` or `(?<name>...)`. No look-around and no back-references.
/// Copies share the compiled expression, which never changes; any thread.
class Pattern {
 public:
  using Groups = std::vector<std::pair<std::string, std::string>>;

  /// Errors: ParseError with the expression and what is wrong with it; also when it would need more
  /// than 1 MiB compiled.
  static Result<Pattern> compile(std::string_view expression);

  [[nodiscard]] bool found_in(std::string_view text) const;
  /// The first group of the first match, or the match where it has none; nullopt: not found.
  [[nodiscard]] std::optional<std::string> first_of(std::string_view text) const;
  /// The named groups of the first match, by name; those that took no part are left out.
  [[nodiscard]] Groups groups_of(std::string_view text) const;
  /// In order of name.
  [[nodiscard]] std::vector<std::string> group_names() const;
  [[nodiscard]] const std::string& expression() const { return expression_; }

 private:
  Pattern(std::string expression, std::shared_ptr<const re2::RE2> compiled)
      : expression_(std::move(expression)), compiled_(std::move(compiled)) {}
  std::string expression_;
  std::shared_ptr<const re2::RE2> compiled_;  ///< owned by all copies together
};

}  // namespace chorus::lab
