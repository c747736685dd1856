#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::proto::matrix {

/// Error of the client-server API as it stands on the wire: `{errcode, error, ...}`. `M_UNKNOWN`
/// says nothing: trust the status then. Source: specification, client-server API 2 ("Standard
/// error response").
struct ApiError {
  int status = 500;
  std::string errcode = "M_UNKNOWN";
  std::string error;
  /// 429: how long to wait. Servers put it into the body, into the header `Retry-After`, or both.
  std::optional<std::chrono::milliseconds> retry_after;
  bool soft_logout = false;

  friend bool operator==(const ApiError&, const ApiError&) = default;
};

/// The body. `retry_after_ms` and `soft_logout` appear when set.
void append_error(std::string& out, const ApiError& error);
/// The value of `Retry-After`: whole seconds, rounded up.
std::string retry_after_header(std::chrono::milliseconds wait);

/// Reads the answer to a call that failed; every text gives an error (a proxy's page has
/// M_UNKNOWN). The body's wait wins over the header's, which may be seconds only (dates count as
/// absent).
ApiError decode_error(int status, std::string_view retry_after_header, std::string_view body);

}  // namespace chorus::proto::matrix
