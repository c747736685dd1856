#include "chorus/lab/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kMinimal = R"(version: 1
name: small
rooms:
  - { id: room }
people:
  talker: { count: 3, rate: 6/min, text: hello }
scenarios:
  main: { executor: constant-vus, duration: 30s }
thresholds:
  reply_latency: ["p(95)<5000"]
)";

Scenario parsed(std::string_view yaml, const ParseOptions& options = {}) {
  auto result = parse_scenario(yaml, options);
  for (const auto& p : result.problems) ADD_FAILURE() << to_string(p, "test.yaml");
  return result.scenario.value_or(Scenario{});
}

std::vector<std::string> problems(std::string_view yaml, const ParseOptions& options = {}) {
  std::vector<std::string> out;
  for (const auto& p : parse_scenario(yaml, options).problems) {
    out.push_back(to_string(p, "f.yaml"));
  }
  return out;
}

std::string with(std::string_view line) {
  return std::string(kMinimal) + std::string(line) + "\n";
}

TEST(Scenario, ReadsAMinimalFile) {
  const auto s = parsed(kMinimal);
  EXPECT_EQ(s.name, "small");
  ASSERT_EQ(s.people.size(), 1U);
  EXPECT_EQ(s.people[0].count, 3U);
  EXPECT_DOUBLE_EQ(s.people[0].rate.low, 0.1);
  EXPECT_EQ(s.measured(), 30s);
  EXPECT_EQ(s.warmup_or_default(), 7500ms);
  EXPECT_EQ(s.cooldown_or_default(), 20s);
  ASSERT_EQ(s.thresholds.size(), 1U);
  EXPECT_EQ(s.limits, sandbox::LimitsProfile::Documented);
}

TEST(Scenario, EveryShippedScenarioIsValid) {
  const auto shipped = shipped_scenarios();
  std::vector<std::string> names;
  for (const auto& file : shipped) {
    ParseOptions options;
    const bool any_bot = file.name == "echo" || file.name == "dm" || file.name == "soak";
    if (any_bot) options.command = {"python3", "bot.py"};
    EXPECT_EQ(parsed(file.yaml, options).name, file.name);
    names.emplace_back(file.name);
  }
  EXPECT_THAT(
      names, ElementsAre("baseline-high", "baseline-low", "baseline-medium", "breaker-recovery",
                         "chaos", "demo", "dm", "echo", "fan-out-500", "fleet-quality", "llm-quota",
                         "mx-50-users", "mx-50-users-inproc", "mx-burst", "mx-burst-inproc",
                         "mx-global-limit", "mx-global-limit-inproc", "mx-mixed", "mx-mixed-inproc",
                         "mx-rapid", "mx-rapid-inproc", "mx-sustained", "mx-sustained-inproc",
                         "mx-user-limit", "mx-user-limit-inproc", "phase2", "reaction-400",
                         "restart-under-load", "soak", "soak-24h", "stress-100", "stress-250",
                         "stress-500", "token-401", "webhook-flood"));
}

TEST(Scenario, Phase2IsTheFoundingLoad) {
  const auto s = parsed(*find_shipped_scenario("phase2"));
  EXPECT_EQ(s.target.bots.count, 50U);
  EXPECT_EQ(s.target.bots.transport, UpdateTransport::Webhook);
  EXPECT_EQ(s.people_count(), 100U);
  EXPECT_EQ(s.people[1].kind, "mention");
  EXPECT_DOUBLE_EQ(s.people[1].share, 0.7);
  EXPECT_EQ(s.people[2].action, Action::Reply);
  EXPECT_EQ(s.measured(), 5min);
  EXPECT_THAT(s.founding, Contains(std::pair<std::string, std::string>("p95", "1647 ms")));
}

TEST(Scenario, ABaselineIsSettingsOfOurFleet) {
  EXPECT_EQ(parsed(with("baseline: { CHORUS_SELECTOR: random }")).baseline.at("CHORUS_SELECTOR"),
            "random");
  EXPECT_THAT(problems(with("baseline: { selector: random }")),
              ElementsAre("f.yaml:11:23: 'selector' is no setting of our fleet; its names begin "
                          "with CHORUS_, like CHORUS_SELECTOR: random"));
}

