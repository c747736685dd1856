#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <memory>
#include <string>

// tools: what language models may ask for.
namespace chorus::app {

namespace {

/// Rooms go by id, chat id or title, as in `chorus rooms`.
std::string route_of(const std::string& room) {
  return "/api/v1/rooms/" + percent_encode(room) + "/tools";
}

int show(const std::expected<json::value, int>& answer) {
  if (!answer) return answer.error();
  const auto* object = answer->if_object();
  const auto* names = object != nullptr ? find_array(*object, "tools") : nullptr;
  if (names == nullptr) return kExitFailure;
  for (const auto& name : *names) {
    if (name.is_string()) std::printf("  %s\n", name.get_string().c_str());
  }
  if (names->empty()) std::printf("no tools are permitted there\n");
  return kExitPass;
}

int permit(const ServeFlags& flags, const std::string& room, const std::string& names,
           bool as_fleet) {
  json::object body{{"tools", nullptr}};
  if (!as_fleet) {
    const auto tools = fleet::parse_tool_names(names);
    if (!tools) {
      complain(tools.error().message);
      return kExitUsage;
    }
    body["tools"] = json::value_from(*tools);
  }
  return show(call_serve(flags, net::Method::Put, route_of(room), json::serialize(body)));
}

int list_tools() {
  const fleet::FleetSettings usual;
  for (const fleet::ToolSpec& tool : fleet::shipped_tools()) {
    const bool on = std::ranges::find(usual.tools, tool.name) != usual.tools.end();
    std::printf(
        "%s\n",
        fmt::format("  {:<13} {:<4} {}", tool.name, on ? "on" : "off", tool.description).c_str());
  }
  std::printf(
      "on and off: by default; chorus settings set tools NAME,... says what the fleet permits\n");
  return kExitPass;
}

}  // namespace

void add_tools_commands(CLI::App& root, Invocation& invocation) {
  auto* tools = root.add_subcommand("tools", "What language models may ask for");
  tools->require_subcommand(1);
  auto* list = tools->add_subcommand("list", "All tools, and which are permitted by default");
  auto list_flags = add_serve_flags(*list);
  auto room = std::make_shared<std::string>();
  list->add_option("--room", *room, "What is permitted there: title, chat id or id");
  list->callback([=, &invocation] {
    invocation.run = [=] {
      if (room->empty()) return list_tools();
      return show(call_serve(*list_flags, net::Method::Get, route_of(*room), ""));
    };
  });
  auto* set = tools->add_subcommand("permit", "Say what is permitted in one room");
  auto set_flags = add_serve_flags(*set);
  auto where = std::make_shared<std::string>();
  auto names = std::make_shared<std::string>();
  auto as_fleet = std::make_shared<bool>(false);
  set->add_option("room", *where, "Title, chat id or id")->required();
  set->add_option("tools", *names, "Names separated by commas; none: nothing is permitted");
  set->add_flag("--as-fleet", *as_fleet, "No list of its own: the fleet's counts");
  set->callback([=, &invocation] {
    invocation.run = [=] { return permit(*set_flags, *where, *names, *as_fleet); };
  });
}

}  // namespace chorus::app
