#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/detail/read_buffer.hpp"
#include "chorus/net/detail/request_parser.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace chorus::net::detail {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, rt::Executor>;

class Connection;

/// What the connections of one server share.
struct ServerContext {
  ServerContext(rt::Loop& l, Handler& h, Server::Options o);

  void count_response(int status, Duration took);

  rt::Loop& loop;
  Handler& handler;
  Server::Options options;
  rt::TaskScope scope;
  rt::Notify ended;  ///< a connection has gone
  std::list<Connection*> connections;
  bool draining = false;  ///< no new requests
  bool cut = false;       ///< the grace of the drain is over

  struct Metrics {
    std::array<metrics::Counter*, 6> requests{};  ///< by status / 100; 0 is "dropped"
    metrics::Gauge* connections = nullptr;
    metrics::Histogram* seconds = nullptr;
    metrics::Counter* accept_errors = nullptr;
    metrics::Counter* refused = nullptr;
  } metrics;
};

/// One accepted socket, from its first byte to its end; one coroutine. While a handler takes longer
/// than a few milliseconds the socket is read beside it: that notices a client who has gone, and
/// keeps what it sends ahead.
class Connection {
 public:
  Connection(ServerContext& context, Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static rt::Task<void> run(std::unique_ptr<Connection> self);
  /// Its own task, so that a client who goes can cancel the handler.
  void set_task(rt::TaskScope::Handle task) { task_ = std::move(task); }

  /// Ends when idle; a stream is woken once; a request under way goes on.
  void begin_drain();
  void cut();

 private:
  friend class StreamWriter;
  enum class Phase : std::uint8_t { Idle, Reading, Handling, Streaming, Writing };
  enum class Outcome : std::uint8_t { Request, Bad, End };

  rt::Task<void> serve();
  [[nodiscard]] std::optional<Outcome> parse();
  [[nodiscard]] Outcome unfinished() const;
  rt::Task<Outcome> rest_of_request();
  rt::Task<bool> fill();
  bool send_now(Response& response, bool head_request, bool http10);
  rt::Task<bool> send_rest(Response& response, bool chunked);
  rt::Task<bool> send_stream(Response& response, bool chunked);
  bool took(const boost::system::error_code& error, std::size_t n);
  bool write_now(std::span<boost::asio::const_buffer>& buffers);
  rt::Task<bool> write_all(std::span<boost::asio::const_buffer> buffers);
  rt::Task<void> linger();
  rt::Task<void> finish();
  [[nodiscard]] Response bare_or_json(Error error, int status) const;
  [[nodiscard]] bool gone() const { return peer_gone_ || broken_; }

  void start_watch();
  void on_watch(const boost::system::error_code& error, std::size_t n);
  static void on_timer(void* self) noexcept;
  void arm(Phase phase, MonoTime due);

  ServerContext& context_;
  Socket socket_;
  std::string remote_;
  ReadBuffer in_;
  std::string out_;
  std::array<boost::asio::const_buffer, 3> pieces_;  ///< of the response that is being sent
  std::span<boost::asio::const_buffer> unsent_;
  RequestParser parser_;
  rt::Notify readable_;  ///< the watching read has ended
  rt::Deadline timer_;
  rt::TaskScope::Handle task_;
  std::list<Connection*>::iterator place_;
  MonoTime last_{};  ///< end of the last exchange, or the start
  Phase phase_ = Phase::Idle;
  bool watching_ = false;
  bool timed_out_ = false;
  bool peer_gone_ = false;
  bool broken_ = false;  ///< a write failed
  bool keep_alive_ = false;
};

}  // namespace chorus::net::detail
