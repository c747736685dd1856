#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace chorus::app {

/// Lines on stderr that are redrawn in place. No line may be wider than the terminal.
class LiveBlock {
 public:
  void draw(const std::vector<std::string>& lines);
  /// Takes the lines back, so that what follows stands in their place.
  void erase();

 private:
  std::size_t drawn_ = 0;
};

}  // namespace chorus::app
