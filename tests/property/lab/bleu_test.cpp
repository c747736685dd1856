#include "chorus/lab/quality/bleu.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace chorus::lab {
namespace {

RC_GTEST_PROP(BleuProperty, EachLineScoresAsItDoesAgainstTheOthersAlone, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(0, 12);
  std::vector<std::vector<std::string>> lines;
  for (std::size_t i = 0; i < count; ++i) {
    auto& line = lines.emplace_back();
    const auto words = *rc::gen::inRange(4, 12);
    for (int w = 0; w < words; ++w) line.push_back(*rc::gen::element<std::string>("a", "b", "c"));
  }
  const auto each = bleu4_of_each(lines);
  RC_ASSERT(each.size() == (count < 2 ? 0 : count));
  for (std::size_t i = 0; i < each.size(); ++i) {
    auto others = lines;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    RC_ASSERT(each[i] == bleu4(lines[i], others));
  }
}

}  // namespace
}  // namespace chorus::lab
