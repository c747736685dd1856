#include "chorus/lab/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

std::vector<Person> crowd(std::uint32_t n, double rate) {
  Scenario s;
  s.name = "property";
  s.people.resize(1);
  s.people[0].kind = "p";
  s.people[0].count = n;
  s.people[0].rate = {rate, rate};
  return make_people(s, 1);
}

std::vector<Stage> some_stages(double highest) {
  std::vector<Stage> out;
  const auto n = *rc::gen::inRange(1, 5);
  for (int i = 0; i < n; ++i) {
    // A duration of 0 jumps; the first lasts, so that there is a window.
    const auto seconds = *rc::gen::inRange(i == 0 ? 1 : 0, 120);
    out.push_back(
        {std::chrono::seconds(seconds), std::round(*rc::gen::inRange(0, 1001) * highest / 1000)});
  }
  return out;
}

Duration length(const std::vector<Stage>& stages) {
  Duration out{};
  for (const auto& stage : stages) out += stage.duration;
  return out;
}

/// Area below the stages up to `until`, by small steps and not by the code under test.
double area(const Executor& e, double until) {
  double sum = 0;
  double at = 0;
  double level = e.start_level;
  for (const auto& stage : e.stages) {
    const double seconds = to_seconds(stage.duration);
    const double part = std::clamp(until - at, 0.0, seconds);
    const double reached = seconds > 0 ? level + (stage.target - level) * part / seconds : level;
    sum += part * (level + reached) / 2;
    at += seconds;
    level = stage.target;
  }
  return sum;
}

