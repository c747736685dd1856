#include "chorus/proto/telegram/keyboard.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/detail/text_tools.hpp"

#include <fmt/format.h>

namespace chorus::proto::telegram {

namespace {

constexpr std::size_t kMaxCallbackData = 64;  // bytes
constexpr std::size_t kMaxButtons = 300;      // the platform cuts longer keyboards off

std::unexpected<Error> refuse(std::string text) {
  return fail(ErrorCode::InvalidArgument, std::move(text));
}
std::unexpected<Error> refuse_button(const std::string& why) {
  return refuse("can't parse inline keyboard button: " + why);
}

/// Members that make a button do something and are passed through as they came.
constexpr std::string_view kActions[] = {"url",
                                         "login_url",
                                         "web_app",
                                         "switch_inline_query",
                                         "switch_inline_query_current_chat",
                                         "switch_inline_query_chosen_chat",
                                         "copy_text",
                                         "callback_game",
                                         "pay"};

bool has_object_of(const json::object& button, std::string_view name, std::string_view member) {
  const auto* object = find_object(button, name);
  return object != nullptr && find_string(*object, member).has_value();
}

Result<void> write_button(JsonWriter& writer, const json::value& value) {
  const auto* button = value.if_object();
  if (button == nullptr) return refuse("InlineKeyboardButton must be an Object");
  if (find(*button, "text") == nullptr) return refuse_button("Can't find field \"text\"");
  const auto text = find_string(*button, "text");
  if (!text) return refuse_button("Field \"text\" must be of type String");
  if (trim(*text).empty()) return refuse("BUTTON_TEXT_INVALID");
  writer.begin_object().field("text", *text);
  if (find(*button, "callback_data") != nullptr) {
    const auto data = find_string(*button, "callback_data");
    if (!data) return refuse_button("Field \"callback_data\" must be of type String");
    if (data->empty() || data->size() > kMaxCallbackData) return refuse("BUTTON_DATA_INVALID");
    writer.field("callback_data", *data).end_object();
    return {};
  }
  for (const auto action : kActions) {
    const auto* member = find(*button, action);
    if (member == nullptr) continue;
    if (action == "url") {
      const auto url = find_string(*button, "url");
      if (!url) return refuse_button("Field \"url\" must be of type String");
      const auto link = detail::checked_link(*url);
      if (link.empty()) {
        return refuse(
            fmt::format("inline keyboard button URL '{}' is invalid: Wrong HTTP URL", *url));
      }
      writer.field("url", link).end_object();
      return {};
    } else if (action == "web_app" && !has_object_of(*button, "web_app", "url")) {
      return refuse_button("Field \"web_app\" must be of type Object");
    } else if (action == "copy_text" && !has_object_of(*button, "copy_text", "text")) {
      return refuse_button("Field \"copy_text\" must be of type Object");
    }
    writer.key(action).raw(json::serialize(*member)).end_object();
    return {};
  }
  return refuse_button("Text buttons are unallowed in the inline keyboard");
}

Result<ReplyMarkup> parse_inline(const json::value& keyboard) {
  const auto* rows = keyboard.if_array();
  if (rows == nullptr) return refuse("field \"inline_keyboard\" must be of type Array");
  ReplyMarkup markup;
  JsonWriter writer(markup.inline_json);
  writer.begin_object().key("inline_keyboard").begin_array();
  std::size_t buttons = 0;
  for (const auto& row : *rows) {
    const auto* row_array = row.if_array();
    if (row_array == nullptr) {
      return refuse("field \"inline_keyboard\" must be an Array of Arrays");
    }
    if (row_array->empty()) continue;
    writer.begin_array();
    for (const auto& button : *row_array) {
      if (++buttons > kMaxButtons) return refuse("REPLY_MARKUP_TOO_LONG");
      CH_TRY_VOID(write_button(writer, button));
    }
    writer.end_array();
  }
  writer.end_array().end_object();
  if (buttons == 0) return ReplyMarkup{};
  markup.kind = MarkupKind::InlineKeyboard;
  return markup;
}

Result<ReplyMarkup> parse_keyboard(const json::value& keyboard) {
  const auto* rows = keyboard.if_array();
  if (rows == nullptr) return refuse("field \"keyboard\" must be of type Array");
  bool any = false;
  for (const auto& row : *rows) {
    const auto* row_array = row.if_array();
    if (row_array == nullptr) return refuse("field \"keyboard\" must be an Array of Arrays");
    for (const auto& button : *row_array) {
      const auto* object = button.if_object();
      if (object == nullptr && !button.is_string()) {
        return refuse("KeyboardButton must be a String or an Object");
      }
      if (object != nullptr && !find_string(*object, "text")) {
        return refuse("can't parse keyboard button: Can't find field \"text\"");
      }
      any = true;
    }
  }
  if (!any) return ReplyMarkup{};
  return ReplyMarkup{MarkupKind::Keyboard, {}};
}

}  // namespace

Result<ReplyMarkup> parse_reply_markup(std::string_view json_text) {
  if (trim(json_text).empty()) return ReplyMarkup{};
  auto value = parse_json(json_text);
  if (!value) return refuse("can't parse reply keyboard markup JSON object");
  if (value->is_null()) return ReplyMarkup{};
  const auto* object = value->if_object();
  if (object == nullptr) return refuse("object expected as reply markup");
  if (const auto* inline_keyboard = find(*object, "inline_keyboard")) {
    return parse_inline(*inline_keyboard);
  }
  if (const auto* keyboard = find(*object, "keyboard")) return parse_keyboard(*keyboard);
  if (find_bool(*object, "remove_keyboard").value_or(false) ||
      find_bool(*object, "hide_keyboard").value_or(false)) {
    return ReplyMarkup{MarkupKind::RemoveKeyboard, {}};
  }
  if (find_bool(*object, "force_reply").value_or(false)) {
    return ReplyMarkup{MarkupKind::ForceReply, {}};
  }
  return ReplyMarkup{};
}

bool has_callback_button(std::string_view inline_json, std::string_view data) {
  const auto value = parse_json(inline_json);
  if (!value || !value->is_object()) return false;
  const auto* rows = find_array(value->get_object(), "inline_keyboard");
  if (rows == nullptr) return false;
  for (const auto& row : *rows) {
    const auto* row_array = row.if_array();
    if (row_array == nullptr) continue;
    for (const auto& button : *row_array) {
      const auto* object = button.if_object();
      if (object != nullptr && find_string(*object, "callback_data") == data) return true;
    }
  }
  return false;
}

}  // namespace chorus::proto::telegram
