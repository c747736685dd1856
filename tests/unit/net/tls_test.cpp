#include "chorus/net/transport.hpp"

#include "net_testing.hpp"
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace chorus::net {
namespace {

using namespace std::chrono_literals;
namespace ssl = boost::asio::ssl;

struct Key {
  Key() : value(EVP_EC_gen("P-256")) {}
  ~Key() { EVP_PKEY_free(value); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  [[nodiscard]] std::string pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, value, nullptr, nullptr, 0, nullptr, nullptr);
    return drain(bio);
  }
  static std::string drain(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  }
  EVP_PKEY* value;
};

void add_extension(X509* cert, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

/// A certificate in PEM; `names` is a subject alternative name, empty for an authority.
std::string certificate(const Key& subject, const char* name, const Key& issuer,
                        const char* issuer_name, const std::string& names) {
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), names.empty() ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_set_pubkey(cert, subject.value);
  const auto set_name = [](X509_NAME* field, const char* text) {
    X509_NAME_add_entry_by_txt(field, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
  };
  set_name(X509_get_subject_name(cert), name);
  set_name(X509_get_issuer_name(cert), issuer_name);
  if (names.empty()) {
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert, NID_key_usage, "critical,keyCertSign");
  } else {
    add_extension(cert, NID_subject_alt_name, names.c_str());
  }
  X509_sign(cert, issuer.value, EVP_sha256());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, cert);
  X509_free(cert);
  return Key::drain(bio);
}

