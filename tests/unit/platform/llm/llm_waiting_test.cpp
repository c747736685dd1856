#include "llm_testing.hpp"

namespace chorus::platform::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// Many callers of one chain at once.
class ChainWaiting : public LlmTest {
 protected:
  struct Caller {
    std::optional<Result<fleet::Generated>> answer;
    MonoTime at{};
    rt::TaskScope::Handle handle;
  };
  using CallerPtr = std::shared_ptr<Caller>;  // owners: the test and the caller's task

  CallerPtr call(Duration timeout = seconds(30)) {
    auto caller = std::make_shared<Caller>();
    caller->handle = rt::spawn(scope, "caller", &ChainWaiting::run, &loop, &chain, timeout, caller);
    return caller;
  }
  std::vector<CallerPtr> calls(std::size_t count, Duration timeout = seconds(30)) {
    std::vector<CallerPtr> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(call(timeout));
    return out;
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }
  ~ChainWaiting() override { chorus::test::drive(loop, scope.close()); }

  ProviderChain chain{loop, metrics};
  rt::TaskScope scope{loop};

 private:
  static rt::Task<void> run(rt::Loop* loop, ProviderChain* chain, Duration timeout,
                            CallerPtr caller) {
    caller->answer.emplace(co_await chain->generate(asking("coffee", timeout)));
    caller->at = loop->now();
  }
};

TEST_F(ChainWaiting, TheLimitHoldsAndGrowsWithSuccess) {
  chain.add(client("a"));
  a.says("x", seconds(1));
  const auto callers = calls(80);
  wait(milliseconds(500));
  EXPECT_EQ(a.under_way, 8u) << "the limit at the start";
  EXPECT_EQ(chain.status()[0].in_flight, 8u);
  wait(seconds(2));
  EXPECT_GT(chain.status()[0].limit, 8u);
  EXPECT_EQ(a.under_way, chain.status()[0].limit) << "freed slots and new ones are both used";
  wait(seconds(10));
  for (const auto& caller : callers) {
    ASSERT_TRUE(caller->answer.has_value());
    EXPECT_TRUE(caller->answer->has_value());
  }
  EXPECT_EQ(chain.status()[0].in_flight, 0u);
}

TEST_F(ChainWaiting, CallersAreServedInTheirOrder) {
  chain.add(client("a"));
  a.says("x", seconds(1));
  std::vector<CallerPtr> callers;
  for (int i = 0; i < 30; ++i) {
    callers.push_back(call());
    wait(milliseconds(70));  // some come while others have just been woken
  }
  wait(seconds(20));
  for (std::size_t i = 1; i < callers.size(); ++i) {
    ASSERT_TRUE(callers[i]->answer && callers[i]->answer->has_value()) << i;
    EXPECT_LE(callers[i - 1]->at, callers[i]->at) << i;
  }
}

TEST_F(ChainWaiting, AWaitEndsAtTheCallersDeadline) {
  chain.add(client("a"));
  a.says("x", seconds(20));
  const auto busy = calls(8);
  const MonoTime start = loop.now();
  const auto late = call(seconds(3));
  wait(seconds(4));
  ASSERT_TRUE(late->answer.has_value());
  ASSERT_FALSE(late->answer->has_value());
  EXPECT_EQ(late->answer->error().code, ErrorCode::Timeout);
  EXPECT_EQ(late->answer->error().message, "a: no free slot in time");
  EXPECT_EQ(late->at - start, Duration(seconds(3)));
  EXPECT_EQ(a.seen.size(), 8u);
}

TEST_F(ChainWaiting, AWaitLeavesTimeForTheNextProvider) {
  chain.add(client("a"));
  chain.add(client("b"));
  a.says("x", minutes(5));
  b.says("from b", seconds(1));
  const auto busy = calls(8, minutes(10));
  const auto other = call(seconds(9));
  wait(seconds(8));
  ASSERT_TRUE(other->answer && other->answer->has_value());
  EXPECT_EQ((*other->answer)->provider, "b");
}

