#include "chorus/sandbox/limits.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <vector>

namespace chorus::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What was admitted, kept whole and asked in the plainest way.
struct NaiveLog {
  struct Entry {
    Duration at;
    std::int64_t room;
    bool is_group;
    bool is_edit;
  };
  std::vector<Entry> entries;

  template <class Where>
  [[nodiscard]] std::size_t within(Duration now, Duration window, Where where) const {
    std::size_t n = 0;
    for (const auto& e : entries) n += e.at > now - window && where(e) ? 1U : 0U;
    return n;
  }
  [[nodiscard]] bool bot_allows(const Entry& next) const {
    return next.is_edit ||
           within(next.at, seconds(1), [](const Entry& e) { return !e.is_edit; }) < 30;
  }
  [[nodiscard]] bool room_allows(const Entry& next) const {
    const auto same_room = [&](const Entry& e) { return e.room == next.room; };
    if (next.is_group) return within(next.at, seconds(60), same_room) < 20;
    // A bucket of 3 that gains one per second: over every past stretch, at most 3 + its seconds.
    std::size_t since = 1;
    for (auto it = entries.rbegin(); it != entries.rend(); ++it) {
      if (!same_room(*it)) continue;
      ++since;
      if (static_cast<double>(since) > 3.0 + to_seconds(next.at - it->at) + 1e-9) return false;
    }
    return true;
  }
  [[nodiscard]] bool allows(const Entry& next) const {
    return bot_allows(next) && room_allows(next);
  }
};

struct Step {
  int gap_ms;
  int room;
  bool edit;
};

rc::Gen<std::vector<Step>> steps() {
  // Long and dense, so that every limit is met: the one over all rooms with many rooms.
  return rc::gen::container<std::vector<Step>>(
      300, rc::gen::construct<Step>(rc::gen::weightedOneOf<int>({{8, rc::gen::inRange(0, 30)},
                                                                 {1, rc::gen::inRange(0, 3000)}}),
                                    rc::gen::oneOf(rc::gen::inRange(0, 4), rc::gen::inRange(0, 40)),
                                    rc::gen::weightedElement<bool>({{4, false}, {1, true}})));
}

/// No penalties here: they are tested apart. Refused calls are simply not repeated at once.
RC_GTEST_PROP(SandboxLimits, AdmitsExactlyWhatANaiveLogAdmits, ()) {
  SendLimits::Options options;
  options.profile = LimitsProfile::Documented;
  NaiveLog log;
  Duration now{};
  // A fresh machine per step would lose the log; instead penalties are sat out on both sides.
  SendLimits limits(options);
  for (const auto& step : *steps()) {
    now += milliseconds(step.gap_ms);
    const NaiveLog::Entry next{now, step.room, step.room >= 2, step.edit};
    if (next.is_edit && !next.is_group) {
      RC_ASSERT(limits.admit(PlatformUserId(1), step.room, false, SendLimits::Kind::Edit,
                             MonoTime(now)) == 0);
      continue;
    }
    const bool expected = log.allows(next);
    const auto kind = step.edit ? SendLimits::Kind::Edit : SendLimits::Kind::Send;
    const auto wait =
        limits.admit(PlatformUserId(1), step.room, next.is_group, kind, MonoTime(now));
    RC_ASSERT((wait == 0) == expected);
    if (wait == 0) {
      log.entries.push_back(next);
      continue;
    }
    // The time that was told is enough for the limit that was met first, and the second before it
    // is not.
    const bool by_bot = !log.bot_allows(next);
    const auto passes = [&](std::int64_t after) {
      NaiveLog::Entry later = next;
      later.at = now + seconds(after);
      return by_bot ? log.bot_allows(later) : log.room_allows(later);
    };
    RC_ASSERT(passes(wait));
    if (wait > 1) RC_ASSERT(!passes(wait - 1));
    now += seconds(wait);
  }
}

/// Whatever a bot tries, no window ever holds more than its limit.
RC_GTEST_PROP(SandboxLimits, NoWindowIsEverExceeded, ()) {
  SendLimits::Options options;
  options.profile = LimitsProfile::Documented;
  SendLimits limits(options);
  NaiveLog log;
  Duration now{};
  for (const auto& step : *steps()) {
    now += milliseconds(step.gap_ms);
    const NaiveLog::Entry next{now, step.room, step.room >= 2, false};
    if (limits.admit(PlatformUserId(1), step.room, next.is_group, SendLimits::Kind::Send,
                     MonoTime(now)) == 0) {
      RC_ASSERT(log.allows(next));
      log.entries.push_back(next);
    }
  }
}

}  // namespace
}  // namespace chorus::sandbox
