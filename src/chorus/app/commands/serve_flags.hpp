#pragma once

#include "chorus/app/config.hpp"

#include <map>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace chorus::app {

/// Flags of every command that works on an installation.
struct ServeFlags {
  std::string config;
  std::map<std::string, std::string> values;  ///< name -> text, as ConfigInputs::flags
};

/// Adds --config, --data, --key-file and --listen.
std::shared_ptr<ServeFlags> add_serve_flags(CLI::App& command);
ConfigInputs inputs_of(const ServeFlags& flags);
/// Prints what is wrong, each problem on a line.
int complain_config(const Error& error);

}  // namespace chorus::app
