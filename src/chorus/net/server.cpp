#include "chorus/net/server.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/log.hpp"
#include "chorus/net/detail/connection.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <utility>

namespace chorus::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Pause after an accept that failed for want of descriptors or memory: trying at once would spin.
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

Error listen_error(const boost::system::error_code& error, const Endpoint& endpoint) {
  const std::string where = endpoint.to_string();
  if (error == asio::error::address_in_use) {
    return Error(ErrorCode::Conflict,
                 "address in use: " + where + "; stop what listens there or choose another port");
  }
  if (error == asio::error::access_denied) {
    return Error(ErrorCode::Forbidden,
                 "not allowed to listen on " + where + "; choose a port of 1024 or more");
  }
  return Error(ErrorCode::InvalidArgument, "cannot listen on " + where + ": " + error.message());
}

}  // namespace

struct Server::Impl {
  Impl(rt::Loop& loop, Handler& handler, Options options)
      : context(loop, handler, std::move(options)), acceptor(loop.executor()) {}

  detail::ServerContext context;
  asio::basic_socket_acceptor<tcp, rt::Executor> acceptor;
  Endpoint bound;

  Result<void> open(const Endpoint& endpoint) {
    boost::system::error_code error;
    const auto address =
        asio::ip::make_address(endpoint.host == "localhost" ? "127.0.0.1" : endpoint.host, error);
    if (error) {
      return fail(ErrorCode::InvalidArgument, "cannot listen on '" + endpoint.to_string() +
                                                  "': the host must be an IP address");
    }
    const tcp::endpoint where(address, endpoint.port);
    acceptor.open(where.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(where, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      boost::system::error_code ignored;
      acceptor.close(ignored);
      return std::unexpected(listen_error(error, endpoint));
    }
    bound = endpoint;
    bound.port = acceptor.local_endpoint(error).port();
    return {};
  }

  static rt::Task<void> accept_loop(Impl* self) {
    auto& context = self->context;
    while (!context.draining) {
      detail::Socket socket(context.loop.executor());
      const auto [error] = co_await self->acceptor.async_accept(socket, rt::kAwait);
      if (context.draining || context.scope.stopping()) break;
      if (error == asio::error::connection_aborted) continue;
      if (error) {
        if (context.metrics.accept_errors) context.metrics.accept_errors->add();
        log::warn("net", "server '{}' cannot accept a connection: {}; trying again",
                  context.options.name, error.message());
        if (!co_await rt::sleep_for(context.loop, kAcceptPause)) break;
        continue;
      }
      if (context.connections.size() >= context.options.max_connections) {
        if (context.metrics.refused) context.metrics.refused->add();
        continue;  // the socket closes
      }
      start(context, std::move(socket));
    }
  }

  static void start(detail::ServerContext& context, detail::Socket socket) {
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    if (error) return;  // it went before it was looked at
    auto connection = std::make_unique<detail::Connection>(context, std::move(socket));
    auto* raw = connection.get();
    raw->set_task(
        context.scope.start("http connection", detail::Connection::run(std::move(connection))));
  }
};

Server::Server(rt::Loop& loop, Handler& handler, Options options)
    : impl_(std::make_unique<Impl>(loop, handler, std::move(options))) {}

Server::~Server() = default;

Result<void> Server::listen(const Endpoint& endpoint) {
  CH_CHECK(!impl_->context.loop.is_virtual());
  CH_CHECK(!impl_->acceptor.is_open());
  CH_TRY_VOID(impl_->open(endpoint));
  rt::spawn(impl_->context.scope, "http accept", &Impl::accept_loop, impl_.get());
  return {};
}

std::uint16_t Server::port() const {
  return impl_->bound.port;
}

std::string Server::address() const {
  return "http://" + impl_->bound.to_string();
}

std::size_t Server::connections() const {
  return impl_->context.connections.size();
}

rt::Task<void> Server::drain(Duration grace) {
  auto& context = impl_->context;
  context.draining = true;
  boost::system::error_code error;
  impl_->acceptor.close(error);
  for (detail::Connection* connection : context.connections) connection->begin_drain();
  const MonoTime until = context.loop.now() + grace;
  while (!context.connections.empty()) {
    const auto woken = co_await context.ended.wait_until(until);
    if (woken != rt::Notify::Woken::Notified) break;
  }
  context.cut = true;
  context.scope.cancel();
  for (detail::Connection* connection : context.connections) connection->cut();
  co_await context.scope.join();
}

}  // namespace chorus::net