TEST(Scenario, UnknownKeyNamesThePlaceAndTheNearestKey) {
  const auto out = problems(R"(version: 1
name: x
rooms: [{ id: a }]
scenarios:
  main:
    executor: constant-vus
    durtion: 30s
)");
  EXPECT_THAT(out, ElementsAre("f.yaml:7:5: unknown key 'durtion', did you mean 'duration'?"));
}

TEST(Scenario, AKeyGivenTwiceIsRefused) {
  EXPECT_THAT(problems(with("name: other")), ElementsAre("f.yaml:11:1: key 'name' is given twice"));
}

TEST(Scenario, AnUnquotedCommaIsNamed) {
  const auto out = problems(with("llm: { ttft: lognormal(250ms, 0.4), tokens_per_s: 60 }"));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_THAT(out[0], HasSubstr("f.yaml:11:14: 'lognormal(250ms' ends inside its parentheses"));
  EXPECT_THAT(out[0], HasSubstr("quote it"));
}

TEST(Scenario, UnitsAreNeverGuessed) {
  EXPECT_THAT(problems(R"(version: 1
name: x
rooms: [{ id: a }]
scenarios: { main: { executor: constant-vus, duration: 30 } }
people: { p: { count: 2, rate: 20, text: hi } }
)"),
              ElementsAre(HasSubstr("f.yaml:4:56: scenarios.main.duration: '30' is not a duration"),
                          HasSubstr("f.yaml:5:32: people.p.rate: '20' is not a rate")));
}

TEST(Scenario, AThresholdOfNobodyIsNamedBeforeTheRun) {
  const auto file = [](std::string_view thresholds) {
    return R"(version: 1
name: x
rooms: [{ id: a }]
people: { person: { count: 2, rate: 20/min, text: hi } }
faults: [ { name: storm, at: 1s, fault: { status: 500 } }, { at: 2s, fault: { status: 502 } } ]
scenarios: { main: { executor: constant-vus } }
conversations: { order: { steps: [ { user: hi }, { bot: { within: 1s, check: greets } } ] } }
thresholds:
)" + std::string(thresholds);
  };
  EXPECT_THAT(problems(file(R"(  reply_latency{kind:person}: ["p(95)<1"]
  checks{check:greets}: ["rate==1"]
  checks{check:order}: ["rate==1"]
  recovery_time{fault:storm}: ["max<1"]
  drain_time{fault:error_502}: ["max<1"]
)")),
              ElementsAre());
  EXPECT_THAT(problems(file(R"(  reply_latency{kind:persn}: ["p(95)<1"]
  checks{check:greet}: ["rate==1"]
  recovery_time{fault:stomr}: ["max<1"]
)")),
              ElementsAre("f.yaml:9:3: {kind:persn}: the scenario has no such kind, did you mean "
                          "'person'?",
                          "f.yaml:10:3: {check:greet}: the scenario has no such check, did you "
                          "mean 'greets'?",
                          "f.yaml:11:3: {fault:stomr}: the scenario has no such fault, did you "
                          "mean 'storm'?"));
}

TEST(Scenario, ReferencesAreChecked) {
  EXPECT_THAT(
      problems(R"(version: 1
name: x
rooms: [{ id: a, people: [talkers] }]
people: { talker: { count: 2, rate: 2/s, text: hi } }
scenarios: { main: { executor: partly-open, rate: 1/s, conversation: table } }
)"),
      testing::IsSupersetOf({HasSubstr("no people of kind 'talkers', did you mean 'talker'?"),
                             HasSubstr("no conversation 'table'")}));
}

TEST(Scenario, MistakesOfEverySectionAreOneLineEach) {
  const std::pair<const char*, const char*> cases[] = {
      {"limits: documentd", "unknown value 'documentd', did you mean 'documented'?"},
      {"target: { kind: command }", "needs a 'command' list"},
      {"target: { command: python3 bot.py }", "must be a list of arguments"},
      {"target: { platform: irc }",
       "target.platform: unknown value 'irc', it is telegram, matrix, or both"},
      {"target: { bots: { count: 0 } }", "must be a whole number from 1 to"},
      {"target: { bots: { name: Bob } }", "must hold {index}"},
      {"thresholds2: {}", "did you mean 'thresholds'?"},
      {"llm: { error_rate: 120% }", "must be a share"},
      {"faults: [{ at: 5s }]", "a fault needs a 'fault' map"},
      {"faults: [{ match: { methd: x }, fault: { status: 500 } }]", "did you mean 'method'?"},
      {"conversations: { a: { steps: [{ think: 1s }] } }", "must start with a 'user' step"},
      {"conversations: { a: { steps: [{ user: '{{nmber}}' }] } }", "did you mean 'number'?"},
      {"start_at: yesterday", "start_at must look like"},
      {"seed: -1", "seed must be a whole number"},
      {"target: { kind: attach, platform: [telegram, matrix] }",
       "each of telegram,matrix needs a bot"},
  };
  for (const auto& [line, expected] : cases) {
    const auto out = problems(with(line));
    ASSERT_EQ(out.size(), 1U) << line << testing::PrintToString(out);
    EXPECT_THAT(out[0], HasSubstr(expected)) << line;
    EXPECT_THAT(out[0], HasSubstr("f.yaml:11:")) << line;
  }
}

TEST(Scenario, BrokenYamlHasAPlace) {
  const auto out = problems("version: 1\nname: [unclosed\n");
  ASSERT_EQ(out.size(), 1U);
  EXPECT_THAT(out[0], HasSubstr("f.yaml:"));
  EXPECT_THAT(out[0], HasSubstr("not YAML"));
}

TEST(Scenario, AnchorsCannotMakeAHugeTree) {
  std::string yaml = "tags: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 14; ++i) {
    yaml += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) yaml += "*a" + std::to_string(i - 1) + (j < 9 ? ", " : "]\n");
  }
  yaml += "faults: [{ fault: { deep: *a13 } }]\n";
  const auto out = problems(with(yaml));
  EXPECT_THAT(out, Contains(HasSubstr("nested too deeply or too large")));
  EXPECT_LE(out.size(), 50U);
}

