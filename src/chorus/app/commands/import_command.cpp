#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/founding/import_run.hpp"
#include "chorus/app/run_task.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/temp_folder.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/rt/scope.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

struct ImportFlags {
  std::string file;
  std::string key_file;
  bool dry_run = false;
  bool skip_unreadable = false;
};

int exit_of(const Error& error) {
  complain(error.message);
  return error.code == ErrorCode::Misconfigured ? kExitInvalidConfig : kExitFailure;
}

/// The founding system's key: a file, or TOKEN_ENCRYPTION_KEY as that system has it.
Result<std::optional<crypto::FernetKey>> founding_key(const ImportFlags& flags,
                                                      const ServeConfig& config) {
  std::string text;
  if (!flags.key_file.empty()) {
    std::ifstream in(flags.key_file, std::ios::binary);
    if (!in) return fail(ErrorCode::Misconfigured, fmt::format("cannot read {}", flags.key_file));
    text.assign(std::istreambuf_iterator<char>(in), {});
    text = std::string(trim(text));
    if (text.empty()) {
      return fail(ErrorCode::Misconfigured, fmt::format("{} is empty", flags.key_file));
    }
  } else {
    text = std::string(config.token_encryption_key.reveal());
  }
  if (text.empty()) return std::nullopt;
  CH_TRY(auto key, crypto::FernetKey::from_text(text));
  return std::optional(std::move(key));
}

rt::Task<Result<bool>> close_store(store::Store& store) {
  co_await store.close();
  co_return true;
}

Result<std::unique_ptr<store::SqliteStore>> open_for(rt::Loop& loop, const ServeConfig& config) {
  CH_TRY(const auto keys, open_keys(config));
  return open_store(loop, config, keys, nullptr);
}

Result<ImportPresent> present_in(const ServeConfig& config, const FoundingTables& tables) {
  rt::Loop loop;
  CH_TRY(const auto store, open_for(loop, config));
  auto out = run_to_end(loop, read_present(*store, tables));
  CH_TRY_VOID(run_to_end(loop, close_store(*store)));
  return out;
}

Result<void> write(const ServeConfig& config, const ImportPlan& plan) {
  rt::Loop loop;
  CH_TRY(const auto store, open_for(loop, config));
  const auto out = run_to_end(loop, carry_out(*store, plan));
  CH_TRY_VOID(run_to_end(loop, close_store(*store)));
  return out;
}

/// What the store holds before an import, read from a copy: nothing is made, and nothing in it
/// changes, not even its schema.
Result<ImportPresent> look(ServeConfig config, const FoundingTables& tables) {
  const std::string path = store_path(config);
  if (!fs::exists(path)) return ImportPresent{};
  CH_TRY(const TempFolder folder, TempFolder::make("import"));
  const std::string copy = folder.path() + "/chorus.db";
  CH_TRY_VOID(store::backup_sqlite(path, copy));
  config.database_url = "sqlite:" + copy;
  return present_in(config, tables);
}

void show(const ImportPlan& plan) {
  std::fputs(plan.tally.to_text().c_str(), stdout);
  if (plan.yaml.empty()) return;
  std::printf("\nfor chorus.yaml, below settings:\n");
  for (const auto& line : plan.yaml) std::printf("  %s\n", line.c_str());
}

int prove(const ServeConfig& config, const FoundingTables& tables, const ImportPlan& plan,
          const ImportOptions& options, IdSource& ids) {
  const auto present = present_in(config, tables);
  if (!present) return exit_of(present.error());
  const auto again = plan_import(tables, *present, options, ids);
  const auto differences = unproven(plan.tally, again.tally);
  for (const auto& line : differences) complain("not proven: " + line);
  if (!differences.empty()) return kExitFailure;
  std::uint64_t rows = 0;
  for (const auto& [table, count] : plan.tally.counts()) rows += count.taken + count.present;
  std::printf("\nproven: read back from the store, %lu of %lu rows are there\n",
              static_cast<unsigned long>(rows), static_cast<unsigned long>(rows));
  return kExitPass;
}

int import(const ServeFlags& serve, const ImportFlags& flags) {
  const auto config = load_serve_config(inputs_of(serve));
  if (!config) return complain_config(config.error());
  const auto key = founding_key(flags, *config);
  if (!key) return exit_of(key.error());
  const auto tables = read_founding(flags.file);
  if (!tables) return exit_of(tables.error());
  const auto present = look(*config, *tables);
  if (!present) return exit_of(present.error());
  rt::Loop clock;
  crypto::SystemRandom random;
  std::uint64_t seed = 0;
  random.fill({reinterpret_cast<unsigned char*>(&seed), sizeof seed});
  IdSource ids(clock, Rng(seed));
  ImportOptions options;
  options.key = *key;
  options.now = clock.wall_now();
  const ImportPlan plan = plan_import(*tables, *present, options, ids);
  show(plan);
  if (!plan.unreadable.empty() && !flags.skip_unreadable) {
    complain(printable_line(
        fmt::format("the tokens of {} do not open: give the old system's TOKEN_ENCRYPTION_KEY "
                    "with --old-key-file FILE, or leave these bots out with --skip-unreadable; "
                    "nothing was changed",
                    fmt::join(plan.unreadable, ", "))));
    return kExitFailure;
  }
  if (flags.dry_run) {
    std::printf("\na dry run: nothing was changed\n");
    return kExitPass;
  }
  if (const auto written = write(*config, plan); !written) return exit_of(written.error());
  return prove(*config, *tables, plan, options, ids);
}

}  // namespace

void add_import_command(CLI::App& root, Invocation& invocation) {
  auto* command = root.add_subcommand(
      "import", "Take over the founding system's database (while nothing runs)");
  auto serve = add_serve_flags(*command);
  auto flags = std::make_shared<ImportFlags>();
  command->add_option("file", flags->file, "Its SQLite file, or an SQL dump of it")->required();
  command->add_flag("--dry-run", flags->dry_run, "Say what would happen, change nothing");
  command->add_option("--old-key-file", flags->key_file,
                      "File with its TOKEN_ENCRYPTION_KEY (default: that variable)");
  command->add_flag("--skip-unreadable", flags->skip_unreadable,
                    "Leave out bots whose token does not open");
  command->callback([=, &invocation] { invocation.run = [=] { return import(*serve, *flags); }; });
}

}  // namespace chorus::app
