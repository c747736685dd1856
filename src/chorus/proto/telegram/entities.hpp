#pragma once

#include "chorus/base/error.hpp"
#include "chorus/proto/telegram/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Text formatting as the server does it. Errors are InvalidArgument whose message is the server's
/// description after `Bad Request: ` (pass it to `error_description(400, ...)`).
/// Source: Bot API "Formatting options"; texts and byte offsets as the server words them.
namespace chorus::proto::telegram {

enum class ParseMode : std::uint8_t { None, Markdown, MarkdownV2, Html };
/// Without case; empty and `none` are None. Errors: `unsupported parse_mode`.
Result<ParseMode> parse_mode_from(std::string_view name);

// Mark-up to text and entities, sorted by offset, outer before inner. No trimming, no detection.
// Offsets in errors count bytes of the input.
Result<FormattedText> parse_markdown(std::string_view text);
Result<FormattedText> parse_markdown_v2(std::string_view text);
Result<FormattedText> parse_html(std::string_view text);

/// The parameter `entities` (or `caption_entities`): JSON text of an array of MessageEntity.
/// Unknown types are left out. Errors: `can't parse entities: ...`.
Result<std::vector<MessageEntity>> parse_entities_parameter(std::string_view json_text);

/// Entities that the server finds by itself: mention, hashtag, cashtag, bot_command, url, email and
/// phone_number; sorted, not overlapping. `text` must be valid UTF-8. O(length).
std::vector<MessageEntity> detect_entities(std::string_view text);

struct TextRules {
  std::size_t max_code_points = 4096;  ///< after parsing; captions: 1024
  std::size_t max_raw_bytes = 32768;   ///< before parsing
  bool is_caption = false;             ///< words of the errors; an empty caption is fine
};

/// Everything that happens to a text between the request and the message: UTF-8 check, `mode` (or
/// the explicit entities; ignored when a mode is set), entity validation, trimming, detection,
/// limits. Errors: `message text is empty`, `text must be non-empty`, `message is too long`,
/// `text is too long`, `message caption is too long`, `can't parse entities: ...`,
/// `strings must be encoded in UTF-8`.
Result<FormattedText> format_text(std::string_view text, ParseMode mode,
                                  std::vector<MessageEntity> explicit_entities, TextRules rules);
inline Result<FormattedText> format_text(std::string_view text, ParseMode mode) {
  return format_text(text, mode, {}, TextRules());
}

/// What a person's client sends: plain text, trimmed, with detected entities.
FormattedText format_plain(std::string_view text);

/// Sorts, drops empty and out-of-range ones, cuts to whole code points, removes trimmed ranges and
/// splits crossing ones, so that any two entities are nested or apart.
void normalise_entities(std::string_view text, std::vector<MessageEntity>& entities);

/// The part of `text` that an entity marks; empty when it lies outside or splits a surrogate pair.
std::string_view entity_text(std::string_view text, const MessageEntity& entity);

}  // namespace chorus::proto::telegram
