#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <utility>

/// What a bot asks for by default: the menu button, and rights in chats. Source: Bot API.
namespace chorus::sandbox::telegram {

namespace {

/// The button of a chat, or the default one.
std::string menu_key(const Call& call) {
  return fmt::format("telegram.menu_button/{}", call.params.find_int("chat_id").value_or(0));
}

std::string rights_key(const Call& call) {
  return call.params.get_bool("for_channels") ? "telegram.default_rights/channels"
                                              : "telegram.default_rights/groups";
}

std::string_view kept(const Call& call, const std::string& key) {
  const auto it = call.bot->extras.find(key);
  return it == call.bot->extras.end() ? std::string_view() : std::string_view(it->second);
}

Step<void> check_private_chat(Call& call) {
  if (call.params.get("chat_id").empty()) return {};
  auto room = resolve_chat(call, Access::Read);
  if (!room) return std::unexpected(std::move(room).error());
  if (!(*room)->is_private()) return std::unexpected(Answer::bad("chat not found"));
  return {};
}

}  // namespace

Answer set_menu_button(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  if (auto chat = check_private_chat(call); !chat) return std::move(chat).error();
  const auto text = call.params.get("menu_button");
  const auto parsed = parse_json(text);
  const bool is_default =
      !parsed || !parsed->is_object() || find_string(parsed->get_object(), "type") == "default";
  call.world.set_extra(*call.bot, menu_key(call), is_default ? std::string() : std::string(text));
  return Answer::yes();
}

Answer get_menu_button(Call& call) {
  if (auto chat = check_private_chat(call); !chat) return std::move(chat).error();
  auto button = kept(call, menu_key(call));
  if (button.empty()) button = kept(call, "telegram.menu_button/0");
  return Answer::ok(button.empty() ? R"({"type":"commands"})" : button);
}

Answer set_default_rights(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  const auto parsed = parse_json(call.params.get("rights"));
  std::string rights;
  if (parsed && parsed->is_object()) {
    const auto own = parsed->get_object();
    rights = "{" +
             shape_for(call, nullptr, &own)
                 .members(*call.dialect.facts().object("ChatAdministratorRights")) +
             "}";
  }
  call.world.set_extra(*call.bot, rights_key(call), std::move(rights));
  return Answer::yes();
}

Answer get_default_rights(Call& call) {
  const auto rights = kept(call, rights_key(call));
  if (!rights.empty()) return Answer::ok(rights);
  return Answer::ok("{" + shaped_members(call, nullptr, "ChatAdministratorRights") + "}");
}

}  // namespace chorus::sandbox::telegram
