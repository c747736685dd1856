#include "chorus/lab/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string file(std::string_view executor) {
  return "version: 1\nname: x\nrooms: [{ id: a }]\n"
         "people: { talker: { count: 40, rate: 6/min, text: hi } }\n"
         "conversations: { order: { steps: [{ user: hi }] }, ask: { steps: [{ user: ho }] } }\n"
         "scenarios:\n  main: " +
         std::string(executor) + "\n";
}

ParseOptions with_files() {
  ParseOptions options;
  options.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "talk.csv") return std::string("at,text\n0.5,hello\n2,\"a, b\"\n1.5,bye\n");
    if (path == "talk.ndjson") {
      return std::string(R"({"at":"2026-01-05T12:00:00Z","text":"one"}
{"at":"2026-01-05T12:00:03Z"}
)");
    }
    if (path == "bad.csv") return std::string("at\n1\nsoon\n");
    return fail(ErrorCode::NotFound, "there is no file '" + path + "'");
  };
  return options;
}

Executor read(std::string_view executor, ParseOptions options = with_files()) {
  auto parsed = parse_scenario(file(executor), options);
  for (const auto& p : parsed.problems) ADD_FAILURE() << to_string(p, "f.yaml");
  return parsed.scenario ? parsed.scenario->executors.at(0) : Executor{};
}

std::vector<std::string> problems(std::string_view executor) {
  std::vector<std::string> out;
  for (const auto& p : parse_scenario(file(executor), with_files()).problems) {
    out.push_back(to_string(p, "f.yaml"));
  }
  return out;
}

TEST(ExecutorSection, EveryNameOfK6IsRead) {
  const std::pair<const char*, ExecutorKind> cases[] = {
      {"{ executor: constant-vus, vus: 10, duration: 30s }", ExecutorKind::ConstantVus},
      {"{ executor: ramping-vus, start_vus: 0, stages: [{ duration: 1m, target: 20 }] }",
       ExecutorKind::RampingVus},
      {"{ executor: constant-arrival-rate, rate: 30, time_unit: 1m, duration: 1m }",
       ExecutorKind::ConstantArrivalRate},
      {"{ executor: ramping-arrival-rate, stages: [{ duration: 1m, target: 20/s }] }",
       ExecutorKind::RampingArrivalRate},
      {"{ executor: shared-iterations, vus: 10, iterations: 200, max_duration: 5m }",
       ExecutorKind::SharedIterations},
      {"{ executor: per-vu-iterations, vus: 10, iterations: 20 }", ExecutorKind::PerVuIterations},
      {"{ executor: externally-controlled, vus: 5, max_vus: 20, duration: 5m }",
       ExecutorKind::ExternallyControlled},
      {"{ executor: partly-open, rate: 2/s }", ExecutorKind::PartlyOpen},
      {"{ executor: burst, size: 20, gap: 10s, repeat: 3 }", ExecutorKind::Burst},
      {"{ executor: breakpoint, rate: 50/s, duration: 5m }", ExecutorKind::Breakpoint},
      {"{ executor: replay, trace: talk.csv }", ExecutorKind::Replay},
      {"{ executor: soak, duration: 24h }", ExecutorKind::Soak},
  };
  for (const auto& [text, kind] : cases) EXPECT_EQ(read(text).kind, kind) << text;
}

TEST(ExecutorSection, StagesAndRatesAreTakenInTheirUnit) {
  const auto e = read(
      "{ executor: ramping-arrival-rate, start_rate: 60, time_unit: 1m, pre_allocated_vus: 9, "
      "stages: [{ duration: 30s, target: 120 }, { duration: 1m, target: 5/s }] }");
  EXPECT_DOUBLE_EQ(e.start_level, 1);
  ASSERT_EQ(e.stages.size(), 2U);
  EXPECT_DOUBLE_EQ(e.stages[0].target, 2);
  EXPECT_DOUBLE_EQ(e.stages[1].target, 5);
  EXPECT_EQ(e.duration, 90s);
  EXPECT_EQ(e.max_vus, 9U);
}

