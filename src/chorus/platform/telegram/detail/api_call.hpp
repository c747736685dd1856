#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/proto/telegram/decode.hpp"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace chorus::platform::detail {

/// The API server spoke its own protocol.
struct ApiAnswer {
  int status = 0;  ///< error_code of the envelope, 200 when ok
  proto::telegram::Envelope envelope;
  bool sandbox = false;  ///< X-Chorus-Sandbox was there
};

/// It did not: a transport failure, or an answer that is no envelope (a proxy's page).
struct ApiFailure {
  Error error;  ///< without the token
  net::Sent sent = net::Sent::Maybe;
  int status = 0;    ///< HTTP status of the foreign answer, 0 when there was none
  std::string body;  ///< of a foreign answer with status 200 only
};

using ApiResult = std::expected<ApiAnswer, ApiFailure>;

struct ApiRequest {
  Secret token;
  std::string method;
  std::string body;  ///< JSON object
  Duration timeout = std::chrono::seconds(30);
  std::size_t max_answer = 16 * 1024 * 1024;
};

/// One call. Never retries, never logs the URL; the texts of errors have the token masked.
rt::Task<ApiResult> call_api(net::Transport& transport, net::Url base, ApiRequest request);

/// `Forbidden: bot was blocked by the user`, cut and without the token.
std::string shown_description(const ApiAnswer& answer, const Secret& token);

/// What a refused or failed call means as an error of ours. 401 is Unauthenticated, 403 Forbidden,
/// 404 NotFound, 409 Conflict, 413 PayloadTooLarge, 429 RateLimited, 5xx Unavailable, else
/// InvalidArgument.
Error error_of(const ApiAnswer& answer, const Secret& token);

}  // namespace chorus::platform::detail
