#include "chorus/app/commands/lab_flags.hpp"

#include "chorus/app/config.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/scenario_alias.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace chorus::app {

namespace {

Result<std::vector<std::pair<std::string, std::string>>> split_pairs(
    const std::vector<std::string>& texts, std::string_view flag) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("{} {}: expected NAME=VALUE", flag, text));
    }
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

/// A file beside the scenario that names it.
Result<std::string> read_beside(const std::filesystem::path& folder, const std::string& name) {
  constexpr std::uintmax_t kLargest = 64 << 20;
  const auto path = folder / name;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) {
    return fail(ErrorCode::NotFound,
                fmt::format("'{}' cannot be read: {}", path.string(), error.message()));
  }
  if (size > kLargest) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is larger than 64 MiB", path.string()));
  }
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

}  // namespace

void add_common_lab_flags(CLI::App& command, LabFlags& flags) {
  command.add_option("--people", flags.people, "How many people; kinds keep their proportions")
      ->check(CLI::Range(0u, 1'000'000u));
  command.add_option("--for", flags.duration,
                     "Length of the measured window, like 30s; 0 = until Ctrl-C");
  command.add_option("--platform", flags.platform,
                     "telegram, matrix, or telegram,matrix; default: the scenario's");
  command.add_option("--seed", flags.seed, "The same seed gives the same plan");
  command
      .add_option("-o,--out", flags.outputs,
                  "kind[=path]: json, ndjson, csv, junit, html, md, hlog, prometheus-rw=URL")
      ->allow_extra_args(false);
  command.add_option("--timeout", flags.timeout,
                     "Bound of the whole run, like 10m: it is aborted then, with a report");
  auto* quiet = command.add_flag("-q,--quiet", flags.quiet, "Only the verdict");
  command
      .add_flag("-v,--verbose", flags.verbose,
                "Log what happens, line by line, instead of the live view")
      ->excludes(quiet);
}

Result<std::string> read_scenario(const std::string& file_or_name) {
  std::ifstream in(file_or_name, std::ios::binary);
  std::error_code ignored;  // a folder of that name is no file either
  if (in && !std::filesystem::is_directory(file_or_name, ignored)) {
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  }
  if (const auto shipped = lab::find_shipped_scenario(file_or_name)) return std::string(*shipped);
  std::vector<std::string> names;
  for (const auto& scenario : lab::shipped_scenarios()) names.emplace_back(scenario.name);
  for (const auto& alias : lab::scenario_aliases()) names.emplace_back(alias.name);
  const auto family = std::ranges::count_if(
      names, [&](const std::string& name) { return name.starts_with(file_or_name + "-"); });
  if (family > 0) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("'{0}' is a family of {1} scenarios; name one of them (chorus lab "
                            "list), or run them all: chorus lab run {0} --all",
                            file_or_name, family));
  }
  const auto hint = nearest(file_or_name, names);
  return fail(ErrorCode::Misconfigured,
              fmt::format("there is no scenario file or shipped scenario '{}'{}", file_or_name,
                          hint ? fmt::format(", did you mean '{}'?", *hint)
                               : std::string(" (chorus lab list shows them)")));
}