struct Authority {
  explicit Authority(const char* name)
      : file((std::filesystem::temp_directory_path() /
              ("chorus-tls-" + std::to_string(::getpid()) + "-" + name + ".pem"))
                 .string()) {
    std::ofstream(file) << certificate(key, name, key, name, "");
    common_name = name;
  }
  ~Authority() { std::filesystem::remove(file); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  Key key;
  std::string file;
  const char* common_name;
};

/// Answers each request on a connection with the server name that the client asked for.
struct TlsServer {
  TlsServer(rt::Loop& l, const Authority& authority, const std::string& names)
      : loop(l), context(ssl::context::tls_server), acceptor(l.executor()), scope(l) {
    Key key;
    const std::string cert = certificate(key, "leaf", authority.key, authority.common_name, names);
    const std::string pem = key.pem();
    context.use_certificate(boost::asio::buffer(cert), ssl::context::pem);
    context.use_private_key(boost::asio::buffer(pem), ssl::context::pem);
    acceptor.open(boost::asio::ip::tcp::v4());
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor.listen();
    rt::spawn(scope, "tls server", &TlsServer::serve, this);
  }
  static rt::Task<void> serve(TlsServer* self) {
    while (!self->scope.stopping()) {
      using Stream =
          ssl::stream<boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor>>;
      Stream stream(self->loop.executor(), self->context);
      const auto [error] = co_await self->acceptor.async_accept(stream.next_layer(), rt::kAwait);
      if (error) co_return;
      ++self->connections;
      const auto [refused] = co_await stream.async_handshake(Stream::server, rt::kAwait);
      while (!refused) {
        char bytes[4096];
        const auto [end, n] =
            co_await stream.async_read_some(boost::asio::buffer(bytes), rt::kAwait);
        if (end) break;
        const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
        const std::string body = name ? name : "none";
        const std::string answer =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        co_await boost::asio::async_write(stream, boost::asio::buffer(answer), rt::kAwait);
      }
    }
  }
  [[nodiscard]] Url url(const char* host) const {
    return *Url::parse("https://" + std::string(host) + ":" +
                       std::to_string(acceptor.local_endpoint().port()));
  }
  rt::Loop& loop;
  ssl::context context;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, rt::Executor> acceptor;
  rt::TaskScope scope;
  int connections = 0;
};

struct World {
  rt::Loop loop;
  Authority authority{"trusted"};
  Authority stranger{"stranger"};
  SocketTransport client{loop, SocketTransport::Options{.ca_file = authority.file}};
};

rt::Task<void> expect_refused(World* world, TlsServer* server, const char* host,
                              const char* reason) {
  const auto response = co_await world->client.call(server->url(host), Request{}, {});
  EXPECT_FALSE(response);
  if (response) co_return;
  EXPECT_EQ(response.error().error.code, ErrorCode::ProtocolError);
  EXPECT_EQ(response.error().sent, Sent::No) << "nothing is sent to a server that is not trusted";
  EXPECT_NE(response.error().error.message.find(reason), std::string::npos)
      << response.error().error.message;
}

TEST(Tls, TrustedServersAreCalledAndTheirConnectionsKept) {
  World world;
  TlsServer server(world.loop, world.authority, "DNS:localhost,IP:127.0.0.1");
  testing::run(world.loop, [](World* w, TlsServer* s) -> rt::Task<void> {
    for (int i = 0; i < 3; ++i) {
      const auto response = co_await w->client.call(s->url("localhost"), Request{}, {});
      EXPECT_TRUE(response) << response.error().error.message;
      if (response) {
        EXPECT_EQ(response->body, "localhost");
      }
    }
    EXPECT_EQ(s->connections, 1);
    w->client.close_idle();
    const auto by_address = co_await w->client.call(s->url("127.0.0.1"), Request{}, {});
    EXPECT_TRUE(by_address) << by_address.error().error.message;
    if (by_address) {
      EXPECT_EQ(by_address->body, "none") << "an address is no server name";
    }
    w->client.close_idle();
    co_await s->scope.close();
  }(&world, &server));
}

TEST(Tls, WrongNamesAndUnknownAuthoritiesAreRefused) {
  World world;
  TlsServer wrong_name(world.loop, world.authority, "DNS:other.test,IP:127.0.0.9");
  TlsServer unknown(world.loop, world.stranger, "DNS:localhost");
  testing::run(world.loop, [](World* w, TlsServer* name, TlsServer* ca) -> rt::Task<void> {
    co_await expect_refused(w, name, "localhost", "hostname mismatch");
    co_await expect_refused(w, name, "127.0.0.1", "IP address mismatch");
    co_await expect_refused(w, ca, "localhost", "unable to get local issuer certificate");
    co_await name->scope.close();
    co_await ca->scope.close();
  }(&world, &wrong_name, &unknown));
}

TEST(Tls, AServerThatSpeaksPlainHttpIsRefused) {
  World world;
  testing::TestHandler handler(world.loop);
  Server plain(world.loop, handler, {});
  ASSERT_TRUE(plain.listen({"127.0.0.1", 0}));
  testing::run(world.loop, [](World* w, Server* s) -> rt::Task<void> {
    Url url = *Url::parse(s->address());
    url.tls = true;
    const auto response = co_await w->client.call(url, Request{}, {});
    EXPECT_FALSE(response);
    if (!response) {
      EXPECT_EQ(response.error().error.code, ErrorCode::ProtocolError);
      EXPECT_EQ(response.error().sent, Sent::No);
    }
    co_await s->drain(0s);
  }(&world, &plain));
}

TEST(Tls, AMissingTrustFileIsNamed) {
  rt::Loop loop;
  SocketTransport client(loop, SocketTransport::Options{.ca_file = "no-such-file.pem"});
  testing::TestHandler handler(loop);
  Server server(loop, handler, {});
  ASSERT_TRUE(server.listen({"127.0.0.1", 0}));
  testing::run(loop, [](SocketTransport* c, Server* s) -> rt::Task<void> {
    Url url = *Url::parse(s->address());
    url.tls = true;
    const auto response = co_await c->call(url, Request{}, {});
    EXPECT_FALSE(response);
    if (!response) {
      EXPECT_EQ(response.error().error.code, ErrorCode::Misconfigured);
      EXPECT_NE(response.error().error.message.find("no-such-file.pem"), std::string::npos);
    }
    co_await s->drain(0s);
  }(&client, &server));
}

}  // namespace
}  // namespace chorus::net
