#include "chorus/app/terminal.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace chorus::app {

Terminal Terminal::detect() {
  Terminal terminal;
  const char* ci = std::getenv("CI");
  const bool in_ci = ci != nullptr && *ci != '\0' && std::string_view(ci) != "false";
  terminal.live = isatty(STDERR_FILENO) == 1 && !in_ci;
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

void complain(std::string_view message) {
  std::fprintf(stderr, "chorus: %.*s\n", int(message.size()), message.data());
}

}  // namespace chorus::app
