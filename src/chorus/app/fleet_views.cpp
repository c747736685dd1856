#include "chorus/app/fleet_views.hpp"

#include "chorus/app/fleet_status.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace chorus::app {

json::object object_of(const std::string& text) {
  if (text.empty()) return {};
  auto value = parse_json(text);
  return value && value->is_object() ? std::move(value->get_object()) : json::object();
}

fleet::BotAccess access_of(const store::BotRow& row) {
  return {row.id, row.token, row.username, row.platform};
}

admin::BotView view_of(const store::BotRow& row) {
  admin::BotView view;
  view.id = row.id;
  view.name = row.name;
  view.username = row.username;
  view.platform = row.platform == store::Platform::Matrix ? "matrix" : "telegram";
  view.token_masked = row.token.masked();
  view.has_token = !row.token.empty();
  view.is_enabled = row.state != store::BotState::Disabled;
  view.state = state_name(row.state);
  view.state_reason = row.state_reason;
  view.extra = object_of(row.extra);
  view.created_at = row.created_at;
  return view;
}

admin::ChatView view_of(const store::RoomRow& row) {
  const json::object extra = object_of(row.extra);
  admin::ChatView view;
  view.id = row.id;
  view.chat_id = std::string(find_string(extra, "chat_id").value_or(""));
  if (view.chat_id.empty()) view.chat_id = std::to_string(row.chat.value);
  view.title = row.title;
  view.is_enabled = row.enabled;
  const auto* topics = find(extra, "topics");
  view.topics = topics != nullptr ? *topics : json::value(json::array());
  view.created_at = row.created_at;
  return view;
}

Result<PlatformChatId> chat_number(const std::string& text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  (void)end;  // what follows the number is a label
  if (error != std::errc{} || value >= 0) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("chat_id '{}' is not a group's id: it starts with a minus and digits; "
                            "private chats begin with the first message",
                            text));
  }
  return PlatformChatId(value);
}

}  // namespace chorus::app
