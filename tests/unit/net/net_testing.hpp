#pragma once

#include "chorus/net/detail/response_parser.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>
#include <zlib.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chorus::net::testing {

using namespace std::chrono_literals;

inline std::string gzip(std::string_view plain) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, plain.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Runs one coroutine on a loop until it ends; a test that hangs fails after a generous while.
inline void run(rt::Loop& loop, rt::Task<void> body, std::uint64_t exceptions = 0) {
  rt::TaskScope scope(loop);
  struct Guard {
    static void expire(void* l) noexcept {
      ADD_FAILURE() << "the test hangs";
      static_cast<rt::Loop*>(l)->stop();
    }
  };
  rt::Deadline guard(loop, &Guard::expire, &loop);
  if (!loop.is_virtual()) guard.arm_after(60s);
  scope.start("test", std::move(body));
  // A task cannot stop the loop and still end in it, so the loop stops at the end of another one.
  rt::TaskScope stopper(loop);
  stopper.start("stop", [](rt::Loop* l, rt::TaskScope* s) -> rt::Task<void> {
    co_await s->join();
    l->post([l] { l->stop(); });
  }(&loop, &scope));
  loop.run();
  guard.disarm();
  EXPECT_EQ(scope.size(), 0U) << "the test coroutine did not end";
  EXPECT_EQ(loop.exceptions_for_test(), exceptions);
}

/// A client that sends exactly the bytes it is told to.
class RawClient {
 public:
  explicit RawClient(rt::Loop& loop) : socket_(loop.executor()) {}

  rt::Task<bool> connect(std::uint16_t port) {
    const auto [error] =
        co_await socket_.async_connect({boost::asio::ip::address_v4::loopback(), port}, rt::kAwait);
    co_return !error;
  }
  /// Small texts only: they fit the socket's buffer.
  bool send(std::string_view bytes) {
    boost::system::error_code error;
    while (!bytes.empty() && !error) {
      bytes.remove_prefix(socket_.write_some(boost::asio::buffer(bytes), error));
    }
    return !error;
  }
  /// Status 0 when the connection ended before a whole response.
  rt::Task<Response> response(bool head_request = false) {
    detail::ResponseParser parser({}, head_request);
    Response result;
    result.status = 0;
    while (true) {
      auto used = parser.put(buffer_);
      if (!used) co_return result;
      buffer_.erase(0, *used);
      result.body += parser.take_body();
      if (parser.done()) break;
      if (!co_await read()) {
        if (!parser.put_eof()) co_return result;
        break;
      }
    }
    result.status = parser.status();
    result.headers = parser.headers();
    result.body += parser.take_body();
    co_return result;
  }
  /// Everything until the server closes.
  rt::Task<std::string> rest() {
    while (co_await read()) {
    }
    co_return std::exchange(buffer_, {});
  }
  rt::Task<bool> read() {
    char bytes[4096];
    const auto [error, n] =
        co_await socket_.async_read_some(boost::asio::buffer(bytes), rt::kAwait);
    buffer_.append(bytes, n);
    co_return !error;
  }
  void close() { socket_.close(); }
  [[nodiscard]] const std::string& buffered() const { return buffer_; }
  boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor>& socket() { return socket_; }

 private:
  boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor> socket_;
  std::string buffer_;
};

/// Answers by path what the tests need.
class TestHandler final : public Handler {
 public:
  explicit TestHandler(rt::Loop& loop) : loop_(loop), changed(loop) {}

  rt::Task<Response> handle(Request request) override {
    ++requests;
    last = request;
    const std::string path(request.path());
    if (path == "/echo") {
      Response response = Response::text(200, std::move(request.body));
      response.headers.add("X-Method", std::string(to_string(request.method)));
      co_return response;
    }
    if (path == "/hold") {
      ++holding;
      changed.notify_all();
      const bool slept = co_await rt::sleep_for(loop_, 50s);
      --holding;
      if (!slept) ++cancelled;
      changed.notify_all();
      co_return Response::text(200, "held");
    }
    if (path == "/slow") {
      co_await rt::sleep_for(loop_, 60ms);
      co_return Response::text(200, "slow");
    }
    if (path == "/big") {
      Response response = Response::text(200, std::string(3'000'000, 'b'));
      response.shared_body = std::make_shared<const std::string>(std::string(100'000, 's'));
      co_return response;
    }
    if (path == "/close") {
      Response response = Response::text(200, "bye");
      response.close = true;
      co_return response;
    }
    if (path == "/drop") {
      Response response;
      response.drop = true;
      co_return response;
    }
    if (path == "/injection") {
      Response response = Response::text(200, "x");
      response.headers.add("X-Value", "a\r\nX-Injected: b");
      co_return response;
    }
    if (path == "/throw") throw std::runtime_error("a bug");
    if (path == "/gzip") {
      Response response = Response::text(200, gzip(std::string(1000, 'z')));
      response.headers.add("Content-Encoding", "gzip");
      co_return response;
    }
    if (path == "/stream" || path == "/truncate") {
      Response response = Response::text(200, "");
      response.stream = [this](BodyWriter& writer) { return stream(writer); };
      response.truncate = path == "/truncate";
      co_return response;
    }
    if (path == "/feed") {
      Response response = Response::text(200, "");
      response.stream = [this](BodyWriter& writer) { return feed(writer); };
      co_return response;
    }
    if (path == "/flood") {
      Response response = Response::text(200, "");
      response.stream = [this](BodyWriter& writer) { return flood(writer); };
      co_return response;
    }
    co_return Response::empty(204);
  }

  /// Waits until `condition` holds; it is tested whenever the handler changes its state.
  template <class Condition>
  rt::Task<void> until(Condition condition) {
    while (!condition()) {
      if (!co_await changed.wait()) co_return;
    }
  }

 private:
  rt::Loop& loop_;

 public:
  rt::Notify changed;
  Request last;
  int requests = 0;
  int holding = 0;
  int cancelled = 0;
  int feeds_ended = 0;
  std::optional<Error> stream_error;

 private:
  rt::Task<Result<void>> stream(BodyWriter& writer) {
    for (int i = 0; i < 3; ++i) {
      CH_CO_TRY_VOID(co_await writer.write("piece" + std::to_string(i) + ";"));
      co_await rt::sleep_for(loop_, 1ms);
    }
    co_return Result<void>{};
  }
  rt::Task<Result<void>> feed(BodyWriter& writer) {
    CH_CO_TRY_VOID(co_await writer.write("hello;"));
    while (!writer.closed()) co_await rt::sleep_for(loop_, 50s);
    ++feeds_ended;
    changed.notify_all();
    co_return Result<void>{};
  }
  rt::Task<Result<void>> flood(BodyWriter& writer) {
    while (true) {
      auto written = co_await writer.write(std::string(256 * 1024, 'f'));
      if (written) continue;
      stream_error = written.error();
      changed.notify_all();
      co_return written;
    }
  }
};

}  // namespace chorus::net::testing
