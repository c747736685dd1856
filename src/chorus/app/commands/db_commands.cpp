#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

namespace chorus::app {

namespace {

int exit_of(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::Misconfigured ? kExitInvalidConfig : kExitFailure;
}

int check(const ServeFlags& flags) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  if (!std::filesystem::exists(store_path(*config))) {
    // Opening the keys would make some.
    complain(fmt::format("there is no store at {}", store_path(*config)));
    return kExitFailure;
  }
  const auto keys = open_keys(*config);
  if (!keys) return exit_of(keys.error());
  const auto report = store::check_sqlite(store_path(*config), *keys);
  if (!report) return exit_of(report.error());
  for (const auto& problem : report->problems) std::printf("%s\n", problem.c_str());
  std::printf("schema %d, %lu sealed values open, %zu problems\n", report->schema_version,
              static_cast<unsigned long>(report->sealed_values), report->problems.size());
  return report->problems.empty() ? kExitPass : kExitFailure;
}

int migrate(const ServeFlags& flags) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  const auto keys = open_keys(*config);
  if (!keys) return exit_of(keys.error());
  rt::Loop loop;
  const auto store = open_store(loop, *config, *keys, nullptr);
  if (!store) return exit_of(store.error());
  std::printf("%s is at the newest schema\n", store_path(*config).c_str());
  return kExitPass;
}

int backup(const ServeFlags& flags, const std::string& file) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  const auto done = store::backup_sqlite(store_path(*config), file);
  if (!done) return exit_of(done.error());
  std::printf("copied to %s; it opens with the same key ring only\n", file.c_str());
  return kExitPass;
}

int restore(const ServeFlags& flags, const std::string& file) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  const std::string path = store_path(*config);
  if (std::filesystem::exists(path)) {
    complain(fmt::format("{} exists; move it away first, nothing is overwritten", path));
    return kExitFailure;
  }
  if (const auto sealed = store::sealed_by(file); !sealed) {
    complain(fmt::format("{} is no store that could be restored: {}", file,
                         split(sealed.error().message, ';').front()));
    return kExitFailure;
  }
  std::error_code ignored;  // the copy below tells what is wrong
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const auto done = store::backup_sqlite(file, path);
  if (!done) return exit_of(done.error());
  std::printf("restored %s\n", path.c_str());
  return kExitPass;
}

int new_keys(const ServeFlags& flags) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  crypto::SystemRandom random;
  const auto ring = crypto::KeyRing::generate(random);
  if (const auto saved = crypto::save_key_ring(ring, config->key_file, config->data, false);
      !saved) {
    if (saved.error().code == ErrorCode::Conflict) {
      complain(
          fmt::format("{} exists; nothing is overwritten. chorus keys rotate makes a new "
                      "primary key in it",
                      config->key_file));
      return kExitFailure;
    }
    return exit_of(saved.error());
  }
  std::printf("%s (fingerprint %s)\n", config->key_file.c_str(), ring.fingerprint().c_str());
  return kExitPass;
}

int rotate_keys(const ServeFlags& flags) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  auto ring = crypto::load_key_ring(config->key_file, config->data);
  if (!ring) return exit_of(ring.error());
  crypto::SystemRandom random;
  ring->rotate(random);
  if (const auto saved = crypto::save_key_ring(*ring, config->key_file, config->data, true);
      !saved) {
    return exit_of(saved.error());
  }
  std::printf("new primary key %s in %s; the store is wrapped anew at the next start\n",
              ring->fingerprint().c_str(), config->key_file.c_str());
  return kExitPass;
}

}  // namespace

void add_db_commands(CLI::App& root, Invocation& invocation) {
  auto* db = root.add_subcommand("db", "The store of an installation (while nothing runs)");
  db->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(const ServeFlags&)) {
    auto* command = db->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    command->callback([=, &invocation] { invocation.run = [=] { return run(*flags); }; });
  };
  add("check", "Read everything and say what is damaged", &check);
  add("migrate", "Bring the store to the newest schema", &migrate);
  const auto add_file = [&](const char* name, const char* help,
                            int (*run)(const ServeFlags&, const std::string&)) {
    auto* command = db->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    auto file = std::make_shared<std::string>();
    command->add_option("file", *file, "The copy")->required();
    command->callback([=, &invocation] { invocation.run = [=] { return run(*flags, *file); }; });
  };
  add_file("backup", "Copy the store to a file", &backup);
  add_file("restore", "Bring a copy back", &restore);
}

void add_keys_commands(CLI::App& root, Invocation& invocation) {
  auto* keys = root.add_subcommand("keys", "The key ring");
  keys->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, int (*run)(const ServeFlags&)) {
    auto* command = keys->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    command->callback([=, &invocation] { invocation.run = [=] { return run(*flags); }; });
  };
  add("new", "Make a key ring before the first start", &new_keys);
  add("rotate", "Make a new primary key; the old one still opens", &rotate_keys);
}

}  // namespace chorus::app
