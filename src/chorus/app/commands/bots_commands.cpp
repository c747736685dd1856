#include "chorus/app/bots_file.hpp"
#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

namespace chorus::app {

namespace {

int list_bots(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/status", "");
  if (!answer) return answer.error();
  if (const auto* bots = find_array(answer->as_object(), "bots")) {
    print_bots(*bots);
  }
  return kExitPass;
}

/// The text of a file, or of standard input for `-`.
std::optional<std::string> read_all(const std::string& file) {
  const auto all = [](std::istream& in) {
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  };
  if (file == "-") return all(std::cin);
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  return all(in);
}

int add_one(const ServeFlags& flags, const BotLine& bot, const std::string& platform = {}) {
  json::object body{{"name", bot.name}, {"token", bot.token.reveal()}};
  if (!platform.empty()) body["platform"] = platform;
  if (!bot.persona.empty()) body["persona"] = bot.persona;
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/bots", json::serialize(body));
  if (!answer) return answer.error();
  std::printf("added %s (%s)\n", bot.name.c_str(),
              std::string(find_string(answer->as_object(), "state").value_or("")).c_str());
  return kExitPass;
}

struct Added {
  std::string name, platform, user, token_file, persona;
};

int add_bot(const ServeFlags& flags, const Added& added) {
  const auto& [name, platform, user, token_file, persona] = added;
  if (user.empty() == token_file.empty()) {
    complain(
        "give either --token-file, or --user @name:server for a bot of the application service");
    return kExitUsage;
  }
  if (!user.empty()) {
    if (platform != "matrix") {
      complain("--user is for bots of Matrix: add --platform matrix");
      return kExitUsage;
    }
    return add_one(flags, {name, Secret(user), persona}, platform);
  }
  const auto text = read_all(token_file);
  const auto token = text ? trim(*text) : std::string_view{};
  if (token.empty() || token.find('\n') != std::string_view::npos) {
    const std::string where = token_file == "-" ? "standard input" : token_file;
    complain(!text           ? fmt::format("cannot read {}", where)
             : token.empty() ? fmt::format("there is no token in {}", where)
                             : fmt::format("{} must hold one token and nothing else", where));
    return kExitFailure;
  }
  return add_one(flags, {name, Secret(std::string(token)), persona}, platform);
}

/// Goes on after a bot that is refused, so that a file can be given again.
int import_bots(const ServeFlags& flags, const std::string& file) {
  const auto text = read_all(file);
  if (!text) {
    complain(fmt::format("cannot read {}", file));
    return kExitInvalidConfig;
  }
  const auto bots = parse_bots_file(*text, file == "-" ? "standard input" : file);
  if (!bots) return complain_config(bots.error());
  int worst = kExitPass;
  for (const auto& bot : *bots) worst = std::max(worst, add_one(flags, bot));
  return worst;
}

int change_bot(const ServeFlags& flags, const std::string& wanted, net::Method method,
               const std::string& body, const char* done) {
  const auto id = find_bot_id(flags, wanted);
  if (!id) return id.error();
  const auto answer = call_serve(flags, method, "/api/v1/bots/" + *id, body);
  if (!answer) return answer.error();
  std::printf("%s %s\n", done, wanted.c_str());
  return kExitPass;
}

}  // namespace

void add_bots_commands(CLI::App& root, Invocation& invocation) {
  auto* bots = root.add_subcommand("bots", "The bots of the running fleet");
  bots->require_subcommand(1);
  auto* list = bots->add_subcommand("list", "All bots and their state");
  auto list_flags = add_serve_flags(*list);
  list->callback([=, &invocation] { invocation.run = [=] { return list_bots(*list_flags); }; });

  auto* add = bots->add_subcommand("add", "Add a bot");
  auto add_flags = add_serve_flags(*add);
  auto added = std::make_shared<Added>();
  add->add_option("name", added->name, "Name of the bot")->required();
  add->add_option("--platform", added->platform, "telegram or matrix")
      ->check(CLI::IsMember({"telegram", "matrix"}));
  add->add_option("--token-file", added->token_file, "File with its token, - for standard input");
  add->add_option("--user", added->user, "Matrix: @name:server, a bot of the application service");
  add->add_option("--persona", added->persona, "A shipped character (chorus personas list)");
  add->callback([=, &invocation] { invocation.run = [=] { return add_bot(*add_flags, *added); }; });
  auto* import = bots->add_subcommand("import", "Add the bots of a file");
  auto import_flags = add_serve_flags(*import);
  auto file = std::make_shared<std::string>();
  import->add_option("file", *file, "Lines of name,token[,persona]; - for standard input")
      ->required();
  import->callback(
      [=, &invocation] { invocation.run = [=] { return import_bots(*import_flags, *file); }; });
  const auto change = [&](const char* name, const char* help, net::Method method, const char* body,
                          const char* done) {
    auto* command = bots->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    auto wanted = std::make_shared<std::string>();
    command->add_option("bot", *wanted, "Name or id")->required();
    command->callback([=, &invocation] {
      invocation.run = [=] { return change_bot(*flags, *wanted, method, body, done); };
    });
  };
  change("enable", "Let a bot speak", net::Method::Patch, R"({"is_enabled":true})", "enabled");
  change("disable", "Keep a bot silent", net::Method::Patch, R"({"is_enabled":false})", "disabled");
  change("remove", "Forget a bot", net::Method::Delete, "", "removed");
}

}  // namespace chorus::app
