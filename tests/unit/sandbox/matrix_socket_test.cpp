#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/blocking_pool.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

/// What a client's kernel sees of the homeserver's answers.
namespace chorus::sandbox {
namespace {

/// A plain blocking client, as simple as can be: no library that could hide what arrives.
class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~PlainClient() { ::close(socket_); }
  PlainClient(const PlainClient&) = delete;
  PlainClient& operator=(const PlainClient&) = delete;

  /// The whole answer; empty when there was none.
  std::string ask(std::string_view request) {
    if (!connected_ || ::send(socket_, request.data(), request.size(), 0) < 0) return {};
    std::string answer;
    char buffer[16 * 1024];
    while (true) {
      const auto head = answer.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto at = answer.find("Content-Length: ");
        std::size_t length = 0;
        if (at == std::string::npos) return {};
        std::from_chars(answer.data() + at + 16, answer.data() + answer.size(), length);
        if (answer.size() >= head + 4 + length) return answer;
      }
      const auto n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) return {};
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  /// Segments with data that have arrived.
  [[nodiscard]] std::uint32_t segments() const {
    // tcpi_data_segs_in of the kernel's struct tcp_info, which the C library's header ends before
    // and whose own header cannot stand beside it.
    constexpr std::size_t kOffset = 152;
    char info[256] = {};
    socklen_t size = sizeof info;
    std::uint32_t count = 0;
    if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, info, &size) == 0 && size >= kOffset + 4) {
      std::memcpy(&count, info + kOffset, sizeof count);
    }
    return count;
  }

 private:
  int socket_;
  bool connected_ = false;
};

struct Seen {
  std::string why;
  int answers = 0;
  std::uint32_t segments = 0;
};

Seen converse(std::uint16_t port) {
  Seen seen;
  PlainClient client(port);
  const auto ask = [&](std::string_view method, std::string_view path, std::string_view token,
                       std::string_view body) {
    const auto answer = client.ask(
        fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n"
                    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    method, path, port, token, body.size(), body));
    if (!answer.starts_with("HTTP/1.1 200")) seen.why = answer;
    ++seen.answers;
    return answer;
  };
  const auto value = [](const std::string& answer, std::string_view key) {
    const auto at = answer.find(fmt::format("\"{}\":\"", key));
    if (at == std::string::npos) return std::string();
    const auto from = at + key.size() + 4;
    return answer.substr(from, answer.find('"', from) - from);
  };
  const auto login = ask("POST", "/_matrix/client/v3/login", "",
                         R"({"type":"m.login.password","user":"ada","password":"x"})");
  const auto token = value(login, "access_token");
  const auto room = value(ask("POST", "/_matrix/client/v3/createRoom", token, "{}"), "room_id");
  for (int i = 0; i < 20; ++i) {
    ask("PUT", fmt::format("/_matrix/client/v3/rooms/{}/send/m.room.message/{}", room, i), token,
        R"({"msgtype":"m.text","body":"hello"})");
    ask("GET", "/_matrix/client/v3/sync?timeout=0", token, "");
  }
  seen.segments = client.segments();
  return seen;
}

rt::Task<void> open_and_ask(rt::Loop* loop, Seen* seen) {
  metrics::Registry metrics;
  net::SocketTransport transport(*loop, {});
  Sandbox::Options options;
  options.matrix = net::Endpoint{};
  Sandbox box(*loop, options, transport, metrics);
  if (const auto started = co_await box.start(); !started) {
    seen->why = started.error().message;
  } else {
    rt::BlockingPool pool(*loop);
    const auto port = net::Url::parse(box.matrix_address())->port;
    auto asked = co_await pool.run([port] { return converse(port); });
    if (asked) *seen = std::move(*asked);
  }
  co_await box.stop(Duration{});
  loop->stop();
}

// Two writes of one answer meet Nagle's algorithm and delayed acknowledgements: 40 ms each time.
TEST(MatrixSockets, EveryAnswerArrivesInOnePiece) {
  Seen seen;
  {
    rt::Loop loop;
    rt::TaskScope scope(loop);
    rt::spawn(scope, "ask", &open_and_ask, &loop, &seen);
    loop.run();
  }
  EXPECT_EQ(seen.why, "");
  EXPECT_EQ(seen.answers, 42);
  EXPECT_EQ(seen.segments, 42U);
}

}  // namespace
}  // namespace chorus::sandbox
