#pragma once

#include "chorus/net/transport.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/platform/llm/openai_client.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include "support/drive.hpp"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::platform::test {

namespace openai = proto::openai;

/// A provider that follows a script: each call takes the next answer, the last one for ever.
class ScriptedLlm final : public net::Handler {
 public:
  explicit ScriptedLlm(rt::Loop& loop) : loop_(loop) {}

  struct Answer {
    net::Response response;
    Duration delay{};
  };
  std::deque<Answer> answers;
  std::vector<net::Request> seen;
  std::vector<MonoTime> times;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;

  void answer(net::Response response, Duration delay = {}) {
    answers.push_back({std::move(response), delay});
  }
  void says(std::string text, Duration delay = {}) {
    openai::Completion completion;
    completion.id = "chatcmpl-1";
    completion.model = "m-2026";
    completion.contents.push_back(std::move(text));
    completion.usage = {100, 10};
    answer(net::Response::json(200, openai::encode_completion(completion)), delay);
  }
  void fails(int status, openai::ApiError error = {}, std::string retry_after = "") {
    auto response = net::Response::json(status, openai::encode_error(error));
    if (!retry_after.empty()) response.headers.add("retry-after", std::move(retry_after));
    answer(std::move(response));
  }
  /// A stream of these bodies of records, each after `gap`; with `cut` it ends without its end.
  void streams(std::vector<std::string> pieces, Duration gap = {}, bool cut = false) {
    net::Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.truncate = cut;
    response.stream = [loop = &loop_, gap,
                       held = std::make_shared<std::vector<std::string>>(std::move(pieces))](
                          net::BodyWriter& writer) { return write_all(loop, held, gap, &writer); };
    answer(std::move(response));
  }

  rt::Task<net::Response> handle(net::Request request) override {
    seen.push_back(std::move(request));
    times.push_back(loop_.now());
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    Answer next = answers.empty() ? Answer{net::Response::empty(500), {}} : answers.front();
    if (answers.size() > 1) answers.pop_front();
    if (next.delay > Duration::zero()) (void)co_await rt::sleep_for(loop_, next.delay);
    --under_way;
    co_return next.response;
  }

 private:
  static rt::Task<Result<void>> write_all(rt::Loop* loop,
                                          std::shared_ptr<std::vector<std::string>> pieces,
                                          Duration gap, net::BodyWriter* writer) {
    for (const auto& piece : *pieces) {
      if (gap > Duration::zero() && !co_await rt::sleep_for(*loop, gap)) {
        co_return fail(ErrorCode::Cancelled);
      }
      CH_CO_TRY_VOID(co_await writer->write(piece));
    }
    co_return Result<void>{};
  }
  rt::Loop& loop_;
};

inline std::string delta(std::string_view text) {
  openai::Chunk chunk;
  chunk.model = "m-2026";
  chunk.has_choice = true;
  chunk.content = text;
  return "data: " + openai::encode_chunk(chunk, true) + "\n\n";
}
inline std::string finish(std::string reason = "stop") {
  openai::Chunk chunk;
  chunk.has_choice = true;
  chunk.finish_reason = std::move(reason);
  return "data: " + openai::encode_chunk(chunk, true) + "\n\n";
}
inline std::string usage(std::int64_t prompt, std::int64_t completion) {
  openai::Chunk chunk;
  chunk.usage = openai::Usage{prompt, completion};
  return "data: " + openai::encode_chunk(chunk, true) + "\n\n";
}
inline const std::string kDone = "data: [DONE]\n\n";

inline fleet::GenerationRequest asking(std::string text = "what about coffee?",
                                       Duration timeout = std::chrono::seconds(30)) {
  fleet::GenerationRequest request;
  request.lines.push_back({fleet::Role::System, "", "Be brief."});
  request.lines.push_back({fleet::Role::User, "", std::move(text)});
  request.seed = 7;
  request.timeout = timeout;
  return request;
}

/// Two scripted providers on a virtual loop, with no time on the way.
class LlmTest : public ::testing::Test {
 protected:
  LlmTest() {
    transport.route("http://a.test:80", a, {.latency = Duration::zero()});
    transport.route("http://b.test:80", b, {.latency = Duration::zero()});
  }
  OpenAiClient client(const std::string& name, bool stream = false, LlmPrices prices = {}) {
    OpenAiOptions options;
    options.name = name;
    options.base = *net::Url::parse(fmt::format("http://{}.test/v1", name));
    options.model = "m";
    options.api_key = Secret("sk-secret");
    options.prices = prices;
    options.stream = stream;
    return OpenAiClient(loop, transport, std::move(options));
  }
  LlmAttempt attempt(const OpenAiClient& one, fleet::GenerationRequest request = asking()) {
    OpenAiClient copy = one;
    return chorus::test::drive(loop, copy.generate(std::move(request)));
  }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  metrics::Registry metrics;
  net::InProcessTransport transport{loop, Rng(5)};
  ScriptedLlm a{loop};
  ScriptedLlm b{loop};
};

}  // namespace chorus::platform::test
