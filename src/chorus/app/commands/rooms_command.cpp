#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

// rooms: where the fleet may speak.
namespace chorus::app {

namespace {

constexpr const char* kRooms = "/api/v1/rooms";

std::string text(const json::object& object, std::string_view field) {
  return std::string(find_string(object, field).value_or(""));
}

std::string id_of(const json::object& room) {
  const auto* id = find(room, "id");
  if (id == nullptr) return {};
  return id->is_string() ? std::string(id->get_string()) : json::serialize(*id);
}

int list_rooms(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, kRooms, "");
  if (!answer) return answer.error();
  const Terminal t = Terminal::detect();
  const json::array& rooms = answer->as_array();
  if (rooms.empty()) std::printf("no rooms yet; add a bot to a group and write there\n");
  for (const auto& entry : rooms) {
    const json::object& room = entry.as_object();
    const auto* enabled = find(room, "is_enabled");
    const bool on = enabled != nullptr && enabled->is_bool() && enabled->get_bool();
    std::printf("  %-20s %s  %s\n", printable_line(text(room, "chat_id")).c_str(),
                (on ? t.green("enabled ") : t.red("disabled")).c_str(),
                printable_line(text(room, "title")).c_str());
  }
  return kExitPass;
}

int enable_room(const ServeFlags& flags, const std::string& wanted, bool enabled) {
  const auto answer = call_serve(flags, net::Method::Get, kRooms, "");
  if (!answer) return answer.error();
  for (const auto& entry : answer->as_array()) {
    const json::object& room = entry.as_object();
    const std::string id = id_of(room);
    if (wanted != id && wanted != text(room, "chat_id") && wanted != text(room, "title")) continue;
    const auto changed = call_serve(flags, net::Method::Patch, std::string(kRooms) + "/" + id,
                                    json::serialize(json::object{{"is_enabled", enabled}}));
    if (!changed) return changed.error();
    std::printf("%s %s\n", enabled ? "enabled" : "disabled", printable_line(wanted).c_str());
    return kExitPass;
  }
  complain(fmt::format("there is no room '{}'; chorus rooms list shows them", wanted));
  return kExitFailure;
}

}  // namespace

void add_rooms_commands(CLI::App& root, Invocation& invocation) {
  auto* rooms = root.add_subcommand("rooms", "The groups that the running fleet is in");
  rooms->require_subcommand(1);
  auto* list = rooms->add_subcommand("list", "All groups, and where the fleet may speak");
  auto list_flags = add_serve_flags(*list);
  list->callback([=, &invocation] { invocation.run = [=] { return list_rooms(*list_flags); }; });
  for (const bool enabled : {true, false}) {
    auto* command = rooms->add_subcommand(
        enabled ? "enable" : "disable",
        enabled ? "Let the fleet speak there" : "Keep the fleet silent there");
    auto flags = add_serve_flags(*command);
    auto wanted = std::make_shared<std::string>();
    command->add_option("room", *wanted, "Title, chat id or id")->required();
    command->callback([=, &invocation] {
      invocation.run = [=] { return enable_room(*flags, *wanted, enabled); };
    });
  }
}

}  // namespace chorus::app
