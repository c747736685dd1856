#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

/// The sandbox on real sockets, on free ports of the loopback.
namespace chorus::sandbox {
namespace {

struct Box {
  explicit Box(rt::Loop& l, Sandbox::Options options)
      : loop(l), sandbox(l, std::move(options), transport, metrics) {}

  rt::Loop& loop;
  metrics::Registry metrics;
  net::SocketTransport transport{loop, {}};
  Sandbox sandbox;
};

Sandbox::Options listening(std::uint16_t control) {
  Sandbox::Options options;
  options.telegram = net::Endpoint{};
  options.llm = net::Endpoint{};
  options.control = net::Endpoint{"127.0.0.1", control};
  return options;
}

struct Outcome {
  std::string first_error;
  std::string second_error;
  std::string telegram;
  std::string llm;
  int get_me = 0;
  int stats = 0;
};

rt::Task<void> open_two(rt::Loop* loop, Outcome* outcome) {
  auto first = std::make_unique<Box>(*loop, listening(0));
  if (const auto opened = co_await first->sandbox.start(); !opened) {
    outcome->first_error = opened.error().message;
  }
  outcome->telegram = first->sandbox.telegram_address();
  outcome->llm = first->sandbox.llm_address();
  const auto get = [](Box* box, std::string origin, std::string target) -> rt::Task<int> {
    net::Request request;
    request.target = std::move(target);
    const auto url = net::Url::parse(origin);
    request.headers.add("Host", url->host + ":" + std::to_string(url->port));
    const auto answer = co_await box->transport.call(*url, std::move(request), {});
    co_return answer ? answer->status : 0;
  };
  outcome->get_me = co_await get(first.get(), outcome->telegram,
                                 "/bot1001:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/getMe");
  outcome->stats = co_await get(first.get(), first->sandbox.control_address(), "/control/v1/stats");

  // The second one opens two doors before it meets the port that is taken.
  const auto taken = net::Url::parse(first->sandbox.control_address())->port;
  auto second = std::make_unique<Box>(*loop, listening(taken));
  if (const auto opened = co_await second->sandbox.start(); !opened) {
    outcome->second_error = opened.error().message;
  }
  second.reset();
  co_await first->sandbox.stop(Duration{});
  first.reset();
  loop->stop();
}

TEST(SandboxStart, ATakenPortIsSaidAndNothingOfTheFailedStartRunsOn) {
  rt::Loop loop;
  Outcome outcome;
  rt::TaskScope scope(loop);
  rt::spawn(scope, "open two", &open_two, &loop, &outcome);
  loop.run();
  EXPECT_EQ(outcome.first_error, "");
  EXPECT_TRUE(outcome.telegram.starts_with("http://127.0.0.1:")) << outcome.telegram;
  EXPECT_TRUE(outcome.llm.ends_with("/v1")) << outcome.llm;
  EXPECT_EQ(outcome.get_me, 200);
  EXPECT_EQ(outcome.stats, 200);
  EXPECT_NE(outcome.second_error.find("in use"), std::string::npos) << outcome.second_error;
}

}  // namespace
}  // namespace chorus::sandbox
