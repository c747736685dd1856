#pragma once

#include "chorus/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::proto::telegram {

enum class MarkupKind : std::uint8_t { None, InlineKeyboard, Keyboard, RemoveKeyboard, ForceReply };

/// A checked `reply_markup`.
struct ReplyMarkup {
  MarkupKind kind = MarkupKind::None;
  /// InlineKeyboard: the JSON object that messages carry (`{"inline_keyboard":[[...]]}`),
  /// rewritten; empty for other kinds, which messages do not show.
  std::string inline_json;

  friend bool operator==(const ReplyMarkup&, const ReplyMarkup&) = default;
};

/// Checks the parameter `reply_markup`. Empty text is None; an inline keyboard without buttons is
/// None as well. Errors: InvalidArgument with the server's words after `Bad Request: `
/// (BUTTON_DATA_INVALID, `can't parse reply keyboard markup JSON object`, ...).
Result<ReplyMarkup> parse_reply_markup(std::string_view json_text);

/// True when the inline keyboard `inline_json` has a button with this callback data.
bool has_callback_button(std::string_view inline_json, std::string_view data);

}  // namespace chorus::proto::telegram
