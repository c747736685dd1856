#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace chorus::app {

namespace {

struct Given {
  std::string bot;
  std::string room;
  std::string text;
  bool json = false;
};

int preview(const ServeFlags& flags, const Given& given) {
  const auto bot = find_bot_id(flags, given.bot);
  if (!bot) return bot.error();
  const json::object body{{"room", given.room}, {"text", given.text}};
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/bots/" + *bot + "/prompt",
                                 json::serialize(body));
  if (!answer) return answer.error();
  if (given.json) {
    std::printf("%s\n", json::serialize(*answer).c_str());
    return kExitPass;
  }
  const json::object& prompt = answer->as_object();
  const auto* messages = find_array(prompt, "messages");
  if (messages == nullptr) return kExitFailure;
  for (const auto& entry : *messages) {
    const json::object& message = entry.as_object();
    std::printf("--- %s\n", printable_line(find_string(message, "role").value_or("")).c_str());
    std::string_view content = find_string(message, "content").value_or("");
    while (!content.empty()) {  // people's text must not steer the terminal
      const std::string_view line = content.substr(0, content.find('\n'));
      std::printf("%s\n", printable_line(line).c_str());
      content.remove_prefix(std::min(content.size(), line.size() + 1));
    }
  }
  const auto temperature = find_double(prompt, "temperature");
  std::printf("--- at most %lld tokens, temperature %s\n",
              static_cast<long long>(find_int(prompt, "max_tokens").value_or(0)),
              temperature ? fmt::format("{:g}", *temperature).c_str() : "?");
  return kExitPass;
}

}  // namespace

void add_prompt_commands(CLI::App& root, Invocation& invocation) {
  auto* prompt = root.add_subcommand("prompt", "What a bot's generator is asked");
  prompt->require_subcommand(1);
  auto* command = prompt->add_subcommand(
      "preview", "The messages that would be sent for a bot in a room; nothing is sent");
  auto flags = add_serve_flags(*command);
  auto given = std::make_shared<Given>();
  command->add_option("--bot", given->bot, "Name or id")->required();
  command->add_option("--room", given->room, "Title, chat id or id")->required();
  command->add_option("--text", given->text,
                      "What somebody says there; without it, what the bot would begin by itself");
  command->add_flag("--json", given->json, "The whole answer as JSON");
  command->callback([=, &invocation] { invocation.run = [=] { return preview(*flags, *given); }; });
}

}  // namespace chorus::app
