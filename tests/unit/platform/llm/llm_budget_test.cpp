#include "llm_testing.hpp"

#include <algorithm>

namespace chorus::platform::test {
namespace {

using policy::BudgetPeriod;
using policy::BudgetUnit;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Book final : SpendSink {
  bool open = true;
  std::vector<store::SpendRow> rows;
  [[nodiscard]] bool can_book() const override { return open; }
  void book(store::SpendRow row) override { rows.push_back(std::move(row)); }
  [[nodiscard]] std::int64_t micros() const {
    std::int64_t sum = 0;
    for (const auto& row : rows) sum += row.cost_micros;
    return sum;
  }
};

/// 100 and 10 tokens, as the scripted answers have, cost a cent: 40 + 600 money per million each.
constexpr LlmPrices kCentPerCall{.in = 40, .out = 600};
/// As long as the hundred tokens that the script claims for it, so that the bound is one.
const std::string kQuestion(100, 'c');

class ChainBudget : public LlmTest {
 protected:
  struct Caller {
    std::optional<Result<fleet::Generated>> answer;
    MonoTime at{};
  };
  using CallerPtr = std::shared_ptr<Caller>;  // owners: the test and the caller's task

  ChainBudget() { chain.set_sink(&book); }
  ~ChainBudget() override { chorus::test::drive(loop, scope.close()); }

  CallerPtr call(fleet::Lane lane = fleet::Lane::Mention, Duration timeout = seconds(30),
                 BotId bot = {}) {
    auto request = asking(kQuestion, timeout);
    request.lane = lane;
    request.bot = bot;
    request.turn = TurnId(77);
    request.max_tokens = 10;
    auto caller = std::make_shared<Caller>();
    rt::spawn(scope, "caller", &ChainBudget::run, &loop, &chain, std::move(request), caller);
    return caller;
  }
  Result<fleet::Generated> ask(fleet::Lane lane = fleet::Lane::Mention, BotId bot = {}) {
    const auto caller = call(lane, seconds(30), bot);
    while (!caller->answer) wait(milliseconds(100));
    return *caller->answer;
  }
  std::string provider() {
    const auto generated = ask();
    return generated ? generated->provider : generated.error().message;
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }

  Book book;
  ProviderChain chain{loop, metrics};
  rt::TaskScope scope{loop};

  static rt::Task<void> run(rt::Loop* loop, ProviderChain* chain, fleet::GenerationRequest request,
                            CallerPtr caller) {
    caller->answer.emplace(co_await chain->generate(std::move(request)));
    caller->at = loop->now();
  }
};

TEST_F(ChainBudget, TwoHundredAtOnceStayUnderTheCeiling) {
  chain.add(client("a", false, kCentPerCall));
  ASSERT_TRUE(chain.limit("fleet", {{BudgetUnit::Money, BudgetPeriod::Day, 1'000'000}}));
  a.says("x", seconds(1));
  std::vector<CallerPtr> callers;
  for (int i = 0; i < 200; ++i) callers.push_back(call());
  wait(minutes(1));
  int answered = 0;
  int refused = 0;
  for (const auto& caller : callers) {
    ASSERT_TRUE(caller->answer.has_value());
    if (*caller->answer) {
      ++answered;
    } else {
      ++refused;
      EXPECT_EQ(caller->answer->error().code, ErrorCode::BudgetExceeded);
    }
  }
  EXPECT_EQ(answered + refused, 200);
  EXPECT_GE(answered, 90);
  EXPECT_LE(book.micros(), 1'000'000);
  EXPECT_EQ(static_cast<int>(a.seen.size()), answered) << "a refused call is never made";
  EXPECT_EQ(metrics.value("chorus_spend_micros_total", {{"provider", "a"}}), book.micros());
  EXPECT_EQ(metrics.value("chorus_llm_calls_total", {{"provider", "a"}, {"result", "refused"}}),
            refused);
}

TEST_F(ChainBudget, TheRefusalNamesTheCeilingAndTheTime) {
  chain.add(client("a"));
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Day, 1}});
  a.says("x");
  EXPECT_EQ(provider(), "a");
  const auto refused = ask();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::BudgetExceeded);
  EXPECT_EQ(refused.error().message, "a: the budget of 1 requests per day is used up");
  ASSERT_TRUE(refused.error().retry_after.has_value());
  EXPECT_GT(*refused.error().retry_after, std::chrono::hours(23));
  EXPECT_EQ(chain.status()[0].unusable, refused.error().message);
  EXPECT_EQ(chain.status()[0].budget.at(0).used, 1);
  EXPECT_EQ(chain.status()[0].ok, 1U);
  EXPECT_EQ(chain.status()[0].refused, 1U);
  EXPECT_EQ(chain.status()[0].refused_why, refused.error().message);
}

