#pragma once

#include "chorus/app/live_block.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/lab/watch/watch.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// The block of a watch, without its line ends; no line is wider than the terminal. What no source
/// tells is a dash. Pure.
std::vector<std::string> render_watch(const lab::WatchLive& live, const Terminal& terminal);
/// One line for logs and CI.
std::string render_watch_line(const lab::WatchLive& live);

/// Shows a watch on stderr: a block redrawn in place, elsewhere one line per 10 s.
class WatchView {
 public:
  explicit WatchView(Terminal terminal) : terminal_(terminal) {}
  void update(const lab::WatchLive& live);
  /// Removes the block, so that what follows stands in its place.
  void finish() { block_.erase(); }

 private:
  Terminal terminal_;
  LiveBlock block_;
  std::optional<Duration> last_line_;
};

}  // namespace chorus::app
