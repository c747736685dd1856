#pragma once

#include "chorus/base/random.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace chorus::net {

/// What a call may cost.
struct CallOptions {
  Duration timeout = std::chrono::seconds(30);  ///< whole exchange; for streams: until the head
  Duration idle_timeout = std::chrono::seconds(60);  ///< streams: between two pieces
  std::size_t max_body = 16 * 1024 * 1024;
};

/// Whether the request can have had an effect: the outbox decides with it between "retry" and
/// "unknown outcome".
enum class Sent : std::uint8_t { No, Maybe };

struct TransportError {
  Error error;
  Sent sent = Sent::Maybe;
};

/// A response whose body is read piece by piece (SSE).
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  [[nodiscard]] virtual int status() const = 0;
  [[nodiscard]] virtual const Headers& headers() const = 0;
  /// Next piece of the decoded body; empty string at the regular end. Errors: ConnectionClosed for
  /// a truncated body, Timeout, Cancelled.
  virtual rt::Task<Result<std::string>> read() = 0;
};

/// The seam between "sockets" and "a direct call": request in, response out. All methods on the
/// loop's thread. Errors: Unavailable (connect refused, DNS), Timeout, ConnectionClosed,
/// ProtocolError, PayloadTooLarge, Cancelled.
class Transport {
 public:
  virtual ~Transport() = default;
  /// `request.target` is the full path and query below `base`'s origin; `base.path` is not added.
  virtual rt::Task<std::expected<Response, TransportError>> call(Url base, Request request,
                                                                 CallOptions options) = 0;
  virtual rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> open(
      Url base, Request request, CallOptions options) = 0;
  /// Connects (with TLS where the URL says so) and sends nothing: whether somebody listens there.
  virtual rt::Task<Result<void>> probe(Url base, Duration timeout) {
    (void)base, (void)timeout;
    co_return Result<void>{};
  }
};

/// Real sockets: HTTP/1.1 with keep-alive pools per origin, TLS with verification (system trust
/// store and host name), TCP_NODELAY, one write per request, deadlines from the wheel.
///
/// A kept connection may have been closed by the server meanwhile. A request that fails on one is
/// sent again, once, on a fresh one and within the same deadline, in two cases: nothing of it was
/// written (any method), or the connection ended before the first byte of the answer and the method
/// is idempotent (GET, HEAD, PUT, DELETE, OPTIONS). A POST of which a byte was written is never
/// sent again: the caller hears Sent::Maybe.
class SocketTransport final : public Transport {
 public:
  struct Options {
    std::size_t max_connections_per_origin = 256;  ///< more callers wait in FIFO order
    Duration connect_timeout = std::chrono::seconds(10);
    Duration keep_alive =
        std::chrono::seconds(50);  ///< idle connections older than this are closed
    bool loopback_only = false;    ///< LOAD_TEST_MODE: refuses every other host with Forbidden
    std::string ca_file{};         ///< empty: the system's
    metrics::Registry* metrics = nullptr;
  };
  SocketTransport(rt::Loop& loop, Options options);
  ~SocketTransport() override;
  rt::Task<std::expected<Response, TransportError>> call(Url base, Request request,
                                                         CallOptions options) override;
  rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> open(
      Url base, Request request, CallOptions options) override;
  rt::Task<Result<void>> probe(Url base, Duration timeout) override;
  /// Closes idle connections; later calls open new ones.
  void close_idle();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// No sockets: calls go straight to a handler found by origin, with modelled latency and loss.
/// Bodies are passed as they are (encoded and decoded by both sides as on the wire). Works on real
/// and virtual loops; deterministic.
class InProcessTransport final : public Transport {
 public:
  struct Link {
    Duration latency = std::chrono::microseconds(200);  ///< each way
    double jitter = 0;                                  ///< share of latency, uniform, 0..1
    double loss_before = 0;  ///< probability that the request never arrives (Timeout, Sent::Maybe)
    double loss_after = 0;   ///< probability that the answer never arrives
  };
  InProcessTransport(rt::Loop& loop, Rng rng);
  ~InProcessTransport() override;
  /// `origin` as `http://name:port`. The handler must outlive the transport.
  void route(std::string origin, Handler& handler) { route(std::move(origin), handler, Link()); }
  void route(std::string origin, Handler& handler, Link link);
  void set_link(const std::string& origin, Link link);
  rt::Task<std::expected<Response, TransportError>> call(Url base, Request request,
                                                         CallOptions options) override;
  rt::Task<std::expected<std::unique_ptr<ResponseStream>, TransportError>> open(
      Url base, Request request, CallOptions options) override;
  rt::Task<Result<void>> probe(Url base, Duration timeout) override;

  /// Ends the streams that are still open and waits for their handlers. Must be awaited before
  /// destruction when `open` was used.
  rt::Task<void> close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::net
