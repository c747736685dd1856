#include "chorus/net/detail/connection.hpp"
#include "chorus/net/detail/response_head.hpp"

#include <array>
#include <utility>

namespace chorus::net::detail {

namespace asio = boost::asio;

/// The body of one streamed response on its connection.
class StreamWriter final : public BodyWriter {
 public:
  StreamWriter(Connection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}

  rt::Task<Result<void>> write(std::string chunk) override {
    if (connection_.context_.cut) co_return fail(ErrorCode::Cancelled, "the server stops");
    if (connection_.gone()) co_return fail(ErrorCode::ConnectionClosed, "the client has gone");
    if (chunk.empty()) co_return Result<void>{};  // an empty chunk would end the body
    std::string head;
    if (chunked_) append_chunk_head(head, chunk.size());
    std::array<asio::const_buffer, 3> pieces{asio::buffer(head), asio::buffer(chunk),
                                             asio::buffer("\r\n", 2)};
    const auto all = std::span(pieces);
    const bool written = co_await connection_.write_all(chunked_ ? all : all.subspan(1, 1));
    if (written && !connection_.gone()) co_return Result<void>{};
    if (connection_.timed_out_) co_return fail(ErrorCode::Timeout, "the client does not read");
    if (connection_.context_.cut) co_return fail(ErrorCode::Cancelled, "the server stops");
    co_return fail(ErrorCode::ConnectionClosed, "the client has gone");
  }

  [[nodiscard]] bool closed() const override {
    return connection_.gone() || connection_.context_.draining;
  }

 private:
  Connection& connection_;
  bool chunked_;
};

rt::Task<bool> Connection::send_stream(Response& response, bool chunked) {
  timer_.disarm();
  phase_ = Phase::Streaming;
  if (!watching_) start_watch();
  StreamWriter writer(*this, chunked);
  bool whole = false;
  std::exception_ptr thrown;
  try {
    whole = (co_await response.stream(writer)).has_value();
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) context_.loop.report_exception("http stream", thrown);
  // Without its last chunk the client sees that the body is cut.
  if (!whole || gone() || context_.cut || response.truncate) co_return false;
  if (!chunked) co_return true;
  std::array pieces{asio::buffer("0\r\n\r\n", 5)};
  co_return co_await write_all(pieces);
}

}  // namespace chorus::net::detail
