#pragma once

#include "chorus/app/live_block.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/lab/live.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::app {

/// The block that a terminal redraws four times a second, without its line ends; no line is wider
/// than the terminal. Pure.
std::vector<std::string> render_live(const lab::LiveStats& stats, const Terminal& terminal);
/// One line for logs and CI.
std::string render_live_line(const lab::LiveStats& stats);
/// One exchange of person and bot, two lines cut to the width of the terminal (at least 40).
/// Control characters of what they wrote become spaces.
std::string render_exchange(const lab::Exchange& exchange, const Terminal& terminal);

/// Shows a run on stderr: on a terminal the first exchanges and a block redrawn in place, elsewhere
/// one line per 10 s.
class LiveView {
 public:
  explicit LiveView(Terminal terminal) : terminal_(terminal) {}
  void update(const lab::LiveStats& stats);
  /// One line above the block; the next update draws the block again.
  void say(std::string_view line);
  /// Removes the block, so that what follows stands in its place.
  void finish();

 private:
  Terminal terminal_;
  LiveBlock block_;
  std::size_t exchanges_shown_ = 0;
  std::optional<Duration> last_line_;
};

}  // namespace chorus::app
