#include "chorus/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace chorus::detail {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "chorus: check failed: %s at %s:%d\n", expression, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace chorus::detail
