#include "chorus/platform/telegram/detail/api_call.hpp"

#include "chorus/base/text.hpp"
#include "chorus/platform/detail/refusal_code.hpp"
#include "chorus/proto/telegram/token.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::platform::detail {

namespace telegram = proto::telegram;

namespace {

constexpr std::size_t kMaxShown = 300;

/// The token as a path segment. A founding token may be any text, and a space or a line end in it
/// must not become a second request line.
std::string token_segment(const Secret& token) {
  return replace_all(percent_encode(token.reveal()), "%3A", ":");
}

net::Request make_request(const net::Url& base, const ApiRequest& call) {
  net::Request request;
  request.method = net::Method::Post;
  request.target = fmt::format("{}/bot{}/{}", base.path, token_segment(call.token), call.method);
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Accept", "application/json");
  request.body = call.body;
  return request;
}

}  // namespace

rt::Task<ApiResult> call_api(net::Transport& transport, net::Url base, ApiRequest request) {
  net::CallOptions options;
  options.timeout = request.timeout;
  options.max_body = request.max_answer;
  auto response = co_await transport.call(base, make_request(base, request), options);
  if (!response) {
    auto& failure = response.error();
    Error error(failure.error.code,
                telegram::without_token(std::move(failure.error.message), request.token.reveal()),
                failure.error.retry_after);
    co_return std::unexpected(ApiFailure{std::move(error), failure.sent, 0, {}});
  }
  auto envelope = telegram::decode_envelope(response->body);
  if (!envelope) {
    const int status = response->status;
    ApiFailure failure{
        Error(status >= 400 && status < 500 ? refusal_code(status) : ErrorCode::ProtocolError,
              fmt::format("{} answered {} without a Bot API envelope; check that "
                          "the API address is that of a Bot API server",
                          base.origin(), status)),
        // A bare 4xx is a refusal before dispatch; anything else proves nothing.
        status >= 400 && status < 500 ? net::Sent::No : net::Sent::Maybe,
        status,
        {}};
    if (status == 200) failure.body = std::move(response->body);
    co_return std::unexpected(std::move(failure));
  }
  ApiAnswer answer;
  answer.status = envelope->ok                ? 200
                  : envelope->error_code != 0 ? envelope->error_code
                                              : response->status;
  answer.sandbox = response->headers.has("X-Chorus-Sandbox");
  if (answer.status == 429 && !envelope->parameters.retry_after) {
    std::int64_t seconds = 0;
    for (const char c : response->headers.get("Retry-After")) {
      if (c < '0' || c > '9' || seconds > 1'000'000) break;
      seconds = seconds * 10 + (c - '0');
    }
    if (seconds > 0) envelope->parameters.retry_after = seconds;
  }
  answer.envelope = *std::move(envelope);
  co_return answer;
}

std::string shown_description(const ApiAnswer& answer, const Secret& token) {
  auto text = telegram::without_token(answer.envelope.description, token.reveal());
  return std::string(truncate_code_points(text, kMaxShown));
}

Error error_of(const ApiAnswer& answer, const Secret& token) {
  std::optional<std::chrono::milliseconds> after;
  if (const auto seconds = answer.envelope.parameters.retry_after) {
    after = std::chrono::seconds(*seconds);
  }
  return Error(refusal_code(answer.status), shown_description(answer, token), after);
}

}  // namespace chorus::platform::detail
