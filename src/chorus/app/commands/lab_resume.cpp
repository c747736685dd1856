#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/run_checkpoint_file.hpp"
#include "chorus/app/durable_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/checkpoint.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

namespace chorus::app {

namespace {

using Texts = std::vector<std::string>;

json::array list(const Texts& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

void read(const json::object& from, std::string_view key, std::string& to) {
  to = std::string(find_string(from, key).value_or(""));
}

void read(const json::object& from, std::string_view key, Texts& to) {
  const auto* found = find_array(from, key);
  if (found == nullptr) return;
  for (const auto& entry : *found) {
    if (entry.is_string()) to.emplace_back(entry.get_string());
  }
}

}  // namespace

int resume_run(const std::string& run, bool quiet, bool verbose) {
  const auto folder = run_folder_of(run);
  if (RunLock::held(folder)) {
    const auto lock = RunLock::take(folder);
    complain(lock ? folder + " was still in use; try again" : lock.error().message);
    return kExitFailure;
  }
  const auto stored = read_checkpoint(folder);
  if (!stored) return complain_lab(stored.error());
  auto invocation = invocation_of(stored->invocation);
  invocation.flags.quiet = quiet;
  invocation.flags.verbose = verbose;
  auto options = prepare_lab(invocation.scenario, invocation.flags, invocation.command);
  if (!options) return complain_lab(options.error());
  if (const auto same = check_identity(*stored, *options); !same) return complain_lab(same.error());
  const auto place = lab::checkpoint_place(stored->state);
  if (!place) {
    complain(fmt::format("{}/checkpoint.json: {}", folder, place.error().message));
    return kExitInvalidConfig;
  }
  options->scenario.seed = place->seed;
  options->folder = folder;
  options->runs_folder = std::filesystem::path(folder).parent_path().string();
  if (options->runs_folder.empty()) options->runs_folder = ".";
  options->resume = stored->state;
  if (!quiet) {
    std::fprintf(stderr, "  going on with %s after its checkpoint of %s (%s measured)\n",
                 folder.c_str(), to_iso8601(place->taken_at).c_str(),
                 format_duration(place->measured).c_str());
  }
  return run_lab(std::move(*options)).exit_code;
}

json::object invocation_json(const RunInvocation& invocation) {
  const auto& f = invocation.flags;
  json::object out{{"scenario", invocation.scenario},
                   {"command", list(invocation.command)},
                   {"for", f.duration},
                   {"platform", f.platform},
                   {"variables", list(f.variables)},
                   {"sets", list(f.sets)},
                   {"outputs", list(f.outputs)},
                   {"timeout", f.timeout},
                   {"checkpoint", f.checkpoint},
                   {"label", f.label},
                   {"telegram", f.telegram},
                   {"matrix", f.matrix},
                   {"llm", f.llm},
                   {"control", f.control}};
  if (f.people) out["people"] = *f.people;
  if (f.keep) out["keep"] = *f.keep;
  return out;
}

RunInvocation invocation_of(const json::object& stored) {
  RunInvocation out;
  auto& f = out.flags;
  read(stored, "scenario", out.scenario);
  read(stored, "command", out.command);
  read(stored, "for", f.duration);
  read(stored, "platform", f.platform);
  read(stored, "variables", f.variables);
  read(stored, "sets", f.sets);
  read(stored, "outputs", f.outputs);
  read(stored, "timeout", f.timeout);
  read(stored, "checkpoint", f.checkpoint);
  read(stored, "label", f.label);
  read(stored, "telegram", f.telegram);
  read(stored, "matrix", f.matrix);
  read(stored, "llm", f.llm);
  read(stored, "control", f.control);
  if (const auto people = find_int(stored, "people")) {
    f.people = static_cast<std::uint32_t>(*people);
  }
  if (const auto keep = find_int(stored, "keep")) f.keep = static_cast<std::size_t>(*keep);
  return out;
}

}  // namespace chorus::app
