#include "chorus/policy/detail/due_heap.hpp"
#include "chorus/policy/detail/flat_index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

namespace chorus::policy::detail {
namespace {

using Steps = std::vector<std::tuple<int, int, int>>;

TEST(DueHeapProperty, GivesTheEarliestAndOfEqualsTheFirstArmed) {
  EXPECT_TRUE(rc::check([] {
    DueHeap heap;
    // slot -> (due, order of arming)
    std::map<std::uint32_t, std::pair<int, int>> model;
    int order = 0;
    const auto steps = *rc::gen::scale(
        10, rc::gen::container<Steps>(rc::gen::tuple(
                rc::gen::inRange(0, 8), rc::gen::inRange(0, 200), rc::gen::inRange(0, 1000))));
    for (const auto& [kind, pick, due] : steps) {
      const auto slot = static_cast<std::uint32_t>(pick);
      if (kind < 5) {
        heap.arm(slot, MonoTime(Duration(due)));
        model[slot] = {due, ++order};
      } else if (kind < 7) {
        heap.cancel(slot);
        model.erase(slot);
      } else if (!model.empty()) {
        heap.cancel(heap.top_slot());
        model.erase(std::min_element(model.begin(), model.end(), [](const auto& a, const auto& b) {
          return a.second < b.second;
        }));
      }
      RC_ASSERT(heap.size() == model.size());
      if (model.empty()) continue;
      const auto first =
          std::min_element(model.begin(), model.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      RC_ASSERT(heap.top_slot() == first->first);
      RC_ASSERT(heap.top_due() == MonoTime(Duration(first->second.first)));
    }
  }));
}

TEST(FlatIndexProperty, AgreesWithAMapUnderCollisions) {
  EXPECT_TRUE(rc::check([] {
    FlatIndex index;
    std::set<std::uint32_t> model;
    // Few distinct hashes: long probe runs, shared tags, wrap-around at the end of the table.
    const std::uint64_t spread = *rc::gen::elementOf(std::vector<std::uint64_t>{1, 3, 17, 1000});
    const auto hash_of = [&](std::uint32_t slot) { return 0xfffffff0ULL + slot % spread; };
    const auto steps =
        *rc::gen::scale(5, rc::gen::container<std::vector<std::pair<bool, int>>>(
                               rc::gen::pair(rc::gen::arbitrary<bool>(), rc::gen::inRange(0, 60))));
    for (const auto& [add, pick] : steps) {
      const auto slot = static_cast<std::uint32_t>(pick);
      if (add && model.insert(slot).second) index.insert(hash_of(slot), slot);
      if (!add && model.erase(slot) > 0) index.erase(hash_of(slot), slot);
      RC_ASSERT(index.size() == model.size());
      for (std::uint32_t s = 0; s < 60; ++s) {
        const auto found = index.find(hash_of(s), [&](std::uint32_t at) { return at == s; });
        RC_ASSERT(found == (model.contains(s) ? s : FlatIndex::kNone));
      }
    }
  }));
}

}  // namespace
}  // namespace chorus::policy::detail
