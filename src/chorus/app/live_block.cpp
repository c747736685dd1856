#include "chorus/app/live_block.hpp"

#include <cstdio>

namespace chorus::app {

void LiveBlock::draw(const std::vector<std::string>& lines) {
  erase();
  for (const auto& line : lines) std::fprintf(stderr, "%s\n", line.c_str());
  drawn_ = lines.size();
  std::fflush(stderr);
}

void LiveBlock::erase() {
  for (std::size_t i = 0; i < drawn_; ++i) std::fputs("\x1b[1A\x1b[2K", stderr);
  drawn_ = 0;
}

}  // namespace chorus::app