Result<LabRunOptions> prepare_lab(const std::string& name_given, const LabFlags& flags,
                                  const std::vector<std::string>& command) {
  const std::string file_or_name(lab::aliased_scenario(name_given).value_or(name_given));
  LabRunOptions options;
  lab::ParseOptions parse;
  parse.environment = process_environment;
  parse.command = command;
  parse.people = flags.people;
  parse.seed = flags.seed;
  CH_TRY(parse.variables, split_pairs(flags.variables, "-e"));
  CH_TRY(parse.sets, split_pairs(flags.sets, "--set"));
  if (!flags.platform.empty()) parse.sets.emplace_back("target.platform", flags.platform);
  if (!flags.duration.empty()) {
    auto duration = parse_duration(flags.duration);
    if (!duration) {
      return fail(ErrorCode::InvalidArgument, "--for: " + duration.error().message);
    }
    parse.duration = *duration;
  }
  if (!flags.timeout.empty()) {
    auto timeout = parse_duration(flags.timeout);
    if (!timeout || *timeout <= Duration::zero()) {
      return fail(ErrorCode::InvalidArgument, timeout ? "--timeout must be longer than 0"
                                                      : "--timeout: " + timeout.error().message);
    }
    options.timeout = *timeout;
  }
  if (!flags.checkpoint.empty()) {
    const auto every = parse_duration(flags.checkpoint);
    const bool sound = every && (*every == Duration::zero() || *every >= std::chrono::seconds(1));
    if (!sound || flags.virtual_time) {
      return fail(ErrorCode::InvalidArgument,
                  !every   ? "--checkpoint: " + every.error().message
                  : !sound ? "--checkpoint must be 1s or longer, or 0 for none"
                           : "--checkpoint is for runs in real time: a simulated one is simply "
                             "run again");
    }
    options.checkpoint_every = *every;
  }
  CH_TRY(options.outputs, parse_outputs(flags.outputs));
  const auto endpoint = [](const std::string& text,
                           std::optional<net::Endpoint>& out) -> Result<void> {
    if (text.empty()) return {};
    auto parsed = net::Endpoint::parse(text);
    if (!parsed) return fail(ErrorCode::InvalidArgument, parsed.error().message);
    out = *parsed;
    return {};
  };
  CH_TRY_VOID(endpoint(flags.telegram, options.telegram));
  CH_TRY_VOID(endpoint(flags.matrix, options.matrix));
  CH_TRY_VOID(endpoint(flags.llm, options.llm));
  CH_TRY_VOID(endpoint(flags.control, options.control));
  CH_TRY(const std::string text, read_scenario(file_or_name));
  const bool is_file = !lab::find_shipped_scenario(file_or_name);
  if (is_file) {
    parse.read_file = [folder = std::filesystem::path(file_or_name).parent_path()](
                          const std::string& name) { return read_beside(folder, name); };
  }
  CH_TRY(options.scenario,
         lab::load_scenario(text, is_file ? file_or_name : file_or_name + ".yaml", parse));
  options.scenario_hash = fmt::format("{:016x}", stable_hash(text));
  // From wherever it is gone on with.
  const auto named =
      is_file ? std::filesystem::absolute(file_or_name).string() : std::string(name_given);
  options.invocation = invocation_json({named, flags, command});
  options.label = flags.label;
  options.keep = flags.keep.value_or(options.keep);
  options.virtual_time = flags.virtual_time;
  if (options.virtual_time && options.scenario.measured() <= Duration::zero()) {
    return fail(ErrorCode::InvalidArgument,
                "--virtual-time needs an end: simulated time never waits for Ctrl-C; give --for a "
                "length, like 5m");
  }
  options.quiet = flags.quiet;
  options.verbose = flags.verbose;
  return options;
}

Result<std::vector<lab::OutputSpec>> parse_outputs(const std::vector<std::string>& texts) {
  std::vector<lab::OutputSpec> out;
  for (const auto& text : texts) {
    CH_TRY(auto output, lab::parse_output(text));
    out.push_back(std::move(output));
  }
  return out;
}

Result<std::vector<Form>> parse_forms(const std::vector<std::string>& texts,
                                      const std::vector<std::string>& kinds) {
  if (texts.empty()) return std::vector<Form>{Form{}};
  std::vector<Form> out;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    Form form{text.substr(0, equals),
              equals == std::string::npos ? std::string() : text.substr(equals + 1)};
    if (std::ranges::find(kinds, form.kind) == kinds.end()) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("-o {}: there are {}", text, fmt::join(kinds, ", ")));
    }
    out.push_back(std::move(form));
  }
  return out;
}

Result<void> write_forms(const std::vector<Form>& forms,
                         const std::function<std::string(const std::string& kind)>& render) {
  for (const auto& form : forms) {
    const auto content = render(form.kind);
    if (form.path.empty() || form.path == "-") {
      std::fwrite(content.data(), 1, content.size(), stdout);
    } else {
      CH_TRY_VOID(lab::write_output(form.path, content));
    }
  }
  return {};
}

int complain_lab(const Error& error) {
  for (const auto line : split(error.message, '\n')) {
    if (!line.empty()) complain(line);
  }
  return error.code == ErrorCode::InvalidArgument ? kExitUsage : kExitInvalidConfig;
}

}  // namespace chorus::app
