#include "chorus/platform/matrix/detail/api_call.hpp"

#include "chorus/base/text.hpp"
#include "chorus/platform/detail/refusal_code.hpp"

#include <fmt/format.h>

#include <utility>

namespace chorus::platform::detail {

namespace matrix = proto::matrix;

namespace {

constexpr std::size_t kMaxWords = 200;

net::Request matrix_request(const net::Url& base, const MatrixCall& call) {
  net::Request request;
  request.method = call.method;
  std::string query = call.query;
  if (!call.as_user.empty()) {
    query += fmt::format("{}user_id={}", query.empty() ? "" : "&", percent_encode(call.as_user));
  }
  request.target = fmt::format("{}/_matrix/client/v3/{}{}{}", base.path, call.path,
                               query.empty() ? "" : "?", query);
  request.headers.add("Authorization", fmt::format("Bearer {}", call.token.reveal()));
  request.headers.add("Accept", "application/json");
  if (!call.body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = call.body;
  return request;
}

}  // namespace

Result<json::object> MatrixReply::object() const {
  auto value = parse_json(body);
  if (!value || !value->is_object()) {
    return fail(ErrorCode::ProtocolError, "the homeserver's answer is no JSON object");
  }
  return std::move(value->get_object());
}

rt::Task<MatrixResult> call_matrix(net::Transport& transport, net::Url base, MatrixCall call) {
  net::CallOptions options;
  options.timeout = call.timeout;
  options.max_body = call.max_answer;
  auto response = co_await transport.call(base, matrix_request(base, call), options);
  if (!response) {
    MatrixFailure failure;
    failure.api.status = 0;
    failure.error = std::move(response.error().error);
    failure.sent = response.error().sent;
    co_return std::unexpected(std::move(failure));
  }
  if (response->status >= 200 && response->status < 300) {
    co_return MatrixReply{std::move(response->body), response->headers.has("X-Chorus-Sandbox")};
  }
  MatrixFailure failure;
  failure.api =
      matrix::decode_error(response->status, response->headers.get("Retry-After"), response->body);
  const auto words = truncate_code_points(failure.api.error, kMaxWords);
  failure.error = Error(refusal_code(failure.api.status),
                        fmt::format("{} {}{}{}", failure.api.status, failure.api.errcode,
                                    words.empty() ? "" : ": ", words),
                        failure.api.retry_after);
  failure.sent = response->status < 500 ? net::Sent::No : net::Sent::Maybe;
  co_return std::unexpected(std::move(failure));
}

std::string matrix_path(std::initializer_list<std::string_view> parts) {
  std::string path;
  for (const auto part : parts) {
    if (!path.empty()) path += '/';
    path += percent_encode(part);
  }
  return path;
}

}  // namespace chorus::platform::detail
