#include "chorus/lab/quality/quality.hpp"

#include "chorus/lab/outputs.hpp"
#include "chorus/lab/quality/chat_log.hpp"
#include "chorus/lab/quality/quality_json.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Quality, GradesFollowTheBounds) {
  const auto& gini = *find_quality_bound("quality_gini");
  EXPECT_EQ(grade_of(gini, 0.05), Grade::Between);
  EXPECT_EQ(grade_of(gini, 0.10), Grade::Green);
  EXPECT_EQ(grade_of(gini, 0.35), Grade::Green);
  EXPECT_EQ(grade_of(gini, 0.40), Grade::Between);
  EXPECT_EQ(grade_of(gini, 0.46), Grade::Red);
  EXPECT_EQ(grade_of(gini, std::nullopt), Grade::NoData);
  EXPECT_EQ(grade_of(*find_quality_bound("quality_disclosure"), 0.99), Grade::Red);
  EXPECT_EQ(grade_of(*find_quality_bound("quality_self_bleu"), 0.99), Grade::Reported);
  EXPECT_EQ(find_quality_bound("quality_nothing"), nullptr);
}

TEST(Quality, BoundsAreWrittenForPeople) {
  EXPECT_EQ(green_text(*find_quality_bound("quality_gini")), "0.10 to 0.35");
  EXPECT_EQ(green_text(*find_quality_bound("quality_stale")), "at most 3 %");
  EXPECT_EQ(green_text(*find_quality_bound("quality_addressed_answer")), "at least 98 %");
  EXPECT_EQ(green_text(*find_quality_bound("quality_distinct_1")), "");
}

TEST(Quality, EveryBoundIsAMetricThatAThresholdCanName) {
  for (const auto& bound : quality_bounds()) {
    EXPECT_TRUE(parse_threshold(bound.name, "value<=0.5")) << bound.name;
    EXPECT_LE(bound.red_low, bound.green_low) << bound.name;
    EXPECT_GE(bound.red_high, bound.green_high) << bound.name;
  }
}

TEST(Quality, ADisclosureIsAStatementAndNotAName) {
  EXPECT_TRUE(names_a_program("[Ada is an automated account (AI). /about]\nhello"));
  EXPECT_TRUE(names_a_program("[Ada otomatik bir hesaptır (yapay zekâ). /about]"));
  EXPECT_TRUE(names_a_program("I'm a bot."));
  EXPECT_FALSE(names_a_program("ask @weather_bot or @helperbot"));
  EXPECT_FALSE(names_a_program("she said so"));
}

TEST(Quality, RoomsCountByTheirLines) {
  std::vector<QualityReport::Room> rooms(2);
  for (auto& room : rooms) room.values = measure_quality({});
  rooms[0].values[0].sample = {0.1, 30};
  rooms[1].values[0].sample = {0.4, 10};
  const auto mean = mean_quality(rooms);
  EXPECT_NEAR(*mean[0].sample.value, 0.175, 1e-12);
  EXPECT_EQ(mean[0].sample.n, 40U);
  EXPECT_FALSE(mean[1].sample.value);
}

TEST(Quality, ComesBackFromItsJson) {
  QualityReport report;
  report.rooms.push_back({"square", 12, 3, measure_quality({})});
  report.values = measure_quality({});
  report.values[0].sample = {0.25, 12};
  report.baseline = report.values;
  report.baseline_name = "selector random";
  const auto back = read_quality(quality_json(report));
  EXPECT_EQ(back.values[0].sample.value, 0.25);
  EXPECT_EQ(back.values[0].sample.n, 12U);
  EXPECT_FALSE(back.values[1].sample.value);
  EXPECT_EQ(back.baseline_name, "selector random");
  ASSERT_EQ(back.rooms.size(), 1U);
  EXPECT_EQ(back.rooms[0].name, "square");
  EXPECT_EQ(back.rooms[0].lines, 12U);
  EXPECT_EQ(back.rooms[0].beyond, 3U);
}

TEST(Quality, AStrangersBotsAreJudgedWhenAThresholdAsks) {
  const auto without = Harness(load(kGroup), BotScript{}).go();
  ASSERT_TRUE(without.result);
  EXPECT_FALSE(without.result->quality);
  EXPECT_THAT(result_json(*without.result), Not(HasSubstr("\"quality\"")));

  const auto yaml = std::string(kGroup) + "  quality_addressed_answer: [\"value>=0.98\"]\n" +
                    "  quality_disclosure: [\"value==1\"]\n";
  const auto with = Harness(load(yaml), BotScript{}).go();
  ASSERT_TRUE(with.result);
  const auto& r = *with.result;
  ASSERT_TRUE(r.quality);
  EXPECT_EQ(r.quality->rooms.size(), 2U);
  ASSERT_EQ(r.thresholds[r.thresholds.size() - 2].threshold.metric.name,
            "quality_addressed_answer");
  EXPECT_TRUE(r.thresholds[r.thresholds.size() - 2].ok);
  EXPECT_FALSE(r.thresholds.back().ok);  // scripted bots do not say what they are
  EXPECT_THAT(summary_text(r, {}), HasSubstr("red     first lines that say what the bot is"));
}

TEST(Quality, PeopleSpeakToEachOther) {
  auto scenario = load(R"(version: 1
name: two
target: { kind: attach, bots: { count: 2, name: "helper{index}_bot" } }
limits: "off"
rooms: [{ id: room, bots: all, people: all }]
people: { pair: { count: 2, rate: 12/min, text: "@{person} {{word}}?" } }
scenarios: { main: { executor: constant-vus, duration: 60s } }
thresholds: { quality_false_chime_in: ["value<=1"] }
)");
  const auto ran = Harness(std::move(scenario), BotScript{}).go();
  ASSERT_TRUE(ran.result && ran.result->quality);
  const auto& chime = ran.result->quality->values[3];
  ASSERT_EQ(chime.bound->name, "quality_false_chime_in");
  EXPECT_GE(chime.sample.n, 20U);  // every line of both
}

}  // namespace
}  // namespace chorus::lab