TEST_F(ChainBudget, WithoutAPriceAMoneyCeilingRefuses) {
  chain.add(client("a"));
  chain.limit("fleet", {{BudgetUnit::Money, BudgetPeriod::Day, 1'000'000'000}});
  a.says("x");
  const auto refused = ask();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::BudgetExceeded);
  EXPECT_NE(refused.error().message.find("add prices"), std::string::npos);
  EXPECT_TRUE(a.seen.empty());
}

TEST_F(ChainBudget, ACeilingSendsToTheNextProviderAndToBuiltin) {
  chain.add(client("a"));
  chain.add(client("b"));
  chain.add_builtin();
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 1}});
  chain.limit("provider:b", {{BudgetUnit::Requests, BudgetPeriod::Day, 1}});
  a.says("x");
  b.says("x");
  EXPECT_EQ(provider(), "a");
  EXPECT_EQ(provider(), "b") << "nobody waits for a minute while another is usable";
  EXPECT_EQ(book.rows.size(), 2U);
}

TEST_F(ChainBudget, ABotHasItsOwnCeiling) {
  chain.add(client("a"));
  ASSERT_TRUE(chain.limit("bot:5", {{BudgetUnit::Requests, BudgetPeriod::Day, 1}}));
  a.says("x");
  EXPECT_TRUE(ask(fleet::Lane::Mention, BotId(5)).has_value());
  EXPECT_EQ(ask(fleet::Lane::Mention, BotId(5)).error().code, ErrorCode::BudgetExceeded);
  EXPECT_TRUE(ask(fleet::Lane::Mention, BotId(6)).has_value());
}

TEST_F(ChainBudget, ACeilingThatIsSetLaterKnowsWhatWasSpent) {
  chain.add(client("a"));
  a.says("x");
  EXPECT_TRUE(ask(fleet::Lane::Mention, BotId(5)).has_value());
  for (const auto* scope : {"fleet", "provider:a", "bot:5"}) {
    ASSERT_TRUE(chain.limit(scope, {{BudgetUnit::Requests, BudgetPeriod::Day, 1}}));
    EXPECT_EQ(ask(fleet::Lane::Mention, BotId(5)).error().code, ErrorCode::BudgetExceeded) << scope;
    ASSERT_TRUE(chain.limit(scope, {}));
  }
  EXPECT_TRUE(ask(fleet::Lane::Mention, BotId(5)).has_value());
}

TEST_F(ChainBudget, WhoWaitsGoesOnWhenTheCeilingIsRaised) {
  chain.add(client("a"));
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 1}});
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  const auto waiting = call(fleet::Lane::Direct, minutes(5));
  wait(seconds(1));
  EXPECT_FALSE(waiting->answer.has_value());
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 5}});
  wait(seconds(1));
  ASSERT_TRUE(waiting->answer.has_value());
  EXPECT_TRUE(waiting->answer->has_value());
}

TEST_F(ChainBudget, AScopeThatIsNobodysIsRefused) {
  chain.add(client("a"));
  chain.add_builtin();
  for (const auto* scope : {"provider:b", "provider:builtin", "bot:", "bot:x", "bot:5x", "room"}) {
    EXPECT_FALSE(chain.limit(scope, {})) << scope;
  }
}

TEST_F(ChainBudget, RequestsPerMinuteAreWaitedForInTheOrderOfTheLanes) {
  chain.add(client("a"));
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 2}});
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  EXPECT_TRUE(ask().has_value());
  const MonoTime start = loop.now();
  const auto own = call(fleet::Lane::SelfStarted, minutes(5));
  const auto mention = call(fleet::Lane::Mention, minutes(5));
  const auto direct = call(fleet::Lane::Direct, minutes(5));
  wait(seconds(50));
  EXPECT_FALSE(direct->answer.has_value());
  wait(minutes(4));
  for (const auto& caller : {own, mention, direct}) {
    ASSERT_TRUE(caller->answer.has_value());
    EXPECT_TRUE(caller->answer->has_value());
  }
  EXPECT_LE(direct->at - start, seconds(61)) << "as soon as the window has room";
  EXPECT_LE(direct->at, mention->at);
  EXPECT_LT(mention->at, own->at);
  for (std::size_t i = 2; i < a.times.size(); ++i) {
    EXPECT_GT(a.times[i] - a.times[i - 2], minutes(1)) << "never three in a minute";
  }
}