TEST(Scenario, VariablesComeFromOptionsThenEnvironmentThenDefault) {
  const auto yaml = with("description: \"${WHO} ${WHERE:-here} ${BOTH}\"");
  ParseOptions options;
  options.variables = {{"BOTH", "option"}};
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "WHO") return "env";
    if (name == "BOTH") return "env";
    return std::nullopt;
  };
  EXPECT_EQ(parsed(yaml, options).description, "env here option");
  EXPECT_THAT(problems(yaml), ElementsAre(HasSubstr("variable 'WHO' is not set; give it with -e")));
}

TEST(Scenario, SetReplacesAndAddsValues) {
  ParseOptions options;
  options.sets = {{"target.bots.count", "7"},
                  {"rooms.0.title", "New"},
                  {"scenarios.main.duration", "2m"},
                  {"seed", "99"}};
  const auto s = parsed(kMinimal, options);
  EXPECT_EQ(s.target.bots.count, 7U);
  EXPECT_EQ(s.rooms[0].title, "New");
  EXPECT_EQ(s.measured(), 2min);
  EXPECT_EQ(s.seed, 99U);
}

TEST(Scenario, AWrongSetIsToldWithItsPath) {
  ParseOptions options;
  options.sets = {{"rooms.9.title", "x"}};
  EXPECT_THAT(problems(kMinimal, options),
              ElementsAre("f.yaml: --set rooms.9.title: '9' is no index of that list"));
  options.sets = {{"name.deep", "x"}};
  EXPECT_THAT(problems(kMinimal, options), ElementsAre(HasSubstr("there is nothing below 'name'")));
}

TEST(Scenario, PeopleOptionKeepsTheProportions) {
  ParseOptions options;
  options.people = 33;
  const auto s = parsed(*find_shipped_scenario("phase2"), options);
  EXPECT_EQ(s.people_count(), 33U);
  EXPECT_NEAR(s.people[0].count, 20, 1);
  EXPECT_NEAR(s.people[1].count, 7, 1);
}

TEST(Scenario, ExpectHasAShortAndALongForm) {
  const auto s = parsed(R"(version: 1
name: x
rooms: [{ id: a }]
people:
  a: { count: 1, rate: 1/s, text: t, expect: none }
  b: { count: 1, rate: 1/s, text: t, expect: { reply: required } }
  c: { count: 1, rate: 1/s, text: t, expect: { reply: { from: any, within: 3s, linked: true, count: 1 } } }
)");
  EXPECT_EQ(s.people[0].expect.reply, ReplyRule::None);
  EXPECT_EQ(s.people[1].expect.reply, ReplyRule::Required);
  const auto& e = s.people[2].expect;
  EXPECT_EQ(e.reply, ReplyRule::Required);
  EXPECT_FALSE(e.from_addressed);
  EXPECT_TRUE(e.linked);
  EXPECT_EQ(e.within, 3s);
  EXPECT_EQ(e.max_count, 1U);
}

