#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>

// breakers, llm, memory: what an operator does to the parts of a running service.
namespace chorus::app {

namespace {

std::string text(const json::object& object, std::string_view field) {
  return std::string(find_string(object, field).value_or(""));
}

int list_breakers(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/breakers", "");
  if (!answer) return answer.error();
  const Terminal t = Terminal::detect();
  for (const auto& entry : answer->as_array()) {
    const auto& one = entry.as_object();
    const std::string state = text(one, "state");
    const auto count = [&](const char* field) { return long(find_int(one, field).value_or(0)); };
    std::string more;
    if (state != "closed") {
      more =
          fmt::format("  tried again in {:.0f} s", find_double(one, "retry_after_s").value_or(0));
    }
    if (const auto why = text(one, "last_failure"); !why.empty()) {
      more += "  last failure: " + why;
    }
    std::printf("  %-32s %s  %ld of %ld calls failed, opened %ld times%s\n",
                printable_line(text(one, "name")).c_str(),
                (state == "closed" ? t.green(state) : t.red(state)).c_str(), count("failures"),
                count("calls"), count("opened"), more.c_str());
  }
  return kExitPass;
}

int reset_breakers(const ServeFlags& flags, const std::string& name) {
  json::object body;
  if (!name.empty()) body["name"] = name;
  const auto answer =
      call_serve(flags, net::Method::Post, "/api/v1/breakers/reset", json::serialize(body));
  if (!answer) return answer.error();
  for (const auto& entry : answer->as_array()) {
    std::printf("closed %s\n", printable_line(std::string(entry.as_string())).c_str());
  }
  return kExitPass;
}

int reset_llm(const ServeFlags& flags, const std::string& provider) {
  json::object body;
  if (!provider.empty()) body["provider"] = provider;
  const auto answer =
      call_serve(flags, net::Method::Post, "/api/v1/llm/reset", json::serialize(body));
  if (!answer) return answer.error();
  std::printf("%s tried again\n",
              provider.empty() ? "all providers are" : (provider + " is").c_str());
  return kExitPass;
}

/// `named`: the scope as it was typed, where the answer would say the bot's number.
void print_budget(const json::object& budget, const std::string& named = {}) {
  const std::string bot = text(budget, "bot");
  const std::string scope = !named.empty() ? named
                            : bot.empty()  ? text(budget, "scope")
                                           : "bot:" + bot;
  std::printf("  %-24s %s\n", printable_line(scope).c_str(), text(budget, "source").c_str());
  const auto* ceilings = find_array(budget, "ceilings");
  if (ceilings == nullptr) return;
  for (const auto& entry : *ceilings) {
    const auto& one = entry.as_object();
    std::printf("    %-22s %g of %g used\n", text(one, "name").c_str(),
                find_double(one, "used").value_or(0), find_double(one, "most").value_or(0));
  }
}

int list_budgets(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/llm/budgets", "");
  if (!answer) return answer.error();
  for (const auto& entry : answer->as_array()) print_budget(entry.as_object());
  return kExitPass;
}

/// `bot:NAME` -> `bot:ID`; the others as they are.
std::expected<std::string, int> scope_of(const ServeFlags& flags, const std::string& scope) {
  if (!scope.starts_with("bot:")) return scope;
  const auto id = find_bot_id(flags, scope.substr(4));
  if (!id) return std::unexpected(id.error());
  return "bot:" + *id;
}

/// `money_per_day=5` -> its name and value.
std::optional<std::pair<std::string, double>> assignment(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  double value = 0;
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data() + equals + 1, end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return std::pair(word.substr(0, equals), value);
}

int set_budget(const ServeFlags& flags, const std::string& wanted,
               const std::vector<std::string>& words) {
  json::object body;
  for (const auto& word : words) {
    const auto given = assignment(word);
    if (!given) {
      complain(fmt::format("'{}' is no ceiling: write NAME=NUMBER, such as money_per_day=5", word));
      return kExitUsage;
    }
    body[given->first] = given->second;
  }
  const auto scope = scope_of(flags, wanted);
  if (!scope) return scope.error();
  const auto answer =
      call_serve(flags, net::Method::Put, "/api/v1/llm/budgets/" + percent_encode(*scope),
                 json::serialize(body));
  if (!answer) return answer.error();
  print_budget(answer->as_object(), wanted);
  return kExitPass;
}

int reset_budget(const ServeFlags& flags, const std::string& wanted) {
  const auto scope = scope_of(flags, wanted);
  if (!scope) return scope.error();
  const auto answer =
      call_serve(flags, net::Method::Delete, "/api/v1/llm/budgets/" + percent_encode(*scope), "");
  if (!answer) return answer.error();
  print_budget(answer->as_object(), wanted);
  return kExitPass;
}

int export_person(const ServeFlags& flags, const std::string& person, const std::string& file) {
  const auto answer =
      call_serve(flags, net::Method::Get, "/api/v1/people/" + percent_encode(person), "");
  if (!answer) return answer.error();
  const std::string document = pretty_json(*answer);
  if (file.empty()) {
    std::fwrite(document.data(), 1, document.size(), stdout);
    return kExitPass;
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << document;
  out.close();
  if (!out) {
    complain(fmt::format("cannot write {}", file));
    return kExitFailure;
  }
  std::printf("written to %s\n", file.c_str());
  return kExitPass;
}

int forget_person(const ServeFlags& flags, const std::string& person) {
  const auto answer =
      call_serve(flags, net::Method::Delete, "/api/v1/people/" + percent_encode(person), "");
  if (!answer) return answer.error();
  const auto rows = find_int(answer->as_object(), "rows").value_or(0);
  std::printf("forgot person %s: %s\n", printable_line(person).c_str(),
              counted(rows, "row").c_str());
  return kExitPass;
}

struct Asked {
  std::string name, file;
  std::vector<std::string> words;
};

/// A command below `parent` that works on the running fleet.
template <class Declare, class Run>
void add(CLI::App& parent, Invocation& invocation, const char* name, const char* help,
         Declare declare, Run run) {
  auto* command = parent.add_subcommand(name, help);
  auto flags = add_serve_flags(*command);
  auto asked = std::make_shared<Asked>();
  declare(*command, *asked);
  command->callback([=, &invocation] { invocation.run = [=] { return run(*flags, *asked); }; });
}

}  // namespace

void add_breakers_commands(CLI::App& root, Invocation& invocation) {
  auto* breakers =
      root.add_subcommand("breakers", "Breakers of bots, LLM providers and the platform");
  breakers->require_subcommand(1);
  add(
      *breakers, invocation, "list", "Their state and why", [](CLI::App&, Asked&) {},
      [](const ServeFlags& flags, const Asked&) { return list_breakers(flags); });
  add(
      *breakers, invocation, "reset", "Close one, or all",
      [](CLI::App& command, Asked& asked) {
        command.add_option("name", asked.name,
                           "bot:NAME, provider:NAME or host:NAME; without: all");
      },
      [](const ServeFlags& flags, const Asked& asked) {
        return reset_breakers(flags, asked.name);
      });
}

void add_llm_commands(CLI::App& root, Invocation& invocation) {
  auto* llm = root.add_subcommand("llm", "LLM providers and their budgets");
  llm->require_subcommand(1);
  add(
      *llm, invocation, "reset", "Try a provider again that was switched off, or all",
      [](CLI::App& command, Asked& asked) {
        command.add_option("provider", asked.name, "Its name; without: all");
      },
      [](const ServeFlags& flags, const Asked& asked) { return reset_llm(flags, asked.name); });
  auto* budgets = llm->add_subcommand("budgets", "Ceilings of requests, tokens and money");
  budgets->require_subcommand(1);
  const auto scope = [](CLI::App& command, Asked& asked) {
    command.add_option("scope", asked.name, "fleet, provider:NAME or bot:NAME")->required();
  };
  add(
      *budgets, invocation, "list", "Each with what is used of it", [](CLI::App&, Asked&) {},
      [](const ServeFlags& flags, const Asked&) { return list_budgets(flags); });
  add(
      *budgets, invocation, "set", "In place of all ceilings of a scope; at once, and kept",
      [scope](CLI::App& command, Asked& asked) {
        scope(command, asked);
        command
            .add_option("ceilings", asked.words,
                        "requests|tokens|money_per_minute|day=NUMBER, such as money_per_day=5")
            ->required();
      },
      [](const ServeFlags& flags, const Asked& asked) {
        return set_budget(flags, asked.name, asked.words);
      });
  add(*budgets, invocation, "reset", "The configured ceilings count again", scope,
      [](const ServeFlags& flags, const Asked& asked) { return reset_budget(flags, asked.name); });
}

void add_memory_commands(CLI::App& root, Invocation& invocation) {
  auto* memory = root.add_subcommand("memory", "What is held about a person");
  memory->require_subcommand(1);
  const auto person = [](CLI::App& command, Asked& asked) {
    command.add_option("--person", asked.name, "The platform's numeric id of the account")
        ->required();
  };
  add(
      *memory, invocation, "export", "All of it, as JSON",
      [person](CLI::App& command, Asked& asked) {
        person(command, asked);
        command.add_option("-o,--output", asked.file, "File; standard output without it");
      },
      [](const ServeFlags& flags, const Asked& asked) {
        return export_person(flags, asked.name, asked.file);
      });
  add(*memory, invocation, "forget", "Delete all of it, as the person's own /forget does", person,
      [](const ServeFlags& flags, const Asked& asked) { return forget_person(flags, asked.name); });
}

}  // namespace chorus::app
