#include "chorus/base/json.hpp"

#include "llm_testing.hpp"

namespace chorus::platform::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class OpenAi : public LlmTest {
 protected:
  /// The failure of a streamed call to provider `a`.
  LlmFailure broken(ErrorCode code, fleet::GenerationRequest request = asking()) {
    const auto outcome = attempt(client("a", true), std::move(request));
    chorus::test::drive(loop, transport.close());
    if (outcome.result) {
      ADD_FAILURE() << "answered " << outcome.result->text;
      return LlmFailure::None;
    }
    EXPECT_EQ(outcome.result.error().code, code) << outcome.result.error().message;
    return outcome.failure;
  }
};

TEST_F(OpenAi, TheRequestIsThatOfTheApi) {
  a.says("Hello");
  auto request = asking("what about coffee?");
  request.lines.push_back({fleet::Role::Assistant, "", "Black."});
  request.max_tokens = 50;
  request.temperature = 0.25;
  request.seed = 0xFFFFFFFFFFFFFFFF;
  request.user = "p-17";
  ASSERT_TRUE(attempt(client("a"), request).result.has_value());
  ASSERT_EQ(a.seen.size(), 1u);
  EXPECT_EQ(a.seen[0].method, net::Method::Post);
  EXPECT_EQ(a.seen[0].target, "/v1/chat/completions");
  EXPECT_EQ(a.seen[0].headers.get("Authorization"), "Bearer sk-secret");
  EXPECT_EQ(a.seen[0].headers.get("Content-Type"), "application/json");
  const auto sent = openai::decode_request(a.seen[0].body);
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->model, "m");
  EXPECT_EQ(sent->max_tokens, 50);
  EXPECT_EQ(sent->temperature, 0.25);
  EXPECT_EQ(sent->seed, INT64_MAX) << "providers refuse what is not a signed number";
  EXPECT_EQ(sent->user, "p-17");
  EXPECT_FALSE(sent->stream);
  const std::vector<openai::Message> messages = {
      {"system", "", "Be brief."}, {"user", "", "what about coffee?"}, {"assistant", "", "Black."}};
  EXPECT_EQ(sent->messages, messages);
}

TEST_F(OpenAi, NoKeyMeansNoHeader) {
  a.says("Hello");
  OpenAiOptions options = client("a").options();
  options.api_key = Secret();
  ASSERT_TRUE(attempt(OpenAiClient(loop, transport, options)).result.has_value());
  EXPECT_FALSE(a.seen[0].headers.has("Authorization"));
}

TEST_F(OpenAi, AWholeAnswerIsRead) {
  a.says("Hello", milliseconds(300));
  const auto outcome = attempt(client("a", false, {2.0, 8.0}));
  ASSERT_TRUE(outcome.result.has_value());
  EXPECT_EQ(outcome.failure, LlmFailure::None);
  const auto& generated = *outcome.result;
  EXPECT_EQ(generated.text, "Hello");
  EXPECT_EQ(generated.provider, "a");
  EXPECT_EQ(generated.model, "m-2026") << "what answered, not what was asked for";
  EXPECT_EQ(generated.prompt_tokens, 100);
  EXPECT_EQ(generated.completion_tokens, 10);
  EXPECT_DOUBLE_EQ(generated.cost, (100 * 2.0 + 10 * 8.0) / 1e6);
  EXPECT_EQ(generated.time_to_first_token, Duration(milliseconds(300)));
  EXPECT_FALSE(generated.truncated);
}

TEST_F(OpenAi, AnUnknownPriceCostsNothingRatherThanLess) {
  a.says("Hello");
  EXPECT_EQ(attempt(client("a", false, {-1, 8.0})).result->cost, 0);
}

TEST_F(OpenAi, AWholeAnswerThatCannotBeReadIsTransient) {
  a.answer(net::Response::json(200, "{}"));
  const auto outcome = attempt(client("a"));
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.failure, LlmFailure::Transient);
  EXPECT_EQ(outcome.result.error().code, ErrorCode::ProtocolError);
}

TEST_F(OpenAi, SilenceIsATimeout) {
  a.says("late", seconds(60));
  const MonoTime start = loop.now();
  const auto outcome = attempt(client("a"), asking("x", seconds(5)));
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.failure, LlmFailure::Transient);
  EXPECT_EQ(outcome.result.error().code, ErrorCode::Timeout);
  EXPECT_EQ(loop.now() - start, Duration(seconds(5)));
}

TEST_F(OpenAi, AHostThatIsNotThereIsTransient) {
  OpenAiOptions options = client("a").options();
  options.base = *net::Url::parse("http://nobody.test/v1");
  const auto outcome = attempt(OpenAiClient(loop, transport, options));
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.failure, LlmFailure::Transient);
  EXPECT_EQ(outcome.result.error().code, ErrorCode::Unavailable);
}

