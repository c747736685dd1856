#include "chorus/base/error.hpp"

namespace chorus {

int http_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::ParseError: return 400;
    case ErrorCode::Unauthenticated: return 401;
    case ErrorCode::BudgetExceeded: return 402;
    case ErrorCode::Forbidden: return 403;
    case ErrorCode::NotFound: return 404;
    case ErrorCode::Conflict: return 409;
    case ErrorCode::PayloadTooLarge: return 413;
    case ErrorCode::RateLimited: return 429;
    case ErrorCode::Cancelled: return 499;
    case ErrorCode::Internal:
    case ErrorCode::Misconfigured: return 500;
    case ErrorCode::NotSupported: return 501;
    case ErrorCode::ProtocolError:
    case ErrorCode::ConnectionClosed: return 502;
    case ErrorCode::Unavailable:
    case ErrorCode::QueueFull: return 503;
    case ErrorCode::Timeout: return 504;
  }
  return 500;
}

bool is_retryable(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::RateLimited:
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
    case ErrorCode::ConnectionClosed:
    case ErrorCode::QueueFull: return true;
    default: return false;
  }
}

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument: return "invalid_argument";
    case ErrorCode::Unauthenticated: return "unauthenticated";
    case ErrorCode::Forbidden: return "forbidden";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::PayloadTooLarge: return "payload_too_large";
    case ErrorCode::RateLimited: return "rate_limited";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::Internal: return "internal";
    case ErrorCode::NotSupported: return "not_supported";
    case ErrorCode::Unavailable: return "unavailable";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::ConnectionClosed: return "connection_closed";
    case ErrorCode::ProtocolError: return "protocol_error";
    case ErrorCode::QueueFull: return "queue_full";
    case ErrorCode::ParseError: return "parse_error";
    case ErrorCode::BudgetExceeded: return "budget_exceeded";
    case ErrorCode::Misconfigured: return "misconfigured";
  }
  return "unknown";
}

}  // namespace chorus
