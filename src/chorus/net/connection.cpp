#include "chorus/net/detail/connection.hpp"

#include "chorus/net/detail/host.hpp"
#include "chorus/net/detail/response_head.hpp"
#include "chorus/net/router.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace chorus::net::detail {

namespace asio = boost::asio;

namespace {

/// A handler that runs longer than this gets its client watched; shorter ones pay nothing for it.
/// Longer than a handler takes that waits for a commit.
constexpr Duration kWatchAfter = std::chrono::milliseconds(50);
/// A cancellation can meet a handler between two waits and be lost; it is repeated.
constexpr Duration kCancelAgain = std::chrono::seconds(5);
/// How much a client may send ahead while its request is worked on.
constexpr std::size_t kPipelined = 64 * 1024;
/// Bodies up to this size are copied behind the head: cheaper than a second piece for the kernel.
constexpr std::size_t kCopyBody = 4 * 1024;
/// How long what a refused client still sends is read, so that a reset does not eat our answer.
constexpr Duration kLinger = std::chrono::seconds(2);

bool would_block(const boost::system::error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

/// Of a request that never reached the handler.
const char* what_is_wrong(int status) {
  switch (status) {
    case 408:
      return "the request did not come in time";
    case 413:
      return "the request's body is larger than is taken here";
    case 415:
      return "the body's encoding is not understood: send it plain or with gzip";
    case 431:
      return "the request's headers are larger than is taken here";
    default:
      return "the request is no HTTP that is understood here";
  }
}

}  // namespace

ServerContext::ServerContext(rt::Loop& l, Handler& h, Server::Options o)
    : loop(l), handler(h), options(std::move(o)), scope(l), ended(l) {
  if (!options.metrics) return;
  auto& registry = *options.metrics;
  static constexpr std::array<const char*, 6> kClasses = {"dropped", "1xx", "2xx",
                                                          "3xx",     "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    metrics.requests[i] =
        &registry.counter("chorus_http_requests_total", "Answered HTTP requests",
                          {{"server", options.name}, {"code_class", kClasses[i]}});
  }
  const metrics::Labels labels{{"server", options.name}};
  metrics.connections =
      &registry.gauge("chorus_http_connections", "Open client connections", labels);
  metrics.seconds = &registry.histogram("chorus_http_request_seconds",
                                        "From the complete request to the written answer", labels);
  metrics.accept_errors = &registry.counter("chorus_http_accept_errors_total",
                                            "Connections that could not be accepted", labels);
  metrics.refused = &registry.counter("chorus_http_connections_refused_total",
                                      "Connections closed at once: too many are open", labels);
}

void ServerContext::count_response(int status, Duration took) {
  if (!options.metrics) return;
  const auto index = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
  metrics.requests[index]->add();
  metrics.seconds->record(static_cast<std::uint64_t>(took.count()));
}

Connection::Connection(ServerContext& context, Socket socket)
    : context_(context),
      socket_(std::move(socket)),
      parser_({context.options.max_header, context.options.max_body}),
      readable_(context.loop),
      timer_(context.loop, &Connection::on_timer, this),
      last_(context.loop.now()) {
  boost::system::error_code error;
  const auto remote = socket_.remote_endpoint(error);
  if (!error) {
    const std::string host = remote.address().to_string();
    remote_ =
        (remote.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(remote.port());
  }
  place_ = context_.connections.insert(context_.connections.end(), this);
  if (context_.metrics.connections) context_.metrics.connections->add(1);
}

Connection::~Connection() {
  context_.connections.erase(place_);
  if (context_.metrics.connections) context_.metrics.connections->add(-1);
  context_.ended.notify_all();
}

rt::Task<void> Connection::run(std::unique_ptr<Connection> self) {
  co_await self->serve();
  co_await self->finish();
}

rt::Task<void> Connection::serve() {
  while (true) {
    arm(Phase::Idle, last_ + context_.options.idle_timeout);
    // The client needs time for its next request. A read that is tried after the other connections
    // of this turn mostly finds it; one that is tried at once is a system call for nothing.
    if (in_.empty()) co_await asio::post(context_.loop.executor(), asio::deferred);
    if (timed_out_) co_return;
    std::optional<Outcome> outcome = parse();
    if (!outcome && !parser_.started() && !watching_ && !peer_gone_) {
      // Nearly all requests come whole with one read, which needs no coroutine of its own.
      const auto space = in_.space();
      const auto [error, n] =
          co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), rt::kAwait);
      outcome = took(error, n) ? parse() : unfinished();
    }
    if (!outcome) outcome = co_await rest_of_request();
    if (*outcome == Outcome::End) co_return;
    const MonoTime began = context_.loop.now();
    if (*outcome == Outcome::Bad) {
      keep_alive_ = false;
      const int status = parser_.error_status() != 0 ? parser_.error_status() : 408;
      Response refusal =
          bare_or_json(Error(ErrorCode::InvalidArgument, what_is_wrong(status)), status);
      // Whether it arrives or not: the end.
      if (!send_now(refusal, false, false)) (void)co_await send_rest(refusal, false);
      context_.count_response(status, context_.loop.now() - began);
      co_await linger();
      co_return;
    }
    keep_alive_ = parser_.keep_alive();
    Request request = parser_.take();
    const bool head_request = request.method == Method::Head;
    const bool http10 = request.http10;
    arm(Phase::Handling, began + kWatchAfter);
    Response response;
    request.remote = remote_;
    if (context_.options.require_loopback_host &&
        !is_loopback_host(host_without_port(request.headers.get("Host")))) {
      response = bare_or_json(
          Error(ErrorCode::Forbidden, "the Host of the request is not a loopback name"), 403);
    } else {
      std::exception_ptr thrown;
      try {
        response = co_await context_.handler.handle(std::move(request));
      } catch (...) {
        thrown = std::current_exception();
      }
      if (thrown) {
        context_.loop.report_exception("http handler", thrown);
        response =
            bare_or_json(Error(ErrorCode::Internal, "the request could not be answered"), 500);
      }
    }
    if (gone() || context_.cut || response.drop) {
      context_.count_response(0, context_.loop.now() - began);
      co_return;
    }
    keep_alive_ = keep_alive_ && !response.close && !context_.draining;
    const bool sent =
        send_now(response, head_request, http10) || co_await send_rest(response, !http10);
    last_ = context_.loop.now();
    context_.count_response(sent ? response.status : 0, last_ - began);
    if (!sent || !keep_alive_) {
      if (sent && !in_.empty()) co_await linger();
      co_return;
    }
  }
}