TEST_F(ChainWaiting, TheLineIsBounded) {
  chain.add(client("a"));
  a.says("x", seconds(20));
  const auto waiting = calls(8 + 1024);
  wait(milliseconds(1));
  const auto refused = call();
  wait(milliseconds(1));
  ASSERT_TRUE(refused->answer && !refused->answer->has_value());
  EXPECT_EQ(refused->answer->error().code, ErrorCode::QueueFull);
}

TEST_F(ChainWaiting, AsManyWaitAsAreExpected) {
  chain.add(client("a"), 1000);
  chain.make_room_for(3000);
  a.says("x", milliseconds(100));
  const auto callers = calls(3000);
  wait(seconds(10));
  for (const auto& caller : callers) ASSERT_TRUE(caller->answer && caller->answer->has_value());
}

TEST_F(ChainWaiting, WhoWaitsMovesOnWhenTheProviderIsUnusable) {
  chain.add(client("a"));
  chain.add_builtin();
  for (int i = 0; i < 8; ++i) {
    a.answer(net::Response::json(401, openai::encode_error({"x", "", "", "invalid_api_key"})),
             seconds(2));
  }
  const auto callers = calls(20);
  wait(milliseconds(2'001));
  for (const auto& caller : callers) {
    ASSERT_TRUE(caller->answer && caller->answer->has_value());
    EXPECT_EQ((*caller->answer)->provider, "builtin");
  }
  EXPECT_EQ(a.seen.size(), 8u) << "nobody tries the wrong key again";
}

TEST_F(ChainWaiting, AnOpeningBreakerSendsTheLineOn) {
  chain.add(client("a"));
  chain.add_builtin();
  a.answer(net::Response::empty(500), seconds(2));
  const auto callers = calls(30);
  wait(milliseconds(2'001));
  for (const auto& caller : callers) {
    ASSERT_TRUE(caller->answer && caller->answer->has_value());
    EXPECT_EQ((*caller->answer)->provider, "builtin");
  }
  EXPECT_LE(a.seen.size(), 12u);
}

TEST_F(ChainWaiting, ACancelledWaiterGetsNothingFromAnyProvider) {
  chain.add(client("a"));
  chain.add_builtin();
  a.says("x", seconds(20));
  const auto busy = calls(8);
  const auto gone = call();
  wait(seconds(1));
  gone->handle.cancel();
  wait(milliseconds(1));
  ASSERT_TRUE(gone->answer.has_value());
  ASSERT_FALSE(gone->answer->has_value());
  EXPECT_EQ(gone->answer->error().code, ErrorCode::Cancelled);
}

TEST_F(ChainWaiting, ACancelledCallFreesItsSlotAndBlamesNobody) {
  chain.add(client("a"));
  a.says("x", seconds(10));
  const auto busy = calls(8);
  const auto next = call();
  wait(seconds(1));
  for (int i = 0; i < 6; ++i) busy[std::size_t(i)]->handle.cancel();
  wait(milliseconds(1));
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Closed);
  EXPECT_EQ(chain.status()[0].in_flight, 3u) << "two that go on, and the one that waited";
  wait(seconds(11));
  EXPECT_TRUE(next->answer && next->answer->has_value());
}

TEST_F(ChainWaiting, OfTwoWaitsThatAreToldTheLongerHolds) {
  chain.add(client("a"));
  for (const auto* wait : {"60", "1"}) {
    auto response = net::Response::json(429, openai::encode_error({}));
    response.headers.add("retry-after", wait);
    a.answer(std::move(response), seconds(1));
  }
  const auto callers = calls(2);
  wait(milliseconds(1'500));
  EXPECT_EQ(chain.status()[0].usable_in, Duration(milliseconds(59'500)));
}

}  // namespace
}  // namespace chorus::platform::test
