#include "chorus/lab/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

std::vector<Person> people(std::uint32_t n, double rate) {
  Scenario s;
  s.name = "test";
  s.people.resize(1);
  s.people[0].kind = "p";
  s.people[0].count = n;
  s.people[0].rate = {rate, rate};
  return make_people(s, 1);
}

Executor executor(ExecutorKind kind, Duration duration) {
  Executor e;
  e.name = "main";
  e.kind = kind;
  e.duration = duration;
  return e;
}

std::vector<Due> all(Schedule schedule) {
  std::vector<Due> out;
  while (schedule.next_due()) out.push_back(schedule.pop());
  return out;
}

double gap_variation(const std::vector<Due>& dues) {
  double sum = 0;
  double squares = 0;
  const auto n = static_cast<double>(dues.size() - 1);
  for (std::size_t i = 1; i < dues.size(); ++i) {
    const double gap = to_seconds(dues[i].at - dues[i - 1].at);
    sum += gap;
    squares += gap * gap;
  }
  const double mean = sum / n;
  return std::sqrt(std::max(0.0, squares / n - mean * mean)) / mean;
}

TEST(Schedule, VirtualUsersKeepTheirRateFromTheFirstMoment) {
  const auto crowd = people(100, 0.5);
  const auto dues = all(Schedule(executor(ExecutorKind::ConstantVus, 60s), crowd, 7, 10s));
  EXPECT_EQ(dues.front().at, 0s);
  EXPECT_NEAR(static_cast<double>(dues.size()), 100 * 0.5 * 70, 60);
  EXPECT_LT(dues.back().at, 70s);
  std::map<std::uint32_t, std::vector<Duration>> by_person;
  for (std::size_t i = 0; i < dues.size(); ++i) {
    if (i > 0) EXPECT_LE(dues[i - 1].at, dues[i].at);
    by_person[dues[i].person].push_back(dues[i].at);
  }
  EXPECT_EQ(by_person.size(), 100U);
  for (const auto& [person, times] : by_person) {
    EXPECT_LT(times.front(), 2s);
    for (std::size_t i = 1; i < times.size(); ++i) {
      EXPECT_NEAR(to_seconds(times[i] - times[i - 1]), 2, 0.41);
    }
  }
}

TEST(Schedule, TheLoadIsSpreadOverTheFirstPeriod) {
  const auto crowd = people(60, 1.0 / 60);
  auto schedule = Schedule(executor(ExecutorKind::ConstantVus, 60s), crowd, 3, 0s);
  for (int quarter = 0; quarter < 4; ++quarter) {
    EXPECT_NEAR(static_cast<double>(schedule.planned_between(15s * quarter, 15s * (quarter + 1))),
                15, 2);
  }
}

TEST(Schedule, TheSamePlanFromTheSameSeed) {
  const auto crowd = people(20, 0.3);
  const auto e = executor(ExecutorKind::ConstantVus, 30s);
  const auto a = all(Schedule(e, crowd, 9, 5s));
  const auto b = all(Schedule(e, crowd, 9, 5s));
  const auto c = all(Schedule(e, crowd, 10, 5s));
  ASSERT_EQ(a.size(), b.size());
  bool differs = a.size() != c.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].at, b[i].at);
    EXPECT_EQ(a[i].person, b[i].person);
    differs = differs || a[i].at != c[i].at;
  }
  EXPECT_TRUE(differs);
}

TEST(Schedule, EvenArrivalsDoNotDrift) {
  auto e = executor(ExecutorKind::ConstantArrivalRate, 1000s);
  e.rate = 7;
  const auto crowd = people(3, 1);
  const auto dues = all(Schedule(e, crowd, 1, 0s));
  ASSERT_EQ(dues.size(), 7000U);
  EXPECT_NEAR(to_seconds(dues[6999].at), 6999.0 / 7, 1e-6);
  EXPECT_LT(gap_variation(dues), 0.01);
  std::map<std::uint32_t, int> by_person;
  for (const auto& due : dues) ++by_person[due.person];
  for (const auto& [person, n] : by_person) EXPECT_NEAR(n, 7000 / 3, 1);
}

TEST(Schedule, PoissonArrivalsLookLikePoisson) {
  auto e = executor(ExecutorKind::PartlyOpen, 1000s);
  e.rate = 5;
  e.arrival = Arrival::Poisson;
  const auto crowd = people(10, 1);
  const auto dues = all(Schedule(e, crowd, 1, 0s));
  EXPECT_NEAR(static_cast<double>(dues.size()), 5000, 250);
  const double variation = gap_variation(dues);
  EXPECT_GT(variation, 0.9);
  EXPECT_LT(variation, 1.1);
  EXPECT_TRUE(dues[0].conversation);
}

TEST(Schedule, ALaterExecutorWaitsForTheMeasuredWindow) {
  auto e = executor(ExecutorKind::ConstantVus, 10s);
  e.start_time = 20s;
  const auto crowd = people(5, 1);
  const Schedule schedule(e, crowd, 1, 15s);
  EXPECT_EQ(schedule.next_due(), 35s);
  EXPECT_EQ(schedule.end(), 45s);
}

TEST(Schedule, WithoutAnEndItGoesOn) {
  const auto crowd = people(2, 1);
  Schedule schedule(executor(ExecutorKind::ConstantVus, 0s), crowd, 1, 1s);
  for (int i = 0; i < 10'000; ++i) schedule.pop();
  EXPECT_GT(*schedule.next_due(), 4000s);
  EXPECT_EQ(schedule.planned_between(0s, 10s), 0U);
}

TEST(Schedule, NobodyPlansNothing) {
  EXPECT_FALSE(Schedule(executor(ExecutorKind::ConstantVus, 10s), {}, 1, 1s).next_due());
  EXPECT_FALSE(Schedule(executor(ExecutorKind::PartlyOpen, 10s), {}, 1, 1s).next_due());
}

}  // namespace
}  // namespace chorus::lab
