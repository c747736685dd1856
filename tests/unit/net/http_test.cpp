#include "chorus/net/http.hpp"

#include <gtest/gtest.h>

namespace chorus::net {
namespace {

TEST(Headers, NamesCompareWithoutCaseAndKeepTheirOrder) {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.get("content-type"), "text/plain");
  EXPECT_EQ(headers.get("X-A"), "1");
  EXPECT_EQ(headers.get("missing"), "");
  EXPECT_TRUE(headers.has("x-A"));
  headers.set("X-A", "3");
  ASSERT_EQ(headers.all().size(), 2U);
  EXPECT_EQ(headers.all()[1].second, "3");
  headers.remove("CONTENT-TYPE");
  EXPECT_FALSE(headers.has("Content-Type"));
}

TEST(Headers, TokensAreFoundInListsOverSeveralFields) {
  Headers headers;
  headers.add("Connection", "foo , Keep-Alive");
  headers.add("connection", "Close");
  EXPECT_TRUE(headers.has_token("Connection", "keep-alive"));
  EXPECT_TRUE(headers.has_token("Connection", "close"));
  EXPECT_FALSE(headers.has_token("Connection", "keep"));
}

TEST(Request, SplitsTargetAndDecodesParameters) {
  Request request;
  request.target = "/bot1%2F/x?a=1&b=c%20d+e&flag&a=2&%6bey=v";
  EXPECT_EQ(request.path(), "/bot1%2F/x");
  EXPECT_EQ(request.query_param("a"), "1");
  EXPECT_EQ(request.query_param("b"), "c d e");
  EXPECT_EQ(request.query_param("flag"), "");
  EXPECT_EQ(request.query_param("key"), "v");
  EXPECT_EQ(request.query_param("none"), std::nullopt);
  request.target = "/plain";
  EXPECT_EQ(request.query(), "");
  EXPECT_EQ(request.query_param("a"), std::nullopt);
}

TEST(Url, ParsesWhatOperatorsWrite) {
  const auto url = Url::parse("HTTPS://user:p%40ss@Api.Telegram.org/base/");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "api.telegram.org");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/base");
  EXPECT_EQ(url->userinfo, "user:p@ss");
  EXPECT_EQ(url->origin(), "https://api.telegram.org:443");
  EXPECT_FALSE(url->is_loopback());
}

TEST(Url, KeepsPortQueryAndIpv6) {
  const auto plain = Url::parse("http://127.0.0.1:8081");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->path, "");
  EXPECT_EQ(plain->origin(), "http://127.0.0.1:8081");
  EXPECT_TRUE(plain->is_loopback());
  const auto query = Url::parse("http://localhost/hook/?secret=1#frag");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->path, "/hook/?secret=1");
  EXPECT_EQ(query->port, 80);
  const auto bare_query = Url::parse("http://localhost?x=1");
  ASSERT_TRUE(bare_query);
  EXPECT_EQ(bare_query->path, "/?x=1");
  const auto v6 = Url::parse("http://[::1]:80/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->origin(), "http://[::1]:80");
  EXPECT_TRUE(v6->is_loopback());
}

TEST(Url, RefusesWhatIsNotAUrl) {
  for (const char* text :
       {"", "127.0.0.1:80", "ftp://x", "http://", "http:///path", "http://a b", "http://h:0",
        "http://h:65536", "http://h:", "http://h:x", "http://[::1", "http://[zz]", "http://h\n/",
        "http://u@", "http://a,b", "http://[::1]x"}) {
    const auto url = Url::parse(text);
    EXPECT_FALSE(url) << text;
    if (!url) {
      EXPECT_EQ(url.error().code, ErrorCode::ParseError) << text;
    }
  }
}

TEST(Url, LoopbackIsDecidedByTheTextAlone) {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "localhost", "[::1]"}) {
    EXPECT_TRUE(Url::parse(std::string("http://") + host)->is_loopback()) << host;
  }
  for (const char* host : {"127.evil.com", "127.0.0.1.evil.com", "128.0.0.1", "localhost.x",
                           "127.0.0", "127.0.0.256", "0.0.0.0"}) {
    EXPECT_FALSE(Url::parse(std::string("http://") + host)->is_loopback()) << host;
  }
}

TEST(Endpoint, ParsesPortAndHostPort) {
  EXPECT_EQ(Endpoint::parse("8081")->to_string(), "127.0.0.1:8081");
  EXPECT_EQ(Endpoint::parse("0")->port, 0);
  EXPECT_EQ(Endpoint::parse("0.0.0.0:80")->host, "0.0.0.0");
  EXPECT_FALSE(Endpoint::parse("0.0.0.0:80")->is_loopback());
  EXPECT_EQ(Endpoint::parse("[::1]:9")->to_string(), "[::1]:9");
  EXPECT_TRUE(Endpoint::parse("localhost:9")->is_loopback());
  for (const char* text :
       {"", ":80", "host", "host:", "70000", "h:70000", "[::1]", "a b:1", "-1"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_NE(endpoint.error().message.find("127.0.0.1:8081"), std::string::npos);
  }
}

}  // namespace
}  // namespace chorus::net
