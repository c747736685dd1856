#include "chorus/app/terminal.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace chorus::app {

Terminal Terminal::detect() {
  Terminal terminal;
  const char* ci = std::getenv("CI");
  const bool in_ci = ci != nullptr && *ci != '\0' && std::string_view(ci) != "false";
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  terminal.live = isatty(STDERR_FILENO) == 1 && !in_ci && !dumb;
  const char* no_color = std::getenv("NO_COLOR");
  terminal.color = terminal.live && (no_color == nullptr || *no_color == '\0');
  if (no_color != nullptr && *no_color != '\0') terminal.live = false;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.width = size.ws_col;
  return terminal;
}

std::string Terminal::paint(std::string_view text, std::string_view code) const {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}
std::string Terminal::bold(std::string_view text) const {
  return paint(text, "1");
}
std::string Terminal::dim(std::string_view text) const {
  return paint(text, "2");
}
std::string Terminal::green(std::string_view text) const {
  return paint(text, "32");
}
std::string Terminal::red(std::string_view text) const {
  return paint(text, "31");
}
std::string Terminal::yellow(std::string_view text) const {
  return paint(text, "33");
}
std::string Terminal::cyan(std::string_view text) const {
  return paint(text, "36");
}

namespace {

struct Range {
  char32_t first, last;
};
// Unicode 15 East_Asian_Width W and F, joined where only unassigned code points lie between.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x23F0, 0x23F3},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},
    {0x26C4, 0x26C5},   {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},
    {0x26F2, 0x26F5},   {0x26FA, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274E},   {0x2753, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F19A}, {0x1F1E6, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7F0},
    {0x1F90C, 0x1FAFF}, {0x20000, 0x3FFFD}};
constexpr Range kNone[] = {{0x0300, 0x036F},  {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
                           {0x064B, 0x065F},  {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
                           {0x20D0, 0x20F0},  {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF},
                           {0xE0100, 0xE01EF}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t c) {
  for (const auto& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

std::size_t columns_of(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return 0;
  if (c < 0x0300) return 1;
  if (is_in(kNone, c)) return 0;
  return is_in(kWide, c) ? 2 : 1;
}

/// Bytes of the colour sequence at the start of `text`; 0 when there is none.
std::size_t colour_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const auto end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

std::string wrap_line(std::string_view line, std::size_t columns) {
  if (display_width(line) <= columns) return std::string(line);
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const std::string further(std::min(indent + 2, columns / 2), ' ');
  std::string out;
  std::string here(line.substr(0, indent));
  line.remove_prefix(indent);
  bool begun = false;
  while (!line.empty()) {
    const std::size_t gap = std::min(line.find_first_not_of(' '), line.size());
    const std::size_t end = std::min(line.find(' ', gap), line.size());
    std::string_view piece = line.substr(0, end);
    if (begun && display_width(here) + display_width(piece) > columns) {
      out += here + '\n';
      here = further;
      piece.remove_prefix(gap);
    }
    here += piece;
    begun = true;
    line.remove_prefix(end);
  }
  return out + here;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    std::size_t bytes = colour_length(text);
    if (bytes == 0) columns += columns_of(decode_utf8(text, bytes));
    text.remove_prefix(bytes);
  }
  return columns;
}

std::string fit_to_width(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  std::string out;
  std::size_t used = 1;  // the ellipsis
  bool coloured = false;
  while (!text.empty()) {
    std::size_t bytes = colour_length(text);
    if (bytes > 0) {
      coloured = text.substr(0, bytes) != "\x1b[0m";
    } else {
      used += columns_of(decode_utf8(text, bytes));
      if (used > columns) break;
    }
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  if (columns > 0) out += "…";
  if (coloured) out += "\x1b[0m";
  return out;
}

std::string wrap_to_width(std::string_view text, std::size_t columns) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += wrap_line(text.substr(0, end), columns);
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string counted(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string printable_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t bytes = 0;
    const char32_t c = decode_utf8(text, bytes);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
                         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    append_utf8(out, control ? U' ' : c);
    text.remove_prefix(bytes);
  }
  return out;
}

std::size_t result_columns(const Terminal& terminal) {
  return isatty(STDOUT_FILENO) == 1 ? static_cast<std::size_t>(std::max(terminal.width, 40)) : 100;
}

void print_result(std::string_view text, const Terminal& terminal) {
  const std::string out = isatty(STDOUT_FILENO) == 1 ? wrap_to_width(text, result_columns(terminal))
                                                     : std::string(text);
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
}

void complain(std::string_view message) {
  std::fprintf(stderr, "chorus: %.*s\n", int(message.size()), message.data());
}

}  // namespace chorus::app