TEST_F(OpenAi, AStreamIsGathered) {
  a.streams({": ping\n\n", delta(""), delta("Hel"), delta("lo "), delta("😀"), finish("length"),
             usage(40, 4), kDone},
            milliseconds(100));
  const auto outcome = attempt(client("a", true, {1, 1}));
  ASSERT_TRUE(outcome.result.has_value()) << outcome.result.error().message;
  const auto& generated = *outcome.result;
  EXPECT_EQ(generated.text, "Hello 😀");
  EXPECT_EQ(generated.model, "m-2026");
  EXPECT_TRUE(generated.truncated);
  EXPECT_EQ(generated.prompt_tokens, 40);
  EXPECT_EQ(generated.completion_tokens, 4);
  EXPECT_DOUBLE_EQ(generated.cost, 44 / 1e6);
  EXPECT_EQ(generated.time_to_first_token, Duration(milliseconds(300)))
      << "the first record without text does not count";
  const auto sent = openai::decode_request(a.seen[0].body);
  EXPECT_TRUE(sent->stream);
  EXPECT_TRUE(sent->include_usage);
  chorus::test::drive(loop, transport.close());
}

TEST_F(OpenAi, RecordsMaySplitAnywhere) {
  const std::string all = delta("Hel") + delta("lo") + finish() + kDone;
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < all.size(); i += 7) pieces.push_back(all.substr(i, 7));
  a.streams(pieces);
  const auto outcome = attempt(client("a", true));
  ASSERT_TRUE(outcome.result.has_value());
  EXPECT_EQ(outcome.result->text, "Hello");
  chorus::test::drive(loop, transport.close());
}

TEST_F(OpenAi, AStreamWithoutItsEndIsTransient) {
  a.streams({delta("Hel"), delta("lo")});
  EXPECT_EQ(broken(ErrorCode::ConnectionClosed), LlmFailure::Transient);
}

TEST_F(OpenAi, AStreamThatIsCutIsTransient) {
  a.streams({delta("Hel")}, {}, true);
  EXPECT_EQ(broken(ErrorCode::ConnectionClosed), LlmFailure::Transient);
}

TEST_F(OpenAi, AnErrorInTheMiddleIsTransient) {
  a.streams({delta("Hel"), "data: {\"error\":{\"message\":\"overloaded\"}}\n\n", kDone});
  EXPECT_EQ(broken(ErrorCode::Unavailable), LlmFailure::Transient);
}

TEST_F(OpenAi, ARecordThatIsNotJsonIsTransient) {
  a.streams({delta("Hel"), "data: rubbish\n\n", kDone});
  EXPECT_EQ(broken(ErrorCode::ParseError), LlmFailure::Transient);
}

TEST_F(OpenAi, AStreamThatDoesNotEndIsCut) {
  a.streams(std::vector<std::string>(300, delta(std::string(1024, 'x'))));
  EXPECT_EQ(broken(ErrorCode::ProtocolError), LlmFailure::Transient);
}

TEST_F(OpenAi, TheTimeoutBoundsTheWholeStream) {
  a.streams(std::vector<std::string>(100, delta("x")), seconds(2));
  const MonoTime start = loop.now();
  EXPECT_EQ(broken(ErrorCode::Timeout, asking("x", seconds(5))), LlmFailure::Transient);
  EXPECT_EQ(loop.now() - start, Duration(seconds(5))) << "not 5 s for each piece";
}

TEST_F(OpenAi, ARefusedStreamIsClassified) {
  a.fails(429, {"Please try again in 7.5s.", "tokens", "", "rate_limit_exceeded"});
  const auto outcome = attempt(client("a", true));
  ASSERT_FALSE(outcome.result.has_value());
  EXPECT_EQ(outcome.failure, LlmFailure::Throttled);
  EXPECT_EQ(outcome.result.error().retry_after, milliseconds(7500));
  chorus::test::drive(loop, transport.close());
}

TEST_F(OpenAi, ACancelledCallIsNobodysFault) {
  a.says("late", seconds(60));
  b.streams({delta("x"), delta("y"), kDone}, seconds(20));
  struct Call {
    static rt::Task<void> run(OpenAiClient one, std::optional<LlmAttempt>* out) {
      out->emplace(co_await one.generate(asking()));
    }
  };
  std::optional<LlmAttempt> whole;
  std::optional<LlmAttempt> streamed;
  rt::TaskScope scope(loop);
  rt::spawn(scope, "whole", &Call::run, client("a"), &whole);
  rt::spawn(scope, "streamed", &Call::run, client("b", true), &streamed);
  loop.run_until(loop.now() + seconds(25));
  chorus::test::drive(loop, scope.close());
  for (const auto& outcome : {&whole, &streamed}) {
    ASSERT_TRUE(outcome->has_value());
    ASSERT_FALSE((*outcome)->result.has_value());
    EXPECT_EQ((*outcome)->result.error().code, ErrorCode::Cancelled);
    EXPECT_EQ((*outcome)->failure, LlmFailure::None);
  }
  chorus::test::drive(loop, transport.close());
}

TEST_F(LlmTest, WhoAskedHearsTheTextAsItGrows) {
  a.streams({delta("one"), delta(" two"), finish(), usage(5, 2), kDone});
  auto request = asking();
  std::vector<std::string> heard;
  request.on_text = [&heard](std::string_view so_far) { heard.emplace_back(so_far); };
  EXPECT_TRUE(attempt(client("a", true), std::move(request)).result.has_value());
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "one two"}));
}

}  // namespace
}  // namespace chorus::platform::test
