#include "chorus/net/server.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

namespace chorus::net {
namespace {

using namespace std::chrono_literals;
using testing::RawClient;
using testing::TestHandler;

struct World {
  explicit World(Server::Options options = {})
      : handler(loop), server(loop, handler, with_metrics(std::move(options))) {
    EXPECT_TRUE(server.listen({"127.0.0.1", 0}));
  }
  Server::Options with_metrics(Server::Options options) {
    options.metrics = &metrics;
    return options;
  }
  void run(rt::Task<void> (*body)(World&)) { testing::run(loop, drained(body)); }
  rt::Task<void> drained(rt::Task<void> (*body)(World&)) {
    co_await body(*this);
    co_await server.drain(0s);
    EXPECT_EQ(server.connections(), 0U);
  }
  [[nodiscard]] double requests(const char* code_class) const {
    return metrics.value("chorus_http_requests_total",
                         {{"server", "http"}, {"code_class", code_class}});
  }

  metrics::Registry metrics;
  rt::Loop loop;
  TestHandler handler;
  Server server;
};

TEST(Server, KeepsTheConnectionAndAnswersInOrder) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    for (int i = 0; i < 3; ++i) {
      client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nh" +
                  std::to_string(i));
      const Response response = co_await client.response();
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.body, "h" + std::to_string(i));
      EXPECT_FALSE(response.headers.has("Connection"));
    }
    EXPECT_EQ(w.server.connections(), 1U);
    EXPECT_TRUE(w.handler.last.remote.starts_with("127.0.0.1:"));
    // Pipelined, the first one slow: the order of the answers is the order of the requests.
    client.send(
        "GET /slow HTTP/1.1\r\n\r\nPOST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\na"
        "GET /none HTTP/1.1\r\n\r\nGET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await client.response()).body, "slow");
    EXPECT_EQ((co_await client.response()).body, "a");
    const Response none = co_await client.response();
    EXPECT_EQ(none.status, 204);
    EXPECT_FALSE(none.headers.has("Content-Length"));
    EXPECT_EQ((co_await client.response()).body, "");
    EXPECT_EQ(w.requests("2xx"), 7);
  });
}

TEST(Server, PipelinedBytesThatComeDuringAHandlerAreKept) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /slow HTTP/1.1\r\n\r\n");
    co_await rt::sleep_for(w.loop, 30ms);
    client.send("POST /echo HTTP/1.1\r\nContent-Le");
    co_await rt::sleep_for(w.loop, 5ms);
    client.send("ngth: 3\r\n\r\nabc");
    EXPECT_EQ((co_await client.response()).body, "slow");
    EXPECT_EQ((co_await client.response()).body, "abc");
    // The read that watched during the handler is the one that now waits for the next request.
    client.send("GET /slow HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await client.response()).body, "slow");
    client.send("POST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\nz");
    EXPECT_EQ((co_await client.response()).body, "z");
  });
}

TEST(Server, Http10ClosesUnlessAskedToStay) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Response stays = co_await client.response();
    EXPECT_EQ(stays.headers.get("Connection"), "keep-alive");
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const Response streamed = co_await client.response();
    EXPECT_EQ(streamed.body, "piece0;piece1;piece2;");
    EXPECT_FALSE(streamed.headers.has("Transfer-Encoding"));
    RawClient plain(w.loop);
    EXPECT_TRUE(co_await plain.connect(w.server.port()));
    plain.send("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_TRUE((co_await plain.rest()).ends_with("Connection: close\r\n\r\n"));
  });
}

TEST(Server, ConnectionCloseIsHonouredFromBothSides) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    for (const char* request :
         {"GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n", "GET /close HTTP/1.1\r\n\r\n"}) {
      RawClient client(w.loop);
      EXPECT_TRUE(co_await client.connect(w.server.port()));
      client.send(request);
      const Response response = co_await client.response();
      EXPECT_EQ(response.status, 200);
      EXPECT_EQ(response.headers.get("Connection"), "close");
      EXPECT_EQ(co_await client.rest(), "");
    }
  });
}

