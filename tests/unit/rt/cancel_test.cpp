// Cancellation: it reaches every kind of wait, is reported once, and is never lost.
#include "chorus/rt/channel.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Log = std::vector<std::string>;
using Pipe = boost::asio::basic_stream_socket<boost::asio::local::stream_protocol, Executor>;

Loop::Options virtual_options() {
  Loop::Options options;
  options.mode = Loop::Mode::Virtual;
  return options;
}

std::string at(const Loop& loop) {
  return " at " + std::to_string(loop.now().time_since_epoch() / milliseconds(1));
}

Task<void> two_sleeps(Loop& loop, Log& log) {
  log.push_back((co_await sleep_for(loop, seconds(1)) ? "slept" : "cancelled") + at(loop));
  log.push_back((co_await sleep_for(loop, seconds(60)) ? "slept" : "cancelled") + at(loop));
}

TEST(Cancel, OfATaskThatWasWokenButHasNotResumedIsReportedByItsNextWait) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Notify notify(loop);
  Log log;
  auto handle = spawn(
      scope, "waiter",
      [](Loop& l, Notify& n, Log& out) -> Task<void> {
        out.push_back(co_await n.wait() ? "notified" : "cancelled");
        co_await two_sleeps(l, out);
      },
      std::ref(loop), std::ref(notify), std::ref(log));
  loop.run_until(MonoTime{seconds(1)});
  loop.post([&] {
    notify.notify_one();
    handle.cancel();
  });
  loop.run();
  EXPECT_EQ(log, (Log{"notified", "cancelled at 1000", "slept at 61000"}));
}

TEST(Cancel, IsReportedOnceHoweverOftenItIsAsked) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Log log;
  auto handle = spawn(scope, "sleeper", &two_sleeps, std::ref(loop), std::ref(log));
  loop.run_until(MonoTime{milliseconds(5)});
  handle.cancel();
  handle.cancel();
  loop.run();
  EXPECT_EQ(log, (Log{"cancelled at 5", "slept at 60005"}));
}

TEST(Cancel, ReachesAChildAwaitedInline) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Log log;
  spawn(
      scope, "parent",
      [](Loop& l, Log& out) -> Task<void> {
        co_await two_sleeps(l, out);
        out.push_back("parent");
      },
      std::ref(loop), std::ref(log));
  loop.run_until(MonoTime{seconds(1)} + milliseconds(1));
  scope.cancel();
  EXPECT_TRUE(scope.stopping());
  loop.run();
  EXPECT_EQ(log, (Log{"slept at 1000", "cancelled at 1001", "parent"}));
}

TEST(Cancel, FromOutsideTheRunMeetsATaskThatEndsBeforeItArrives) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Notify notify(loop);
  spawn(
      scope, "ends", [](Notify& n) -> Task<void> { EXPECT_TRUE(co_await n.wait()); },
      std::ref(notify));
  loop.run();
  notify.notify_one();
  scope.cancel();
  loop.run();
  EXPECT_EQ(scope.size(), 0U);
}

TEST(Cancel, WakesEverybodyWhoWaitsForAChannel) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Channel<int> full(loop, 1);
  Channel<int> empty(loop, 1);
  ASSERT_TRUE(full.try_send(1));
  Log log;
  spawn(
      scope, "sender",
      [](Channel<int>& c, Log& out) -> Task<void> {
        const auto sent = co_await c.send(2);
        out.push_back(sent ? "sent" : std::string(to_string(sent.error().code)));
      },
      std::ref(full), std::ref(log));
  spawn(
      scope, "receiver",
      [](Channel<int>& c, Log& out) -> Task<void> {
        out.push_back(co_await c.receive() ? "received" : "nothing");
      },
      std::ref(empty), std::ref(log));
  loop.run();
  EXPECT_EQ(scope.size(), 2U);
  scope.cancel();
  loop.run();
  EXPECT_EQ(log, (Log{"cancelled", "nothing"}));
  EXPECT_EQ(full.size(), 1U);
}

TEST(Cancel, ScopeRefusesTasksAfterIt) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  scope.cancel();
  Log log;
  const auto handle = spawn(scope, "late", &two_sleeps, std::ref(loop), std::ref(log));
  loop.run();
  EXPECT_TRUE(handle.done());
  EXPECT_TRUE(log.empty());
}

