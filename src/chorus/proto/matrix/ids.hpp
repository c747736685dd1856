#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Identifiers of Matrix. Source: specification, appendices 4 ("Identifier grammar").
namespace chorus::proto::matrix {

inline constexpr std::size_t kMaxIdBytes = 255;

struct UserId {
  std::string localpart;
  std::string server;
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const UserId&, const UserId&) = default;
};

/// `@localpart:server`; historical localparts (any printable ASCII but ':') are accepted.
std::optional<UserId> parse_user_id(std::string_view text);
/// What a new account may be called: `a-z 0-9 . _ = - / +`.
bool is_localpart(std::string_view text) noexcept;
/// A localpart for any name: letters become lower case, every other byte `=xx`. Names that differ
/// in more than case give different localparts.
std::string localpart_of(std::string_view name);

bool is_room_id(
    std::string_view text) noexcept;  ///< `!opaque:server` or, from version 12, `!opaque`
bool is_event_id(std::string_view text) noexcept;  ///< `$opaque`
bool is_alias(std::string_view text) noexcept;     ///< `#name:server`

/// `mxc://server/media`
struct MediaId {
  std::string server;
  std::string media;
  friend bool operator==(const MediaId&, const MediaId&) = default;
};
std::optional<MediaId> parse_media_uri(std::string_view text);

}  // namespace chorus::proto::matrix
