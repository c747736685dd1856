#pragma once

#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace chorus::net::detail {

using ClientSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor>;

struct IoResult {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

/// A connected stream of bytes to a server: TCP, or TLS over it. One read and one write at a time.
class Wire {
 public:
  virtual ~Wire() = default;
  /// At least one byte, or an error (`eof` at the regular end).
  virtual rt::Task<IoResult> read_some(std::span<char> space) = 0;
  /// All bytes, or an error and how many of them went out.
  virtual rt::Task<IoResult> write_all(std::span<boost::asio::const_buffer> buffers) = 0;
  /// Ends what is under way with `operation_aborted`; the wire is of no more use.
  virtual void close() noexcept = 0;
  /// An idle wire on which the peer has closed or has sent something carries no further exchange.
  virtual bool stale() noexcept = 0;
};

std::unique_ptr<Wire> make_plain_wire(ClientSocket socket);

/// Trust and settings of outgoing TLS, read once.
class TlsContext {
 public:
  /// Empty `ca_file`: the system's trust store. Errors: Misconfigured.
  static Result<std::unique_ptr<TlsContext>> make(const std::string& ca_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Handshake with server name, verification of the chain and of the host name. The context must
  /// outlive the wire. Errors: Timeout, Cancelled, ProtocolError with what was not accepted.
  rt::Task<Result<std::unique_ptr<Wire>>> connect(rt::Loop& loop, ClientSocket socket,
                                                  std::string host, MonoTime due);

 private:
  TlsContext();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Name look-up and TCP connect. Literal addresses and `localhost` need no DNS. Errors:
/// Unavailable, Timeout, Cancelled; nothing was sent in any case.
rt::Task<Result<ClientSocket>> connect_tcp(rt::Loop& loop, std::string host, std::uint16_t port,
                                           MonoTime due);

/// True when a peek at an idle socket finds an end, an error or bytes that nobody asked for.
bool has_news(ClientSocket& socket) noexcept;

}  // namespace chorus::net::detail