/// What the bytes at hand make; nullopt: more are needed.
std::optional<Connection::Outcome> Connection::parse() {
  if (!in_.empty()) {
    in_.consume(parser_.put(in_.view()));
    if (parser_.state() == RequestParser::State::Done) return Outcome::Request;
    if (parser_.state() == RequestParser::State::Bad) return Outcome::Bad;
  }
  if (context_.draining && !parser_.started()) return Outcome::End;
  if (parser_.started() && phase_ == Phase::Idle) {
    arm(Phase::Reading, context_.loop.now() + context_.options.read_timeout);
  }
  return std::nullopt;
}

/// What a request is that will not come whole. A half-sent one that takes too long is told so; any
/// other end needs no answer.
Connection::Outcome Connection::unfinished() const {
  return timed_out_ && parser_.started() && !peer_gone_ ? Outcome::Bad : Outcome::End;
}

rt::Task<Connection::Outcome> Connection::rest_of_request() {
  bool continued = false;
  while (true) {
    if (!continued && parser_.expects_continue() && in_.empty()) {
      continued = true;
      const MonoTime due = context_.loop.now() + context_.options.read_timeout;
      std::array pieces{asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25)};
      if (!co_await write_all(pieces)) co_return Outcome::End;
      arm(Phase::Reading, due);
    }
    if (!co_await fill()) co_return unfinished();
    if (const auto outcome = parse()) co_return *outcome;
  }
}

rt::Task<bool> Connection::fill() {
  if (watching_) {
    const std::size_t before = in_.size();
    while (watching_) {
      if (!co_await readable_.wait()) co_return false;
    }
    co_return in_.size() > before && !peer_gone_;
  }
  if (peer_gone_) co_return false;
  const auto space = in_.space();
  const auto [error, n] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), rt::kAwait);
  co_return took(error, n);
}

bool Connection::took(const boost::system::error_code& error, std::size_t n) {
  if (error) {
    peer_gone_ = error != asio::error::operation_aborted;
    return false;
  }
  in_.commit(n);
  return true;
}

Response Connection::bare_or_json(Error error, int status) const {
  if (context_.options.bare_errors) return Response::empty(status);
  Response response = error_response(error);
  response.status = status;
  return response;
}

/// True when the response has gone out whole. False: `send_rest` goes on.
bool Connection::send_now(Response& response, bool head_request, bool http10) {
  const bool bodiless = is_bodiless(response.status);
  Framing framing;
  framing.http10 = http10;
  std::size_t shared = 0;
  if (response.stream && !bodiless) {
    framing.chunked = !http10;
    // Without chunks the end of the connection is the end of the body.
    keep_alive_ = keep_alive_ && framing.chunked && !response.truncate;
  } else if (!bodiless) {
    shared = response.shared_body ? response.shared_body->size() : 0;
    framing.content_length = response.body.size() + shared;
  }
  framing.keep_alive = keep_alive_;

  out_.clear();
  append_response_head(out_, response, framing);
  std::size_t count = 1;
  if (framing.content_length && !head_request) {
    if (response.body.size() + shared <= kCopyBody) {
      out_.append(response.body);
      if (shared > 0) out_.append(*response.shared_body);
    } else {
      if (!response.body.empty()) pieces_[count++] = asio::buffer(response.body);
      if (shared > 0) pieces_[count++] = asio::buffer(*response.shared_body);
    }
  }
  pieces_[0] = asio::buffer(out_);
  unsent_ = {pieces_.data(), count};
  if (bodiless || head_request) response.stream = nullptr;
  return write_now(unsent_) && !response.stream;
}

