#include "chorus/net/detail/wire.hpp"

#include "chorus/rt/notify.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/ip/address.hpp>

#include <cerrno>
#include <optional>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace chorus::net::detail {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class PlainWire final : public Wire {
 public:
  explicit PlainWire(ClientSocket socket) : socket_(std::move(socket)) {}

  rt::Task<IoResult> read_some(std::span<char> space) override {
    const auto [error, n] =
        co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), rt::kAwait);
    co_return IoResult{error, n};
  }

  rt::Task<IoResult> write_all(std::span<asio::const_buffer> buffers) override {
    IoResult result;
    while (!buffers.empty()) {
      boost::system::error_code error;
      std::size_t n = socket_.write_some(buffers, error);
      if (error == asio::error::would_block || error == asio::error::try_again) {
        const auto [wait_error] = co_await socket_.async_wait(ClientSocket::wait_write, rt::kAwait);
        if (!wait_error) continue;
        error = wait_error;
      }
      if (error) {
        result.error = error;
        break;
      }
      result.bytes += n;
      while (!buffers.empty() && n >= buffers.front().size()) {
        n -= buffers.front().size();
        buffers = buffers.subspan(1);
      }
      if (!buffers.empty()) buffers.front() += n;
    }
    co_return result;
  }

  void close() noexcept override {
    boost::system::error_code error;
    socket_.close(error);
  }
  bool stale() noexcept override { return has_news(socket_); }

 private:
  ClientSocket socket_;
};

using Endpoints = std::vector<tcp::endpoint>;
using Resolver = asio::ip::basic_resolver<tcp, rt::Executor>;

/// One name look-up. Asio runs it on a thread that cannot be interrupted, so a caller whose time is
/// up leaves it behind. Shared by the waiting caller and the resolver's handler.
struct Lookup {
  explicit Lookup(rt::Loop& loop) : resolver(loop.executor()), done(loop) {}
  Resolver resolver;
  rt::Notify done;
  bool finished = false;
  boost::system::error_code error;
  Endpoints endpoints;
};

rt::Task<Result<Endpoints>> resolve(rt::Loop& loop, std::string host, std::uint16_t port,
                                    MonoTime due) {
  if (host == "localhost") {
    co_return Endpoints{{asio::ip::address_v4::loopback(), port},
                        {asio::ip::address_v6::loopback(), port}};
  }
  boost::system::error_code parse_error;
  const auto literal = asio::ip::make_address(host, parse_error);
  if (!parse_error) co_return Endpoints{{literal, port}};

  auto lookup = std::make_shared<Lookup>(loop);
  lookup->resolver.async_resolve(
      host, std::to_string(port), Resolver::numeric_service,
      [lookup](const boost::system::error_code& error, const Resolver::results_type& results) {
        lookup->finished = true;
        lookup->error = error;
        for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
        lookup->done.notify_all();
      });
  while (!lookup->finished) {
    const auto woken = co_await lookup->done.wait_until(due);
    if (woken == rt::Notify::Woken::Notified) continue;
    lookup->resolver.cancel();
    if (woken == rt::Notify::Woken::Cancelled) co_return fail(ErrorCode::Cancelled);
    co_return fail(ErrorCode::Timeout, "the name '" + host + "' was not resolved in time");
  }
  if (lookup->error || lookup->endpoints.empty()) {
    co_return fail(ErrorCode::Unavailable,
                   "the name '" + host + "' cannot be resolved; check it and the network");
  }
  co_return std::move(lookup->endpoints);
}

void close_socket(void* socket) noexcept {
  boost::system::error_code error;
  static_cast<ClientSocket*>(socket)->close(error);
}

}  // namespace

bool has_news(ClientSocket& socket) noexcept {
  char byte = 0;
  const auto n = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

std::unique_ptr<Wire> make_plain_wire(ClientSocket socket) {
  return std::make_unique<PlainWire>(std::move(socket));
}

rt::Task<Result<ClientSocket>> connect_tcp(rt::Loop& loop, std::string host, std::uint16_t port,
                                           MonoTime due) {
  CH_CO_TRY(const Endpoints endpoints, co_await resolve(loop, host, port, due));
  const std::string where = host + ":" + std::to_string(port);
  boost::system::error_code last;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows packets must leave time for the ones after it.
    const MonoTime now = loop.now();
    const auto left = static_cast<std::int64_t>(endpoints.size() - i);
    ClientSocket socket(loop.executor());
    rt::Deadline deadline(loop, &close_socket, &socket);
    deadline.arm(now + (due - now) / left);
    const auto [error] = co_await socket.async_connect(endpoints[i], rt::kAwait);
    deadline.disarm();
    if (deadline.expired()) {
      last = asio::error::timed_out;
      continue;
    }
    if (error == asio::error::operation_aborted) co_return fail(ErrorCode::Cancelled);
    last = error;
    if (!last) socket.set_option(tcp::no_delay(true), last);
    if (!last) socket.non_blocking(true, last);
    if (!last) co_return std::move(socket);
  }
  if (last == asio::error::timed_out) {
    co_return fail(ErrorCode::Timeout, "no connection to " + where + " in time");
  }
  if (last == asio::error::connection_refused) {
    co_return fail(ErrorCode::Unavailable, "nothing listens on " + where);
  }
  co_return fail(ErrorCode::Unavailable, "no connection to " + where + ": " + last.message());
}

}  // namespace chorus::net::detail
