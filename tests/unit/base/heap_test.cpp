#include "chorus/base/heap.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

using namespace chorus;

namespace {

long resident_kib() {
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace

TEST(Heap, WhatIsFreeBelowALivingBlockGoesBackToTheSystem) {
#ifdef CHORUS_SANITIZED
  GTEST_SKIP() << "the sanitizer keeps freed memory to find its late users";
#endif
  std::vector<std::unique_ptr<std::vector<char>>> blocks;
  for (int i = 0; i < 16 * 1024; ++i) blocks.push_back(std::make_unique<std::vector<char>>(4000, 'x'));
  const auto last = std::move(blocks.back());  // the heap cannot just end earlier
  blocks.clear();
  const auto before = resident_kib();
  release_free_memory();
  EXPECT_LT(resident_kib(), before - 32 * 1024);
  EXPECT_EQ(last->size(), 4000u);
}
