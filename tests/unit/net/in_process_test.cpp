#include "chorus/net/transport.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::net {
namespace {

using namespace std::chrono_literals;
using testing::TestHandler;

struct World {
  World()
      : loop(rt::Loop::Options{.mode = rt::Loop::Mode::Virtual}),
        handler(loop),
        transport(loop, Rng(7)),
        base(*Url::parse("http://bots:80")) {
    transport.route("http://bots:80", handler, {.latency = 10ms});
  }
  void run(rt::Task<void> (*body)(World&)) { testing::run(loop, closed(body)); }
  rt::Task<void> closed(rt::Task<void> (*body)(World&)) {
    co_await body(*this);
    co_await transport.close();
  }
  rt::Task<std::expected<Response, TransportError>> call(std::string target,
                                                         CallOptions options = {}) {
    Request request;
    request.target = std::move(target);
    return transport.call(base, std::move(request), options);
  }
  rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> open(
      std::string target, CallOptions options = {}) {
    Request request;
    request.target = std::move(target);
    return transport.open(base, std::move(request), options);
  }

  rt::Loop loop;
  TestHandler handler;
  InProcessTransport transport;
  Url base;
};

void expect_error(const std::expected<Response, TransportError>& result, ErrorCode code,
                  Sent sent) {
  ASSERT_FALSE(result);
  EXPECT_EQ(to_string(result.error().error.code), to_string(code));
  EXPECT_EQ(result.error().sent, sent);
}

TEST(InProcess, LatencyCountsEachWay) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    const MonoTime began = w.loop.now();
    const auto response = co_await w.call("/big");
    EXPECT_EQ(w.loop.now() - began, 20ms);
    EXPECT_TRUE(response);
    if (response) {
      EXPECT_EQ(response->body.size(), 3'100'000U) << "shared parts are joined";
    }
    EXPECT_EQ(w.handler.last.remote, "in-process");
  });
}

TEST(InProcess, UnknownOriginsRefuseTheConnection) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    w.base = *Url::parse("http://nobody:80");
    expect_error(co_await w.call("/echo"), ErrorCode::Unavailable, Sent::No);
  });
}

TEST(InProcess, TimeoutsAndLossEndTheHandler) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    const MonoTime began = w.loop.now();
    expect_error(co_await w.call("/hold", {.timeout = 1s}), ErrorCode::Timeout, Sent::Maybe);
    EXPECT_EQ(w.loop.now() - began, 1s);
    EXPECT_EQ(w.handler.cancelled, 1);
    w.transport.set_link("http://bots:80", {.latency = 1ms, .loss_before = 1});
    expect_error(co_await w.call("/echo", {.timeout = 1s}), ErrorCode::Timeout, Sent::Maybe);
    EXPECT_EQ(w.handler.requests, 1) << "lost before it arrived";
    w.transport.set_link("http://bots:80", {.latency = 1ms, .loss_after = 1});
    expect_error(co_await w.call("/echo", {.timeout = 1s}), ErrorCode::Timeout, Sent::Maybe);
    EXPECT_EQ(w.handler.requests, 2) << "the answer was lost";
    EXPECT_EQ(w.loop.now() - began, 3s);
  });
}

TEST(InProcess, FaultsAndBoundsAreThoseOfTheWire) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    expect_error(co_await w.call("/drop"), ErrorCode::ConnectionClosed, Sent::Maybe);
    expect_error(co_await w.call("/truncate"), ErrorCode::ConnectionClosed, Sent::Maybe);
    expect_error(co_await w.call("/big", {.max_body = 100}), ErrorCode::PayloadTooLarge,
                 Sent::Maybe);
    expect_error(co_await w.call("/flood", {.max_body = 1000}), ErrorCode::PayloadTooLarge,
                 Sent::Maybe);
    EXPECT_EQ((co_await w.call("/stream"))->body, "piece0;piece1;piece2;");
  });
}

TEST(InProcess, StreamsArriveInOrderAndOnTime) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    const MonoTime began = w.loop.now();
    auto stream = *co_await w.open("/stream");
    EXPECT_EQ(stream->status(), 200);
    std::vector<std::string> pieces;
    std::vector<Duration> at;
    while (true) {
      const auto piece = co_await stream->read();
      EXPECT_TRUE(piece);
      if (!piece || piece->empty()) break;
      pieces.push_back(*piece);
      at.push_back(w.loop.now() - began);
    }
    EXPECT_EQ(pieces, (std::vector<std::string>{"piece0;", "piece1;", "piece2;"}));
    EXPECT_EQ(at, (std::vector<Duration>{30ms, 31ms, 32ms}));
    EXPECT_EQ(*co_await stream->read(), "");
  });
}

TEST(InProcess, StreamsEndFromBothSides) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    auto cut = *co_await w.open("/truncate");
    Result<std::string> piece{std::string("x")};
    while (piece && !piece->empty()) piece = co_await cut->read();
    EXPECT_FALSE(piece);
    if (!piece) {
      EXPECT_EQ(piece.error().code, ErrorCode::ConnectionClosed);
    }
    auto silent = *co_await w.open("/feed", {.idle_timeout = 5s});
    EXPECT_EQ(*co_await silent->read(), "hello;");
    const auto timeout = co_await silent->read();
    EXPECT_FALSE(timeout);
    if (!timeout) {
      EXPECT_EQ(timeout.error().code, ErrorCode::Timeout);
    }
    silent.reset();
    co_await w.handler.until([&w] { return w.handler.feeds_ended == 1; });
    auto flood = *co_await w.open("/flood");
    EXPECT_FALSE((co_await flood->read())->empty());
    flood.reset();
    co_await w.handler.until([&w] { return w.handler.stream_error.has_value(); });
  });
}

TEST(InProcess, ACancelledCallerCancelsTheHandler) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    rt::TaskScope scope(w.loop);
    rt::spawn(
        scope, "caller",
        [](World* world) -> rt::Task<void> {
          expect_error(co_await world->call("/hold"), ErrorCode::Cancelled, Sent::Maybe);
        },
        &w);
    co_await w.handler.until([&w] { return w.handler.holding == 1; });
    co_await scope.close();
    EXPECT_EQ(w.handler.cancelled, 1);
  });
}

TEST(InProcess, TheSameSeedGivesTheSameTimes) {
  const auto times = [](std::uint64_t seed) {
    rt::Loop loop(rt::Loop::Options{.mode = rt::Loop::Mode::Virtual});
    TestHandler handler(loop);
    InProcessTransport transport(loop, Rng(seed));
    transport.route("http://bots:80", handler,
                    {.latency = 10ms, .jitter = 0.5, .loss_before = 0.2, .loss_after = 0.1});
    std::vector<Duration> out;
    testing::run(
        loop, [](rt::Loop* l, InProcessTransport* t, std::vector<Duration>* o) -> rt::Task<void> {
          for (int i = 0; i < 50; ++i) {
            const MonoTime began = l->now();
            (void)co_await t->call(*Url::parse("http://bots:80"), Request{}, {.timeout = 1s});
            o->push_back(l->now() - began);
          }
        }(&loop, &transport, &out));
    return out;
  };
  const auto first = times(3);
  EXPECT_EQ(first, times(3));
  EXPECT_NE(first, times(4));
  for (const Duration d : first) EXPECT_TRUE((d >= 10ms && d <= 30ms) || d == 1s);
}

}  // namespace
}  // namespace chorus::net
