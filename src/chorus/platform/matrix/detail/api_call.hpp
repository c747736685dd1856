#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/proto/matrix/errors.hpp"

#include <expected>
#include <string>
#include <string_view>

/// One exchange with a homeserver. Used by the client, the sync and the invitations; not public.
namespace chorus::platform::detail {

struct MatrixCall {
  net::Method method = net::Method::Get;
  std::string path{};   ///< below `/_matrix/client/v3/`, ids percent-encoded
  std::string query{};  ///< without '?', may be empty
  std::string body{};
  Secret token{};
  std::string
      as_user{};  ///< whom an application service speaks for; empty: the token's own account
  Duration timeout = std::chrono::seconds(20);
  std::size_t max_answer = 64 * 1024 * 1024;  ///< a first sync of many rooms
};

/// A 2xx answer.
struct MatrixReply {
  std::string body;
  bool sandbox = false;  ///< it carried X-Chorus-Sandbox
  /// The body as an object; ProtocolError when it is none.
  [[nodiscard]] Result<json::object> object() const;
};

/// Everything else. `api.status` 0: there was no answer, `error` says why, and `sent` whether the
/// request may have had an effect.
struct MatrixFailure {
  proto::matrix::ApiError api;
  Error error{ErrorCode::Unavailable};
  net::Sent sent = net::Sent::Maybe;
};

using MatrixResult = std::expected<MatrixReply, MatrixFailure>;

/// Errors never hold the token or a text of the room.
rt::Task<MatrixResult> call_matrix(net::Transport& transport, net::Url base, MatrixCall call);

/// `rooms/!a%3Ab/send` from parts, each percent-encoded.
std::string matrix_path(std::initializer_list<std::string_view> parts);

}  // namespace chorus::platform::detail