TEST(Server, HeadHasTheLengthAndNoBody) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("HEAD /gzip HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\n");
    const Response head = co_await client.response(true);
    EXPECT_NE(head.headers.get("Content-Length"), "0");
    EXPECT_EQ((co_await client.response()).status, 204);
    client.send("HEAD /stream HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await client.response(true)).headers.get("Transfer-Encoding"), "chunked");
    EXPECT_EQ((co_await client.response()).status, 204);
  });
}

TEST(Server, ChunkedAndGzipBodiesArriveDecoded) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\n");
    co_await rt::sleep_for(w.loop, 2ms);
    client.send("de\r\n0\r\n\r\n");
    EXPECT_EQ((co_await client.response()).body, "abcde");
    const std::string coded = testing::gzip("plain");
    client.send("POST /echo HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: " +
                std::to_string(coded.size()) + "\r\n\r\n" + coded);
    EXPECT_EQ((co_await client.response()).body, "plain");
  });
}

TEST(Server, ContinuesWhenAskedTo) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    EXPECT_TRUE(co_await client.read());
    EXPECT_EQ(client.buffered(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_EQ((co_await client.response()).body, "abc");
  });
}

TEST(Server, BadRequestsGetTheirStatusAndTheConnectionEnds) {
  World world(Server::Options{.max_header = 2048, .max_body = 1000, .bare_errors = true});
  world.run([](World& w) -> rt::Task<void> {
    const std::string post = "POST /echo HTTP/1.1\r\n";
    const std::vector<std::pair<std::string, int>> cases = {
        {"rubbish\r\n\r\n", 400},
        {post + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x'), 413},
        {post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'), 413},
        {post + "X: " + std::string(5000, 'x') + "\r\n\r\n", 431},
        {post + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx", 415},
        {post + "Transfer-Encoding: gzip\r\n\r\nx", 501}};
    for (const auto& [bytes, status] : cases) {
      RawClient client(w.loop);
      EXPECT_TRUE(co_await client.connect(w.server.port()));
      client.send(bytes);
      const Response response = co_await client.response();
      EXPECT_EQ(response.status, status);
      EXPECT_EQ(response.headers.get("Content-Length"), "0");
      EXPECT_EQ(response.headers.get("Connection"), "close");
      EXPECT_EQ(co_await client.rest(), "");
    }
    EXPECT_EQ(w.handler.requests, 0);
    EXPECT_EQ(w.requests("4xx"), 5);
    EXPECT_EQ(w.requests("5xx"), 1);
  });
}

TEST(Server, ErrorsAreJsonUnlessBare) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("rubbish\r\n\r\n");
    const Response response = co_await client.response();
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(response.body.starts_with(R"({"error":{"code":"invalid_argument")"));
  });
}

TEST(Server, ARequestThatIsTooLargeIsToldSo) {
  World world(Server::Options{.max_body = 1000});
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'));
    const Response response = co_await client.response();
    EXPECT_EQ(response.status, 413);
    EXPECT_NE(response.body.find("body is larger than is taken here"), std::string::npos)
        << response.body;
  });
}

TEST(Server, OnlyLoopbackNamesPassTheHostCheck) {
  World world(Server::Options{.require_loopback_host = true});
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    for (const char* host : {"evil.com", "127.0.0.1.evil.com:80", "", "[::2]:80"}) {
      client.send("GET /echo HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
      EXPECT_EQ((co_await client.response()).status, 403) << host;
    }
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await client.response()).status, 403);
    EXPECT_EQ(w.handler.requests, 0);
    for (const char* host : {"localhost", "LOCALHOST:8090", "127.0.0.1:1", "[::1]:80", "[::1]"}) {
      client.send("GET /echo HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
      EXPECT_EQ((co_await client.response()).status, 200) << host;
    }
  });
}

TEST(Server, LargeBodiesInSharedPartsArriveWhole) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /big HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\n");
    co_await rt::sleep_for(w.loop, 20ms);  // the socket's buffers fill, the server has to wait
    const Response response = co_await client.response();
    EXPECT_EQ(response.body.size(), 3'100'000U);
    EXPECT_EQ(response.body.back(), 's');
    EXPECT_EQ((co_await client.response()).status, 204);
  });
}

TEST(Server, ValuesCannotAddHeaders) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /injection HTTP/1.1\r\n\r\n");
    const Response response = co_await client.response();
    EXPECT_EQ(response.headers.get("X-Value"), "a  X-Injected: b");
    EXPECT_FALSE(response.headers.has("X-Injected"));
  });
}

