#include "chorus/net/detail/response_parser.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::net::detail {
namespace {

struct Outcome {
  std::optional<Error> error;
  bool done = false;
  std::string body;
  std::string rest;
};

Outcome offer(ResponseParser& parser, std::string_view text, std::size_t step) {
  Outcome outcome;
  std::string buffer;
  while (!parser.done() && !text.empty()) {
    buffer.append(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
    const auto used = parser.put(buffer);
    if (!used) {
      outcome.error = used.error();
      return outcome;
    }
    buffer.erase(0, *used);
    outcome.body += parser.take_body();
  }
  outcome.done = parser.done();
  outcome.rest = buffer + std::string(text);
  return outcome;
}

TEST(ResponseParser, AnySplitGivesTheSameBody) {
  const std::string text =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n"
      "X-Trailer: z\r\n\r\nHTTP/1.1";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ResponseParser parser({}, false);
    const auto outcome = offer(parser, text, step);
    ASSERT_TRUE(outcome.done) << step;
    EXPECT_EQ(parser.status(), 200);
    EXPECT_EQ(parser.headers().get("x"), "y");
    EXPECT_FALSE(parser.headers().has("Link"));
    EXPECT_EQ(outcome.body, "hello!");
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_EQ(outcome.rest, "HTTP/1.1");
  }
}

TEST(ResponseParser, BodyUntilTheEndOfTheConnection) {
  ResponseParser parser({}, false);
  const auto outcome = offer(parser, "HTTP/1.0 200 OK\r\n\r\nabc", 4);
  EXPECT_FALSE(outcome.done);
  EXPECT_EQ(outcome.body, "abc");
  ASSERT_TRUE(parser.put_eof());
  EXPECT_TRUE(parser.done());
  EXPECT_FALSE(parser.keep_alive());
}

TEST(ResponseParser, CutAnswersAreConnectionClosed) {
  for (const char* text : {"", "HTTP/1.1 200 O", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    ResponseParser parser({}, false);
    offer(parser, text, 1000);
    const auto result = parser.put_eof();
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error().code, ErrorCode::ConnectionClosed);
  }
}

TEST(ResponseParser, NoBodyForHeadAnd204) {
  ResponseParser head({}, true);
  EXPECT_TRUE(offer(head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1000).done);
  EXPECT_TRUE(head.keep_alive());
  ResponseParser empty({}, false);
  EXPECT_TRUE(offer(empty, "HTTP/1.1 204 No Content\r\n\r\n", 1000).done);
}

TEST(ResponseParser, BoundsAndForeignCodingsAreErrors) {
  const auto code_of = [](std::string_view text, ResponseParser::Limits limits) {
    ResponseParser parser(limits, false);
    const auto outcome = offer(parser, text, 16);
    return outcome.error ? outcome.error->code : ErrorCode::Internal;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(code_of(ok + "Content-Length: 11\r\n\r\n", {1024, 10}), ErrorCode::PayloadTooLarge);
  EXPECT_EQ(code_of(ok + "\r\n" + std::string(40, 'x'), {1024, 10}), ErrorCode::PayloadTooLarge);
  EXPECT_EQ(code_of(ok + "X: " + std::string(2000, 'x'), {1024, 10}), ErrorCode::ProtocolError);
  EXPECT_EQ(code_of(ok + "Content-Encoding: br\r\n\r\n", {}), ErrorCode::ProtocolError);
  EXPECT_EQ(code_of(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", {}), ErrorCode::ProtocolError);
  EXPECT_EQ(code_of("SSH-2.0-OpenSSH_9.2 or so\r\n", {}), ErrorCode::ProtocolError);
}

TEST(ResponseParser, DecodesGzipInPieces) {
  const std::string plain(3000, 'x');
  const std::string coded = testing::gzip(plain);
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ";
  const std::string text = head + std::to_string(coded.size()) + "\r\n\r\n" + coded;
  for (std::size_t step : {1UL, 5UL, 5000UL}) {
    ResponseParser parser({}, false);
    const auto outcome = offer(parser, text, step);
    ASSERT_TRUE(outcome.done);
    EXPECT_EQ(outcome.body, plain);
  }
  ResponseParser small({1024, 100}, false);
  const auto outcome = offer(small, text, 5000);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::PayloadTooLarge);
  ResponseParser cut({}, false);
  const std::string half = coded.substr(0, coded.size() - 4);
  const auto bad = offer(cut, head + std::to_string(half.size()) + "\r\n\r\n" + half, 5000);
  ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->code, ErrorCode::ProtocolError);
}

}  // namespace
}  // namespace chorus::net::detail
