#pragma once

#include <string>
#include <string_view>

namespace chorus::app {

/// What the terminal can do. `CI=1`, `NO_COLOR` and non-terminals get plain lines.
struct Terminal {
  bool live = false;  ///< stderr is a terminal: a block may be redrawn in place
  bool color = false;
  int width = 80;
  static Terminal detect();

  [[nodiscard]] std::string bold(std::string_view text) const;
  [[nodiscard]] std::string dim(std::string_view text) const;
  [[nodiscard]] std::string green(std::string_view text) const;
  [[nodiscard]] std::string red(std::string_view text) const;
  [[nodiscard]] std::string yellow(std::string_view text) const;
  [[nodiscard]] std::string cyan(std::string_view text) const;

 private:
  [[nodiscard]] std::string paint(std::string_view text, std::string_view code) const;
};

/// One line for people on stderr: `chorus: ...`.
void complain(std::string_view message);

}  // namespace chorus::app