TEST(Server, StreamsSendEachPieceAndEndTheBody) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /stream HTTP/1.1\r\n\r\n");
    const Response response = co_await client.response();
    EXPECT_EQ(response.headers.get("Transfer-Encoding"), "chunked");
    EXPECT_EQ(response.body, "piece0;piece1;piece2;");
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await client.response()).status, 200) << "the connection stays usable";
  });
}

TEST(Server, FaultsCutTheConnection) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient drop(w.loop);
    EXPECT_TRUE(co_await drop.connect(w.server.port()));
    drop.send("GET /drop HTTP/1.1\r\n\r\n");
    EXPECT_EQ(co_await drop.rest(), "");
    EXPECT_EQ(w.requests("dropped"), 1);
    RawClient truncate(w.loop);
    EXPECT_TRUE(co_await truncate.connect(w.server.port()));
    truncate.send("GET /truncate HTTP/1.1\r\n\r\n");
    const std::string text = co_await truncate.rest();
    EXPECT_NE(text.find("piece2;"), std::string::npos);
    EXPECT_FALSE(text.ends_with("0\r\n\r\n"));
  });
}

TEST(Server, AHandlerThatThrowsIsA500AndCounted) {
  rt::Loop loop;
  TestHandler handler(loop);
  Server server(loop, handler, {});
  ASSERT_TRUE(server.listen({"127.0.0.1", 0}));
  int status = 0;
  testing::run(
      loop,
      [](rt::Loop* l, Server* s, int* out) -> rt::Task<void> {
        RawClient client(*l);
        EXPECT_TRUE(co_await client.connect(s->port()));
        client.send("GET /throw HTTP/1.1\r\n\r\n");
        *out = (co_await client.response()).status;
        co_await s->drain(std::chrono::seconds(0));
      }(&loop, &server, &status),
      1);
  EXPECT_EQ(status, 500);
}

TEST(Server, AClientWhoGoesCancelsItsHandler) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /hold HTTP/1.1\r\n\r\n");
    co_await w.handler.until([&w] { return w.handler.holding == 1; });
    client.close();
    co_await w.handler.until([&w] { return w.handler.cancelled == 1; });
    EXPECT_EQ(w.handler.holding, 0);
    // The same with bytes sent ahead: they do not hide the end.
    RawClient eager(w.loop);
    EXPECT_TRUE(co_await eager.connect(w.server.port()));
    eager.send("GET /hold HTTP/1.1\r\n\r\nGET /hold HTTP/1.1\r\n\r\n");
    co_await w.handler.until([&w] { return w.handler.holding == 1; });
    eager.send("GET /echo HTTP/1.1\r\n\r\n");
    eager.close();
    co_await w.handler.until([&w] { return w.handler.cancelled == 2; });
  });
  EXPECT_EQ(world.handler.requests, 2);
}

TEST(Server, AClientWhoGoesEndsItsStream) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /feed HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(co_await client.read());
    client.close();
    co_await w.handler.until([&w] { return w.handler.feeds_ended == 1; });
  });
}

TEST(Server, SlowAndIdleClientsMeetTheirDeadlines) {
  World world(Server::Options{.read_timeout = 40ms, .idle_timeout = 30ms});
  world.run([](World& w) -> rt::Task<void> {
    RawClient idle(w.loop);
    EXPECT_TRUE(co_await idle.connect(w.server.port()));
    EXPECT_EQ(co_await idle.rest(), "") << "an idle connection is closed without a word";
    RawClient slow(w.loop);
    EXPECT_TRUE(co_await slow.connect(w.server.port()));
    slow.send("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
    const Response response = co_await slow.response();
    EXPECT_EQ(response.status, 408);
    EXPECT_EQ(co_await slow.rest(), "");
    EXPECT_EQ(w.handler.requests, 0);
  });
}

TEST(Server, AStreamToAClientWhoDoesNotReadTimesOut) {
  World world(Server::Options{.write_timeout = 40ms});
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /flood HTTP/1.1\r\n\r\n");
    co_await w.handler.until([&w] { return w.handler.stream_error.has_value(); });
    EXPECT_EQ(w.handler.stream_error->code, ErrorCode::Timeout);
  });
}

