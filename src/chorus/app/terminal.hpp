#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::app {

/// What the terminal can do. `CI=1`, `NO_COLOR` and non-terminals get plain lines.
struct Terminal {
  bool live = false;  ///< stderr is a terminal: a block may be redrawn in place
  bool color = false;
  bool keys = false;  ///< a run reads single keys
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

/// Columns that a terminal needs for one line of `text`: 2 for East Asian wide letters and emoji, 0
/// for marks that join others and for the escape sequences of colours. An estimate for the rest of
/// Unicode's odd corners, never too small for emoji that are joined.
std::size_t display_width(std::string_view text);
/// The longest part of `text` that fits `columns`, with an ellipsis when something was left out.
/// Colours are kept, and ended.
std::string fit_to_width(std::string_view text, std::size_t columns);
/// `text` with lines that are longer than `columns` broken at spaces and continued two columns
/// further in. A word that is longer than a line stays whole, so that a path can be copied.
std::string wrap_to_width(std::string_view text, std::size_t columns);
/// `text` on one line, with spaces for line ends and control characters: what strangers wrote must
/// not steer the terminal. Not valid UTF-8 becomes U+FFFD.
std::string printable_line(std::string_view text);

/// `1 bot`, `2 bots`; `noun` is one whose plural ends in s.
std::string counted(std::int64_t n, std::string_view noun);

/// Columns that standard output has; 100 where it is no terminal.
std::size_t result_columns(const Terminal& terminal);
/// Writes a text to standard output; on a terminal no line is longer than that is wide.
void print_result(std::string_view text, const Terminal& terminal);

/// One line for people on stderr: `chorus: ...`.
void complain(std::string_view message);

}  // namespace chorus::app
