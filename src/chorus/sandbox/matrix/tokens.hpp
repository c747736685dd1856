#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

/// `s123`: the place in the stream behind position 123. One kind of token serves sync and history,
/// before and after a restart.
inline std::string make_token(std::int64_t position) {
  return "s" + std::to_string(position);
}

inline std::optional<std::int64_t> parse_token(std::string_view text) {
  if (text.size() < 2 || text.front() != 's') return std::nullopt;
  text.remove_prefix(1);
  std::int64_t position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{} || end != text.data() + text.size() || position < 0) {
    return std::nullopt;
  }
  return position;
}

}  // namespace chorus::sandbox::matrix
