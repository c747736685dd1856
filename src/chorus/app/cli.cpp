#include "chorus/app/cli.hpp"

#include "chorus/app/cli_errors.hpp"
#include "chorus/app/commands/commands.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::app {

namespace {

constexpr const char* kAbout =
    "Chorus hosts fleets of chat bots, and proves in a sandbox with simulated people that any bot\n"
    "holds under load.\n\n"
    "  chorus demo                                 see it work, nothing needed\n"
    "  chorus test --people 200 -- python3 bot.py  load your own bot, no file needed\n"
    "  chorus sandbox                              a chat platform on this machine, to talk to a "
    "bot\n"
    "  chorus serve                                run a fleet of bots";

/// `prog a b -- cmd x` -> arguments before the first `--`, and the target's command after it.
std::vector<std::string> split_arguments(int argc, char** argv, Invocation& invocation) {
  std::vector<std::string> mine;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--") == 0) {
      invocation.has_target_command = true;
      invocation.target_command.assign(argv + i + 1, argv + argc);
      break;
    }
    mine.emplace_back(argv[i]);
  }
  return mine;
}

std::string needs_command(const std::string& path, const CLI::App& parent) {
  std::vector<std::string> names;
  for (const auto* command : parent.get_subcommands(nullptr)) names.push_back(command->get_name());
  return fmt::format("{} needs a command: {}", path, fmt::join(names, ", "));
}

/// What is missing when the words end before a command: CLI11 says only that a subcommand is
/// required. nullopt: something else is missing.
std::optional<std::string> missing_subcommand(const CLI::App& root) {
  const CLI::App* parent = &root;
  std::string path = root.get_name();
  while (!parent->get_subcommands().empty()) {  // those that were named
    parent = parent->get_subcommands().front();
    path += " " + parent->get_name();
  }
  if (parent->get_subcommands(nullptr).empty()) return std::nullopt;
  return needs_command(path, *parent);
}

std::optional<std::string> unknown_subcommand(const CLI::App& parent, const std::string& path,
                                              std::span<const std::string> arguments) {
  const auto commands = parent.get_subcommands(nullptr);
  if (commands.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto* command : commands) names.push_back(command->get_name());
  if (arguments.empty()) {
    return needs_command(path, parent);
  }
  const std::string& first = arguments.front();
  if (first.starts_with('-')) return std::nullopt;
  const auto found = std::ranges::find(names, first);
  if (found != names.end()) {
    return unknown_subcommand(*commands[static_cast<std::size_t>(found - names.begin())],
                              path + " " + first, arguments.subspan(1));
  }
  const auto hint = nearest(first, names);
  return fmt::format("there is no command '{} {}'{} (see {} --help)", path, first,
                     hint ? fmt::format(", did you mean '{}'?", *hint) : "", path);
}

}  // namespace

int run_cli(int argc, char** argv) {
  Invocation invocation;
  std::vector<std::string> arguments = split_arguments(argc, argv, invocation);

  CLI::App root(kAbout, "chorus");
  root.set_version_flag("--version", "chorus " CHORUS_VERSION);
  root.require_subcommand(1);
  root.get_formatter()->column_width(34);
  add_test_command(root, invocation);
  add_demo_command(root, invocation);
  add_serve_command(root, invocation);
  add_sandbox_command(root, invocation);
  add_lab_commands(root, invocation);
  add_control_commands(root, invocation);
  add_bots_commands(root, invocation);
  add_rooms_commands(root, invocation);
  add_matrix_commands(root, invocation);
  add_personas_commands(root, invocation);
  add_settings_commands(root, invocation);
  add_breakers_commands(root, invocation);
  add_conversations_commands(root, invocation);
  add_llm_commands(root, invocation);
  add_memory_commands(root, invocation);
  add_prompt_commands(root, invocation);
  add_tools_commands(root, invocation);
  add_db_commands(root, invocation);
  add_keys_commands(root, invocation);
  add_import_command(root, invocation);
  add_doctor_command(root, invocation);

  if (arguments.empty()) {
    std::fputs(root.help().c_str(), stdout);
    return kExitUsage;
  }
  if (const auto unknown = unknown_subcommand(root, "chorus", arguments)) {
    complain(*unknown);
    return kExitUsage;
  }
  // CLI11 takes arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    root.parse(reversed);
  } catch (const CLI::Success& done) {
    return root.exit(done);  // --help and --version
  } catch (const CLI::RequiredError& error) {
    const auto missing = missing_subcommand(root);
    complain(missing ? *missing : command_line_complaint(root, error, arguments));
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    complain(command_line_complaint(root, error, arguments));
    return kExitUsage;
  }
  return invocation.run ? invocation.run() : kExitUsage;
}

}  // namespace chorus::app