TEST(ExecutorSection, ForStretchesStagesAndPeopleScalesTheirTargets) {
  auto options = with_files();
  options.duration = 20s;
  options.people = 80;
  const auto e = read(
      "{ executor: ramping-vus, stages: [{ duration: 1m, target: 20 }, { duration: 3m, target: "
      "0 }] }",
      options);
  EXPECT_EQ(e.stages[0].duration, 5s);
  EXPECT_EQ(e.stages[1].duration, 15s);
  EXPECT_DOUBLE_EQ(e.stages[0].target, 40);
  EXPECT_DOUBLE_EQ(e.stages[1].target, 0);
}

TEST(ExecutorSection, ATraceIsReadInOrderAndCountsFromItsFirst) {
  const auto e = read("{ executor: replay, trace: talk.csv, speed: 0.5 }");
  ASSERT_EQ(e.trace.size(), 3U);
  EXPECT_EQ(e.trace[0].at, 0s);
  EXPECT_EQ(e.trace[1].at, 1s);
  EXPECT_EQ(e.trace[1].text, "bye");
  EXPECT_EQ(e.trace[2].text, "a, b");
  EXPECT_EQ(e.duration, 4s);
  const auto ndjson = read("{ executor: partly-open, arrival: trace, trace: talk.ndjson }");
  ASSERT_EQ(ndjson.trace.size(), 2U);
  EXPECT_EQ(ndjson.trace[1].at, 3s);
  EXPECT_EQ(ndjson.arrival, Arrival::Trace);
}

TEST(ExecutorSection, ConversationsAreOneSomeOrAll) {
  EXPECT_THAT(read("{ executor: partly-open, rate: 1/s, conversation: ask }").conversations,
              ElementsAre("ask"));
  EXPECT_THAT(read("{ executor: partly-open, rate: 1/s, conversation: all }").conversations,
              ElementsAre("order", "ask"));
}

TEST(ExecutorSection, EveryMistakeIsOneLineWithItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"{ executor: ramping-vu }", "did you mean 'ramping-vus'?"},
      {"{ executor: constant-vus, stages: [{ duration: 1s, target: 1 }] }",
       "executor 'constant-vus' takes no 'stages' (ramping-vus, ramping-arrival-rate take it)"},
      {"{ executor: ramping-vus, duration: 1m, stages: [{ duration: 1s, target: 1 }] }",
       "takes no 'duration'; its stages say how long it lasts"},
      {"{ executor: shared-iterations, duration: 1m }", "it has 'max_duration'"},
      {"{ executor: ramping-vus }", "executor 'ramping-vus' needs 'stages'"},
      {"{ executor: ramping-vus, stages: [{ target: 5 }] }", "needs a 'duration' and a 'target'"},
      {"{ executor: ramping-vus, stages: [{ duration: 1s, taget: 1, target: 2 }] }",
       "did you mean 'target'?"},
      {"{ executor: ramping-vus, stages: [{ duration: 1s, target: 41 }] }",
       "wants 41 people, and 40 may take part"},
      {"{ executor: constant-arrival-rate, rate: 30 }", "'30' needs a unit: write 30/s, 30/min"},
      {"{ executor: constant-arrival-rate }", "needs a 'rate', like 20/s"},
      {"{ executor: constant-vus, vus: 100 }", "wants 100 people, and 40 may take part"},
      {"{ executor: burst }", "executor 'burst' needs 'size'"},
      {"{ executor: burst, size: 5, repeat: 3 }", "executor 'burst' needs 'gap'"},
      {"{ executor: externally-controlled }", "needs 'max_vus'"},
      {"{ executor: externally-controlled, vus: 9, max_vus: 3 }", "vus 9 is more than max_vus 3"},
      {"{ executor: replay }", "executor 'replay' needs 'trace'"},
      {"{ executor: replay, trace: gone.csv }", "there is no file 'gone.csv'"},
      {"{ executor: replay, trace: bad.csv }", "line 3: 'soon' is no time"},
      {"{ executor: partly-open, startRate: 2/s, rate: 1/s }", "did you mean 'start_rate'?"},
      {"{ executor: partly-open, rate: 1/s, conversation: asc }", "no conversation 'asc'"},
  };
  for (const auto& [text, expected] : cases) {
    const auto out = problems(text);
    ASSERT_EQ(out.size(), 1U) << text << testing::PrintToString(out);
    EXPECT_THAT(out[0], HasSubstr(expected)) << text;
    EXPECT_THAT(out[0], HasSubstr("f.yaml:7:")) << text;
  }
}

}  // namespace
}  // namespace chorus::lab
