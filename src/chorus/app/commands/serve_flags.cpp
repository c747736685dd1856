#include "chorus/app/commands/serve_flags.hpp"

#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>

namespace chorus::app {

std::shared_ptr<ServeFlags> add_serve_flags(CLI::App& command) {
  auto flags = std::make_shared<ServeFlags>();
  command.add_option("--config", flags->config, "Configuration file (default: ./chorus.yaml)");
  const auto add = [&](const char* flag, const char* name, const char* help) {
    command.add_option_function<std::string>(
        flag, [flags, name](const std::string& value) { flags->values[name] = value; }, help);
  };
  add("--data", "data", "Folder of the store");
  add("--key-file", "key_file", "Key ring, outside of the data folder");
  add("--listen", "listen", "[HOST:]PORT of the HTTP API");
  return flags;
}

ConfigInputs inputs_of(const ServeFlags& flags) {
  ConfigInputs inputs;
  inputs.flags = flags.values;
  inputs.environment = process_environment;
  inputs.file = flags.config;
  return inputs;
}

int complain_config(const Error& error) {
  for (const auto line : split(error.message, '\n')) complain(line);
  return kExitInvalidConfig;
}

}  // namespace chorus::app
