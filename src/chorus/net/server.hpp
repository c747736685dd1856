#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace chorus::net {

/// HTTP/1.1 server on one loop: keep-alive, pipelining-safe, chunked and gzip request bodies, one
/// write per response, TCP_NODELAY, `Expect: 100-continue`. Beast is used as a parser only; reads
/// and writes are our own with wheel deadlines.
class Server {
 public:
  struct Options {
    std::string name = "http";                         ///< label of its metrics
    std::size_t max_header = 256 * 1024;               ///< 431 beyond
    std::size_t max_body = 1024 * 1024;                ///< 413 beyond (decoded size)
    std::size_t max_connections = 16384;               ///< more are accepted and closed at once
    Duration read_timeout = std::chrono::seconds(30);  ///< from first byte to complete request
    Duration idle_timeout = std::chrono::seconds(75);  ///< between requests
    Duration write_timeout = std::chrono::seconds(30);
    bool require_loopback_host = false;  ///< 403 unless Host is a loopback name (DNS rebinding)
    /// HTTP error answers of the server itself are a bare status with Content-Length: 0 (what
    /// Telegram's server does) instead of a JSON error.
    bool bare_errors = false;
    metrics::Registry* metrics = nullptr;
  };

  /// `handler` must outlive the server.
  Server(rt::Loop& loop, Handler& handler, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and starts to accept. Port 0 picks a free one. Errors: Conflict (`address in use`, with
  /// the address in the message), InvalidArgument, Forbidden (a privileged port).
  Result<void> listen(const Endpoint& endpoint);
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  ///< `http://127.0.0.1:8081`
  [[nodiscard]] std::size_t connections() const;

  /// Stops accepting, closes idle connections, lets requests under way end until `grace`, then
  /// cuts. Streams see `BodyWriter::closed`. Must be awaited before destruction.
  rt::Task<void> drain(Duration grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::net
