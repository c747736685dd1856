#include "chorus/net/transport.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>

#include <vector>

namespace chorus::net {
namespace {

using namespace std::chrono_literals;
using testing::TestHandler;

Request request_of(Method method, std::string target, std::string body = {}) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

Request get(std::string target) {
  return request_of(Method::Get, std::move(target));
}
Request post(std::string target, std::string body) {
  return request_of(Method::Post, std::move(target), std::move(body));
}

struct World {
  explicit World(SocketTransport::Options options = {})
      : handler(loop), server(loop, handler, {}), client(loop, with_metrics(std::move(options))) {
    EXPECT_TRUE(server.listen({"127.0.0.1", 0}));
    base = *Url::parse(server.address());
  }
  SocketTransport::Options with_metrics(SocketTransport::Options options) {
    options.metrics = &metrics;
    return options;
  }
  void run(rt::Task<void> (*body)(World&)) { testing::run(loop, drained(body)); }
  rt::Task<void> drained(rt::Task<void> (*body)(World&)) {
    co_await body(*this);
    client.close_idle();
    co_await server.drain(0s);
  }
  rt::Task<std::expected<Response, TransportError>> call(Request request,
                                                         CallOptions options = {}) {
    return client.call(base, std::move(request), options);
  }
  [[nodiscard]] double connects() const { return metrics.sum("chorus_http_client_connects_total"); }
  [[nodiscard]] double reuses() const { return metrics.sum("chorus_http_client_reuses_total"); }

  metrics::Registry metrics;
  rt::Loop loop;
  TestHandler handler;
  Server server;
  SocketTransport client;
  Url base;
};

void expect_error(const std::expected<Response, TransportError>& result, ErrorCode code,
                  Sent sent) {
  ASSERT_FALSE(result);
  EXPECT_EQ(to_string(result.error().error.code), to_string(code));
  EXPECT_EQ(result.error().sent, sent);
}

TEST(SocketTransport, KeepsTheConnectionBetweenCalls) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    for (int i = 0; i < 3; ++i) {
      const auto response = co_await w.call(post("/echo", "body" + std::to_string(i)));
      EXPECT_TRUE(response);
      if (!response) co_return;
      EXPECT_EQ(response->status, 200);
      EXPECT_EQ(response->body, "body" + std::to_string(i));
      EXPECT_EQ(response->headers.get("x-method"), "POST");
    }
    EXPECT_EQ(w.connects(), 1);
    EXPECT_EQ(w.reuses(), 2);
    EXPECT_EQ(w.handler.last.headers.get("Host"), "127.0.0.1:" + std::to_string(w.server.port()));
    w.client.close_idle();
    EXPECT_TRUE(co_await w.call(get("/echo")));
    EXPECT_EQ(w.connects(), 2);
  });
}

TEST(SocketTransport, CarriesEveryKindOfBody) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    Request chunked = post("/echo", std::string(100'000, 'c'));
    chunked.headers.add("Transfer-Encoding", "chunked");
    auto response = co_await w.call(std::move(chunked));
    EXPECT_EQ(response->body.size(), 100'000U);
    EXPECT_EQ(w.handler.last.headers.get("Transfer-Encoding"), "chunked");
    Request empty = post("/echo", "");
    empty.headers.add("Transfer-Encoding", "chunked");
    EXPECT_EQ((co_await w.call(std::move(empty)))->body, "");
    EXPECT_EQ((co_await w.call(post("/echo", std::string(500'000, 'l'))))->body.size(), 500'000U);
    EXPECT_EQ((co_await w.call(get("/stream")))->body, "piece0;piece1;piece2;");
    EXPECT_EQ((co_await w.call(get("/gzip")))->body, std::string(1000, 'z'));
    EXPECT_EQ((co_await w.call(get("/big")))->body.size(), 3'100'000U);
    EXPECT_EQ((co_await w.call(request_of(Method::Head, "/echo")))->body, "");
    EXPECT_EQ((co_await w.call(get("/none")))->status, 204);
    EXPECT_EQ(w.connects(), 1) << "all of them leave the connection usable";
  });
}

TEST(SocketTransport, BasicAuthorisationComesFromTheUrl) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    w.base.userinfo = "user:pass";
    EXPECT_TRUE(co_await w.call(get("/echo")));
    EXPECT_EQ(w.handler.last.headers.get("Authorization"), "Basic dXNlcjpwYXNz");
  });
}

TEST(SocketTransport, ErrorsSayWhetherTheRequestCanHaveHadAnEffect) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    expect_error(co_await w.call(get("/drop")), ErrorCode::ConnectionClosed, Sent::Maybe);
    expect_error(co_await w.call(get("/truncate")), ErrorCode::ConnectionClosed, Sent::Maybe);
    CallOptions small;
    small.max_body = 1000;
    expect_error(co_await w.call(get("/big"), small), ErrorCode::PayloadTooLarge, Sent::Maybe);
    expect_error(co_await w.call(get("no slash")), ErrorCode::InvalidArgument, Sent::No);
    expect_error(co_await w.call(get("/a b")), ErrorCode::InvalidArgument, Sent::No);
    expect_error(co_await w.call(request_of(Method::Other, "/")), ErrorCode::InvalidArgument,
                 Sent::No);
    Url closed = w.base;
    closed.port = 1;
    expect_error(co_await w.client.call(closed, get("/"), {}), ErrorCode::Unavailable, Sent::No);
    // An empty label is refused by every resolver without asking the network.
    expect_error(co_await w.client.call(*Url::parse("http://a..b"), get("/"), {}),
                 ErrorCode::Unavailable, Sent::No);
  });
}

