#include "chorus/base/check.hpp"
#include "chorus/net/detail/exchange.hpp"
#include "chorus/net/transport.hpp"

#include <utility>

namespace chorus::net {

namespace {

/// A cancellation is reported once: what the caller awaits after it, to clean up, runs normally.
rt::Task<void> mark_reported(const Error& error) {
  if (error.code == ErrorCode::Cancelled) {
    co_await boost::asio::this_coro::reset_cancellation_state();
  }
}

using detail::ClientContext;
using detail::Exchange;

/// The body of a response that is still coming. It keeps the context of its transport alive.
class SocketStream final : public ResponseStream {
 public:
  SocketStream(std::shared_ptr<ClientContext> context, std::unique_ptr<Exchange> exchange,
               Duration idle_timeout)
      : context_(std::move(context)),
        exchange_(std::move(exchange)),
        idle_timeout_(idle_timeout),
        status_(exchange_->parser().status()),
        headers_(std::move(exchange_->parser().headers())) {}

  [[nodiscard]] int status() const override { return status_; }
  [[nodiscard]] const Headers& headers() const override { return headers_; }

  rt::Task<Result<std::string>> read() override {
    if (failed_) co_return std::unexpected(*failed_);
    while (exchange_) {
      auto piece = exchange_->parser().take_body();
      if (!piece.empty()) co_return piece;
      if (exchange_->parser().done()) {
        exchange_->finish();
        exchange_.reset();
        break;
      }
      auto step = co_await exchange_->advance(context_->loop.now() + idle_timeout_);
      if (step) continue;
      failed_ = std::move(step).error();
      exchange_.reset();
      co_await mark_reported(*failed_);
      co_return std::unexpected(*failed_);
    }
    co_return std::string();
  }

 private:
  std::shared_ptr<ClientContext> context_;
  std::unique_ptr<Exchange> exchange_;
  Duration idle_timeout_;
  int status_;
  Headers headers_;
  std::optional<Error> failed_;
};

}  // namespace

/// The context is shared by the transport and by the calls and streams that are under way.
struct SocketTransport::Impl {
  std::shared_ptr<ClientContext> context;
};

namespace {

rt::Task<std::expected<std::unique_ptr<Exchange>, TransportError>> start(
    std::shared_ptr<ClientContext> context, Url base, Request request, CallOptions options,
    bool stream) {
  if (context->options.loopback_only && !base.is_loopback()) {
    co_return std::unexpected(TransportError{
        Error(ErrorCode::Forbidden,
              "calls to " + base.host + " are refused: only loopback addresses are allowed here"),
        Sent::No});
  }
  const MonoTime due = context->loop.now() + options.timeout;
  auto exchange = std::make_unique<Exchange>(*context, std::move(base), std::move(request),
                                             options.max_body, stream);
  auto begun = co_await exchange->begin(due);
  if (!begun) co_return std::unexpected(std::move(begun).error());
  while (!stream && !exchange->parser().done()) {
    auto step = co_await exchange->advance(due);
    if (!step) co_return std::unexpected(TransportError{std::move(step).error(), Sent::Maybe});
  }
  co_return exchange;
}

}  // namespace

SocketTransport::SocketTransport(rt::Loop& loop, Options options)
    : impl_(
          std::make_unique<Impl>(Impl{std::make_shared<ClientContext>(loop, std::move(options))})) {
  CH_CHECK(!loop.is_virtual());
}

SocketTransport::~SocketTransport() {
  close_idle();
}

rt::Task<std::expected<Response, TransportError>> SocketTransport::call(Url base, Request request,
                                                                        CallOptions options) {
  const auto context = impl_->context;
  auto exchange =
      co_await start(context, std::move(base), std::move(request), options, /*stream=*/false);
  if (!exchange) {
    co_await mark_reported(exchange.error().error);
    co_return std::unexpected(std::move(exchange).error());
  }
  Response response;
  auto& parser = (*exchange)->parser();
  response.status = parser.status();
  response.headers = std::move(parser.headers());
  response.body = parser.take_body();
  (*exchange)->finish();
  co_return response;
}

rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> SocketTransport::open(
    Url base, Request request, CallOptions options) {
  const auto context = impl_->context;
  auto exchange =
      co_await start(context, std::move(base), std::move(request), options, /*stream=*/true);
  if (!exchange) {
    co_await mark_reported(exchange.error().error);
    co_return std::unexpected(std::move(exchange).error());
  }
  co_return std::make_unique<SocketStream>(context, *std::move(exchange), options.idle_timeout);
}

rt::Task<Result<void>> SocketTransport::probe(Url base, Duration timeout) {
  auto context = impl_->context;
  if (context->options.loopback_only && !base.is_loopback()) {
    co_return fail(
        ErrorCode::Forbidden,
        "calls to " + base.host + " are refused: only loopback addresses are allowed here");
  }
  auto wire = co_await context->connect(base, context->loop.now() + timeout);
  if (!wire) co_return std::unexpected(std::move(wire).error());
  (*wire)->close();
  co_return Result<void>{};
}

void SocketTransport::close_idle() {
  impl_->context->pool->close_idle();
}

}  // namespace chorus::net
