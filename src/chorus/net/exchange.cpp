#include "chorus/net/detail/exchange.hpp"

#include "chorus/net/detail/request_head.hpp"
#include "chorus/net/detail/response_head.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace chorus::net::detail {

namespace asio = boost::asio;

namespace {

/// Up to this size the body is sent in one piece with the head (one TLS record).
constexpr std::size_t kCopyBody = 16 * 1024;

bool is_idempotent(Method method) {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Put:
    case Method::Delete:
    case Method::Options:
      return true;
    default:
      return false;
  }
}

std::unexpected<TransportError> transport_error(Error error, Sent sent) {
  return std::unexpected(TransportError{std::move(error), sent});
}

}  // namespace

ClientContext::ClientContext(rt::Loop& l, SocketTransport::Options o)
    : loop(l),
      options(std::move(o)),
      pool(std::make_shared<ClientPool>(
          l, ClientPool::Options{options.max_connections_per_origin, options.keep_alive})) {
  if (!options.metrics) return;
  connects = &options.metrics->counter("chorus_http_client_connects_total",
                                       "Outgoing HTTP connections that were opened");
  reuses = &options.metrics->counter("chorus_http_client_reuses_total",
                                     "Requests sent on a kept connection");
}

rt::Task<Result<std::unique_ptr<Wire>>> ClientContext::connect(Url base, MonoTime due) {
  due = std::min(due, loop.now() + options.connect_timeout);
  if (base.tls && !tls) {
    CH_CO_TRY(tls, TlsContext::make(options.ca_file));
  }
  CH_CO_TRY(ClientSocket socket, co_await connect_tcp(loop, base.host, base.port, due));
  if (connects) connects->add();
  if (!base.tls) co_return make_plain_wire(std::move(socket));
  co_return co_await tls->connect(loop, std::move(socket), base.host, due);
}

Exchange::Exchange(ClientContext& context, Url base, Request request, std::size_t max_body,
                   bool stream)
    : context_(context),
      base_(std::move(base)),
      request_(std::move(request)),
      max_body_(max_body),
      stream_(stream),
      timer_(context.loop, &Exchange::on_deadline, this) {}

void Exchange::on_deadline(void* self) noexcept {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.lease_.wire) exchange.lease_.wire->close();
}

Error Exchange::io_error(const boost::system::error_code& error) const {
  if (timer_.expired()) {
    return Error(ErrorCode::Timeout, base_.origin() + " did not answer in time");
  }
  if (error == asio::error::operation_aborted) return Error(ErrorCode::Cancelled);
  return Error(ErrorCode::ConnectionClosed,
               base_.origin() + " closed the connection before its answer was complete");
}

Result<void> Exchange::compose() {
  // Compression saves nothing on the own machine, and a stream must not wait for a full block.
  const bool accept_gzip = !stream_ && !base_.is_loopback();
  CH_TRY_VOID(append_request_head(head_, base_, request_, accept_gzip));
  if (wants_chunked(request_)) {
    if (!request_.body.empty()) append_chunk_head(head_, request_.body.size());
    tail_ = request_.body.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
  }
  if (request_.body.size() + tail_.size() <= kCopyBody) {
    head_.append(request_.body).append(tail_);
    request_.body.clear();
    tail_.clear();
  }
  return {};
}

rt::Task<std::expected<void, TransportError>> Exchange::begin(MonoTime due) {
  if (auto composed = compose(); !composed) co_return transport_error(composed.error(), Sent::No);
  auto lease = co_await context_.pool->acquire(base_.origin(), due);
  if (!lease) co_return transport_error(std::move(lease).error(), Sent::No);
  lease_ = *std::move(lease);
  for (bool first = true;; first = false) {
    send_again_ = false;
    auto sent = co_await send(due);
    if (sent || !send_again_ || !first) co_return sent;
    lease_.wire.reset();
    lease_.reused = false;
  }
}

rt::Task<std::expected<void, TransportError>> Exchange::send(MonoTime due) {
  if (!lease_.wire) {
    auto wire = co_await context_.connect(base_, due);
    if (!wire) co_return transport_error(std::move(wire).error(), Sent::No);
    lease_.wire = *std::move(wire);
  } else if (context_.reuses) {
    context_.reuses->add();
  }
  const std::size_t body_limit = stream_ ? std::numeric_limits<std::size_t>::max() : max_body_;
  parser_ = std::make_unique<ResponseParser>(ResponseParser::Limits{256 * 1024, body_limit},
                                             request_.method == Method::Head);
  got_bytes_ = false;
  timer_.arm(due);
  std::array pieces{asio::buffer(std::as_const(head_)), asio::buffer(std::as_const(request_.body)),
                    asio::buffer(std::as_const(tail_))};
  const std::size_t count = request_.body.empty() ? 1 : tail_.empty() ? 2 : 3;
  const auto written = co_await lease_.wire->write_all(std::span(pieces).first(count));
  if (written.error) {
    // Nothing at all went out on a connection that the server had closed meanwhile.
    send_again_ = lease_.reused && written.bytes == 0 && !timer_.expired() &&
                  written.error != asio::error::operation_aborted;
    co_return transport_error(io_error(written.error), written.bytes == 0 ? Sent::No : Sent::Maybe);
  }
  while (!parser_->head_done()) {
    auto step = co_await advance(due);
    if (step) continue;
    send_again_ = lease_.reused && !got_bytes_ && is_idempotent(request_.method) &&
                  step.error().code == ErrorCode::ConnectionClosed;
    co_return transport_error(std::move(step).error(), Sent::Maybe);
  }
  co_return std::expected<void, TransportError>{};
}

rt::Task<Result<void>> Exchange::advance(MonoTime due) {
  timer_.arm(due);
  const auto read = co_await lease_.wire->read_some(in_.space());
  timer_.disarm();
  if (read.error == asio::error::eof) co_return parser_->put_eof();
  if (read.error) co_return std::unexpected(io_error(read.error));
  got_bytes_ = true;
  in_.commit(read.bytes);
  auto used = parser_->put(in_.view());
  if (!used) co_return std::unexpected(std::move(used).error());
  in_.consume(*used);
  co_return Result<void>{};
}

void Exchange::finish() {
  // Bytes after the response belong to no request of ours: such a connection is not used again.
  if (parser_->done() && parser_->keep_alive() && in_.empty()) {
    lease_.keep();
  } else {
    lease_.wire.reset();
  }
}

}  // namespace chorus::net::detail