TEST(SocketTransport, ATimeoutEndsTheCallAndTheHandlerBehindIt) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    CallOptions options;
    options.timeout = 40ms;
    expect_error(co_await w.call(get("/hold"), options), ErrorCode::Timeout, Sent::Maybe);
    co_await w.handler.until([&w] { return w.handler.cancelled == 1; });
  });
}

TEST(SocketTransport, ACancelledCallerEndsItsCall) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    rt::TaskScope scope(w.loop);
    std::optional<std::expected<Response, TransportError>> result;
    auto handle = rt::spawn(
        scope, "caller",
        [](World* world,
           std::optional<std::expected<Response, TransportError>>* out) -> rt::Task<void> {
          out->emplace(co_await world->call(get("/hold")));
          EXPECT_TRUE(co_await rt::sleep_for(world->loop, 1ms)) << "it is reported once";
        },
        &w, &result);
    co_await w.handler.until([&w] { return w.handler.holding == 1; });
    handle.cancel();
    co_await scope.join();
    EXPECT_TRUE(result);
    if (result) expect_error(*result, ErrorCode::Cancelled, Sent::Maybe);
    co_await w.handler.until([&w] { return w.handler.cancelled == 1; });
  });
}

TEST(SocketTransport, LoopbackOnlyRefusesEveryOtherHost) {  // PB6
  World world(SocketTransport::Options{.loopback_only = true});
  world.run([](World& w) -> rt::Task<void> {
    for (const char* url : {"https://api.telegram.org", "http://10.0.0.1", "http://127.evil.com"}) {
      expect_error(co_await w.client.call(*Url::parse(url), get("/"), {}), ErrorCode::Forbidden,
                   Sent::No);
    }
    EXPECT_EQ(w.connects(), 0);
    EXPECT_TRUE(co_await w.call(get("/echo")));
    w.base.host = "localhost";
    EXPECT_TRUE(co_await w.call(get("/echo")));
  });
}

TEST(SocketTransport, MoreCallersThanConnectionsWaitInOrder) {
  World world(SocketTransport::Options{.max_connections_per_origin = 2});
  world.run([](World& w) -> rt::Task<void> {
    rt::TaskScope scope(w.loop);
    std::vector<int> order;
    for (int i = 0; i < 6; ++i) {
      rt::spawn(
          scope, "caller",
          [](World* world, std::vector<int>* ended, int index) -> rt::Task<void> {
            EXPECT_TRUE(co_await world->call(get("/slow")));
            ended->push_back(index);
          },
          &w, &order, i);
    }
    co_await rt::sleep_for(w.loop, 20ms);
    EXPECT_EQ(w.server.connections(), 2U);
    CallOptions options;
    options.timeout = 10ms;
    expect_error(co_await w.call(get("/echo"), options), ErrorCode::Timeout, Sent::No);
    co_await scope.join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(w.connects(), 2);
    EXPECT_TRUE(co_await w.call(get("/echo"))) << "no permit was lost";
  });
}

TEST(SocketTransport, IdleConnectionsAreReaped) {
  World world(SocketTransport::Options{.keep_alive = 20ms});
  world.run([](World& w) -> rt::Task<void> {
    EXPECT_TRUE(co_await w.call(get("/echo")));
    EXPECT_EQ(w.server.connections(), 1U);
    while (w.server.connections() > 0) co_await rt::sleep_for(w.loop, 5ms);
    EXPECT_TRUE(co_await w.call(get("/echo")));
    EXPECT_EQ(w.connects(), 2);
  });
}

TEST(SocketTransport, StreamsComePieceByPiece) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    auto opened = co_await w.client.open(w.base, get("/stream"), {});
    EXPECT_TRUE(opened);
    if (!opened) co_return;
    auto stream = *std::move(opened);
    EXPECT_EQ(stream->status(), 200);
    EXPECT_EQ(stream->headers().get("Content-Type"), "text/plain; charset=utf-8");
    for (int i = 0; i < 3; ++i) {
      const auto piece = co_await stream->read();
      EXPECT_EQ(*piece, "piece" + std::to_string(i) + ";");
    }
    EXPECT_EQ(*co_await stream->read(), "");
    EXPECT_EQ(*co_await stream->read(), "") << "the end stays the end";
    EXPECT_TRUE(co_await w.call(get("/echo")));
    EXPECT_EQ(w.connects(), 1) << "a whole stream gives its connection back";
  });
}

