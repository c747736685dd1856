// The loop's building blocks: the wheel, sleeps in virtual time, tasks, deadlines, waits.
#include "chorus/base/random.hpp"
#include "chorus/base/timer_wheel.hpp"
#include "chorus/metrics/histogram.hpp"
#include "chorus/rt/channel.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <benchmark/benchmark.h>

#include <deque>
#include <memory>

namespace chorus::rt {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

struct Quiet : TimerEntry {
  Quiet() : TimerEntry([](TimerEntry&) noexcept {}) {}
};

MonoTime within(Rng& rng, Duration range) {
  return MonoTime{Duration(rng.between(1, range.count()))};
}

/// Items: arms of entries that were not armed.
void wheel_arm(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::deque<Quiet> entries(n);
  std::vector<MonoTime> due;
  Rng rng(1);
  for (std::size_t i = 0; i < n; ++i) due.push_back(within(rng, seconds(60)));
  for (auto _ : state) {
    TimerWheel wheel;
    for (std::size_t i = 0; i < n; ++i) wheel.arm(entries[i], due[i]);
    state.PauseTiming();
    for (auto& entry : entries) wheel.cancel(entry);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(wheel_arm)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

/// Items: re-arms of random entries among `range` live ones.
void wheel_rearm(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  TimerWheel wheel;
  std::deque<Quiet> entries(n);
  Rng rng(2);
  for (auto& entry : entries) wheel.arm(entry, within(rng, seconds(60)));
  for (auto _ : state) {
    const std::uint64_t random = rng.next();
    wheel.arm(entries[random % n], MonoTime{microseconds(random >> 40)});
  }
  for (auto& entry : entries) wheel.cancel(entry);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(wheel_rearm)->Arg(1'000)->Arg(1'000'000);

/// Items: entries that fire, cascades included, over 60 s in steps of a millisecond.
void wheel_fire(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  std::deque<Quiet> entries(n);
  for (auto _ : state) {
    state.PauseTiming();
    auto wheel = std::make_unique<TimerWheel>();
    Rng rng(3);
    for (auto& entry : entries) wheel->arm(entry, within(rng, seconds(60)));
    state.ResumeTiming();
    for (int ms = 1; ms <= 60'000; ++ms) wheel->advance(MonoTime{std::chrono::milliseconds(ms)});
    if (wheel->size() != 0) state.SkipWithError("not everything fired");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(wheel_fire)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

Loop::Options virtual_options() {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  return options;
}

Task<void> sleeper(Loop& loop, Rng rng, Duration range, std::int64_t rounds) {
  for (std::int64_t i = 0; i < rounds; ++i) {
    const Duration d = range > Duration::zero() ? Duration(rng.between(0, range.count()))
                                                : Duration(microseconds(1));
    if (!co_await sleep_for(loop, d)) co_return;
  }
}

/// Items: sleeps. `range(0)` coroutines; `range(1)` seconds of random length, 0 = all at one
/// instant.
void virtual_sleep(benchmark::State& state) {
  constexpr std::int64_t kRounds = 20;
  const std::int64_t rounds = state.range(0) == 1 ? 10'000 : kRounds;
  for (auto _ : state) {
    Loop loop(virtual_options());
    TaskScope scope(loop);
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      spawn(scope, "sleeper", &sleeper, std::ref(loop), Rng(static_cast<std::uint64_t>(i)),
            Duration(seconds(state.range(1))), rounds);
    }
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * rounds);
}
BENCHMARK(virtual_sleep)
    ->Args({1, 0})
    ->Args({10'000, 0})
    ->Args({10'000, 60})
    ->Unit(benchmark::kMillisecond);

/// Runs `body` in one task; items are its rounds.
void run_rounds(benchmark::State& state, Task<void> (*body)(Loop&, std::int64_t)) {
  constexpr std::int64_t kRounds = 10'000;
  for (auto _ : state) {
    Loop loop(virtual_options());
    TaskScope scope(loop);
    spawn(scope, "body", body, std::ref(loop), kRounds);
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * kRounds);
}

Task<void> nothing() {
  co_return;
}

/// Items: tasks that are spawned and end at once, joined in groups of 100.
void spawn_and_end(benchmark::State& state) {
  run_rounds(state, [](Loop& loop, std::int64_t rounds) -> Task<void> {
    TaskScope scope(loop);
    for (std::int64_t i = 0; i < rounds; ++i) {
      spawn(scope, "nothing", &nothing);
      if (i % 100 == 99) co_await scope.join();
    }
    co_await scope.close();
  });
}
BENCHMARK(spawn_and_end)->Unit(benchmark::kMillisecond);

void await_child(benchmark::State& state) {
  run_rounds(state, [](Loop&, std::int64_t rounds) -> Task<void> {
    for (std::int64_t i = 0; i < rounds; ++i) co_await nothing();
  });
}
BENCHMARK(await_child)->Unit(benchmark::kMillisecond);

Task<Result<void>> short_work(Loop& loop) {
  if (!co_await sleep_for(loop, microseconds(10))) co_return fail(ErrorCode::Cancelled);
  co_return Result<void>{};
}

void with_timeout_in_time(benchmark::State& state) {
  run_rounds(state, [](Loop& loop, std::int64_t rounds) -> Task<void> {
    for (std::int64_t i = 0; i < rounds; ++i) {
      (void)co_await with_timeout(loop, seconds(1), short_work(loop));
    }
  });
}
BENCHMARK(with_timeout_in_time)->Unit(benchmark::kMillisecond);

void with_timeout_hit(benchmark::State& state) {
  run_rounds(state, [](Loop& loop, std::int64_t rounds) -> Task<void> {
    for (std::int64_t i = 0; i < rounds; ++i) {
      (void)co_await with_timeout(loop, microseconds(2), short_work(loop));
    }
  });
}
BENCHMARK(with_timeout_hit)->Unit(benchmark::kMillisecond);

Task<void> drain(Channel<std::int64_t>& channel) {
  while (co_await channel.receive()) {
  }
}

/// Items: one send and one receive.
void channel_send_receive(benchmark::State& state) {
  run_rounds(state, [](Loop& loop, std::int64_t rounds) -> Task<void> {
    Channel<std::int64_t> channel(loop, 64);
    TaskScope scope(loop);
    spawn(scope, "drain", &drain, std::ref(channel));
    for (std::int64_t i = 0; i < rounds; ++i) (void)co_await channel.send(i);
    channel.close();
    co_await scope.join();
  });
}
BENCHMARK(channel_send_receive)->Unit(benchmark::kMillisecond);

void deadline_arm_disarm(benchmark::State& state) {
  Loop loop(virtual_options());
  Deadline deadline(loop, [](void*) noexcept {}, nullptr);
  for (auto _ : state) {
    deadline.arm_after(seconds(30));
    deadline.disarm();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(deadline_arm_disarm);

void histogram_record(benchmark::State& state) {
  metrics::Histogram histogram;
  std::uint64_t value = 88172645463325252ULL;
  for (auto _ : state) {
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    histogram.record(value >> 24);
  }
  benchmark::DoNotOptimize(histogram.count());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(histogram_record);

}  // namespace
}  // namespace chorus::rt

BENCHMARK_MAIN();
