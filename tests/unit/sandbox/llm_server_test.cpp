#include "llm_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LlmServerPlain : public LlmTest {};
class LlmServerStream : public LlmTest {};

TEST_F(LlmServerPlain, AnswersOnTheMessage) {
  const auto response = ask(chat("what about coffee? zk7f3xq-2"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(response.headers.get("X-Chorus-Sandbox"), "1");
  EXPECT_TRUE(response.headers.get("x-request-id").starts_with("req_"));
  const auto completion = *openai::decode_completion(response.body);
  EXPECT_TRUE(completion.id.starts_with("chatcmpl-"));
  EXPECT_EQ(completion.created, to_unix_seconds(loop.wall_now()));
  EXPECT_EQ(completion.model, "sandbox-small");
  EXPECT_EQ(completion.finish_reason, "stop");
  ASSERT_EQ(completion.contents.size(), 1u);
  EXPECT_TRUE(completion.contents.front().ends_with("zk7f3xq-2"));
  EXPECT_EQ(completion.usage.completion_tokens,
            openai::estimate_tokens(completion.contents.front()));
  EXPECT_GT(completion.usage.prompt_tokens, 4);
}

TEST_F(LlmServerPlain, GroqsPathIsTheSameApi) {
  EXPECT_EQ(ask(post(chat(), "/openai/v1/chat/completions")).status, 200);
  net::Request models;
  models.target = "/openai/v1/models";
  EXPECT_EQ(ask(models).status, 200);
}

TEST_F(LlmServerPlain, ListsItsModels) {
  net::Request request;
  request.target = "/v1/models";
  const auto body = ask(request).body;
  EXPECT_NE(body.find(R"("id":"sandbox-small")"), std::string::npos);
  EXPECT_NE(body.find(R"("id":"sandbox-large")"), std::string::npos);
}

TEST_F(LlmServerPlain, ABotKeepsTheNameOfItsModel) {
  const auto response =
      ask(R"({"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]})");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(openai::decode_completion(response.body)->model, "gpt-4o-mini");
  const auto unknown =
      refused(ask(R"({"model":"no-such-model","messages":[{"role":"user","content":"x"}]})"), 404);
  EXPECT_EQ(unknown.code, "model_not_found");
}

TEST_F(LlmServerPlain, WhatItDoesNotKnow) {
  LlmScript listed;
  listed.any_model = false;
  use(listed);
  const auto model =
      refused(ask(R"({"model":"gpt-9","messages":[{"role":"user","content":"x"}]})"), 404);
  EXPECT_EQ(model.message, "The model `gpt-9` does not exist or you do not have access to it.");
  EXPECT_EQ(model.code, "model_not_found");
  EXPECT_EQ(model.type, "invalid_request_error");
  EXPECT_EQ(refused(ask(post("{}", "/v1/embeddings")), 404).code, "unknown_url");
  net::Request get;
  get.target = "/v1/chat/completions";
  EXPECT_EQ(refused(ask(get), 404).code, "unknown_url");
  const auto malformed = refused(ask("{"), 400);
  EXPECT_EQ(malformed.type, "invalid_request_error");
  EXPECT_EQ(refused(ask("{}"), 400).message, "you must provide a model parameter");
}

TEST_F(LlmServerPlain, AKeyIsAskedForWhenTheScriptHasOne) {
  LlmScript script;
  script.api_key = "sk-right";
  use(script);
  const auto error = refused(ask(chat()), 401);
  EXPECT_EQ(error.code, "invalid_api_key");
  EXPECT_EQ(error.type, "invalid_request_error");
  auto request = post(chat());
  request.headers.add("Authorization", "Bearer sk-wrong");
  const auto wrong = refused(ask(request), 401);
  EXPECT_EQ(wrong.message.find("sk-"), std::string::npos) << "keys are never repeated";
  request.headers.set("Authorization", "Bearer sk-right");
  EXPECT_EQ(ask(request).status, 200);
  net::Request models;
  models.target = "/v1/models";
  EXPECT_EQ(ask(models).status, 401);
}

TEST_F(LlmServerPlain, ALengthLimitEndsTheAnswerEarly) {
  const auto completion = complete(chat("coffee", R"(,"max_tokens":3)"));
  EXPECT_EQ(completion.finish_reason, "length");
  EXPECT_LE(completion.usage.completion_tokens, 3);
  EXPECT_FALSE(completion.contents.front().empty());
  EXPECT_EQ(complete(chat("coffee", R"(,"max_tokens":4000)")).finish_reason, "stop");
}

TEST_F(LlmServerPlain, EachChoiceIsAnAnswerOfItsOwn) {
  const auto completion = complete(chat("coffee", R"(,"n":3)"));
  ASSERT_EQ(completion.contents.size(), 3u);
  EXPECT_NE(completion.contents[0], completion.contents[1]);
  EXPECT_NE(completion.contents[1], completion.contents[2]);
}