TEST(SocketTransport, CutAndSilentStreamsAreErrors) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    auto cut = *co_await w.client.open(w.base, get("/truncate"), {});
    Result<std::string> piece{std::string("x")};
    while (piece && !piece->empty()) piece = co_await cut->read();
    EXPECT_FALSE(piece);
    if (!piece) {
      EXPECT_EQ(piece.error().code, ErrorCode::ConnectionClosed);
    }

    CallOptions options;
    options.idle_timeout = 30ms;
    auto silent = *co_await w.client.open(w.base, get("/feed"), options);
    EXPECT_EQ(*co_await silent->read(), "hello;");
    const auto timeout = co_await silent->read();
    EXPECT_FALSE(timeout);
    if (!timeout) {
      EXPECT_EQ(timeout.error().code, ErrorCode::Timeout);
    }
    co_await w.handler.until([&w] { return w.handler.feeds_ended == 1; });
  });
}

TEST(SocketTransport, AReaderWhoGoesEndsTheStreamAtTheServer) {
  World world(SocketTransport::Options{.max_connections_per_origin = 1});
  world.run([](World& w) -> rt::Task<void> {
    auto stream = *co_await w.client.open(w.base, get("/feed"), {});
    EXPECT_EQ(*co_await stream->read(), "hello;");
    stream.reset();
    co_await w.handler.until([&w] { return w.handler.feeds_ended == 1; });
    EXPECT_TRUE(co_await w.call(get("/echo"))) << "its permit is free again";
  });
}

TEST(SocketTransport, AStreamMayOutliveItsTransport) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    auto transport = std::make_unique<SocketTransport>(w.loop, SocketTransport::Options{});
    auto stream = *co_await transport->open(w.base, get("/stream"), {});
    transport.reset();
    std::string body;
    while (true) {
      const auto piece = co_await stream->read();
      EXPECT_TRUE(piece);
      if (!piece || piece->empty()) break;
      body += *piece;
    }
    EXPECT_EQ(body, "piece0;piece1;piece2;");
  });
}

/// A server that answers the first request of each connection and then does as it is told.
struct FickleServer {
  explicit FickleServer(rt::Loop& l) : loop(l), acceptor(l.executor()), scope(l) {
    acceptor.open(boost::asio::ip::tcp::v4());
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor.listen();
    base = *Url::parse("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()));
    rt::spawn(scope, "fickle", &FickleServer::serve, this);
  }
  static rt::Task<void> serve(FickleServer* self) {
    while (!self->scope.stopping()) {
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor> socket(
          self->loop.executor());
      const auto [error] = co_await self->acceptor.async_accept(socket, rt::kAwait);
      if (error) co_return;
      for (int i = 0; i < 2; ++i) {
        char bytes[4096];
        const auto [read_error, n] =
            co_await socket.async_read_some(boost::asio::buffer(bytes), rt::kAwait);
        if (read_error) break;
        ++self->requests;
        if (i == 1) break;  // the second one is read, and never answered
        const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        socket.write_some(boost::asio::buffer(answer));
      }
    }
  }
  rt::Loop& loop;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, rt::Executor> acceptor;
  rt::TaskScope scope;
  Url base;
  int requests = 0;
};

TEST(SocketTransport, OnlySafeRequestsAreSentAgain) {
  rt::Loop loop;
  SocketTransport client(loop, {});
  FickleServer server(loop);
  testing::run(loop, [](SocketTransport* c, FickleServer* s) -> rt::Task<void> {
    EXPECT_TRUE(co_await c->call(s->base, post("/", "1"), {}));
    // The kept connection ends without a byte: a POST may have been done, so the caller decides.
    expect_error(co_await c->call(s->base, post("/", "2"), {}), ErrorCode::ConnectionClosed,
                 Sent::Maybe);
    EXPECT_EQ(s->requests, 2);
    EXPECT_TRUE(co_await c->call(s->base, get("/"), {}));
    const auto again = co_await c->call(s->base, get("/"), {});
    EXPECT_TRUE(again) << "a GET is sent again on a fresh connection";
    EXPECT_EQ(s->requests, 5);
    c->close_idle();
    co_await s->scope.close();
  }(&client, &server));
}

TEST(SocketTransport, AConnectionTheServerClosedIsNotUsedAgain) {
  World world;
  world.run([](World& w) -> rt::Task<void> {
    Server brief(w.loop, w.handler, Server::Options{.idle_timeout = 15ms});
    EXPECT_TRUE(brief.listen({"127.0.0.1", 0}));
    const Url url = *Url::parse(brief.address());
    EXPECT_TRUE(co_await w.client.call(url, post("/echo", "1"), {}));
    while (brief.connections() > 0) co_await rt::sleep_for(w.loop, 5ms);
    EXPECT_TRUE(co_await w.client.call(url, post("/echo", "2"), {}));
    EXPECT_EQ(w.connects(), 2);
    EXPECT_EQ(w.handler.requests, 2);
    w.client.close_idle();
    co_await brief.drain(0s);
  });
}

}  // namespace
}  // namespace chorus::net
