#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/rt/sleep.hpp"

#include "unit/lab/run_harness.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

std::string with(std::string_view executor) {
  return fmt::format(R"(version: 1
name: steered
target: {{ kind: attach, bots: {{ count: 1, name: "helper{{index}}_bot" }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people:
  asking: {{ count: 20, rate: 1/s, text: "{{{{word}}}} {{{{number}}}}?", expect: {{ reply: {{ within: 5s }} }} }}
scenarios: {{ main: {} }}
)",
                     executor);
}

/// What is sent to the control port while the run goes on.
struct Call {
  Duration at{};  ///< after the begin of the run
  net::Method method = net::Method::Post;
  std::string path;
  std::string body;
  int status = 0;
  std::string answer;
};

struct Steered {
  Ran ran;
  std::vector<Call> calls;
};

rt::Task<void> call_all(rt::Loop* loop, sandbox::Sandbox* box, std::vector<Call>* calls) {
  const auto begin = loop->now();
  for (auto& call : *calls) {
    if (!co_await rt::sleep_until(*loop, begin + call.at)) co_return;
    net::Request request;
    request.method = call.method;
    request.target = "/control/v1/lab" + call.path;
    request.headers.add("Host", "localhost");
    request.headers.add("Content-Type", "application/json");
    request.remote = "in-process";
    request.body = call.body;
    const auto answer = co_await box->control_handler().handle(std::move(request));
    call.status = answer.status;
    call.answer = answer.body;
  }
}

Steered steer(std::string_view yaml, std::vector<Call> calls) {
  Steered out;
  out.calls = std::move(calls);
  Harness* harness = nullptr;
  std::unique_ptr<rt::TaskScope> scope;
  Harness made(load(yaml), {}, 7, [&](RunOptions& options) {
    options.sandbox_ready = [&, connect = options.sandbox_ready](sandbox::Sandbox& box) {
      connect(box);
      scope = std::make_unique<rt::TaskScope>(harness->loop);
      rt::spawn(*scope, "calls", &call_all, &harness->loop, &box, &out.calls);
    };
  });
  harness = &made;
  out.ran = made.go();
  scope.reset();
  return out;
}

TEST(RunSteering, APauseSendsNothingAndIsToldInTheResult) {
  const auto out = steer(with("{ executor: constant-vus, duration: 60s, warmup: 0 }"),
                         {{10s, net::Method::Post, "/pause", "{}", 0, ""},
                          {20s, net::Method::Get, "", "", 0, ""},
                          {40s, net::Method::Post, "/resume", "", 0, ""}});
  ASSERT_TRUE(out.ran.result);
  const auto& r = *out.ran.result;
  for (const auto& call : out.calls) EXPECT_EQ(call.status, 200) << call.answer;
  EXPECT_THAT(out.calls[1].answer, HasSubstr(R"("paused":true)"));
  EXPECT_NEAR(static_cast<double>(r.load.sent), 20 * 30, 25);
  EXPECT_EQ(r.load.sent, r.load.planned);
  ASSERT_EQ(r.steered.size(), 2U);
  EXPECT_THAT(r.steered[0], HasSubstr("paused (control API)"));
  EXPECT_THAT(r.not_proven, Contains(HasSubstr("it was steered by hand")));
  EXPECT_EQ(parse_result(result_json(r))->steered, r.steered);
}

TEST(RunSteering, AFactorMakesTheLoadLargerAndSmaller) {
  const std::string yaml =
      with("{ executor: constant-arrival-rate, rate: 10/s, duration: 60s, warmup: 0 }");
  const auto later = steer(yaml, {{5s, net::Method::Post, "/scale", R"({"factor":2})", 0, ""}});
  const auto less = steer(yaml, {{5s, net::Method::Post, "/scale", R"({"factor":0.5})", 0, ""}});
  EXPECT_NEAR(static_cast<double>(later.ran.result->load.sent), 50 + 1100, 15);
  EXPECT_NEAR(static_cast<double>(less.ran.result->load.sent), 50 + 275, 15);
}

TEST(RunSteering, BeforeThereIsALoadThereIsNothingToSteer) {
  Harness harness(load(with("{ executor: constant-vus, duration: 10s }")), {});
  const auto early = harness.run->steer({SteerCommand::What::Pause, 1, 0}, "key");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::Conflict);
  EXPECT_EQ(harness.run->status().phase, LiveStats::Phase::Starting);
}

TEST(RunSteering, PeopleOfAnExternallyControlledExecutorComeAndGo) {
  const auto out = steer(
      with("{ executor: externally-controlled, vus: 5, max_vus: 20, duration: 60s, warmup: 0 }"),
      {{20s, net::Method::Post, "/scale", R"({"people":20})", 0, ""},
       {40s, net::Method::Post, "/scale", R"({"people":0})", 0, ""},
       {41s, net::Method::Post, "/scale", R"({"people":21})", 0, ""}});
  ASSERT_TRUE(out.ran.result);
  EXPECT_NEAR(static_cast<double>(out.ran.result->load.sent), 5 * 20 + 20 * 20, 25);
  EXPECT_EQ(out.calls[2].status, 400);
  EXPECT_THAT(out.calls[2].answer, HasSubstr("max_vus 20"));
}

TEST(RunSteering, WhatIsNoCommandIsRefused) {
  const auto out = steer(with("{ executor: constant-vus, duration: 30s, warmup: 0 }"),
                         {{5s, net::Method::Post, "/scale", "{}", 0, ""},
                          {6s, net::Method::Post, "/scale", R"({"factor":99})", 0, ""},
                          {7s, net::Method::Post, "/scale", R"({"people":3})", 0, ""},
                          {8s, net::Method::Post, "/resume", "", 0, ""},
                          {9s, net::Method::Post, "/dance", "", 0, ""}});
  const int expected[] = {400, 400, 400, 409, 404};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(out.calls[i].status, expected[i]) << i;
  EXPECT_TRUE(out.ran.result->steered.empty());
}

TEST(RunSteering, StopEndsTheLoadWithAReport) {
  const auto out = steer(with("{ executor: constant-vus, duration: 60s, warmup: 0 }"),
                         {{20s, net::Method::Post, "/stop", "", 0, ""}});
  EXPECT_EQ(out.calls[0].status, 200);
  EXPECT_EQ(out.ran.result->end, RunEnd::Interrupted);
}

TEST(RunSteering, IterationsAreHeldWhilePaused) {
  const std::string yaml = with(
      "{ executor: per-vu-iterations, vus: 4, iterations: 1000, think: 1s, max_duration: 60s }");
  const auto out = steer(yaml, {{10s, net::Method::Post, "/pause", "", 0, ""},
                                {40s, net::Method::Post, "/resume", "", 0, ""}});
  const auto free = run(yaml, {});
  EXPECT_NEAR(static_cast<double>(out.ran.result->load.sent),
              static_cast<double>(free.result->load.sent) / 2, 8);
}

}  // namespace
}  // namespace chorus::lab
