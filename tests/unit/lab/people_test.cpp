#include "chorus/lab/people.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace chorus::lab {
namespace {

using testing::HasSubstr;

Scenario two_kinds(std::uint32_t a, std::uint32_t b) {
  Scenario s;
  s.name = "test";
  s.people.resize(2);
  s.people[0].kind = "a";
  s.people[0].count = a;
  s.people[0].rate = {1, 2};
  s.people[1].kind = "b";
  s.people[1].count = b;
  s.people[1].rate = {3, 3};
  return s;
}

TEST(People, APersonDoesNotDependOnTheOthers) {
  auto few = make_people(two_kinds(2, 3), 42);
  auto many = make_people(two_kinds(50, 3), 42);
  ASSERT_EQ(few.size(), 5U);
  ASSERT_EQ(many.size(), 53U);
  EXPECT_DOUBLE_EQ(few[1].rate, many[1].rate);
  EXPECT_EQ(few[2].rng.next(), many[50].rng.next());
  EXPECT_EQ(many[50].kind, 1);
  EXPECT_EQ(many[52].index, 52U);
}

TEST(People, RatesAreInTheRangeAndTheSeedMatters) {
  const auto people = make_people(two_kinds(100, 0), 1);
  std::set<double> rates;
  for (const auto& p : people) {
    EXPECT_GE(p.rate, 1);
    EXPECT_LE(p.rate, 2);
    rates.insert(p.rate);
  }
  EXPECT_EQ(rates.size(), 100U);
  EXPECT_NE(make_people(two_kinds(1, 0), 2)[0].rate, people[0].rate);
}

TEST(People, APersonIsSmall) {
  EXPECT_LE(sizeof(Person), 128U);
}

TEST(Templates, PlaceholdersAreFilledFromThePersonsStream) {
  Rng a(5);
  Rng b(5);
  const auto text = fill_template("@{bot} {{symbol}} {{number}} {x} {{time}}", "helper_bot",
                                  std::chrono::milliseconds(1500), a);
  EXPECT_EQ(text, fill_template("@{bot} {{symbol}} {{number}} {x} {{time}}", "helper_bot",
                                std::chrono::milliseconds(1500), b));
  EXPECT_TRUE(text.starts_with("@helper_bot "));
  EXPECT_THAT(text, HasSubstr(" {x} 1.5"));
  EXPECT_THAT(text, testing::Not(HasSubstr("{{")));
}

TEST(Templates, UnknownPlaceholdersAreNamed) {
  EXPECT_TRUE(check_template("@{bot} {{ symbol }} {{word}}"));
  EXPECT_THAT(check_template("{{symbl}}").error().message, HasSubstr("did you mean 'symbol'?"));
  EXPECT_THAT(check_template("{{symbol").error().message, HasSubstr("ends with }}"));
  EXPECT_FALSE(check_template(""));
}

}  // namespace
}  // namespace chorus::lab