TEST_F(ChainBudget, AMinuteThatDoesNotEndInTimeRefusesAtOnce) {
  chain.add(client("a"));
  chain.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 1}});
  a.says("x");
  EXPECT_TRUE(ask().has_value());
  const MonoTime start = loop.now();
  const auto late = call(fleet::Lane::Direct, seconds(10));
  wait(milliseconds(1));
  ASSERT_TRUE(late->answer.has_value());
  EXPECT_EQ(late->answer->error().code, ErrorCode::BudgetExceeded);
  EXPECT_EQ(late->at, start);
}

TEST_F(ChainBudget, TheLinesForASlotAreServedByLane) {
  chain.add(client("a"));
  a.says("x", seconds(1));
  std::vector<CallerPtr> busy;
  for (int i = 0; i < 8; ++i) busy.push_back(call());
  wait(milliseconds(10));
  std::vector<CallerPtr> own, direct;
  for (int i = 0; i < 8; ++i) own.push_back(call(fleet::Lane::SelfStarted));
  for (int i = 0; i < 8; ++i) direct.push_back(call(fleet::Lane::Direct));
  EXPECT_EQ(chain.status()[0].waiting, 0U) << "they have not run yet";
  wait(milliseconds(10));
  EXPECT_EQ(chain.status()[0].waiting, 16U);
  wait(seconds(20));
  const auto last = std::ranges::max(direct, {}, &Caller::at)->at;
  const auto first = std::ranges::min(own, {}, &Caller::at)->at;
  EXPECT_LE(last, first);
}

TEST_F(ChainBudget, SelfStartedTalkLeavesAFifthToPeople) {
  chain.add(client("a"));
  chain.limit("fleet", {{BudgetUnit::Requests, BudgetPeriod::Day, 10}});
  a.says("x");
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(ask(fleet::Lane::SelfStarted).has_value());
  EXPECT_EQ(ask(fleet::Lane::SelfStarted).error().code, ErrorCode::BudgetExceeded);
  EXPECT_TRUE(ask(fleet::Lane::Mention).has_value());
  EXPECT_TRUE(ask(fleet::Lane::Direct).has_value());
}

