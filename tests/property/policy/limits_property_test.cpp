#include "chorus/policy/retry.hpp"
#include "chorus/policy/send_limiter.hpp"
#include "chorus/policy/send_window.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Sends in the fullest window [t, t + period), by brute force.
std::size_t fullest(const std::vector<MonoTime>& sends, Duration period) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < sends.size(); ++i) {
    std::size_t n = 0;
    while (i + n < sends.size() && sends[i + n] < sends[i] + period) ++n;
    most = std::max(most, n);
  }
  return most;
}

/// Pauses between demands: often none, sometimes long.
rc::Gen<std::vector<int>> pauses() {
  return rc::gen::container<std::vector<int>>(
      rc::gen::weightedOneOf<int>({{3, rc::gen::just(0)},
                                   {3, rc::gen::inRange(0, 20'000)},
                                   {1, rc::gen::inRange(0, 3'000'000)}}));
}

TEST(SlidingWindowProperty, NeverMoreThanNInAnyWindow) {
  EXPECT_TRUE(rc::check([] {
    const int n = *rc::gen::inRange(1, 25);
    const Duration period = milliseconds(*rc::gen::inRange(1, 2000));
    SlidingWindow window(static_cast<std::uint32_t>(n), period);
    MonoTime now{};
    std::vector<MonoTime> sends;
    for (const int pause : *pauses()) {
      now += microseconds(pause);
      const MonoTime at = window.earliest(now);
      RC_ASSERT(at >= now);
      now = at;
      window.record(now);
      sends.push_back(now);
    }
    RC_ASSERT(fullest(sends, period) <= static_cast<std::size_t>(n));
  }));
}

TEST(SlidingWindowProperty, AConstantDemandLosesAtMostTwoPercent) {
  EXPECT_TRUE(rc::check([] {
    const int n = *rc::gen::inRange(1, 40);
    const Duration period = milliseconds(*rc::gen::inRange(10, 60'000));
    SlidingWindow window(static_cast<std::uint32_t>(n), period);
    const int sends = n * 200;
    MonoTime now{};
    for (int i = 0; i < sends; ++i) {
      now = window.earliest(now);
      window.record(now);
    }
    // What the limit allows in the same span: n at once and n per period.
    const double allowed = n * (1.0 + to_seconds(now.time_since_epoch()) / to_seconds(period));
    RC_ASSERT(sends >= 0.98 * allowed);
  }));
}

TEST(SlidingWindowProperty, AsNewBehavesAsNew) {
  EXPECT_TRUE(rc::check([] {
    const auto n = static_cast<std::uint32_t>(*rc::gen::inRange(1, 8));
    SlidingWindow old_one(n, milliseconds(500));
    MonoTime now{};
    for (const int pause : *pauses()) {
      now += microseconds(pause);
      now = old_one.earliest(now);
      old_one.record(now);
    }
    // The period and 1 % after the last send nothing remembered counts any more.
    now += milliseconds(*rc::gen::inRange(505, 1000));
    RC_ASSERT(old_one.as_new(now));
    SlidingWindow new_one(n, milliseconds(500));
    for (const int pause : *pauses()) {
      now += microseconds(pause);
      RC_ASSERT(old_one.earliest(now) == new_one.earliest(now));
      now = new_one.earliest(now);
      old_one.record(now);
      new_one.record(now);
    }
  }));
}

TEST(TokenBucketProperty, GrantsStayBetweenRateAndBurst) {
  EXPECT_TRUE(rc::check([] {
    const double rate = *rc::gen::inRange(1, 200) / 10.0;
    const int burst = *rc::gen::inRange(1, 12);
    TokenBucket bucket(rate, static_cast<std::uint32_t>(burst));
    MonoTime now{};
    std::vector<MonoTime> sends;
    for (const int pause : *pauses()) {
      now += microseconds(pause);
      now = bucket.earliest(now);
      bucket.record(now);
      sends.push_back(now);
    }
    for (std::size_t i = 0; i < sends.size(); ++i) {
      for (std::size_t j = i; j < sends.size(); ++j) {
        RC_ASSERT(static_cast<double>(j - i + 1) <= burst + rate * to_seconds(sends[j] - sends[i]));
      }
    }
    // A constant demand from a fresh bucket gets all of it less 2 %.
    TokenBucket busy(rate, static_cast<std::uint32_t>(burst));
    MonoTime t{};
    const int demanded = burst + 500;
    for (int i = 0; i < demanded; ++i) {
      t = busy.earliest(t);
      busy.record(t);
    }
    RC_ASSERT(demanded >= 0.98 * (burst + rate * to_seconds(t.time_since_epoch())));
  }));
}

TEST(LimitSetProperty, ReservesOnAllOrOnNone) {
  EXPECT_TRUE(rc::check([] {
    SlidingWindow window(3, milliseconds(100));
    TokenBucket bucket(20.0, 2);
    Freeze freeze;
    SlidingWindow window_alone(3, milliseconds(100));
    TokenBucket bucket_alone(20.0, 2);
    LimitSet set;
    set.add(window);
    set.add(bucket);
    set.add(freeze);
    MonoTime now{};
    for (const int pause : *pauses()) {
      now += microseconds(pause);
      if (pause % 7 == 1) freeze.freeze(now + milliseconds(30));
      const MonoTime expected =
          std::max({window_alone.earliest(now), bucket_alone.earliest(now), freeze.earliest(now)});
      RC_ASSERT(set.earliest(now) == expected);
      const bool granted = set.reserve(now);
      RC_ASSERT(granted == (expected == now));
      if (granted) {
        window_alone.record(now);
        bucket_alone.record(now);
      }
    }
  }));
}

struct Send {
  SendKey key;
  MonoTime at;
};
bool same_chat(const Send& a, const SendKey& key) {
  return a.key.bot == key.bot && a.key.chat == key.chat;
}

/// A sliding log over everything that was ever sent: when the next send on `key` is legal.
MonoTime by_the_log(const std::vector<Send>& log, const SendKey& key, MonoTime now) {
  const auto after = [&](std::size_t n, Duration period, auto&& counts) {
    std::vector<MonoTime> times;
    for (const Send& send : log) {
      if (counts(send)) times.push_back(send.at);
    }
    if (times.size() < n) return now;
    return std::max(now, times[times.size() - n] + period + period / 100);
  };
  const auto bot = [&](const Send& s) { return s.key.bot == key.bot; };
  const auto chat = [&](const Send& s) { return same_chat(s, key); };
  const auto room = [&](const Send& s) { return s.key.chat == key.chat; };
  const auto all = [](const Send&) { return true; };
  MonoTime at = std::max(
      {now, after(30, seconds(1), bot), after(30, seconds(1), all), after(20, seconds(60), room)});
  if (key.kind == ChatKind::Group) return std::max(at, after(20, seconds(60), chat));
  MonoTime full{Duration::min() / 2};
  for (const Send& send : log) {
    if (chat(send)) full = std::max(full, send.at) + milliseconds(1010);
  }
  return std::max(at, full - milliseconds(2020));
}

TEST(SendLimiterProperty, AgreesWithALogOfEverythingSent) {
  EXPECT_TRUE(rc::check([] {
    SendLimiter limiter(SendProfile::Founding);
    std::vector<Send> log;
    MonoTime now{};
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(1, 4), rc::gen::inRange(1, 6),
                       rc::gen::weightedOneOf<int>({{4, rc::gen::just(0)},
                                                    {2, rc::gen::inRange(0, 900)},
                                                    {1, rc::gen::inRange(0, 70'000)}})));
    for (const auto& [bot, chat, pause] : steps) {
      now += milliseconds(pause);
      const SendKey key{BotId(bot), PlatformChatId(chat),
                        chat % 2 == 0 ? ChatKind::Group : ChatKind::Private};
      const MonoTime expected = by_the_log(log, key, now);
      RC_ASSERT(limiter.earliest(key, now) == expected);
      if (limiter.reserve(key, now)) log.push_back({key, now});
    }
  }));
}

TEST(RetryBudgetProperty, RetriesStayWithinTheShareOfRequests) {
  EXPECT_TRUE(rc::check([] {
    RetryBudget budget;
    MonoTime now{};
    std::vector<MonoTime> requests;
    std::vector<MonoTime> retries;
    for (const int pause : *pauses()) {
      now += microseconds(pause * 3);
      if (pause % 3 != 0) {
        budget.on_request(now);
        requests.push_back(now);
      }
      while (budget.try_retry(now)) {
        retries.push_back(now);
        const auto recent = [&](const std::vector<MonoTime>& times) {
          return static_cast<double>(std::count_if(
              times.begin(), times.end(), [&](MonoTime t) { return t > now - seconds(10); }));
        };
        // The budget counts in steps of a second: it sees at most 10 s, at least 9 s.
        const auto in_nine = static_cast<double>(std::count_if(
            retries.begin(), retries.end(), [&](MonoTime t) { return t > now - seconds(9); }));
        RC_ASSERT(in_nine <= std::max(3.0, 0.2 * recent(requests)));
      }
    }
  }));
}

}  // namespace
}  // namespace chorus::policy
