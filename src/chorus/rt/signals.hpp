#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "chorus/rt/loop.hpp"

namespace chorus::rt {

/// Calls `on_signal` on the loop for every signal of `numbers` while it lives (real loops only).
class Signals {
 public:
  Signals(Loop& loop, std::vector<int> numbers, std::function<void(int)> on_signal);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the pending wait
};

}  // namespace chorus::rt
