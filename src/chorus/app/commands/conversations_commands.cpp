#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

// conversations: who talks with which bot now.
namespace chorus::app {

namespace {

std::string text(const json::object& object, std::string_view field) {
  return printable_line(std::string(find_string(object, field).value_or("")));
}

int list(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/conversations", "");
  if (!answer) return answer.error();
  const auto& all = answer->as_array();
  if (all.empty()) std::printf("nobody is in a conversation with a bot\n");
  for (const auto& entry : all) {
    const auto& one = entry.as_object();
    std::string state = text(one, "state");
    if (const auto position = find_int(one, "position")) {
      state += fmt::format(", number {} in line", *position);
    }
    const auto thread = find_int(one, "thread");
    const std::string where = thread ? fmt::format(", thread {}", *thread) : std::string();
    const auto id = [&](const char* field) { return long(find_int(one, field).value_or(0)); };
    std::printf("  %ld  %-16s person %ld in room %ld%s  %s, last active %s\n", id("id"),
                text(one, "bot").c_str(), id("person"), id("room"), where.c_str(), state.c_str(),
                text(one, "last_activity_at").c_str());
  }
  return kExitPass;
}

int end(const ServeFlags& flags, const std::string& id) {
  const auto answer =
      call_serve(flags, net::Method::Delete, "/api/v1/conversations/" + percent_encode(id), "");
  if (!answer) return answer.error();
  std::printf("conversation %s ends\n", printable_line(id).c_str());
  return kExitPass;
}

}  // namespace

void add_conversations_commands(CLI::App& root, Invocation& invocation) {
  auto* conversations = root.add_subcommand("conversations", "Who talks with which bot now");
  conversations->require_subcommand(1);
  auto* lists = conversations->add_subcommand("list", "Those that have not ended");
  auto list_flags = add_serve_flags(*lists);
  lists->callback([=, &invocation] { invocation.run = [=] { return list(*list_flags); }; });
  auto* ends = conversations->add_subcommand("end", "Stop one and what is being made for it");
  auto end_flags = add_serve_flags(*ends);
  auto id = std::make_shared<std::string>();
  ends->add_option("id", *id, "As `list` shows it")->required();
  ends->callback([=, &invocation] { invocation.run = [=] { return end(*end_flags, *id); }; });
}

}  // namespace chorus::app
