#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/matrix_registration.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace chorus::app {

namespace {

int print_registration(const ServeFlags& flags) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  const auto registration = matrix_registration(*config);
  if (!registration) return complain_config(registration.error());
  std::printf("%s\n", registration->c_str());
  return kExitPass;
}

}  // namespace

void add_matrix_commands(CLI::App& root, Invocation& invocation) {
  auto* matrix = root.add_subcommand("matrix", "What a Matrix homeserver has to know");
  matrix->require_subcommand(1);
  auto* registration = matrix->add_subcommand(
      "registration",
      "Print the registration file of the application service (it holds its tokens)");
  auto flags = add_serve_flags(*registration);
  registration->callback(
      [flags, &invocation] { invocation.run = [flags] { return print_registration(*flags); }; });
}

}  // namespace chorus::app
