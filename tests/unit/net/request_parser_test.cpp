#include "chorus/net/detail/request_parser.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace chorus::net::detail {
namespace {

using State = RequestParser::State;

/// Offers the text in steps the way a connection does; returns what was left unconsumed.
std::string offer(RequestParser& parser, std::string_view text, std::size_t step) {
  std::string buffer;
  while (parser.state() == State::NeedMore && !text.empty()) {
    buffer.append(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
    buffer.erase(0, parser.put(buffer));
  }
  return buffer + std::string(text);
}

int status_of(std::string_view text, RequestParser::Limits limits = {}) {
  RequestParser parser(limits);
  offer(parser, text, text.size());
  return parser.error_status();
}

TEST(RequestParser, AnySplitGivesTheSameRequests) {
  const std::string text =
      "\r\nPOST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /chunk HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
      "POST /none HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET / HTTP/1.0\r\n\r\n";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    RequestParser parser({});
    std::string rest = offer(parser, text, step);
    ASSERT_EQ(parser.state(), State::Done) << step;
    Request first = parser.take();
    EXPECT_EQ(first.method, Method::Post);
    EXPECT_EQ(first.target, "/a?b=c");
    EXPECT_EQ(first.body, "hello");
    EXPECT_EQ(first.headers.get("host"), "x");

    rest = offer(parser, rest, step);
    ASSERT_EQ(parser.state(), State::Done) << step;
    EXPECT_TRUE(parser.keep_alive());
    Request second = parser.take();
    EXPECT_EQ(second.method, Method::Put);
    EXPECT_EQ(second.body, "abcde");
    EXPECT_FALSE(second.headers.has("X-Trailer")) << "a trailer is not a header";

    rest = offer(parser, rest, step);
    ASSERT_EQ(parser.state(), State::Done) << step;
    EXPECT_EQ(parser.take().body, "");

    rest = offer(parser, rest, step);
    ASSERT_EQ(parser.state(), State::Done) << step;
    EXPECT_FALSE(parser.keep_alive());
    EXPECT_TRUE(parser.take().http10);
    EXPECT_EQ(rest, "");
  }
}

TEST(RequestParser, SaysWhichStatusRefusesTheRequest) {
  const std::string get = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: x\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked, gzip\r\n\r\n"), 501);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: identity\r\n\r\n"), 501);
  EXPECT_EQ(status_of(get + "Content-Encoding: br\r\n\r\n"), 415);
  EXPECT_EQ(status_of(get + "Content-Encoding: deflate\r\n\r\n"), 415);
  EXPECT_EQ(status_of(get + "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n"), 415);
  EXPECT_EQ(status_of(get + "Content-Encoding: identity\r\n\r\n"), 0);
  EXPECT_EQ(status_of(get + "Content-Length: 11\r\n\r\n", {1024, 10}), 413);
  EXPECT_EQ(status_of(get + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nabcde\r\n",
                      {1024, 10}),
            413);
  EXPECT_EQ(status_of(get + "X: " + std::string(1100, 'a') + "\r\n\r\n", {1024, 10}), 431);
  EXPECT_EQ(status_of(get + "X: " + std::string(1100, 'a'), {1024, 10}), 431);
}

TEST(RequestParser, ManySmallFieldsInSmallPiecesMeetTheHeaderBound) {
  RequestParser parser({1024, 10});
  std::string buffer = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 200 && parser.state() == State::NeedMore; ++i) {
    buffer += "X-A: bbbb\r\n";
    buffer.erase(0, parser.put(buffer));
  }
  EXPECT_EQ(parser.state(), State::Bad);
  EXPECT_EQ(parser.error_status(), 431);
}

TEST(RequestParser, EndlessTrailerMeetsTheHeaderBound) {
  RequestParser parser({1024, 10});
  const std::string text =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(2000, 'x');
  offer(parser, text, 100);
  EXPECT_EQ(parser.error_status(), 431);
}

TEST(RequestParser, DecodesGzipWithinTheBodyBound) {
  const std::string plain = R"({"chat_id":1,"text":")" + std::string(500, 'x') + "\"}";
  const auto message = [](const std::string& body) {
    return "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  for (std::size_t step : {1UL, 7UL, 10'000UL}) {
    RequestParser parser({1024, 1024});
    offer(parser, message(testing::gzip(plain)), step);
    ASSERT_EQ(parser.state(), State::Done);
    EXPECT_EQ(parser.take().body, plain);
  }
  EXPECT_EQ(status_of(message(testing::gzip(std::string(100'000, 'a'))), {1024, 1024}), 413);
  EXPECT_EQ(status_of(message("not gzip")), 400);
  const std::string whole = testing::gzip(plain);
  EXPECT_EQ(status_of(message(whole.substr(0, whole.size() - 3))), 400);
  EXPECT_EQ(status_of(message("")), 0) << "an empty body needs no decoding";
}

TEST(RequestParser, AsksForContinueOnlyWhileTheBodyIsOut) {
  RequestParser parser({});
  std::string rest =
      offer(parser, "POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n", 1000);
  EXPECT_FALSE(parser.expects_continue());
  rest = offer(parser, rest + "\r\n", 1000);
  EXPECT_EQ(rest, "");
  EXPECT_TRUE(parser.expects_continue());
  parser.put("ab");
  EXPECT_FALSE(parser.expects_continue());
  EXPECT_EQ(parser.state(), State::Done);
}

TEST(RequestParser, TransferCodingInHttp10EndsTheConnection) {
  RequestParser parser({});
  offer(parser,
        "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        1000);
  ASSERT_EQ(parser.state(), State::Done);
  EXPECT_FALSE(parser.keep_alive());
}

}  // namespace
}  // namespace chorus::net::detail