std::vector<Due> all(Schedule schedule) {
  std::vector<Due> out;
  while (schedule.next_due() && out.size() < 500'000) out.push_back(schedule.pop());
  return out;
}

void is_monotone(const std::vector<Due>& dues) {
  RC_ASSERT(std::ranges::is_sorted(dues, {}, &Due::at));
}

Executor ramping_arrivals(Arrival arrival) {
  Executor e;
  e.name = "main";
  e.kind = ExecutorKind::RampingArrivalRate;
  e.arrival = arrival;
  e.start_level = *rc::gen::inRange(0, 20);
  e.stages = some_stages(40);
  e.duration = length(e.stages);
  return e;
}

RC_GTEST_PROP(ScheduleProperty, UniformArrivalsFollowTheIntegralOfTheRateWithinOne, ()) {
  const auto e = ramping_arrivals(Arrival::Uniform);
  const auto warmup = std::chrono::seconds(*rc::gen::inRange(0, 20));
  const auto people = crowd(7, 1);
  const Schedule schedule(e, people, *rc::gen::arbitrary<std::uint64_t>(), warmup);
  is_monotone(all(schedule));
  const double lead = e.start_level * to_seconds(warmup);
  for (int i = 0; i < 5; ++i) {
    const auto until = from_seconds(*rc::gen::inRange(0, 1001) / 1000.0 * to_seconds(e.duration));
    const auto planned = schedule.planned_between(0s, warmup + until);
    RC_ASSERT(std::abs(static_cast<double>(planned) - (lead + area(e, to_seconds(until)))) <=
              1 + 1e-6);
  }
}

RC_GTEST_PROP(ScheduleProperty, PoissonArrivalsStayNearTheIntegralOfTheRate, ()) {
  const auto e = ramping_arrivals(Arrival::Poisson);
  const auto people = crowd(5, 1);
  const auto dues = all(Schedule(e, people, *rc::gen::arbitrary<std::uint64_t>(), 0s));
  is_monotone(dues);
  const double expected = area(e, to_seconds(e.duration));
  // Six deviations: less than one in a hundred million draws is beyond them.
  RC_ASSERT(std::abs(static_cast<double>(dues.size()) - expected) <= 6 * std::sqrt(expected) + 6);
}

RC_GTEST_PROP(ScheduleProperty, ConstantArrivalsAndABreakpointFollowTheirRate, ()) {
  Executor e;
  e.name = "main";
  e.kind = *rc::gen::element(ExecutorKind::ConstantArrivalRate, ExecutorKind::Breakpoint,
                             ExecutorKind::Soak, ExecutorKind::PartlyOpen);
  e.rate = *rc::gen::inRange(1, 500) / 10.0;
  e.duration = std::chrono::seconds(*rc::gen::inRange(1, 300));
  const auto people = crowd(4, 1);
  const Schedule schedule(e, people, 5, 0s);
  const double seconds = to_seconds(e.duration);
  const double expected =
      e.kind == ExecutorKind::Breakpoint ? e.rate * seconds / 2 : e.rate * seconds;
  const auto dues = all(schedule);
  is_monotone(dues);
  RC_ASSERT(std::abs(static_cast<double>(dues.size()) - expected) <= 1 + 1e-6);
}

RC_GTEST_PROP(ScheduleProperty, ARampOfPeopleGoesThroughTheTargetsOfItsStages, ()) {
  Executor e;
  e.name = "main";
  e.kind = ExecutorKind::RampingVus;
  e.start_level = *rc::gen::inRange(0, 30);
  // Long enough that everybody who takes part around a target speaks there.
  const auto n = *rc::gen::inRange(1, 4);
  std::vector<Duration> holds;
  Duration at{};
  for (int i = 0; i < n; ++i) {
    const double target = *rc::gen::inRange(0, 31);
    e.stages.push_back({std::chrono::seconds(*rc::gen::inRange(0, 60)), target});
    at += e.stages.back().duration;
    holds.push_back(at);
    e.stages.push_back({10s, target});
    at += 10s;
  }
  e.duration = at;
  const auto people = crowd(30, 0.5);
  const auto dues = all(Schedule(e, people, *rc::gen::arbitrary<std::uint64_t>(), 0s));
  is_monotone(dues);
  for (int i = 0; i < n; ++i) {
    std::map<std::uint32_t, int> spoke;
    const auto from = holds[static_cast<std::size_t>(i)];
    for (const auto& due : dues) {
      if (due.at >= from && due.at < from + 10s) ++spoke[due.person];
    }
    RC_ASSERT(static_cast<double>(spoke.size()) ==
              e.stages[static_cast<std::size_t>(2 * i + 1)].target);
  }
  // A person speaks once in 2 s while taking part, give or take a message each time that begins
  // or ends.
  const double expected = area(e, to_seconds(e.duration)) * 0.5;
  const double turns = static_cast<double>(e.stages.size()) * 30;
  RC_ASSERT(std::abs(static_cast<double>(dues.size()) - expected) <= turns + 1);
}

RC_GTEST_PROP(ScheduleProperty, BurstsComeWholeAndOnTime, ()) {
  Executor e;
  e.name = "main";
  e.kind = ExecutorKind::Burst;
  e.burst_size = *rc::gen::inRange<std::uint32_t>(1, 50);
  e.burst_gap = std::chrono::seconds(*rc::gen::inRange(1, 30));
  e.burst_repeat = *rc::gen::inRange<std::uint32_t>(1, 20);
  e.duration = e.burst_gap * e.burst_repeat;
  const auto people = crowd(10, 1);
  const auto dues = all(Schedule(e, people, 3, 7s));
  RC_ASSERT(dues.size() == std::size_t{e.burst_size} * e.burst_repeat);
  for (std::size_t i = 0; i < dues.size(); ++i) {
    RC_ASSERT(dues[i].at == 7s + e.burst_gap * static_cast<std::int64_t>(i / e.burst_size));
  }
}

RC_GTEST_PROP(ScheduleProperty, AReplayKeepsTheTimesOfItsTrace, ()) {
  Executor e;
  e.name = "main";
  e.kind = ExecutorKind::Replay;
  e.speed = *rc::gen::inRange(1, 40) / 4.0;
  Duration at{};
  for (int i = 0; i < 50; ++i) {
    e.trace.push_back({at, std::to_string(i)});
    at += std::chrono::milliseconds(*rc::gen::inRange(0, 5000));
  }
  e.duration = {};
  const auto people = crowd(3, 1);
  const auto dues = all(Schedule(e, people, 3, 2s));
  RC_ASSERT(dues.size() == e.trace.size());
  for (std::size_t i = 0; i < dues.size(); ++i) {
    RC_ASSERT(dues[i].item == i);
    RC_ASSERT(std::abs(to_seconds(dues[i].at - 2s) - to_seconds(e.trace[i].at) / e.speed) < 1e-6);
  }
}

RC_GTEST_PROP(ScheduleProperty, TheSameSeedGivesTheSamePlanOfEveryExecutor, ()) {
  Executor e = ramping_arrivals(*rc::gen::element(Arrival::Uniform, Arrival::Poisson));
  e.kind = *rc::gen::element(ExecutorKind::ConstantVus, ExecutorKind::RampingVus,
                             ExecutorKind::ConstantArrivalRate, ExecutorKind::RampingArrivalRate,
                             ExecutorKind::ExternallyControlled, ExecutorKind::PartlyOpen,
                             ExecutorKind::Burst, ExecutorKind::Breakpoint, ExecutorKind::Soak);
  e.rate = 3;
  e.burst_size = 5;
  const auto people = crowd(20, 0.4);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto a = all(Schedule(e, people, seed, 3s));
  const auto b = all(Schedule(e, people, seed, 3s));
  RC_ASSERT(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    RC_ASSERT(a[i].at == b[i].at);
    RC_ASSERT(a[i].person == b[i].person);
  }
  is_monotone(a);
}

TEST(ScheduleProperty, IterationsPlanNothingAhead) {
  Executor e;
  e.name = "main";
  e.kind = ExecutorKind::SharedIterations;
  e.vus = 3;
  const auto people = crowd(10, 1);
  const Schedule schedule(e, people, 1, 5s);
  EXPECT_FALSE(schedule.next_due());
  EXPECT_EQ(schedule.participants().size(), 3U);
  EXPECT_EQ(schedule.begin(), 5s);
}

}  // namespace
}  // namespace chorus::lab
