#include "chorus/lab/watch/family_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace chorus::lab {
namespace {

std::string counter(std::string_view name, double value) {
  return fmt::format("# TYPE {0} counter\n{0} {1}\n", name, value);
}

RC_GTEST_PROP(FamilyLog, GrowthIsWhatWasCountedOverAnyRestarts, ()) {
  // The program counts; sometimes it starts again. Between two readings at most one restart that
  // shows, as a counter that is lower than before.
  FamilyLog log;
  double shown = *rc::gen::inRange(0, 1000);
  log.add(counter("a_total", shown));
  double truth = 0;
  const auto steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const bool restarts = shown > 1 && *rc::gen::inRange(0, 5) == 0;
    if (restarts) {
      const double since = *rc::gen::inRange(0, static_cast<int>(shown));
      truth += since;
      shown = since;
    } else {
      const double more = *rc::gen::inRange(0, 50);
      truth += more;
      shown += more;
    }
    log.add(counter("a_total", shown));
  }
  RC_ASSERT(log.grown("a_total") == truth);
}

RC_GTEST_PROP(FamilyLog, AnyBytesAreAnswered, ()) {
  FamilyLog log;
  for (int i = 0; i < 3; ++i) {
    log.add(*rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  }
  RC_ASSERT(log.families().size() <= FamilyLog::kMaxSeries);
}

}  // namespace
}  // namespace chorus::lab