rt::Task<bool> Connection::send_rest(Response& response, bool chunked) {
  if (!unsent_.empty() && !co_await write_all(unsent_)) co_return false;
  co_return !response.stream || co_await send_stream(response, chunked);
}

/// Tries at once, which nearly always takes all of it. False: `buffers` is what is left, or the
/// write failed.
bool Connection::write_now(std::span<asio::const_buffer>& buffers) {
  boost::system::error_code error;
  // One piece is sent without a vector of pieces.
  std::size_t n = buffers.size() == 1 ? socket_.write_some(buffers.front(), error)
                                      : socket_.write_some(buffers, error);
  if (error) {
    broken_ = !would_block(error);
    return false;
  }
  while (!buffers.empty() && n >= buffers.front().size()) {
    n -= buffers.front().size();
    buffers = buffers.subspan(1);
  }
  if (!buffers.empty()) buffers.front() += n;
  return buffers.empty();
}

/// Waits until a client reads who does not do it at once.
rt::Task<bool> Connection::write_all(std::span<asio::const_buffer> buffers) {
  const Phase before = phase_;
  bool waited = false;
  while (!broken_ && !write_now(buffers)) {
    if (broken_) break;
    arm(Phase::Writing, context_.loop.now() + context_.options.write_timeout);
    waited = true;
    const auto [error] = co_await socket_.async_wait(Socket::wait_write, rt::kAwait);
    broken_ = error.failed();
  }
  if (broken_) co_return false;
  if (waited) {
    timer_.disarm();
    phase_ = before;
    if (phase_ == Phase::Streaming && !watching_ && !peer_gone_) start_watch();
  }
  co_return true;
}

/// What it still sends is read and dropped, so that closing does not reset the answer away.
rt::Task<void> Connection::linger() {
  boost::system::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error || gone()) co_return;
  arm(Phase::Reading, context_.loop.now() + kLinger);
  while (!context_.cut) {
    in_.consume(in_.size());
    if (!co_await fill()) co_return;
  }
}

rt::Task<void> Connection::finish() {
  timer_.disarm();
  boost::system::error_code error;
  socket_.close(error);
  // The watching read points into this object; closing has ended it, its handler is still to run.
  while (watching_) (void)co_await readable_.wait();
}

void Connection::begin_drain() {
  if (phase_ == Phase::Idle && !parser_.started() && in_.empty()) {
    boost::system::error_code error;
    socket_.cancel(error);
  } else if (phase_ == Phase::Streaming) {
    task_.cancel();
  }
}

void Connection::cut() {
  boost::system::error_code error;
  socket_.close(error);
}

void Connection::start_watch() {
  if (in_.size() >= kPipelined) return;
  watching_ = true;
  const auto space = in_.space();
  socket_.async_read_some(
      asio::buffer(space.data(), space.size()),
      [this](const boost::system::error_code& error, std::size_t n) { on_watch(error, n); });
}

void Connection::on_watch(const boost::system::error_code& error, std::size_t n) {
  watching_ = false;
  readable_.notify_one();
  const bool working = phase_ == Phase::Handling || phase_ == Phase::Streaming;
  if (!error) {
    in_.commit(n);
    if (working) start_watch();
    return;
  }
  if (error == asio::error::operation_aborted) return;
  peer_gone_ = true;
  if (!working) return;
  task_.cancel();
  arm(phase_, context_.loop.now() + kCancelAgain);
}

void Connection::arm(Phase phase, MonoTime due) {
  phase_ = phase;
  timed_out_ = false;
  timer_.arm(due);
}

void Connection::on_timer(void* context) noexcept {
  auto& self = *static_cast<Connection*>(context);
  if (self.phase_ == Phase::Handling || self.phase_ == Phase::Streaming) {
    if (self.peer_gone_) {
      self.task_.cancel();
      self.arm(self.phase_, self.context_.loop.now() + kCancelAgain);
    } else if (!self.watching_) {
      self.start_watch();
    }
    return;
  }
  self.timed_out_ = true;
  boost::system::error_code error;
  self.socket_.cancel(error);
}

}  // namespace chorus::net::detail
