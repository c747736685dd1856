#include "chorus/platform/detail/refusal_code.hpp"

namespace chorus::platform::detail {

ErrorCode refusal_code(int status) noexcept {
  switch (status) {
    case 401:
      return ErrorCode::Unauthenticated;
    case 403:
      return ErrorCode::Forbidden;
    case 404:
      return ErrorCode::NotFound;
    case 409:
      return ErrorCode::Conflict;
    case 413:
      return ErrorCode::PayloadTooLarge;
    case 429:
      return ErrorCode::RateLimited;
    default:
      return status >= 500 ? ErrorCode::Unavailable : ErrorCode::InvalidArgument;
  }
}

}  // namespace chorus::platform::detail
