#include "chorus/proto/matrix/ids.hpp"

#include <algorithm>

namespace chorus::proto::matrix {

namespace {

constexpr std::string_view kMediaScheme = "mxc://";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
         c == '/' || c == '+';
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool has_form(std::string_view text, char sigil, bool needs_server) {
  if (text.size() < 2 || text.size() > kMaxIdBytes || text.front() != sigil) return false;
  if (!is_printable(text)) return false;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return !needs_server;
  return colon > 1 && colon + 1 < text.size();
}

}  // namespace

std::string UserId::to_string() const {
  return "@" + localpart + ":" + server;
}

std::optional<UserId> parse_user_id(std::string_view text) {
  if (!has_form(text, '@', true)) return std::nullopt;
  const auto colon = text.find(':');
  return UserId{std::string(text.substr(1, colon - 1)), std::string(text.substr(colon + 1))};
}

bool is_localpart(std::string_view text) noexcept {
  return !text.empty() && text.size() < kMaxIdBytes &&
         std::ranges::all_of(text, [](char c) { return is_plain(c) || c == '='; });
}

std::string localpart_of(std::string_view name) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_plain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '=';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

bool is_room_id(std::string_view text) noexcept {
  return has_form(text, '!', false);
}
bool is_event_id(std::string_view text) noexcept {
  return has_form(text, '$', false);
}
bool is_alias(std::string_view text) noexcept {
  return has_form(text, '#', true);
}

std::optional<MediaId> parse_media_uri(std::string_view text) {
  if (!text.starts_with(kMediaScheme) || !is_printable(text)) return std::nullopt;
  text.remove_prefix(kMediaScheme.size());
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    return std::nullopt;
  }
  const auto media = text.substr(slash + 1);
  if (media.find('/') != std::string_view::npos) return std::nullopt;
  return MediaId{std::string(text.substr(0, slash)), std::string(media)};
}

}  // namespace chorus::proto::matrix
