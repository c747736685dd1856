#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::proto::telegram {

/// Why a token cannot be one. Both are HTTP 401; the descriptions differ.
enum class TokenFault : std::uint8_t {
  Malformed,      ///< `Unauthorized: invalid token specified`
  InvalidSecret,  ///< `Unauthorized`
};
std::string_view description(TokenFault fault) noexcept;

/// Bot id of a token that has the shape `ID:SECRET`: at most 80 bytes, not starting with 0, id in
/// 1..2^54-1, secret of 24 or more base64url characters.
std::expected<std::int64_t, TokenFault> check_token(std::string_view token);

/// The part before the colon when it is a number of 1..2^54-1; the secret is not looked at.
std::optional<std::int64_t> bot_id_of_token(std::string_view token);

/// `bot123456789`, or `bot?` when there is no id: what logs may hold.
std::string masked_token(std::string_view token);

/// Replaces every occurrence of `token` in `text` by its mask, so that foreign error texts (which
/// may quote the URL) can be shown.
std::string without_token(std::string text, std::string_view token);

}  // namespace chorus::proto::telegram
