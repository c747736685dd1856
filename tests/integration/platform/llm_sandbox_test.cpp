#include "chorus/net/transport.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/sandbox/llm/llm_server.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

// The chain against the sandbox's own LLM server: what each wall of a provider does to a fleet.
namespace chorus::platform {
namespace {

using policy::BudgetPeriod;
using policy::BudgetUnit;
using sandbox::LlmScript;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class LlmSandbox : public ::testing::Test {
 protected:
  struct Book final : SpendSink {
    std::vector<store::SpendRow> rows;
    [[nodiscard]] bool can_book() const override { return true; }
    void book(store::SpendRow row) override { rows.push_back(std::move(row)); }
  };

  void use(LlmScript script, bool with_builtin = true) {
    server = std::make_unique<sandbox::LlmServer>(loop, std::move(script), Rng(7), faults, metrics);
    server->set_observer_sink([this](const sandbox::LlmCall& call) { calls.push_back(call); });
    transport.route("http://llm.test:80", *server, {.latency = std::chrono::milliseconds(5)});
    OpenAiOptions options;
    options.name = "sandbox";
    options.base = *net::Url::parse("http://llm.test/openai/v1");
    options.model = "sandbox-small";
    options.api_key = Secret("gsk-right");
    options.prices = {.in = 0.5, .out = 1.5};
    chain.add(OpenAiClient(loop, transport, std::move(options)));
    if (with_builtin) chain.add_builtin();
    chain.set_sink(&book);
  }
  Result<fleet::Generated> ask() {
    fleet::GenerationRequest request;
    request.lines.push_back({fleet::Role::User, "", "what about coffee?"});
    request.max_tokens = 60;
    request.seed = ++seed;
    request.timeout = patience;
    return chorus::test::drive(loop, chain.generate(std::move(request)));
  }
  std::string provider() {
    const auto generated = ask();
    return generated ? generated->provider : std::string(to_string(generated.error().code));
  }
  /// How many of `count` questions, one every `gap`, the sandbox answered.
  int answered(int count, Duration gap) {
    int n = 0;
    for (int i = 0; i < count; ++i) {
      n += provider() == "sandbox" ? 1 : 0;
      wait(gap);
    }
    return n;
  }
  std::size_t refused() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(calls, [](const auto& call) { return call.status == 429; }));
  }
  void wait(Duration d) { loop.run_until(loop.now() + d); }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  metrics::Registry metrics;
  net::InProcessTransport transport{loop, Rng(5)};
  sandbox::Faults faults{Rng(9)};
  std::unique_ptr<sandbox::LlmServer> server;
  std::vector<sandbox::LlmCall> calls;
  Book book;
  ProviderChain chain{loop, metrics};
  std::uint64_t seed = 0;
  Duration patience = seconds(30);
};

TEST_F(LlmSandbox, ADailyWallIsMetOnceAndThenWaitedOut) {
  LlmScript script;
  script.tokens_per_day = 1000;
  use(script);
  const int before = answered(100, minutes(1));
  EXPECT_GE(before, 5);
  EXPECT_EQ(refused(), 1U) << "the wall is not run into again";
  const auto status = chain.status();
  EXPECT_NE(status[0].unusable.find("429"), std::string::npos);
  EXPECT_GT(status[0].usable_in, hours(10));
  wait(status[0].usable_in);
  EXPECT_EQ(provider(), "sandbox") << "at the time that the provider named";
}

TEST_F(LlmSandbox, OurOwnBudgetKeepsUsFromTheWall) {
  LlmScript script;
  script.requests_per_minute = 20;
  use(script, false);
  ASSERT_TRUE(chain.limit("provider:sandbox", {{BudgetUnit::Requests, BudgetPeriod::Minute, 20}}));
  patience = minutes(2);
  const MonoTime start = loop.now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(provider(), "sandbox");
  EXPECT_EQ(refused(), 0U);
  // 20 at once, then 20 a minute: nobody is refused, the callers wait.
  EXPECT_GE(loop.now() - start, minutes(4));
  EXPECT_LE(loop.now() - start, minutes(5));
}

TEST_F(LlmSandbox, AnAccountWithoutQuotaIsForTheOperator) {
  LlmScript script;
  script.insufficient_quota = true;
  use(script, false);
  EXPECT_EQ(provider(), "misconfigured");
  EXPECT_EQ(answered(20, hours(1)), 0);
  EXPECT_EQ(calls.size(), 1U);
  server->set_script({});
  chain.reset();
  EXPECT_EQ(provider(), "sandbox");
}

TEST_F(LlmSandbox, AWrongKeyIsTriedOnce) {
  LlmScript script;
  script.api_key = "another";
  use(script);
  EXPECT_EQ(answered(20, seconds(1)), 0);
  EXPECT_EQ(calls.size(), 1U);
  EXPECT_NE(chain.status()[0].unusable.find("API key"), std::string::npos);
}

TEST_F(LlmSandbox, StreamsThatBreakOffCostAndOpenTheBreaker) {
  LlmScript script;
  script.truncated_rate = 1;
  use(script);
  EXPECT_EQ(answered(10, seconds(1)), 0);
  EXPECT_EQ(calls.size(), 5U) << "five failures open the breaker";
  EXPECT_EQ(chain.status()[0].breaker.state, policy::BreakerState::Open);
  ASSERT_EQ(book.rows.size(), 5U);
  for (const auto& row : book.rows) EXPECT_GT(row.cost_micros, 0);
  server->set_script({});
  wait(minutes(2));
  EXPECT_EQ(provider(), "sandbox");
}

TEST_F(LlmSandbox, TheLedgerSaysWhatTheServerCounted) {
  LlmScript script;
  script.tokens_per_second = 200;
  use(script);
  EXPECT_EQ(answered(30, seconds(1)), 30);
  ASSERT_EQ(book.rows.size(), calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(book.rows[i].prompt_tokens, calls[i].prompt_tokens);
    EXPECT_EQ(book.rows[i].completion_tokens, calls[i].completion_tokens);
    EXPECT_EQ(book.rows[i].cost_micros, cost_micros({.in = 0.5, .out = 1.5}, calls[i].prompt_tokens,
                                                    calls[i].completion_tokens));
  }
}

}  // namespace
}  // namespace chorus::platform
