#pragma once

#include "chorus/app/config.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

namespace chorus::app::testing {

/// A folder with a configuration, and an environment that holds only what the test puts there.
class ConfigTest : public ::testing::Test {
 protected:
  void write(const char* name, std::string_view text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  void file(std::string_view yaml) {
    write("chorus.yaml", yaml);
    path = (folder / "chorus.yaml").string();
  }
  [[nodiscard]] ConfigInputs inputs() const {
    ConfigInputs in;
    in.flags = flags;
    in.environment = [env = environment](const std::string& name) -> std::optional<std::string> {
      const auto found = env.find(name);
      return found == env.end() ? std::nullopt : std::optional(found->second);
    };
    in.file = path;
    return in;
  }
  ServeConfig load() {
    auto config = load_serve_config(inputs());
    if (!config) {
      ADD_FAILURE() << config.error().message;
      return {};
    }
    return *std::move(config);
  }
  /// The message of the error, with the file's name without its folder.
  std::string error() {
    const auto config = load_serve_config(inputs());
    if (config) return "accepted";
    EXPECT_EQ(config.error().code, ErrorCode::Misconfigured) << config.error().message;
    std::string text = config.error().message;
    const std::string prefix = folder.path().string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
      text.erase(at, prefix.size());
    }
    return text;
  }
  /// `value <- source` of one origin.
  static std::string origin(const ServeConfig& config, std::string_view name) {
    for (const auto& origin : config.origins) {
      if (origin.name == name) return origin.value + " <- " + origin.source;
    }
    return "no such origin";
  }

  test::TempDir folder;
  std::string path;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> flags;
};

}  // namespace chorus::app::testing
