#include "chorus/app/live_keys.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <unistd.h>

namespace chorus::app {

LiveKeys::LiveKeys(bool wanted) {
  // A background process that changes the terminal is stopped by the shell.
  if (!wanted || isatty(STDIN_FILENO) != 1 || tcgetpgrp(STDIN_FILENO) != getpgrp()) return;
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) != 0) return;
  const termios before = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  now.c_cc[VMIN] = 0;
  now.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0) before_ = before;
}

std::string LiveKeys::pressed() const {
  if (!before_ || tcgetpgrp(STDIN_FILENO) != getpgrp()) return {};
  std::array<char, 64> keys{};
  const auto n = read(STDIN_FILENO, keys.data(), keys.size());
  return n > 0 ? std::string(keys.data(), static_cast<std::size_t>(n)) : std::string();
}

void LiveKeys::restore() {
  if (!before_) return;
  (void)tcsetattr(STDIN_FILENO, TCSANOW, &*before_);  // the terminal may be gone
  before_.reset();
}

std::optional<lab::SteerCommand> steer_by_key(char key, bool paused, double factor) {
  using What = lab::SteerCommand::What;
  constexpr double kStep = 0.1;
  const auto scaled = [&](double step) {
    const double wanted = std::round((factor + step) * 10) / 10;
    return lab::SteerCommand{What::Scale, std::clamp(wanted, kStep, 10.0), 0};
  };
  switch (key) {
    case 'p':
    case 'P':
      return lab::SteerCommand{paused ? What::Resume : What::Pause, 1, 0};
    case '+':
    case '=':
      return scaled(kStep);
    case '-':
      return scaled(-kStep);
    default:
      return std::nullopt;
  }
}

std::string_view keys_line() {
  return "p pause   + - more or less   q end";
}

}  // namespace chorus::app
