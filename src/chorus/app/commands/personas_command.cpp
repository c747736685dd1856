#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/persona_file.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/pack.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

namespace chorus::app {

namespace {

/// Which persona: a shipped one by name, or a bot's by version (0: what it lives by).
struct Which {
  std::string name;
  std::string bot;
  int version = 0;
};

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

std::string text_of(const json::object& object, std::string_view key) {
  return printable_line(find_string(object, key).value_or(""));
}

void print_findings(const json::array& findings) {
  for (const auto& entry : findings) {
    const auto& f = entry.as_object();
    print(fmt::format("  {} [{}..{}): {}: \"{}\"\n", text_of(f, "field"),
                      find_int(f, "begin").value_or(0), find_int(f, "end").value_or(0),
                      text_of(f, "why"), text_of(f, "excerpt")));
  }
}

void print_notes(const std::vector<std::string>& notes) {
  for (const auto& note : notes) print(fmt::format("  note: {}\n", printable_line(note)));
}

int list_shipped() {
  for (const auto& shipped : fleet::shipped_personas()) {
    const auto persona = fleet::parse_persona(shipped.json);
    if (!persona) continue;  // a test holds that none is wrong
    print(fmt::format("  {:<11} {:<12} {:<3} {}\n", shipped.id, persona->name,
                      persona->language.empty() ? "*" : persona->language, persona->description));
  }
  return kExitPass;
}

int list_of_bots(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/personas", "");
  if (!answer) return answer.error();
  const auto* bots = find_array(answer->as_object(), "bots");
  if (bots == nullptr) return kExitFailure;
  for (const auto& entry : *bots) {
    const auto& bot = entry.as_object();
    const auto* disabled = find_array(bot, "disabled");
    std::string waiting;
    if (disabled != nullptr && !disabled->empty()) {
      waiting = fmt::format("  disabled with findings: {}", json::serialize(*disabled));
    }
    print(fmt::format("  {:<24} {:<16} version {} of {}{}\n", text_of(bot, "name"),
                      text_of(bot, "persona"), find_int(bot, "version").value_or(0),
                      find_int(bot, "versions").value_or(0), waiting));
  }
  return kExitPass;
}

/// The whole answer for a bot's version, or `{document}` of a shipped one.
std::expected<json::object, int> fetch(const ServeFlags& flags, const Which& which) {
  if (which.bot.empty() == which.name.empty()) {
    complain("name a shipped persona (chorus personas list), or a bot with --bot");
    return std::unexpected(kExitUsage);
  }
  if (which.bot.empty()) {
    const auto shipped = fleet::find_shipped_persona(which.name);
    if (!shipped) {
      std::vector<std::string> ids;
      for (const auto& one : fleet::shipped_personas()) ids.emplace_back(one.id);
      const auto hint = nearest(which.name, ids);
      complain(fmt::format("no persona '{}' is shipped{}; for a bot's own take --bot", which.name,
                           hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
      return std::unexpected(kExitFailure);
    }
    const auto persona = fleet::parse_persona(shipped->json);
    if (!persona) return std::unexpected(kExitFailure);
    return json::object{{"document", fleet::persona_document(*persona)}};
  }
  const auto id = find_bot_id(flags, which.bot);
  if (!id) return std::unexpected(id.error());
  const std::string version = which.version == 0 ? "current" : std::to_string(which.version);
  auto answer =
      call_serve(flags, net::Method::Get, "/api/v1/bots/" + *id + "/personas/" + version, "");
  if (!answer) return std::unexpected(answer.error());
  return std::move(answer->as_object());
}

int show(const ServeFlags& flags, const Which& which) {
  const auto found = fetch(flags, which);
  if (!found) return found.error();
  if (!which.bot.empty()) {
    const bool enabled = find_bool(*found, "enabled").value_or(true);
    print(fmt::format("# version {}{}{}\n", find_int(*found, "version").value_or(0),
                      enabled ? "" : ", disabled",
                      find_bool(*found, "current").value_or(false) ? ", current" : ""));
  }
  const auto* document = find_object(*found, "document");
  if (document != nullptr) print(persona_yaml(*document));
  const auto* findings = find_array(*found, "findings");
  if (findings == nullptr || findings->empty()) return kExitPass;
  print("# findings\n");
  print_findings(*findings);
  if (const auto* rewrite = find_object(*found, "rewrite")) {
    print("# proposed rewrite\n" + persona_yaml(*rewrite));
  }
  return kExitPass;
}

int export_to(const ServeFlags& flags, const Which& which, const std::string& path) {
  const auto found = fetch(flags, which);
  if (!found) return found.error();
  const auto* document = find_object(*found, "document");
  if (document == nullptr) {
    complain("the server's answer holds no document");
    return kExitFailure;
  }
  const std::string text =
      path.ends_with(".json") ? pretty_json(*document) : persona_yaml(*document);
  if (path.empty() || path == "-") {
    print(text);
    return kExitPass;
  }
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (out) return kExitPass;
  complain(fmt::format("cannot write {}", path));
  return kExitFailure;
}

struct Checked {
  PersonaFile file;
  fleet::PersonaReading reading;
};

/// The file read and its shape checked; every problem is told with its place.
std::expected<Checked, int> check_file(const std::string& path) {
  auto file = read_persona_file(path);
  if (!file) return std::unexpected(complain_config(file.error()));
  Checked checked{*std::move(file), {}};
  checked.reading = fleet::read_persona(checked.file.document);
  for (const auto& problem : checked.reading.problems) complain(checked.file.locate(problem));
  if (!checked.reading.persona) return std::unexpected(kExitInvalidConfig);
  return checked;
}

int lint(const std::string& path) {
  const auto checked = check_file(path);
  if (!checked) return checked.error();
  print_notes(checked->reading.notes);
  const fleet::Persona& persona = *checked->reading.persona;
  const auto findings = fleet::lint_persona(persona);
  if (findings.empty()) {
    print("no findings\n");
    return kExitPass;
  }
  for (const auto& f : findings) {
    complain(fmt::format("{} [{}..{}): \"{}\"",
                         checked->file.locate({f.field, std::string(fleet::describe(f.rule))}),
                         f.begin, f.end, printable_line(f.excerpt)));
  }
  print("# proposed rewrite\n" +
        persona_yaml(fleet::persona_document(fleet::propose_rewrite(persona))));
  return kExitInvalidConfig;
}

int import_file(const ServeFlags& flags, const std::string& path, const std::string& bot,
                bool accept) {
  const auto checked = check_file(path);
  if (!checked) return checked.error();
  const auto id = find_bot_id(flags, bot);
  if (!id) return id.error();
  const std::string base = "/api/v1/bots/" + *id + "/personas";
  const auto answer = call_serve(flags, net::Method::Post, base + "/import",
                                 json::serialize(checked->file.document));
  if (!answer) return answer.error();
  print_notes(checked->reading.notes);
  const auto& stored = answer->as_object();
  const auto version = find_int(stored, "version").value_or(0);
  if (find_bool(stored, "enabled").value_or(false)) {
    print(fmt::format("{} lives by version {}\n", bot, version));
    return kExitPass;
  }
  print(fmt::format("version {} is stored disabled; {} goes on as before:\n", version, bot));
  if (const auto* findings = find_array(stored, "findings")) print_findings(*findings);
  if (!accept) {
    print(
        fmt::format("chorus personas show --bot '{0}' --version {1} shows a rewrite, "
                    "chorus personas accept '{0}' {1} takes it\n",
                    bot, version));
    return kExitInvalidConfig;
  }
  const auto taken = call_serve(flags, net::Method::Post, base + "/accept",
                                fmt::format(R"({{"version":{}}})", version));
  if (!taken) return taken.error();
  print(fmt::format("{} lives by the rewrite, version {}\n", bot,
                    find_int(taken->as_object(), "version").value_or(0)));
  return kExitPass;
}

int diff(const ServeFlags& flags, const std::string& bot, int from, int to) {
  const auto id = find_bot_id(flags, bot);
  if (!id) return id.error();
  const auto answer = call_serve(flags, net::Method::Get,
                                 fmt::format("/api/v1/bots/{}/personas/{}/diff/{}", *id, from,
                                             to == 0 ? "current" : std::to_string(to)),
                                 "");
  if (!answer) return answer.error();
  for (const auto& change : answer->as_array()) {
    print(text_of(change.as_object(), "text") + "\n");
  }
  if (answer->as_array().empty()) print("both versions say the same\n");
  return kExitPass;
}

int history(const ServeFlags& flags, const std::string& bot) {
  const auto id = find_bot_id(flags, bot);
  if (!id) return id.error();
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/bots/" + *id + "/personas", "");
  if (!answer) return answer.error();
  for (const auto& entry : answer->as_array()) {
    const auto& row = entry.as_object();
    print(fmt::format("  {:>4}  {}  {}{}{}\n", find_int(row, "version").value_or(0),
                      text_of(row, "created_at"), text_of(row, "origin"),
                      find_bool(row, "enabled").value_or(true) ? "" : "  disabled",
                      find_bool(row, "current").value_or(false) ? "  current" : ""));
  }
  return kExitPass;
}

/// Rollback and accepting a rewrite: a new version from an old one.
int turn_to(const ServeFlags& flags, const std::string& bot, int version, const char* action) {
  const auto id = find_bot_id(flags, bot);
  if (!id) return id.error();
  const auto answer =
      call_serve(flags, net::Method::Post, fmt::format("/api/v1/bots/{}/personas/{}", *id, action),
                 fmt::format(R"({{"version":{}}})", version));
  if (!answer) return answer.error();
  print(fmt::format("{} lives by version {} now\n", bot,
                    find_int(answer->as_object(), "version").value_or(0)));
  return kExitPass;
}

int use(const ServeFlags& flags, const std::string& bot, const std::string& name) {
  const auto id = find_bot_id(flags, bot);
  if (!id) return id.error();
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/bots/" + *id + "/personas",
                                 json::serialize(json::string(name)));
  if (!answer) return answer.error();
  print(fmt::format("{} lives by {}, version {}\n", bot, name,
                    find_int(answer->as_object(), "version").value_or(0)));
  return kExitPass;
}

}  // namespace

void add_personas_commands(CLI::App& root, Invocation& invocation) {
  auto* personas = root.add_subcommand("personas", "The characters that bots play");
  personas->require_subcommand(1);
  struct Given {
    Which which;
    std::string file;
    int to = 0;
    bool flag = false;
  };
  const auto add = [&](const char* name, const char* help, auto declare, auto run) {
    auto* command = personas->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    auto given = std::make_shared<Given>();
    declare(*command, *given);
    command->callback([=, &invocation] { invocation.run = [=] { return run(*flags, *given); }; });
  };
  const auto which_one = [](CLI::App& command, Given& g) {
    command.add_option("name", g.which.name, "A shipped persona");
    command.add_option("--bot", g.which.bot, "A bot's own instead: its name or id");
    command.add_option("--version", g.which.version, "Which one; without it the current one")
        ->check(CLI::Range(1, 1'000'000));
  };
  const auto bot_and_version = [](CLI::App& command, Given& g) {
    command.add_option("bot", g.which.bot, "Name or id")->required();
    command.add_option("version", g.which.version, "Number of the version")
        ->required()
        ->check(CLI::Range(1, 1'000'000));
  };
  add(
      "list", "The shipped characters, or what the running bots live by",
      [](CLI::App& command, Given& g) { command.add_flag("--bots", g.flag, "The running bots"); },
      [](const ServeFlags& flags, const Given& g) {
        return g.flag ? list_of_bots(flags) : list_shipped();
      });
  add("show", "A character with its findings", which_one,
      [](const ServeFlags& flags, const Given& g) { return show(flags, g.which); });
  add(
      "lint", "Check a file: its shape, and what a character may not claim",
      [](CLI::App& command, Given& g) {
        command.add_option("file", g.file, "YAML or JSON")->required();
      },
      [](const ServeFlags&, const Given& g) { return lint(g.file); });
  add(
      "import", "Give a bot the character of a file, older shapes too",
      [](CLI::App& command, Given& g) {
        command.add_option("file", g.file, "YAML or JSON")->required();
        command.add_option("--bot", g.which.bot, "Name or id of the bot")->required();
        command.add_flag("--accept-rewrite", g.flag, "Take the proposed rewrite of claims");
      },
      [](const ServeFlags& flags, const Given& g) {
        return import_file(flags, g.file, g.which.bot, g.flag);
      });
  add(
      "export", "Write a character as YAML, or JSON by the file's ending",
      [which_one](CLI::App& command, Given& g) {
        which_one(command, g);
        command.add_option("-o,--output", g.file, "File; standard output without it");
      },
      [](const ServeFlags& flags, const Given& g) { return export_to(flags, g.which, g.file); });
  add(
      "use", "Give a bot a shipped character",
      [](CLI::App& command, Given& g) {
        command.add_option("bot", g.which.bot, "Name or id")->required();
        command.add_option("name", g.which.name, "A shipped persona")->required();
      },
      [](const ServeFlags& flags, const Given& g) {
        return use(flags, g.which.bot, g.which.name);
      });
  add(
      "history", "The versions of a bot's character",
      [](CLI::App& command, Given& g) {
        command.add_option("bot", g.which.bot, "Name or id")->required();
      },
      [](const ServeFlags& flags, const Given& g) { return history(flags, g.which.bot); });
  add(
      "diff", "What changed between two versions, field by field",
      [bot_and_version](CLI::App& command, Given& g) {
        bot_and_version(command, g);
        command.add_option("to", g.to, "The other version; without it the current one")
            ->check(CLI::Range(1, 1'000'000));
      },
      [](const ServeFlags& flags, const Given& g) {
        return diff(flags, g.which.bot, g.which.version, g.to);
      });
  add("rollback", "Make a new version equal to an old one", bot_and_version,
      [](const ServeFlags& flags, const Given& g) {
        return turn_to(flags, g.which.bot, g.which.version, "rollback");
      });
  add("accept", "Take the proposed rewrite of a disabled version", bot_and_version,
      [](const ServeFlags& flags, const Given& g) {
        return turn_to(flags, g.which.bot, g.which.version, "accept");
      });
}

}  // namespace chorus::app
