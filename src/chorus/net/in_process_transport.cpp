#include "chorus/net/transport.hpp"
#include "chorus/rt/channel.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <utility>

namespace chorus::net {

namespace {

/// Pieces of a stream that may be under way; the writer then waits, as on a full socket.
constexpr std::size_t kPieces = 64;

struct Route {
  Handler* handler;
  InProcessTransport::Link link;
};

struct Piece {
  MonoTime arrives;
  std::string bytes;
  bool end = false;
  bool cut = false;
};

/// One streamed body on its way. Shared by the producer's task and by the reader.
struct Pipe {
  Pipe(rt::Loop& l, Response r, Duration d)
      : loop(l), response(std::move(r)), delay(d), pieces(l, kPieces) {}

  rt::Task<Result<void>> push(Piece piece) {
    piece.arrives = loop.now() + delay;
    co_return co_await pieces.send(std::move(piece));
  }

  rt::Loop& loop;
  Response response;
  Duration delay;
  rt::Channel<Piece> pieces;
  bool reader_gone = false;
};

class PipeWriter final : public BodyWriter {
 public:
  explicit PipeWriter(Pipe& pipe) : pipe_(pipe) {}
  rt::Task<Result<void>> write(std::string chunk) override {
    if (pipe_.reader_gone) co_return fail(ErrorCode::ConnectionClosed, "the client has gone");
    if (chunk.empty()) co_return Result<void>{};
    co_return co_await pipe_.push({{}, std::move(chunk)});
  }
  [[nodiscard]] bool closed() const override { return pipe_.reader_gone; }

 private:
  Pipe& pipe_;
};

rt::Task<void> produce(std::shared_ptr<Pipe> pipe) {
  PipeWriter writer(*pipe);
  const Response& response = pipe->response;
  bool whole = true;
  if (response.stream) {
    whole = (co_await response.stream(writer)).has_value() && !response.truncate;
  } else {
    (void)co_await writer.write(response.body);  // fails only when the reader has gone
  }
  (void)co_await pipe->push({{}, {}, true, !whole});
}

rt::Task<Result<Piece>> next_piece(Pipe* pipe) {
  auto piece = co_await pipe->pieces.receive();
  if (!piece) co_return fail(ErrorCode::Cancelled);
  if (!co_await rt::sleep_until(pipe->loop, piece->arrives)) co_return fail(ErrorCode::Cancelled);
  co_return *std::move(piece);
}

class PipeStream final : public ResponseStream {
 public:
  PipeStream(std::shared_ptr<Pipe> pipe, rt::TaskScope::Handle producer, Duration idle_timeout)
      : pipe_(std::move(pipe)), producer_(std::move(producer)), idle_timeout_(idle_timeout) {}
  ~PipeStream() override {
    pipe_->reader_gone = true;
    pipe_->pieces.close();
    producer_.cancel();
  }
  [[nodiscard]] int status() const override { return pipe_->response.status; }
  [[nodiscard]] const Headers& headers() const override { return pipe_->response.headers; }

  rt::Task<Result<std::string>> read() override {
    if (ended_) co_return std::string();
    auto piece = co_await rt::with_timeout(pipe_->loop, idle_timeout_, next_piece(pipe_.get()));
    if (!piece) co_return std::unexpected(std::move(piece).error());
    if (piece->cut) {
      co_return fail(ErrorCode::ConnectionClosed, "the peer closed before its answer was complete");
    }
    ended_ = piece->end;
    co_return std::move(piece->bytes);
  }

 private:
  std::shared_ptr<Pipe> pipe_;
  rt::TaskScope::Handle producer_;
  Duration idle_timeout_;
  bool ended_ = false;
};

/// Gathers a streamed body for a caller who wants it whole.
class CollectingWriter final : public BodyWriter {
 public:
  explicit CollectingWriter(std::size_t max_body) : max_body_(max_body) {}
  std::string body;
  rt::Task<Result<void>> write(std::string chunk) override {
    if (body.size() + chunk.size() > max_body_) {
      too_large_ = true;
      co_return fail(ErrorCode::ConnectionClosed, "the client has gone");
    }
    body += chunk;
    co_return Result<void>{};
  }
  [[nodiscard]] bool closed() const override { return too_large_; }
  [[nodiscard]] bool too_large() const { return too_large_; }

