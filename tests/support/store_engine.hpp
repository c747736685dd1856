#pragma once

#include "chorus/rt/loop.hpp"
#include "chorus/store/store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace chorus::test {

/// One engine under the suite, with a store that is empty at first.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual rt::Loop& loop() = 0;
  virtual store::Store& store() = 0;
  /// Closes and opens what is durable; false when the engine keeps nothing.
  virtual bool reopen() = 0;
};

struct StoreEngine {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline std::string engine_name(const testing::TestParamInfo<StoreEngine>& info) {
  return info.param.name;
}

}  // namespace chorus::test