TEST_F(LlmServerPlain, TheServersSeedDecidesEverything) {
  std::vector<std::string> first;
  for (int i = 0; i < 5; ++i) first.push_back(ask(chat()).body);
  EXPECT_NE(first[0], first[1]);
  use({});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(chat()).body, first[std::size_t(i)]);
  use({}, 8);
  EXPECT_NE(ask(chat()).body, first[0]);
}

TEST_F(LlmServerPlain, TheCallersSeedDecidesTheWords) {
  const auto a = complete(chat("coffee", R"(,"seed":5)"));
  const auto b = complete(chat("coffee", R"(,"seed":5)"));
  EXPECT_EQ(a.contents, b.contents);
  EXPECT_NE(a.id, b.id);
  EXPECT_NE(complete(chat("coffee", R"(,"seed":6)")).contents, a.contents);
}

TEST_F(LlmServerPlain, FaultsAreAShareOfCallsWhateverTheirSeed) {
  LlmScript script;
  script.error_rate = 0.3;
  script.error_status = 503;
  use(script);
  int failed = 0;
  for (int i = 0; i < 400; ++i) {
    const auto response = ask(chat("coffee", R"(,"seed":42)"));
    if (response.status == 200) continue;
    ++failed;
    EXPECT_EQ(refused(response, 503).type, "server_error");
  }
  EXPECT_GT(failed, 80);
  EXPECT_LT(failed, 160);
}

TEST_F(LlmServerPlain, AnswersCanBeEmpty) {
  LlmScript script;
  script.empty_rate = 1;
  use(script);
  const auto completion = complete(chat());
  EXPECT_EQ(completion.contents, std::vector<std::string>{""});
  EXPECT_EQ(completion.usage.completion_tokens, 0);
  EXPECT_EQ(completion.finish_reason, "stop");
}

TEST_F(LlmServerPlain, TakesTheTimeOfItsScript) {
  LlmScript script;
  script.time_to_first_token.a = milliseconds(300);
  script.tokens_per_second = 100;
  script.reply_tokens_low = script.reply_tokens_high = 50;
  use(script);
  const MonoTime start = loop.now();
  const auto completion = complete(chat());
  const Duration expected =
      milliseconds(300) + milliseconds(10) * completion.usage.completion_tokens;
  EXPECT_NEAR(to_seconds(loop.now() - start), to_seconds(expected), 0.001);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 200);
  EXPECT_EQ(calls[0].time_to_first_token, Duration(milliseconds(300)));
  EXPECT_EQ(calls[0].completion_tokens, completion.usage.completion_tokens);
}

TEST_F(LlmServerPlain, AClientThatGoesEndsTheCall) {
  LlmScript script;
  script.time_to_first_token.a = seconds(20);
  use(script);
  rt::TaskScope scope(loop);
  auto call = rt::spawn(
      scope, "call",
      +[](LlmServer* s) -> rt::Task<void> { (void)co_await s->handle(post(chat())); },
      server.get());
  loop.run_until(loop.now() + seconds(1));
  EXPECT_EQ(server->in_flight(), 1u);
  call.cancel();
  loop.run_until(loop.now() + milliseconds(1));
  EXPECT_TRUE(call.done());
  EXPECT_EQ(server->in_flight(), 0u);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 499);
  EXPECT_EQ(calls[0].total, Duration(seconds(1)));
  EXPECT_EQ(metrics.prometheus_text().find("chorus_sandbox_llm_refusals_total 1"),
            std::string::npos);
}

TEST_F(LlmServerStream, SendsTheRecordsOfTheApiInOrder) {
  const auto s = stream(chat("coffee zk7f3xq-2", R"(,"stream":true)"));
  EXPECT_EQ(s.status, 200);
  EXPECT_TRUE(s.done);
  EXPECT_FALSE(s.cut);
  ASSERT_GE(s.chunks.size(), 3u);
  EXPECT_EQ(s.chunks.front().role, "assistant");
  EXPECT_EQ(s.chunks.front().content, "");
  EXPECT_EQ(s.chunks.back().finish_reason, "stop");
  EXPECT_EQ(s.chunks.back().content, "");
  for (const auto& chunk : s.chunks) {
    EXPECT_EQ(chunk.id, s.chunks.front().id);
    EXPECT_TRUE(chunk.has_choice);
    EXPECT_EQ(chunk.usage, std::nullopt);
  }
  EXPECT_TRUE(s.text.ends_with("zk7f3xq-2"));
  use({});
  EXPECT_EQ(complete(chat("coffee zk7f3xq-2")).contents.front(), s.text)
      << "streamed or not, the same call says the same";
}

