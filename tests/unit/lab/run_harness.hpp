#pragma once

#include "chorus/lab/run.hpp"

#include "unit/lab/scripted_target.hpp"
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// What a run gave, its records and what the live view saw.
struct Ran {
  Result<RunResult> result = fail(ErrorCode::Internal, "did not run");
  std::string records;
  std::vector<LiveStats> live;
};

/// A run against scripted bots on virtual time.
struct Harness {
  explicit Harness(Scenario s, BotScript script, std::uint64_t seed = 7,
                   const std::function<void(RunOptions&)>& change = {})
      : loop(rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = seed}),
        webhooks(loop, Rng(3)),
        target(loop, script) {
    RunOptions options;
    options.seed = seed;
    options.public_telegram_origin = "http://telegram.test:80";
    options.record = [this](std::string_view line) {
      ran.records += line;
      ran.records += '\n';
    };
    options.live = [this](const LiveStats& live) { ran.live.push_back(live); };
    options.sandbox_ready = [this](sandbox::Sandbox& sandbox) { target.connect(sandbox); };
    if (change) change(options);
    run = std::make_unique<Run>(loop, webhooks, registry, std::move(s), target, std::move(options));
  }
  static rt::Task<void> drive(Harness* self) {
    self->ran.result = co_await self->run->execute();
    self->done = true;
  }
  Ran go() {
    rt::TaskScope scope(loop);
    rt::spawn(scope, "run", &Harness::drive, this);
    loop.run();
    EXPECT_TRUE(done);
    return std::move(ran);
  }

  rt::Loop loop;
  metrics::Registry registry;
  net::InProcessTransport webhooks;
  ScriptedTarget target;
  std::unique_ptr<Run> run;
  Ran ran;
  bool done = false;
};

inline Scenario load(std::string_view yaml) {
  auto scenario = load_scenario(yaml, "test.yaml", ParseOptions{});
  EXPECT_TRUE(scenario) << scenario.error().message;
  return std::move(*scenario);
}

inline constexpr std::string_view kGroup = R"(version: 1
name: group
target: { kind: attach, bots: { count: 3, name: "helper{index}_bot" } }
limits: "off"
rooms: [{ id: room, count: 2, bots: all, people: split }]
people:
  normal: { count: 6, rate: 6/min, text: "hm {{word}}" }
  asking: { count: 10, rate: 12/min, action: mention, text: "@{bot} {{word}} {{number}}?", expect: { reply: { within: 10s } } }
  reply: { count: 4, rate: 12/min, action: reply, text: "and {{number}}", expect: { reply: { within: 10s } } }
scenarios: { main: { executor: constant-vus, duration: 60s } }
thresholds:
  reply_latency: ["p(95)<5000"]
  errors: ["rate<0.01"]
  messages_lost: ["count==0"]
  messages_duplicated: ["count==0"]
)";

inline Ran run(std::string_view yaml, BotScript script, std::uint64_t seed = 7) {
  return Harness(load(yaml), script, seed).go();
}

}  // namespace chorus::lab
