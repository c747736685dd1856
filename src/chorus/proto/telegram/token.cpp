#include "chorus/proto/telegram/token.hpp"

#include "chorus/base/text.hpp"

#include <charconv>

namespace chorus::proto::telegram {

namespace {

constexpr std::size_t kMaxTokenBytes = 80;
constexpr std::size_t kMinSecretBytes = 24;
constexpr std::int64_t kMaxBotId = (std::int64_t(1) << 54) - 1;

bool is_base64url(std::string_view text) {
  for (const char c : text) {
    const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_';
    if (!fine) return false;
  }
  return true;
}

}  // namespace

std::string_view description(TokenFault fault) noexcept {
  return fault == TokenFault::Malformed ? "Unauthorized: invalid token specified" : "Unauthorized";
}

std::optional<std::int64_t> bot_id_of_token(std::string_view token) {
  const auto colon = token.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto digits = token.substr(0, colon);
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (id <= 0 || id > kMaxBotId) return std::nullopt;
  return id;
}

std::expected<std::int64_t, TokenFault> check_token(std::string_view token) {
  if (token.empty() || token[0] == '0' || token.size() > kMaxTokenBytes) {
    return std::unexpected(TokenFault::Malformed);
  }
  const auto id = bot_id_of_token(token);
  if (!id) return std::unexpected(TokenFault::Malformed);
  const auto secret = token.substr(token.find(':') + 1);
  if (secret.size() < kMinSecretBytes || !is_base64url(secret)) {
    return std::unexpected(TokenFault::InvalidSecret);
  }
  return *id;
}

std::string masked_token(std::string_view token) {
  const auto id = bot_id_of_token(token);
  return id ? "bot" + std::to_string(*id) : "bot?";
}

std::string without_token(std::string text, std::string_view token) {
  if (token.empty()) return text;
  const std::string mask = masked_token(token);
  text = replace_all(std::move(text), token, mask);
  const std::string escaped = percent_encode(token);
  if (escaped != token) text = replace_all(std::move(text), escaped, mask);
  return text;
}

}  // namespace chorus::proto::telegram
