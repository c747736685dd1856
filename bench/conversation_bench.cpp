// The conversation manager with many live conversations: cycles per second, the cost of looking,
// the worst step of an expiry of all at once, and bytes per live conversation.
#include "chorus/policy/conversation_manager.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace chorus::policy {
namespace {

constexpr std::int64_t kPerUser = 2;  ///< live conversations of each user

ConversationLimits limits_for(std::int64_t live) {
  ConversationLimits limits;
  limits.global = static_cast<std::uint32_t>(live) + 64;
  limits.per_user = 8;
  return limits;
}
ConversationRequest request(std::int64_t i) {
  return {ConversationId(i), PersonId(1 + i / kPerUser), RoomId(1 + i % 1000), i, std::nullopt};
}
void fill(ConversationManager& manager, std::int64_t live, MonoTime now) {
  for (std::int64_t i = 1; i <= live; ++i) {
    if (manager.start(request(i), now).kind != StartOutcome::Kind::Admitted) std::abort();
  }
}

/// A new conversation begins and ends while `live` others live.
void start_end(benchmark::State& state) {
  ConversationManager manager(limits_for(state.range(0)));
  MonoTime now{};
  fill(manager, state.range(0), now);
  std::int64_t next = state.range(0);
  for (auto _ : state) {
    now += Duration(300);
    const ConversationRequest r = request(++next);
    benchmark::DoNotOptimize(manager.start(r, now));
    benchmark::DoNotOptimize(manager.end(r.id, EndStatus::Completed, now));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_per_live"] =
      static_cast<double>(manager.memory()) / static_cast<double>(state.range(0));
}
BENCHMARK(start_end)->Arg(10)->Arg(1'000)->Arg(100'000);

/// The same, but the one that ends is any of the live ones: nothing is warm.
void start_end_random(benchmark::State& state) {
  ConversationManager manager(limits_for(state.range(0)));
  MonoTime now{};
  fill(manager, state.range(0), now);
  std::vector<std::int64_t> live(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < live.size(); ++i) live[i] = static_cast<std::int64_t>(i) + 1;
  std::int64_t next = state.range(0);
  std::uint64_t random = 88172645463325252ULL;
  for (auto _ : state) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    std::int64_t& victim = live[random % live.size()];
    now += Duration(300);
    benchmark::DoNotOptimize(manager.end(ConversationId(victim), EndStatus::Completed, now));
    victim = ++next;
    benchmark::DoNotOptimize(manager.start(request(victim), now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(start_end_random)->Arg(1'000)->Arg(100'000);

void touch(benchmark::State& state) {
  ConversationManager manager(limits_for(state.range(0)));
  fill(manager, state.range(0), MonoTime{});
  std::int64_t i = 0;
  for (auto _ : state) {
    i = (i + 7919) % state.range(0);
    benchmark::DoNotOptimize(manager.touch(ConversationId(1 + i), MonoTime{}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(touch)->Arg(100'000);

void list_for_user(benchmark::State& state) {
  ConversationManager manager(limits_for(state.range(0)));
  fill(manager, state.range(0), MonoTime{});
  std::int64_t i = 0;
  for (auto _ : state) {
    i = (i + 7919) % (state.range(0) / kPerUser);
    benchmark::DoNotOptimize(manager.list(PersonId(1 + i), MonoTime{}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(list_for_user)->Arg(100'000);

void advance_nothing_due(benchmark::State& state) {
  ConversationManager manager(limits_for(state.range(0)));
  fill(manager, state.range(0), MonoTime{});
  std::vector<ConversationAction> actions;
  for (auto _ : state) {
    benchmark::DoNotOptimize(manager.advance(MonoTime(Duration(1)), 256, actions));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(advance_nothing_due)->Arg(100'000);

/// Processor time of this thread: what a step costs, not what else the machine does meanwhile.
double thread_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

/// All expire at one instant and are cut after the grace: the longest single step is the stall that
/// the loop would see.
void expire_all(benchmark::State& state) {
  std::vector<double> steps;
  for (auto _ : state) {
    state.PauseTiming();
    ConversationManager manager(limits_for(state.range(0)));
    fill(manager, state.range(0), MonoTime{});
    std::vector<ConversationAction> actions;
    actions.reserve(256);
    state.ResumeTiming();
    std::int64_t done = 0;
    for (const Duration at : {std::chrono::seconds(300), std::chrono::seconds(400)}) {
      for (bool more = true; more;) {
        actions.clear();
        const double begin = thread_us();
        more = manager.advance(MonoTime(at), 256, actions);
        steps.push_back(thread_us() - begin);
        done += static_cast<std::int64_t>(actions.size());
      }
    }
    if (done != 2 * state.range(0)) std::abort();
  }
  std::sort(steps.begin(), steps.end());
  state.SetItemsProcessed(state.iterations() * 2 * state.range(0));
  state.counters["step_p50_us"] = steps[steps.size() / 2];
  state.counters["step_p99_us"] = steps[steps.size() * 99 / 100];
  state.counters["step_max_us"] = steps.back();
}
BENCHMARK(expire_all)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// A full queue: one slot changes hands per iteration, and the newcomer learns its position.
void queue_turn(benchmark::State& state) {
  ConversationLimits limits;
  limits.global = 20;
  limits.queue = static_cast<std::uint32_t>(state.range(0));
  limits.queue_deadline = std::chrono::hours(1000);
  limits.idle = limits.maximum = std::chrono::hours(1000);
  ConversationManager manager(limits);
  std::vector<ConversationAction> actions;
  std::vector<ConversationId> live;
  std::int64_t next = 0;
  MonoTime now{};
  while (manager.stats().queued < limits.queue) {
    const ConversationRequest r = request(kPerUser * ++next);
    if (manager.start(r, now).kind == StartOutcome::Kind::Admitted) live.push_back(r.id);
  }
  std::size_t turn = 0;
  for (auto _ : state) {
    now += Duration(1000);
    ConversationId& slot = live[turn++ % live.size()];
    benchmark::DoNotOptimize(manager.end(slot, EndStatus::Completed, now));
    actions.clear();
    manager.advance(now, 16, actions);
    slot = actions.at(0).id;
    benchmark::DoNotOptimize(manager.start(request(kPerUser * ++next), now));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(queue_turn)->Arg(100)->Arg(1'000);

}  // namespace
}  // namespace chorus::policy

BENCHMARK_MAIN();