TEST(Cancel, JoinOfACancelledTaskStillWaitsForTheOthers) {
  Loop loop(virtual_options());
  TaskScope inner(loop);
  TaskScope outer(loop);
  Log log;
  spawn(
      inner, "slow", [](Loop& l) -> Task<void> { co_await sleep_for(l, seconds(9)); },
      std::ref(loop));
  spawn(
      outer, "joiner",
      [](Loop& l, TaskScope& s, Log& out) -> Task<void> {
        co_await s.join();
        out.push_back("joined" + at(l));
      },
      std::ref(loop), std::ref(inner), std::ref(log));
  loop.run_until(MonoTime{seconds(1)});
  outer.cancel();
  loop.run();
  EXPECT_EQ(log, (Log{"joined at 9000"}));
}

TEST(Cancel, CloseTellsAgainATaskThatTakesLongToCleanUp) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  TaskScope control(loop);
  Log log;
  spawn(scope, "stubborn", &two_sleeps, std::ref(loop), std::ref(log));
  spawn(
      control, "closer",
      [](Loop& l, TaskScope& s, Log& out) -> Task<void> {
        co_await sleep_for(l, milliseconds(100));
        co_await s.close();
        out.push_back("closed" + at(l));
      },
      std::ref(loop), std::ref(scope), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (Log{"cancelled at 100", "cancelled at 5100", "closed at 5100"}));
}

TEST(Cancel, OfARawOperationIsTakenByWhoeverAsks) {
  Loop loop(virtual_options());
  TaskScope scope(loop);
  Notify notify(loop);
  Log log;
  auto handle = spawn(
      scope, "adapter",
      [](Loop& l, Notify& n, Log& out) -> Task<void> {
        (void)co_await n.wait();
        out.push_back(co_await take_cancelled() ? "taken" : "none");
        out.push_back(co_await take_cancelled() ? "taken" : "none");
        co_await two_sleeps(l, out);
      },
      std::ref(loop), std::ref(notify), std::ref(log));
  loop.run();
  loop.post([&] {
    notify.notify_all();
    handle.cancel();
  });
  loop.run();
  EXPECT_EQ(log, (Log{"taken", "none", "slept at 1000", "slept at 61000"}));
}

Task<void> read_forever(Pipe& pipe, TaskScope& scope, Log& log) {
  char buffer[8];
  while (!scope.stopping()) {
    auto [error, n] = co_await pipe.async_read_some(boost::asio::buffer(buffer), kAwait);
    log.push_back(error ? "aborted" : std::string(buffer, n));
    if (error) break;
  }
}

TEST(Cancel, ReachesSocketReadsOfTheWholeScope) {
  Loop loop;
  Pipe near(loop.context());
  Pipe far(loop.context());
  boost::asio::local::connect_pair(near, far);
  TaskScope scope(loop);
  TaskScope control(loop);
  Log log;
  spawn(scope, "near", &read_forever, std::ref(near), std::ref(scope), std::ref(log));
  spawn(scope, "far", &read_forever, std::ref(far), std::ref(scope), std::ref(log));
  spawn(
      control, "control",
      [](Loop& l, Pipe& pipe, TaskScope& s, Log& out) -> Task<void> {
        auto [error, n] = co_await pipe.async_write_some(boost::asio::buffer("hi", 2), kAwait);
        EXPECT_FALSE(error);
        while (out.empty()) co_await yield(l);
        co_await s.close();
        l.stop();
      },
      std::ref(loop), std::ref(near), std::ref(scope), std::ref(log));
  loop.run();
  EXPECT_EQ(log, (Log{"hi", "aborted", "aborted"}));
  EXPECT_EQ(loop.exceptions_for_test(), 0U);
}

TEST(Cancel, ReachesAnAcceptThatNobodyAnswers) {
  using boost::asio::ip::tcp;
  using Acceptor = boost::asio::basic_socket_acceptor<tcp, Executor>;
  Loop loop;
  Acceptor acceptor(loop.context(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  TaskScope scope(loop);
  TaskScope control(loop);
  Log log;
  spawn(
      scope, "accept",
      [](Acceptor& a, Log& out) -> Task<void> {
        auto [error, socket] = co_await a.async_accept(kAwait);
        out.push_back(error ? "aborted" : "accepted");
      },
      std::ref(acceptor), std::ref(log));
  spawn(
      control, "control",
      [](Loop& l, TaskScope& s) -> Task<void> {
        co_await sleep_for(l, std::chrono::microseconds(50));
        co_await s.close();
        l.stop();
      },
      std::ref(loop), std::ref(scope));
  loop.run();
  EXPECT_EQ(log, (Log{"aborted"}));
}

}  // namespace
}  // namespace chorus::rt
