#pragma once

#include "chorus/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// A process that somebody else has started, as /proc tells of it: nothing here traces it, signals
/// it or opens what it has open. Blocking (some file reads): not for the loop.
namespace chorus::app {

/// A process by number and start, so that a number that the system gives away again is another.
struct WatchedProcess {
  int pid = 0;
  std::uint64_t started = 0;  ///< clock ticks after boot
};

/// Errors: NotFound when there is none, or it has ended.
Result<WatchedProcess> find_process(int pid, std::string_view proc = "/proc");
/// Nothing while it lives; else how it ended: `process 4711 ended with status 1`. The status is
/// known only until its parent has asked for it, and of processes of one's own user.
std::optional<std::string> how_it_ended(const WatchedProcess& process,
                                        std::string_view proc = "/proc");
/// Who listens on that TCP port of this machine; NotFound when nobody does, or it is another
/// user's. Reads the descriptors of all processes: milliseconds.
Result<int> listener_of(std::uint16_t port, std::string_view proc = "/proc");

}  // namespace chorus::app
