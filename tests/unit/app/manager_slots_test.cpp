#include "chorus/app/targets/manager_slots.hpp"

#include "chorus/app/lab_slots.hpp"
#include "chorus/lab/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

lab::RunResult run(const std::string& env, const std::string& people, const std::string& load) {
  const auto plan = lab::load_scenario(
      "version: 1\nname: slots\ntarget: { kind: conversations, env: { " + env +
          " } }\npeople: { p: { " + people + " } }\nscenarios: { main: { " + load + " } }\n",
      "slots.yaml", {});
  EXPECT_TRUE(plan) << plan.error().message;
  if (!plan) return {};
  auto result = run_slot_load(*plan, {});
  EXPECT_TRUE(result) << result.error().message;
  if (!result) return {};
  EXPECT_THAT(result->slots->differences, IsEmpty()) << lab::summary_text(*result, {});
  EXPECT_EQ(result->slots->left, 0U);
  return std::move(*result);
}

TEST(ManagerSlots, WhoWaitsIsLetInAndItsTimeCounts) {
  const auto r = run("CHORUS_MAX_CONCURRENT_CONVERSATIONS: \"10\"", "count: 30, work: 100ms",
                     "executor: burst, size: 30");
  EXPECT_EQ(r.slots->at_once, 10U);
  EXPECT_EQ(r.slots->from_queue, 20U);
  EXPECT_EQ(r.slots->peak, 10U);
  EXPECT_EQ(r.measured, 300ms);
  EXPECT_DOUBLE_EQ(lab::find_summary(r, "conversation_duration")->max, 300);
  EXPECT_DOUBLE_EQ(lab::find_summary(r, "conversation_wait")->min, 100);
}

TEST(ManagerSlots, WorkThatIsNotTouchedIsStoppedAndCounted) {
  const auto r = run("CHORUS_CONVERSATION_IDLE: 60s, CHORUS_CONVERSATION_MAXIMUM: 120s",
                     "count: 4, work: 200s", "executor: burst, size: 4");
  EXPECT_EQ(r.slots->ended.at("idle"), 4U);
  EXPECT_EQ(r.conversations.abandoned, 4U);
  EXPECT_EQ(r.measured, 200s) << "the work itself ends when it would have";
}

TEST(ManagerSlots, WorkThatIsTouchedEndsAtTheMaximum) {
  const auto r = run("CHORUS_CONVERSATION_IDLE: 60s, CHORUS_CONVERSATION_MAXIMUM: 120s",
                     "count: 4, work: 200s, steps: 10", "executor: burst, size: 4");
  EXPECT_EQ(r.slots->ended.at("timed_out"), 4U);
}

TEST(ManagerSlots, WhoWaitsTooLongIsTold) {
  const auto r =
      run("CHORUS_MAX_CONCURRENT_CONVERSATIONS: \"1\", "
          "CHORUS_CONVERSATION_QUEUE_DEADLINE: 2s",
          "count: 2, work: 5s", "executor: burst, size: 2");
  EXPECT_EQ(r.slots->gave_up, 1U);
  EXPECT_EQ(r.slots->at_once, 1U);
}

TEST(ManagerSlots, ASettingThatIsWrongIsSaid) {
  lab::TargetSpec spec;
  spec.env["CHORUS_MAX_CONCURRENT_CONVERSATIONS"] = "many";
  const auto limits = conversation_limits(spec);
  ASSERT_FALSE(limits);
  EXPECT_THAT(limits.error().message, HasSubstr("max_concurrent_conversations"));
}

}  // namespace
}  // namespace chorus::app