 private:
  std::size_t max_body_;
  bool too_large_ = false;
};

std::unexpected<Error> cut() {
  return fail(ErrorCode::ConnectionClosed, "the peer closed before its answer was complete");
}

std::unexpected<Error> too_large() {
  return fail(ErrorCode::PayloadTooLarge, "the answer is larger than the limit of the call");
}

/// The handler's part of a call, as the client will see it.
rt::Task<void> answer(Handler* handler, Request request, std::optional<std::size_t> max_body,
                      std::optional<Result<Response>>* out) {
  const bool head_request = request.method == Method::Head;
  Response response = co_await handler->handle(std::move(request));
  if (response.drop) {
    out->emplace(cut());
    co_return;
  }
  if (head_request) {
    response.body.clear();
    response.shared_body.reset();
    response.stream = nullptr;
  }
  if (max_body && response.stream) {
    CollectingWriter writer(*max_body);
    const auto written = co_await response.stream(writer);
    if (!writer.too_large() && (!written || response.truncate)) {
      out->emplace(cut());
      co_return;
    }
    response.body = std::move(writer.body);
    response.stream = nullptr;
    if (writer.too_large()) {
      out->emplace(too_large());
      co_return;
    }
  }
  if (response.shared_body) {
    response.body += *response.shared_body;
    response.shared_body.reset();
  }
  if (max_body && response.body.size() > *max_body) {
    out->emplace(too_large());
  } else {
    out->emplace(std::move(response));
  }
}

/// Runs the handler as a task of its own, so that a caller who goes or whose time is up cancels it,
/// and so that what it answers after that goes nowhere, as on a closed socket.
rt::Task<Result<Response>> serve(rt::Loop& loop, Handler& handler, Request request,
                                 std::optional<std::size_t> max_body, MonoTime due) {
  std::optional<Result<Response>> result;
  rt::TaskScope scope(loop);
  auto task =
      scope.start("in-process handler", answer(&handler, std::move(request), max_body, &result));
  rt::Deadline deadline(
      loop, [](void* handle) noexcept { static_cast<rt::TaskScope::Handle*>(handle)->cancel(); },
      &task);
  deadline.arm(due);
  const bool ended = co_await scope.join_or_cancelled();
  const bool expired = deadline.expired();
  deadline.disarm();
  if (!ended) {
    co_await scope.close();
    co_return fail(ErrorCode::Cancelled);
  }
  if (expired) co_return fail(ErrorCode::Timeout, "no answer in time");
  if (!result) co_return cut();  // it ended by an exception, which the loop has reported
  co_return *std::move(result);
}

}  // namespace

struct InProcessTransport::Impl {
  Impl(rt::Loop& l, Rng r) : loop(l), rng(r), producers(l) {}

  rt::Loop& loop;
  Rng rng;
  std::map<std::string, Route, std::less<>> routes;
  rt::TaskScope producers;

  Duration delay(const Link& link) {
    if (link.jitter <= 0) return link.latency;
    const double factor = 1.0 + link.jitter * rng.uniform(-1.0, 1.0);
    return from_seconds(std::max(0.0, to_seconds(link.latency) * factor));
  }
  bool lost(double probability) { return probability > 0 && rng.chance(probability); }

  /// One way over the link. Errors: Timeout when the caller's time is up first, Cancelled.
  static rt::Task<Result<void>> travel(Impl* self, Duration delay, bool lost, MonoTime due) {
    const MonoTime arrives = self->loop.now() + delay;
    const bool late = lost || arrives > due;
    if (!co_await rt::sleep_until(self->loop, late ? due : arrives)) {
      co_return fail(ErrorCode::Cancelled);
    }
    if (late) co_return fail(ErrorCode::Timeout, "no answer in time");
    co_return Result<void>{};
  }

  /// Request there, response back; with `max_body` a streamed body is gathered first. `sent` tells
  /// whether the handler can have seen it.
  static rt::Task<Result<Response>> exchange(Impl* self, std::string origin, Request request,
                                             std::optional<std::size_t> max_body, MonoTime due,
                                             Sent* sent) {
    const auto it = self->routes.find(origin);
    if (it == self->routes.end()) {
      *sent = Sent::No;
      co_return fail(ErrorCode::Unavailable, "nothing listens on " + origin);
    }
    const Route route = it->second;
    request.remote = "in-process";
    CH_CO_TRY_VOID(
        co_await travel(self, self->delay(route.link), self->lost(route.link.loss_before), due));
    CH_CO_TRY(Response response,
              co_await serve(self->loop, *route.handler, std::move(request), max_body, due));
    CH_CO_TRY_VOID(
        co_await travel(self, self->delay(route.link), self->lost(route.link.loss_after), due));
    co_return response;
  }
};

InProcessTransport::InProcessTransport(rt::Loop& loop, Rng rng)
    : impl_(std::make_unique<Impl>(loop, rng)) {}

InProcessTransport::~InProcessTransport() = default;

void InProcessTransport::route(std::string origin, Handler& handler, Link link) {
  impl_->routes.insert_or_assign(std::move(origin), Route{&handler, link});
}

void InProcessTransport::set_link(const std::string& origin, Link link) {
  const auto it = impl_->routes.find(origin);
  if (it != impl_->routes.end()) it->second.link = link;
}

rt::Task<std::expected<Response, TransportError>> InProcessTransport::call(Url base,
                                                                           Request request,
                                                                           CallOptions options) {
  Sent sent = Sent::Maybe;
  auto result =
      co_await Impl::exchange(impl_.get(), base.origin(), std::move(request), options.max_body,
                              impl_->loop.now() + options.timeout, &sent);
  if (!result) co_return std::unexpected(TransportError{std::move(result).error(), sent});
  co_return *std::move(result);
}

rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> InProcessTransport::open(
    Url base, Request request, CallOptions options) {
  Sent sent = Sent::Maybe;
  const std::string origin = base.origin();
  auto head = co_await Impl::exchange(impl_.get(), origin, std::move(request), std::nullopt,
                                      impl_->loop.now() + options.timeout, &sent);
  if (!head) co_return std::unexpected(TransportError{std::move(head).error(), sent});
  const auto it = impl_->routes.find(origin);
  const Duration delay = it == impl_->routes.end() ? Duration{} : impl_->delay(it->second.link);
  auto pipe = std::make_shared<Pipe>(impl_->loop, *std::move(head), delay);
  auto producer = rt::spawn(impl_->producers, "in-process stream", &produce, pipe);
  co_return std::make_unique<PipeStream>(std::move(pipe), std::move(producer),
                                         options.idle_timeout);
}

rt::Task<Result<void>> InProcessTransport::probe(Url base, Duration) {
  if (impl_->routes.contains(base.origin())) co_return Result<void>{};
  co_return fail(ErrorCode::Unavailable, "nothing listens on " + base.origin());
}

rt::Task<void> InProcessTransport::close() {
  co_await impl_->producers.close();
}

}  // namespace chorus::net
