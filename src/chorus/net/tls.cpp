#include "chorus/net/detail/wire.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <utility>

namespace chorus::net::detail {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

namespace {

class TlsWire final : public Wire {
 public:
  TlsWire(ClientSocket socket, ssl::context& context) : stream_(std::move(socket), context) {}

  rt::Task<IoResult> read_some(std::span<char> space) override {
    const auto [error, n] =
        co_await stream_.async_read_some(asio::buffer(space.data(), space.size()), rt::kAwait);
    co_return IoResult{error, n};
  }
  rt::Task<IoResult> write_all(std::span<asio::const_buffer> buffers) override {
    const auto [error, n] = co_await asio::async_write(stream_, buffers, rt::kAwait);
    co_return IoResult{error, n};
  }
  void close() noexcept override {
    boost::system::error_code error;
    stream_.next_layer().close(error);
  }
  bool stale() noexcept override { return has_news(stream_.next_layer()); }

  ssl::stream<ClientSocket>& stream() { return stream_; }
  static void on_deadline(void* wire) noexcept { static_cast<TlsWire*>(wire)->close(); }

 private:
  ssl::stream<ClientSocket> stream_;
};

/// OpenSSL checks the name itself: its error then says that the name was the reason.
bool expect_host(SSL* handle, const std::string& host) {
  boost::system::error_code error;
  (void)asio::ip::make_address(host, error);  // only whether it is an address
  if (!error) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), host.c_str()) == 1;
  return SSL_set_tlsext_host_name(handle, host.c_str()) == 1 &&
         SSL_set1_host(handle, host.c_str()) == 1;
}

Error handshake_error(SSL* handle, const std::string& host,
                      const boost::system::error_code& error) {
  const long verified = SSL_get_verify_result(handle);
  if (verified != X509_V_OK) {
    return Error(ErrorCode::ProtocolError, "the TLS certificate of " + host + " is not accepted: " +
                                               X509_verify_cert_error_string(verified));
  }
  return Error(ErrorCode::ProtocolError,
               "TLS with " + host + " could not be established: " + error.message());
}

}  // namespace

struct TlsContext::Impl {
  ssl::context context{ssl::context::tls_client};
};

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::make(const std::string& ca_file) {
  std::unique_ptr<TlsContext> tls(new TlsContext);
  auto& context = tls->impl_->context;
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                          ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                          ssl::context::no_tlsv1_1,
                      error);
  context.set_verify_mode(ssl::verify_peer, error);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  if (ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(ca_file, error);
  }
  if (error) {
    return fail(ErrorCode::Misconfigured,
                "the certificates to trust cannot be read" +
                    (ca_file.empty() ? std::string(" from the system") : " from " + ca_file) +
                    ": " + error.message());
  }
  return tls;
}

rt::Task<Result<std::unique_ptr<Wire>>> TlsContext::connect(rt::Loop& loop, ClientSocket socket,
                                                            std::string host, MonoTime due) {
  auto wire = std::make_unique<TlsWire>(std::move(socket), impl_->context);
  SSL* handle = wire->stream().native_handle();
  if (!expect_host(handle, host)) {
    co_return fail(ErrorCode::InvalidArgument, "'" + host + "' is not a usable host name");
  }
  rt::Deadline deadline(loop, &TlsWire::on_deadline, wire.get());
  deadline.arm(due);
  const auto [error] =
      co_await wire->stream().async_handshake(ssl::stream_base::client, rt::kAwait);
  deadline.disarm();
  if (deadline.expired()) {
    co_return fail(ErrorCode::Timeout, "no TLS connection to " + host + " in time");
  }
  if (error == asio::error::operation_aborted) co_return fail(ErrorCode::Cancelled);
  if (error) co_return std::unexpected(handshake_error(handle, host, error));
  co_return std::unique_ptr<Wire>(std::move(wire));
}

}  // namespace chorus::net::detail
