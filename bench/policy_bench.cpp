// What the limits, the breaker, the queue and the cache cost per decision.
#include "chorus/policy/adaptive_concurrency.hpp"
#include "chorus/policy/breaker.hpp"
#include "chorus/policy/l1_cache.hpp"
#include "chorus/policy/priority_queue.hpp"
#include "chorus/policy/retry.hpp"
#include "chorus/policy/send_limiter.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>

namespace chorus::policy {
namespace {

/// `earliest` and `commit` for sends spread over many chats of 50 bots, as fast as is legal.
void send_limiter(benchmark::State& state) {
  SendLimiter limiter(SendProfile::Documented);
  MonoTime now{};
  std::int64_t i = 0;
  for (auto _ : state) {
    ++i;
    const SendKey key{BotId(1 + i % 50), PlatformChatId(1 + i % state.range(0)), ChatKind::Group};
    now = limiter.earliest(key, now);
    limiter.commit(key, now);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["keys"] = static_cast<double>(limiter.keys());
}
BENCHMARK(send_limiter)->Arg(50)->Arg(10'007)->Arg(1'000'003);

void breaker_call(benchmark::State& state) {
  Breaker breaker(BreakerConfig::platform());
  MonoTime now{};
  for (auto _ : state) {
    now += Duration(1000);
    const std::optional<BreakerPermit> permit = breaker.allow(now);
    breaker.on_success(*permit, now);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(breaker_call);

void retry_budget(benchmark::State& state) {
  RetryBudget budget;
  MonoTime now{};
  for (auto _ : state) {
    now += Duration(1000);
    budget.on_request(now);
    benchmark::DoNotOptimize(budget.try_retry(now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(retry_budget);

void queue_push_pop(benchmark::State& state) {
  AgeingQueue<std::uint64_t> queue(static_cast<std::size_t>(state.range(0)) + 1,
                                   std::chrono::seconds(10));
  MonoTime now{};
  std::uint64_t i = 0;
  for (; i < static_cast<std::uint64_t>(state.range(0)); ++i) {
    (void)queue.push(i, static_cast<Priority>(i % kPriorities), now);  // there is room for all
  }
  for (auto _ : state) {
    now += Duration(1000);
    ++i;
    benchmark::DoNotOptimize(queue.push(i, static_cast<Priority>(i % kPriorities), now));
    benchmark::DoNotOptimize(queue.pop(now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(queue_push_pop)->Arg(10)->Arg(10'000);

void adaptive_concurrency(benchmark::State& state) {
  AdaptiveConcurrency limit(AdaptiveConcurrencyConfig{});
  MonoTime now{};
  for (auto _ : state) {
    now += Duration(1000);
    benchmark::DoNotOptimize(limit.try_acquire());
    limit.release(CallOutcome::Success, std::chrono::milliseconds(100), now);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(adaptive_concurrency);

void cache_hit(benchmark::State& state) {
  L1Cache<std::uint64_t, int> cache(
      {.capacity = 100'000, .ttl = std::chrono::hours(1), .negative_ttl = std::chrono::seconds(1)});
  for (std::uint64_t key = 0; key < 100'000; ++key) cache.put(key, 1, 1, MonoTime{});
  std::uint64_t key = 0;
  for (auto _ : state) {
    key = (key + 7919) % 100'000;
    benchmark::DoNotOptimize(cache.get(key, MonoTime{}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(cache_hit);

}  // namespace
}  // namespace chorus::policy

BENCHMARK_MAIN();
