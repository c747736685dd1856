// The wheel against a sorted reference: any list of arms, cancels and advances.
#include "chorus/base/timer_wheel.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <map>
#include <vector>

namespace chorus {
namespace {

struct Entry : TimerEntry {
  Entry(std::size_t n, std::vector<std::size_t>& l)
      : TimerEntry([](TimerEntry& e) noexcept {
          auto& self = static_cast<Entry&>(e);
          self.log->push_back(self.name);
        }),
        name(n),
        log(&l) {}
  std::size_t name;
  std::vector<std::size_t>* log;
};

/// Due tick, then order of arming.
struct Model {
  std::multimap<std::int64_t, std::size_t> due;  // equal keys keep the order of insertion
  std::int64_t now = 0;

  void cancel(std::size_t name) {
    for (auto it = due.begin(); it != due.end(); ++it) {
      if (it->second == name) {
        due.erase(it);
        return;
      }
    }
  }
  void arm(std::size_t name, std::int64_t ns) {
    cancel(name);
    const std::int64_t tick = ns <= 0 ? 0 : ns / 1000 + (ns % 1000 != 0 ? 1 : 0);
    due.emplace(std::max(tick, now), name);
  }
  std::vector<std::size_t> advance(std::int64_t ns) {
    now = std::max(now, ns / 1000);
    std::vector<std::size_t> fired;
    while (!due.empty() && due.begin()->first <= now) {
      fired.push_back(due.begin()->second);
      due.erase(due.begin());
    }
    return fired;
  }
};

/// From nanoseconds to days, so that every level of the wheel is met.
std::int64_t distance() {
  return static_cast<std::int64_t>(*rc::gen::arbitrary<std::uint64_t>() >>
                                   *rc::gen::inRange(14, 64));
}

RC_GTEST_PROP(TimerWheelProperty, BehavesAsASortedListWould, ()) {
  TimerWheel wheel;
  Model model;
  std::vector<std::size_t> log;
  std::deque<Entry> entries;
  const std::size_t count = *rc::gen::inRange<std::size_t>(1, 40);
  for (std::size_t i = 0; i < count; ++i) entries.emplace_back(i, log);
  std::int64_t now = 0;
  const int steps = *rc::gen::inRange(1, 200);
  for (int step = 0; step < steps; ++step) {
    const std::size_t name = *rc::gen::inRange<std::size_t>(0, count);
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        wheel.cancel(entries[name]);
        model.cancel(name);
        break;
      case 1: {
        // To the next entry exactly, as a virtual loop does, or anywhere.
        const auto next = wheel.next_due();
        if (next && *rc::gen::arbitrary<bool>()) {
          now = std::max(now, next->time_since_epoch().count());
        } else {
          now += distance();
        }
        log.clear();
        wheel.advance(MonoTime{Duration(now)});
        RC_ASSERT(log == model.advance(now));
        break;
      }
      default: {
        const std::int64_t due = now + distance() - *rc::gen::element(0, 0, 0, 5000);
        wheel.arm(entries[name], MonoTime{Duration(due)});
        model.arm(name, due);
      }
    }
    RC_ASSERT(wheel.size() == model.due.size());
    const auto next = wheel.next_due();
    RC_ASSERT(next.has_value() == !model.due.empty());
    if (next) {
      RC_ASSERT(next->time_since_epoch().count() == model.due.begin()->first * 1000);
      RC_ASSERT(*wheel.next_event() <= *next);
    }
  }
  for (auto& entry : entries) wheel.cancel(entry);
  RC_ASSERT(wheel.size() == 0U);
  RC_ASSERT(!wheel.next_event().has_value());
}

}  // namespace
}  // namespace chorus
