#pragma once

#include "chorus/base/error.hpp"

namespace chorus::platform::detail {

/// What an HTTP status of 400 or above means to us, on every platform alike: 401 Unauthenticated,
/// 403 Forbidden, 404 NotFound, 409 Conflict, 413 PayloadTooLarge, 429 RateLimited, 5xx
/// Unavailable, any other InvalidArgument.
ErrorCode refusal_code(int status) noexcept;

}  // namespace chorus::platform::detail
