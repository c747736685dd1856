#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/detail/client_pool.hpp"
#include "chorus/net/detail/read_buffer.hpp"
#include "chorus/net/detail/response_parser.hpp"
#include "chorus/net/detail/wire.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/sleep.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace chorus::net::detail {

/// What the exchanges of one transport share.
struct ClientContext {
  ClientContext(rt::Loop& l, SocketTransport::Options o);

  /// Name look-up, TCP and TLS. Nothing of a request was sent when it fails.
  rt::Task<Result<std::unique_ptr<Wire>>> connect(Url base, MonoTime due);

  rt::Loop& loop;
  SocketTransport::Options options;
  std::shared_ptr<ClientPool> pool;
  std::unique_ptr<TlsContext> tls;  // made by the first https call: the trust store takes a while
  metrics::Counter* connects = nullptr;
  metrics::Counter* reuses = nullptr;
};

/// One request and its response on one connection; one coroutine at a time uses it.
class Exchange {
 public:
  Exchange(ClientContext& context, Url base, Request request, std::size_t max_body, bool stream);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Sends the request and reads until the head of the response is there.
  rt::Task<std::expected<void, TransportError>> begin(MonoTime due);
  /// Reads once and parses. Errors: Timeout, Cancelled, ConnectionClosed, ProtocolError,
  /// PayloadTooLarge.
  rt::Task<Result<void>> advance(MonoTime due);
  /// Gives the connection back when the response allows it.
  void finish();

  ResponseParser& parser() { return *parser_; }

 private:
  Result<void> compose();
  rt::Task<std::expected<void, TransportError>> send(MonoTime due);
  static void on_deadline(void* self) noexcept;
  [[nodiscard]] Error io_error(const boost::system::error_code& error) const;

  ClientContext& context_;
  Url base_;
  Request request_;
  std::string head_;
  std::string tail_;  ///< what follows the body, with chunked coding
  std::size_t max_body_;
  bool stream_;
  ClientPool::Lease lease_;
  std::unique_ptr<ResponseParser> parser_;
  ReadBuffer in_;
  rt::Deadline timer_;
  bool got_bytes_ = false;
  bool send_again_ = false;
};

}  // namespace chorus::net::detail
