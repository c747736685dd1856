#pragma once

#include "chorus/net/http.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::net::detail {

/// Bytes of one exchange in, one response out. Interim answers (1xx) are skipped. The body is
/// handed over in pieces, decoded when its coding is gzip, so that streams and whole bodies use the
/// same code. One object per exchange.
class ResponseParser {
 public:
  struct Limits {
    std::size_t max_header = 256 * 1024;
    std::size_t max_body = 16 * 1024 * 1024;  ///< of the decoded body, over its whole length
  };
  /// `head_request`: the answer has no body whatever its head says.
  ResponseParser(Limits limits, bool head_request);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  /// Consumes from the start of `bytes` and returns how many; offer the rest again with more.
  /// Errors: ProtocolError, PayloadTooLarge.
  Result<std::size_t> put(std::string_view bytes);
  /// The peer closed. Errors: ConnectionClosed when the response was not complete.
  Result<void> put_eof();

  [[nodiscard]] bool head_done() const;
  [[nodiscard]] bool done() const;
  /// Valid once done: the connection may carry another exchange.
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] int status() const;
  [[nodiscard]] Headers& headers();
  /// Decoded bytes since the last call.
  std::string take_body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::net::detail
