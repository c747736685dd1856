#pragma once

#include "chorus/lab/run.hpp"

#include <optional>
#include <string>
#include <termios.h>

namespace chorus::app {

/// Single keys of the terminal while a run is shown. Active where stdin is a terminal and this
/// process is in its foreground; elsewhere nothing is read and nothing changed. Ctrl-C stays a
/// signal.
class LiveKeys {
 public:
  explicit LiveKeys(bool wanted);
  ~LiveKeys() { restore(); }
  LiveKeys(const LiveKeys&) = delete;
  LiveKeys& operator=(const LiveKeys&) = delete;

  [[nodiscard]] bool active() const { return before_.has_value(); }
  /// Keys pressed since the last call, at most 64; never waits.
  [[nodiscard]] std::string pressed() const;
  /// The terminal as it was; also before a way out that runs no destructor.
  void restore();

 private:
  std::optional<termios> before_;
};

/// What a key asks of the load: `p` pauses and goes on, `+` and `-` are a tenth of the plan more
/// and less. nullopt: the key means nothing here.
std::optional<lab::SteerCommand> steer_by_key(char key, bool paused, double factor);
/// The keys in one line for people.
std::string_view keys_line();

}  // namespace chorus::app