TEST(Server, TooManyConnectionsAreClosedAtOnce) {
  World world(Server::Options{.max_connections = 1});
  world.run([](World& w) -> rt::Task<void> {
    RawClient first(w.loop);
    EXPECT_TRUE(co_await first.connect(w.server.port()));
    first.send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await first.response()).status, 200);
    RawClient second(w.loop);
    EXPECT_TRUE(co_await second.connect(w.server.port()));
    EXPECT_EQ(co_await second.rest(), "");
    EXPECT_EQ(w.metrics.sum("chorus_http_connections_refused_total"), 1);
    EXPECT_EQ(w.metrics.sum("chorus_http_connections"), 1);
  });
}

TEST(Server, WantOfDescriptorsPausesTheAccept) {
#ifdef CHORUS_SANITIZED
  GTEST_SKIP() << "the checks of the sanitizers need descriptors themselves";
#endif
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    client.socket().open(boost::asio::ip::tcp::v4());
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &tight);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    co_await rt::sleep_for(w.loop, 150ms);
    ::setrlimit(RLIMIT_NOFILE, &before);
    const double failures = w.metrics.sum("chorus_http_accept_errors_total");
    EXPECT_GE(failures, 1);
    EXPECT_LE(failures, 3) << "a failing accept must not spin";
    EXPECT_EQ((co_await client.response()).status, 200);
  });
}

TEST(Server, DrainEndsIdleAndStreamingAndWaitsForRequests) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient idle(w.loop);
    RawClient slow(w.loop);
    RawClient feed(w.loop);
    EXPECT_TRUE(co_await idle.connect(w.server.port()));
    EXPECT_TRUE(co_await slow.connect(w.server.port()));
    EXPECT_TRUE(co_await feed.connect(w.server.port()));
    idle.send("GET /echo HTTP/1.1\r\n\r\n");
    EXPECT_EQ((co_await idle.response()).status, 200);
    feed.send("GET /feed HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(co_await feed.read());
    slow.send("GET /slow HTTP/1.1\r\n\r\n");
    while (w.handler.requests < 3) co_await rt::yield(w.loop);
    const MonoTime began = w.loop.now();
    co_await w.server.drain(30s);
    EXPECT_LT(w.loop.now() - began, 20s);
    const Response response = co_await slow.response();
    EXPECT_EQ(response.body, "slow");
    EXPECT_EQ(response.headers.get("Connection"), "close");
    EXPECT_EQ(co_await idle.rest(), "");
    EXPECT_TRUE((co_await feed.rest()).ends_with("0\r\n\r\n")) << "a drained stream ends whole";
    RawClient late(w.loop);
    EXPECT_FALSE(co_await late.connect(w.server.port()));
  });
}

TEST(Server, DrainCutsWhatOutlivesTheGrace) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    RawClient client(w.loop);
    EXPECT_TRUE(co_await client.connect(w.server.port()));
    client.send("GET /hold HTTP/1.1\r\n\r\n");
    co_await w.handler.until([&w] { return w.handler.holding == 1; });
    co_await w.server.drain(20ms);
    EXPECT_EQ(w.handler.cancelled, 1);
    EXPECT_EQ(co_await client.rest(), "");
  });
}

TEST(Server, ListenErrorsSayWhat) {
  rt::Loop loop;
  TestHandler handler(loop);
  Server first(loop, handler, {});
  Server second(loop, handler, {});
  ASSERT_TRUE(first.listen({"127.0.0.1", 0}));
  EXPECT_EQ(first.address(), "http://127.0.0.1:" + std::to_string(first.port()));
  const auto taken = second.listen({"127.0.0.1", first.port()});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Conflict);
  EXPECT_NE(taken.error().message.find(std::to_string(first.port())), std::string::npos);
  EXPECT_EQ(second.listen({"no.such.address", 1}).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(second.listen({"localhost", 0}));
  testing::run(loop, [](Server* a, Server* b) -> rt::Task<void> {
    co_await a->drain(std::chrono::seconds(0));
    co_await b->drain(std::chrono::seconds(0));
  }(&first, &second));
}

}  // namespace
}  // namespace chorus::net
