#pragma once

#include "chorus/net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace chorus::net::detail {

/// Bytes of one connection in, requests out: no sockets, no clock. The grammar is Beast's; limits,
/// codings and the answer to a bad request are decided here. Reused from request to request.
class RequestParser {
 public:
  struct Limits {
    std::size_t max_header = 256 * 1024;
    std::size_t max_body = 1024 * 1024;
  };
  enum class State : std::uint8_t {
    NeedMore,  ///< offer the unconsumed bytes again together with new ones
    Done,      ///< `take` the request
    Bad,       ///< answer `error_status` and close
  };

  explicit RequestParser(Limits limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Consumes from the start of `bytes` and returns how many. Bytes of the next request are left.
  /// Unconsumed bytes never exceed `max_header` plus one read while the state is NeedMore.
  std::size_t put(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  /// 400, 413, 415, 431 or 501; 0 unless Bad.
  [[nodiscard]] int error_status() const { return error_status_; }
  /// Something of a request has come.
  [[nodiscard]] bool started() const { return started_; }
  /// The head is complete, the body is not, and the client waits for `100 Continue`.
  [[nodiscard]] bool expects_continue() const;
  /// The client lets the connection stay open. Valid once Done.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  /// The request; the parser is then ready for the next one.
  Request take();

 private:
  struct Impl;
  void fail_with(int status);
  void finish();

  Limits limits_;
  std::unique_ptr<Impl> impl_;
  std::size_t header_bytes_ = 0;
  State state_ = State::NeedMore;
  int error_status_ = 0;
  bool started_ = false;
  bool keep_alive_ = false;
};

}  // namespace chorus::net::detail