TEST_F(ChainBudget, EveryCallIsWrittenDown) {
  chain.add(client("a", false, kCentPerCall));
  a.fails(503);
  a.says("x");
  EXPECT_FALSE(ask(fleet::Lane::Mention, BotId(3)).has_value());
  EXPECT_TRUE(ask(fleet::Lane::Mention, BotId(3)).has_value());
  ASSERT_EQ(book.rows.size(), 2U);
  EXPECT_EQ(book.rows[0].cost_micros, 0) << "a refusal costs nothing";
  EXPECT_EQ(book.rows[1].provider, "a");
  EXPECT_EQ(book.rows[1].model, "m");
  EXPECT_EQ(book.rows[1].bot, BotId(3));
  EXPECT_EQ(book.rows[1].turn, TurnId(77));
  EXPECT_EQ(book.rows[1].prompt_tokens, 100);
  EXPECT_EQ(book.rows[1].completion_tokens, 10);
  EXPECT_EQ(book.rows[1].cost_micros, 10'000);
  EXPECT_LE(loop.wall_now() - book.rows[1].at, milliseconds(100));
}

TEST_F(ChainBudget, ACallThatNeverLeftCostsNothing) {
  OpenAiOptions nowhere;
  nowhere.name = "nowhere";
  nowhere.base = *net::Url::parse("http://nowhere.test/v1");
  nowhere.prices = kCentPerCall;
  chain.add(OpenAiClient(loop, transport, nowhere));
  chain.limit("fleet", {{BudgetUnit::Requests, BudgetPeriod::Day, 1}});
  EXPECT_EQ(ask().error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(book.rows.empty());
  EXPECT_EQ(chain.fleet_budget().at(0).used, 0);
}

TEST_F(ChainBudget, AnAnswerThatBreaksOffIsBookedAtWhatItMayHaveCost) {
  chain.add(client("a", true, kCentPerCall));
  a.streams({delta("half an ans")}, {}, true);
  EXPECT_FALSE(ask().has_value());
  ASSERT_EQ(book.rows.size(), 1U);
  const auto bound = estimate_call(kCentPerCall, [] {
    auto request = asking(kQuestion);
    request.max_tokens = 10;
    return request;
  }());
  EXPECT_EQ(book.rows[0].cost_micros, bound.micros);
  EXPECT_EQ(book.rows[0].prompt_tokens + book.rows[0].completion_tokens, bound.tokens);
}

TEST_F(ChainBudget, ACancelledCallIsSettledToo) {
  chain.add(client("a", false, kCentPerCall));
  chain.limit("fleet", {{BudgetUnit::Money, BudgetPeriod::Day, 1'000'000}});
  a.says("x", minutes(5));
  const auto caller = call(fleet::Lane::Mention, seconds(3));
  wait(seconds(4));
  EXPECT_EQ(caller->answer->error().code, ErrorCode::Timeout);
  ASSERT_EQ(book.rows.size(), 1U);
  EXPECT_EQ(chain.fleet_budget().at(0).used, book.rows[0].cost_micros);
}

TEST_F(ChainBudget, AServerWithoutUsageIsTakenAtOurOwnCount) {
  chain.add(client("a", true, kCentPerCall));
  a.streams({delta("eight tokens are about this long"), finish(), kDone});
  const auto generated = ask();
  ASSERT_TRUE(generated.has_value());
  EXPECT_GT(generated->prompt_tokens, 0);
  EXPECT_EQ(generated->completion_tokens, 8);
  EXPECT_GT(book.rows.at(0).cost_micros, 0);
}

TEST_F(ChainBudget, NothingIsBoughtThatCannotBeWrittenDown) {
  chain.add(client("a"));
  chain.add_builtin();
  a.says("x");
  book.open = false;
  EXPECT_EQ(provider(), "builtin");
  EXPECT_TRUE(a.seen.empty());
}

TEST_F(ChainBudget, BuiltinStillAnswersWhenTheLastProviderHangs) {
  chain.add(client("a"));
  chain.add_builtin();
  a.says("late", minutes(10));
  const MonoTime start = loop.now();
  const auto caller = call(fleet::Lane::Direct, seconds(20));
  wait(seconds(21));
  ASSERT_TRUE(caller->answer && caller->answer->has_value());
  EXPECT_EQ((*caller->answer)->provider, "builtin");
  EXPECT_LT(caller->at - start, seconds(20)) << "before the caller's own deadline cuts it off";
}

TEST_F(ChainBudget, HoweverCallsEndNothingStaysReserved) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    ProviderChain one(loop, metrics);
    Book rows;
    one.add(client("a", true, kCentPerCall));
    one.set_sink(&rows);
    one.limit("fleet", {{BudgetUnit::Money, BudgetPeriod::Day, 1'000'000}});
    one.limit("provider:a", {{BudgetUnit::Requests, BudgetPeriod::Minute, 50}});
    rt::TaskScope callers(loop);
    for (int i = 0; i < 60; ++i) {
      a.answers.clear();
      switch (rng.below(5)) {
        case 0:
          a.fails(static_cast<int>(rng.between(400, 599)), {}, "1");
          break;
        case 1:
          a.streams({delta("half")}, milliseconds(300), true);
          break;
        case 2:
          a.says("not a stream", seconds(40));
          break;
        default:
          a.streams({delta("whole"), finish(), usage(100, 10), kDone}, milliseconds(200));
      }
      auto request = asking(kQuestion, milliseconds(rng.between(1, 20'000)));
      request.lane = static_cast<fleet::Lane>(rng.below(3));
      request.max_tokens = 10;
      const auto caller = std::make_shared<Caller>();
      const auto task =
          rt::spawn(callers, "caller", &ChainBudget::run, &loop, &one, std::move(request), caller);
      wait(milliseconds(rng.between(0, 2'000)));
      if (rng.chance(0.3)) task.cancel();
      if (rng.chance(0.1)) one.reset();
      EXPECT_LE(one.fleet_budget().at(0).used, 1'000'000);
    }
    wait(minutes(2));
    chorus::test::drive(loop, callers.close());
    EXPECT_EQ(one.fleet_budget().at(0).used, rows.micros()) << "seed " << seed;
    EXPECT_EQ(one.status()[0].in_flight, 0U) << "seed " << seed;
    EXPECT_EQ(one.status()[0].waiting, 0U) << "seed " << seed;
    EXPECT_EQ(one.status()[0].budget.at(0).used, 0) << "the minute is over";
  }
}

}  // namespace
}  // namespace chorus::platform::test
