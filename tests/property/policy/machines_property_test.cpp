#include "chorus/policy/adaptive_concurrency.hpp"
#include "chorus/policy/breaker.hpp"
#include "chorus/policy/priority_queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steps = std::vector<std::tuple<int, int, int>>;

rc::Gen<Steps> steps(int kinds, int values, int pause_ms) {
  return rc::gen::container<Steps>(rc::gen::tuple(
      rc::gen::inRange(0, kinds), rc::gen::inRange(0, values), rc::gen::inRange(0, pause_ms)));
}

bool drawn(BreakerState from, BreakerState to) {
  using enum BreakerState;
  return (from == Closed && to == Open) || (from == Open && to == HalfOpen) ||
         (from == HalfOpen && to == Open) || (from == HalfOpen && to == Closed);
}

TEST(BreakerProperty, MovesAlongTheDrawnGraphAndBoundsItsProbes) {
  EXPECT_TRUE(rc::check([] {
    BreakerConfig config;
    config.window = seconds(2);
    config.minimum_volume = 4;
    config.consecutive_failures = static_cast<std::uint32_t>(*rc::gen::inRange(0, 5));
    config.open_for = seconds(1);
    config.probes = static_cast<std::uint32_t>(*rc::gen::inRange(1, 4));
    config.probe_timeout = seconds(3);
    Breaker breaker(config);
    std::deque<BreakerPermit> out;
    MonoTime now{};
    MonoTime opened{};
    for (const auto& [kind, pick, pause] : *steps(6, 100, 700)) {
      now += milliseconds(pause);
      const BreakerState before = breaker.state();
      bool may_half_open = false;
      if (kind <= 2 || out.empty()) {
        const MonoTime promised = breaker.earliest(now);
        const auto permit = breaker.allow(now);
        RC_ASSERT(permit.has_value() == (promised <= now));
        if (permit) out.push_back(*permit);
        may_half_open = true;
      } else {
        const std::size_t which = static_cast<std::size_t>(pick) % out.size();
        static constexpr CallHealth kHealth[] = {CallHealth::Alive, CallHealth::Timeout,
                                                 CallHealth::ServerError, CallHealth::Unknown};
        breaker.on_result(out[which], kHealth[pick % 4], now);
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(which));
      }
      const BreakerState after = breaker.state();
      if (after != before) {
        RC_ASSERT(drawn(before, after));
        if (after == BreakerState::Open) opened = now;
        if (after == BreakerState::HalfOpen) {
          RC_ASSERT(may_half_open);
          RC_ASSERT(now >= opened + seconds(1));
        }
      }
      RC_ASSERT(breaker.snapshot(now).probes_out <= config.probes);
      RC_ASSERT(breaker.earliest(now) <= now + std::max(config.open_for, config.probe_timeout));
    }
    // However it was left, it recovers by being asked while the host is healthy.
    for (int i = 0; i < 64 && breaker.state() != BreakerState::Closed; ++i) {
      now = breaker.earliest(now);
      const auto permit = breaker.allow(now);
      RC_ASSERT(permit.has_value());
      breaker.on_success(*permit, now);
    }
    RC_ASSERT(breaker.state() == BreakerState::Closed);
  }));
}

struct Item {
  int id;
  int priority;
  MonoTime at;
};

TEST(AgeingQueueProperty, AgreesWithASearchThroughAllItems) {
  EXPECT_TRUE(rc::check([] {
    const Duration age_step = milliseconds(*rc::gen::inRange(1, 2000));
    const auto capacity = static_cast<std::size_t>(*rc::gen::inRange(1, 12));
    AgeingQueue<int> queue(capacity, age_step);
    std::vector<Item> model;
    const auto key = [&](const Item& item) { return item.at + age_step * item.priority; };
    MonoTime now{};
    int next = 0;
    for (const auto& [kind, priority, pause] : *steps(3, 4, 1000)) {
      now += milliseconds(pause);
      if (kind > 0) {
        const Item item{++next, priority, now};
        const auto lost = queue.push(item.id, static_cast<Priority>(priority), now);
        model.push_back(item);
        if (model.size() > capacity) {
          // Who loses: the least urgent class, of it the newest.
          const auto victim =
              std::max_element(model.begin(), model.end(), [](const Item& a, const Item& b) {
                return a.priority != b.priority ? a.priority < b.priority : a.id < b.id;
              });
          RC_ASSERT(lost.has_value());
          RC_ASSERT(lost->item == victim->id);
          model.erase(victim);
        } else {
          RC_ASSERT(!lost.has_value());
        }
      } else {
        const auto popped = queue.pop(now);
        RC_ASSERT(popped.has_value() == !model.empty());
        if (model.empty()) continue;
        const auto first =
            std::min_element(model.begin(), model.end(), [&](const Item& a, const Item& b) {
              if (key(a) != key(b)) return key(a) < key(b);
              return a.priority != b.priority ? a.priority < b.priority : a.id < b.id;
            });
        RC_ASSERT(popped->item == first->id);
        RC_ASSERT(popped->waited == now - first->at);
        model.erase(first);
      }
      RC_ASSERT(queue.size() == model.size());
    }
  }));
}

TEST(AgeingQueueProperty, NothingStarvesUnderAFloodOfUrgentWork) {
  EXPECT_TRUE(rc::check([] {
    const Duration age_step = milliseconds(*rc::gen::inRange(100, 2000));
    const int priority = *rc::gen::inRange(1, 4);
    const auto backlog = *rc::gen::inRange(0, 50);
    AgeingQueue<int> queue(1000, age_step);
    MonoTime now{};
    for (int i = 0; i < backlog; ++i) RC_ASSERT(!queue.push(0, Priority::Direct, now));
    RC_ASSERT(!queue.push(1, static_cast<Priority>(priority), now));
    // One direct item comes and one item goes every 10 ms, for ever.
    Duration waited{};
    for (;;) {
      RC_ASSERT(!queue.push(0, Priority::Direct, now));
      const auto popped = queue.pop(now);
      RC_ASSERT(popped.has_value());
      if (popped->item == 1) {
        waited = popped->waited;
        break;
      }
      now += milliseconds(10);
      RC_ASSERT(now < MonoTime(seconds(60)));
    }
    RC_ASSERT(waited <= age_step * priority + milliseconds(10) * (backlog + 2));
  }));
}

TEST(AdaptiveConcurrencyProperty, StaysWithinItsBounds) {
  EXPECT_TRUE(rc::check([] {
    AdaptiveConcurrency limit({.minimum = 2, .maximum = 9, .initial = 4});
    MonoTime now{};
    std::uint32_t in_flight = 0;
    for (const auto& [kind, value, pause] : *steps(4, 3000, 2000)) {
      now += milliseconds(pause);
      if (kind < 2) {
        const bool granted = limit.try_acquire();
        RC_ASSERT(granted == (in_flight < limit.limit()));
        in_flight += granted ? 1 : 0;
      } else if (in_flight > 0) {
        limit.release(static_cast<CallOutcome>(value % 3), milliseconds(value), now);
        --in_flight;
      }
      RC_ASSERT(limit.limit() >= 2U);
      RC_ASSERT(limit.limit() <= 9U);
      RC_ASSERT(limit.in_flight() == in_flight);
    }
  }));
}

}  // namespace
}  // namespace chorus::policy
