#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/telegram/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Shared by the mark-up parsers, the detector and the normaliser.
namespace chorus::proto::telegram::detail {

/// InvalidArgument with `can't parse entities: ` before `why`.
std::unexpected<Error> refuse_entities(const std::string& why);

/// Byte at `i`, or 0 past the end: the parsers look a few bytes ahead.
inline char at(std::string_view text, std::size_t i) {
  return i < text.size() ? text[i] : '\0';
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Space as the server counts it, the end of the text included.
inline bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0' || c == '\v';
}

/// Letters of any script and decimal digits. Beyond ASCII it goes by blocks of Unicode, not by
/// single code points: punctuation, symbols, arrows and pictographs are not letters, the rest is.
bool is_letter(char32_t c);
bool is_decimal_digit(char32_t c);
/// Letters, digits and '_'.
bool is_word(char32_t c);

/// The link as an entity carries it (`example.com` is `http://example.com/`), empty when it is
/// none.
std::string checked_link(std::string_view url);
/// User of `tg://user?id=N`.
std::optional<std::int64_t> linked_user(std::string_view url);
/// Emoji id of `tg://emoji?id=N`. Errors: the server's words.
Result<std::string> linked_emoji(std::string_view url);

/// A link entity or a mention of a user by id; nullopt when the link is no good.
std::optional<MessageEntity> link_entity(std::int32_t offset, std::int32_t length,
                                         std::string_view url);

/// Grows by bytes and counts UTF-16 units: the output side of a parser.
class TextSink {
 public:
  void push(char c) {
    text_ += c;
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units_ += byte >= 0xF0 ? 2 : 1;
  }
  [[nodiscard]] std::int32_t units() const { return units_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::int32_t units_ = 0;
};

inline MessageEntity make_entity(EntityType type, std::int32_t offset, std::int32_t length) {
  MessageEntity entity;
  entity.type = type;
  entity.offset = offset;
  entity.length = length;
  return entity;
}

/// Offset, then the longer first, then outer kinds before inner ones.
void sort_entities(std::vector<MessageEntity>& entities);

/// Length of the language word after an opening ``` (0 when there is none) at `i`.
std::size_t pre_language_length(std::string_view text, std::size_t i);
/// 0, 1 or 2: bytes of the line end at `i`.
std::size_t line_end_length(std::string_view text, std::size_t i);

}  // namespace chorus::proto::telegram::detail
