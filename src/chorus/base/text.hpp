#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus {

/// Length in bytes (1-4) of the valid UTF-8 sequence at the start of `text`; 0 when there is none.
/// Overlong forms, surrogates and values above U+10FFFF are not valid.
std::size_t utf8_sequence_length(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// The same text with every bad byte replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

/// Number of UTF-16 code units: what Telegram counts entity offsets in. Input must be valid UTF-8.
std::size_t utf16_length(std::string_view text);
/// Number of code points: what Telegram's 4096 limit counts.
std::size_t code_point_count(std::string_view text);
/// Byte offset of a UTF-16 offset; nullopt when it is past the end or inside a surrogate pair.
std::optional<std::size_t> utf16_to_byte_offset(std::string_view text, std::size_t utf16_offset);
/// First code point, or U+FFFD; `bytes` receives how far to go on (at least 1 unless empty).
char32_t decode_utf8(std::string_view text, std::size_t& bytes);
void append_utf8(std::string& out, char32_t code_point);
/// Cut to at most `max_code_points`, never inside a sequence.
std::string_view truncate_code_points(std::string_view text, std::size_t max_code_points);

std::string_view trim(std::string_view text);
/// ASCII only; other bytes stay.
std::string ascii_lower(std::string_view text);
bool iequals_ascii(std::string_view a, std::string_view b);
std::vector<std::string_view> split(std::string_view text, char separator);
/// Replaces every `from` (not empty) by `to`.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

/// What was said in a line written as `Name: [mark]text[/mark]`: the text inside the last such
/// pair, whatever the mark; the whole line when there is none. A line that is no frame stays as it
/// is.
std::string_view inside_marks(std::string_view line);

/// `%41` and, when `plus_is_space`, `+`. A `%` without two hex digits stays as it is.
std::string percent_decode(std::string_view text, bool plus_is_space);
/// Leaves unreserved characters (RFC 3986 2.3) only.
std::string percent_encode(std::string_view text);

/// Edit distance for "did you mean"; nullopt when no candidate is near enough (a third of the
/// length, at least 2).
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace chorus