TEST(Scenario, ReadsConversationsFaultsAndLlm) {
  const auto s = parsed(with(R"y(conversations:
  order:
    weight: 2
    steps:
      - user: "/start"
      - bot: { within: 3s, contains: welcome }
      - think: "lognormal(4s, 0.5)"
      - user: { text: "table for {{number}}", mention: true }
      - bot: {
  none: true, for: 2s, on_timeout: continue }
faults:
  - {
  at: 5s, for: 2s, rate: 50%, match: { method: sendMessage }, fault: { status: 500 } }
llm: { ttft: "uniform(10ms, 30ms)", reply_tokens: 5..9, error_rate: 0.2%, tokens_per_day: 1000 })y"));
  ASSERT_EQ(s.conversations.size(), 1U);
  const auto& steps = s.conversations[0].steps;
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(steps[1].rule.contains, "welcome");
  EXPECT_EQ(steps[2].think.kind, sandbox::DelaySpec::Kind::Lognormal);
  EXPECT_TRUE(steps[3].mention);
  EXPECT_TRUE(steps[4].none);
  EXPECT_EQ(steps[4].within, 2s);
  ASSERT_EQ(s.faults.size(), 1U);
  EXPECT_EQ(s.faults[0].lasts, 2s);
  EXPECT_EQ(s.faults[0].fault.at("status").as_int64(), 500);
  EXPECT_EQ(s.llm.reply_tokens_high, 9);
  EXPECT_DOUBLE_EQ(s.llm.error_rate, 0.002);
  EXPECT_EQ(s.llm.tokens_per_day, 1000);
}

TEST(Scenario, DelaysAreReadOrExplained) {
  EXPECT_EQ(parse_delay("250ms")->a, 250ms);
  EXPECT_EQ(parse_delay("exponential(1s)")->kind, sandbox::DelaySpec::Kind::Exponential);
  EXPECT_DOUBLE_EQ(parse_delay("lognormal(1s, 0.4)")->sigma, 0.4);
  for (const char* bad : {"", "normal(1s, 2)", "uniform(2s, 1s)", "uniform(1s", "lognormal(1s, x)",
                          "exponential(1s, 2s)", "12"}) {
    EXPECT_FALSE(parse_delay(bad)) << bad;
  }
}

// --- the published schema knows exactly the keys the parser knows -----------------------------

using Keys = std::map<std::string, std::set<std::string>>;

void walk(const json::object& root, const json::object& node, const std::string& path, Keys& out) {
  if (const auto* ref = node.if_contains("$ref")) {
    const std::string name(ref->as_string().subview(std::string("#/$defs/").size()));
    walk(root, root.at("$defs").at(name).as_object(), path, out);
  }
  if (const auto* any = node.if_contains("anyOf")) {
    for (const auto& branch : any->as_array()) walk(root, branch.as_object(), path, out);
  }
  if (const auto* items = node.if_contains("items")) {
    walk(root, items->as_object(), path + "[]", out);
  }
  if (const auto* more = node.if_contains("additionalProperties"); more && more->is_object()) {
    walk(root, more->as_object(), path.empty() ? "*" : path + ".*", out);
  }
  if (const auto* properties = node.if_contains("properties")) {
    EXPECT_EQ(node.at("additionalProperties"), json::value(false)) << path;
    for (const auto& [key, value] : properties->as_object()) {
      out[path].insert(std::string(key));
      walk(root, value.as_object(), path.empty() ? std::string(key) : path + "." + std::string(key),
           out);
    }
  }
}

TEST(ScenarioSchema, KnowsExactlyTheKeysOfTheParser) {
  const auto schema = parse_json(scenario_schema());
  ASSERT_TRUE(schema);
  Keys in_schema;
  walk(schema->as_object(), schema->as_object(), "", in_schema);
  // A threshold stands alone or in a list; both are one shape for the parser.
  EXPECT_EQ(in_schema["thresholds.*"], in_schema["thresholds.*[]"]);
  in_schema.erase("thresholds.*");
  Keys in_parser;
  for (const auto& [path, keys] : scenario_keys()) in_parser[path].insert(keys.begin(), keys.end());
  EXPECT_EQ(in_schema, in_parser);
}

}  // namespace
}  // namespace chorus::lab
