#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/terminal.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace chorus::app {

namespace {

int run_demo(const LabFlags& flags) {
  auto options = prepare_lab("demo", flags, {});
  if (!options) return complain_lab(options.error());
  const Terminal t = Terminal::detect();
  if (!flags.quiet) {
    std::fprintf(stderr,
                 "%s\n"
                 "A fleet of bots, a chat platform and a crowd of people, all on this machine.\n"
                 "Nothing leaves it; no keys, no accounts.\n\n",
                 t.bold("Chorus demo").c_str());
  }
  options->next_command = "chorus test --people 200 -- python3 your_bot.py";
  return run_lab(std::move(*options)).exit_code;
}

int run_test(const LabFlags& flags, bool dm, const Invocation& invocation) {
  if (!invocation.has_target_command || invocation.target_command.empty()) {
    complain(
        "say how to start your bot after --, for example: chorus test --people 200 -- python3 "
        "bot.py");
    return 2;
  }
  auto options = prepare_lab(dm ? "dm" : "echo", flags, invocation.target_command);
  if (!options) return complain_lab(options.error());
  return run_lab(std::move(*options)).exit_code;
}

}  // namespace

void add_demo_command(CLI::App& root, Invocation& invocation) {
  auto* command = root.add_subcommand("demo", "A fleet and a crowd, proven in front of your eyes");
  auto flags = std::make_shared<LabFlags>();
  add_common_lab_flags(*command, *flags);
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_demo(*flags); }; });
}

void add_test_command(CLI::App& root, Invocation& invocation) {
  auto* command =
      root.add_subcommand("test", "Load any bot: chorus test --people 200 -- python3 bot.py");
  auto flags = std::make_shared<LabFlags>();
  auto dm = std::make_shared<bool>(false);
  add_common_lab_flags(*command, *flags);
  command->add_flag("--dm", *dm, "Everybody in private with the bot, instead of one group");
  command->callback([flags, dm, &invocation] {
    invocation.run = [flags, dm, &invocation] { return run_test(*flags, *dm, invocation); };
  });
}

}  // namespace chorus::app
