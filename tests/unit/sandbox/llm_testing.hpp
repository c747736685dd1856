#pragma once

#include "chorus/net/sse.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/llm/llm_server.hpp"

#include "support/drive.hpp"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chorus::sandbox::testing {

namespace openai = proto::openai;

inline net::Request post(std::string body, std::string target = "/v1/chat/completions") {
  net::Request request;
  request.method = net::Method::Post;
  request.target = std::move(target);
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}
/// `more` goes into the request's object: `,"stream":true`.
inline std::string chat(std::string_view text = "what about coffee?", std::string_view more = "") {
  return fmt::format(
      R"({{"model":"sandbox-small","messages":[{{"role":"user","content":"{}"}}]{}}})", text, more);
}

/// A streamed answer as a client saw it.
struct Streamed {
  int status = 0;
  std::vector<openai::Chunk> chunks;
  std::string text;
  bool done = false;
  bool cut = false;  ///< the connection ended without the regular end
  std::vector<MonoTime> times;
};

/// The server behind an in-process transport on a virtual loop.
class LlmTest : public ::testing::Test {
 protected:
  LlmTest() { use({}); }

  void use(LlmScript script, std::uint64_t seed = 7) {
    server = std::make_unique<LlmServer>(loop, std::move(script), Rng(seed), faults, metrics);
    server->set_observer_sink([this](const LlmCall& call) { calls.push_back(call); });
    transport.route("http://llm.test:80", *server, {.latency = Duration::zero()});
  }
  /// Straight to the handler.
  net::Response ask(net::Request request) {
    return test::drive(loop, server->handle(std::move(request)));
  }
  net::Response ask(std::string body) { return ask(post(std::move(body))); }
  openai::Completion complete(std::string body) {
    const auto response = ask(std::move(body));
    EXPECT_EQ(response.status, 200) << response.body;
    auto completion = openai::decode_completion(response.body);
    if (!completion) {
      ADD_FAILURE() << completion.error().message;
      return {};
    }
    return *std::move(completion);
  }
  openai::ApiError refused(const net::Response& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(response.headers.get("X-Chorus-Sandbox"), "1");
    return openai::decode_error(response.body);
  }
  /// Over the transport, record by record.
  Streamed stream(std::string body) {
    auto out = test::drive(loop, read_stream(&loop, &transport, post(std::move(body))));
    test::drive(loop, transport.close());
    return out;
  }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  metrics::Registry metrics;
  Faults faults{Rng(9)};
  net::InProcessTransport transport{loop, Rng(5)};
  std::unique_ptr<LlmServer> server;
  std::vector<LlmCall> calls;

 private:
  static rt::Task<Streamed> read_stream(rt::Loop* loop, net::Transport* transport,
                                        net::Request request) {
    Streamed out;
    auto opened =
        co_await transport->open(*net::Url::parse("http://llm.test"), std::move(request), {});
    if (!opened) co_return out;
    out.status = (*opened)->status();
    net::SseParser parser;
    while (true) {
      auto piece = co_await (*opened)->read();
      if (!piece) {
        out.cut = true;
        co_return out;
      }
      if (piece->empty()) co_return out;
      parser.feed(*piece);
      while (true) {
        auto event = parser.next();
        if (!event || !*event) break;
        auto record = openai::decode_stream_record((*event)->data);
        if (!record || std::holds_alternative<openai::ApiError>(*record)) {
          ADD_FAILURE() << (*event)->data;
        } else if (std::holds_alternative<openai::Done>(*record)) {
          out.done = true;
        } else {
          out.chunks.push_back(std::get<openai::Chunk>(*record));
          out.text += out.chunks.back().content;
          out.times.push_back(loop->now());
        }
      }
    }
  }
};

}  // namespace chorus::sandbox::testing
