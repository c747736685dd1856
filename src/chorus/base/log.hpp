#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace chorus::log {

enum class Level : std::uint8_t { Debug, Info, Warn, Error, Off };

struct Options {
  Level level = Level::Info;
  std::string file;            ///< empty: standard error
  std::size_t ring = 8192;     ///< lines that may wait; the oldest is dropped when the sink stalls
};

/// Starts the asynchronous sink. Called once by main (and by tests that want a file); before it,
/// and after `shutdown`, lines at Warn and above go straight to standard error.
void start(const Options& options);
/// Writes what waits and stops the sink's thread.
void shutdown();
bool enabled(Level level) noexcept;
/// Never blocks: a full ring drops its oldest line. Any thread.
void write(Level level, std::string_view component, std::string_view message);

template <class... Args>
void debug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::Debug)) write(Level::Debug, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::Info)) write(Level::Info, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::Warn)) write(Level::Warn, component, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::Error)) write(Level::Error, component, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace chorus::log