TEST_F(LlmServerStream, UsageComesLastAndIsNullBefore) {
  const auto response =
      ask(chat("coffee", R"(,"stream":true,"stream_options":{"include_usage":true})"));
  EXPECT_EQ(response.headers.get("Content-Type"), "text/event-stream");
  use({});
  net::CallOptions options;
  const auto whole = test::drive(
      loop, transport.call(
                *net::Url::parse("http://llm.test"),
                post(chat("coffee", R"(,"stream":true,"stream_options":{"include_usage":true})")),
                options));
  ASSERT_TRUE(whole.has_value());
  const std::string& body = whole->body;
  ASSERT_TRUE(body.ends_with("data: [DONE]\n\n"));
  const auto usage = body.find(R"("choices":[],"usage":{"prompt_tokens":)");
  ASSERT_NE(usage, std::string::npos);
  std::size_t records = 0;
  for (auto at = body.find(R"("usage":null)"); at != std::string::npos;
       at = body.find(R"("usage":null)", at + 1)) {
    EXPECT_LT(at, usage);
    ++records;
  }
  EXPECT_GE(records, 3u);
}

TEST_F(LlmServerStream, EveryChoiceIsStreamed) {
  const auto s =
      stream(chat("coffee", R"(,"n":2,"stream":true,"stream_options":{"include_usage":true})"));
  std::string texts[2];
  int finished = 0;
  for (const auto& chunk : s.chunks) {
    if (!chunk.has_choice) continue;
    ASSERT_LT(chunk.index, 2);
    texts[chunk.index] += chunk.content;
    if (!chunk.finish_reason.empty()) ++finished;
  }
  EXPECT_EQ(finished, 2);
  EXPECT_NE(texts[0], texts[1]);
  ASSERT_TRUE(s.chunks.back().usage.has_value());
  EXPECT_EQ(s.chunks.back().usage->completion_tokens,
            openai::estimate_tokens(texts[0]) + openai::estimate_tokens(texts[1]));
}

TEST_F(LlmServerStream, IsPacedByTokens) {
  LlmScript script;
  script.time_to_first_token.a = milliseconds(200);
  script.tokens_per_second = 50;
  use(script);
  const MonoTime start = loop.now();
  const auto s = stream(chat("кофейня", R"(,"stream":true)"));
  ASSERT_GE(s.times.size(), 4u);
  EXPECT_EQ(s.times[0] - start, Duration(milliseconds(200)));
  EXPECT_EQ(s.times[1] - start, Duration(milliseconds(220)));
  EXPECT_EQ(s.times[2] - start, Duration(milliseconds(240)));
  EXPECT_TRUE(s.done);
}

TEST_F(LlmServerStream, CanBeTruncated) {
  LlmScript script;
  script.truncated_rate = 1;
  use(script);
  const auto s = stream(chat("coffee", R"(,"stream":true)"));
  EXPECT_EQ(s.status, 200);
  EXPECT_TRUE(s.cut);
  EXPECT_FALSE(s.done);
  EXPECT_FALSE(s.text.empty());
  for (const auto& chunk : s.chunks) EXPECT_EQ(chunk.finish_reason, "");
  EXPECT_EQ(ask(chat("coffee")).status, 200) << "answers that are not streamed stay whole";
}

TEST_F(LlmServerStream, CanBeEmpty) {
  LlmScript script;
  script.empty_rate = 1;
  use(script);
  const auto s = stream(chat("coffee", R"(,"stream":true)"));
  EXPECT_TRUE(s.done);
  EXPECT_EQ(s.text, "");
  EXPECT_EQ(s.chunks.back().finish_reason, "stop");
}

TEST_F(LlmServerStream, AReaderThatGoesEndsTheCall) {
  LlmScript script;
  script.time_to_first_token.a = seconds(1);
  script.tokens_per_second = 2;
  use(script);
  struct Go {
    static rt::Task<std::size_t> leave_early(net::Transport* t, LlmServer* s) {
      auto opened = co_await t->open(*net::Url::parse("http://llm.test"),
                                     post(chat("coffee", R"(,"stream":true)")), {});
      auto piece = co_await (*opened)->read();
      EXPECT_TRUE(piece.has_value() && !piece->empty());
      co_return s->in_flight();
    }
  };
  EXPECT_EQ(test::drive(loop, Go::leave_early(&transport, server.get())), 1u);
  test::drive(loop, transport.close());
  EXPECT_EQ(server->in_flight(), 0u);
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0].status, 499);
}

TEST_F(LlmServerPlain, CallsAreCounted) {
  ask(chat());
  ask("{");
  const auto text = metrics.prometheus_text();
  EXPECT_NE(text.find("chorus_sandbox_llm_calls_total 2"), std::string::npos) << text;
  EXPECT_NE(text.find("chorus_sandbox_llm_refusals_total 1"), std::string::npos) << text;
}

}  // namespace
}  // namespace chorus::sandbox::testing
