#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

bool is_scenario_file(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

/// Files of a folder, or shipped names that begin with `where` and a dash.
std::vector<std::string> candidates(const std::string& where) {
  std::vector<std::string> out;
  std::error_code error;  // a folder that cannot be read has no scenarios
  if (!where.empty() && fs::is_directory(where, error)) {
    for (const auto& entry : fs::directory_iterator(where, error)) {
      if (is_scenario_file(entry.path())) out.push_back(entry.path().string());
    }
    std::ranges::sort(out);
    return out;
  }
  for (const auto& shipped : lab::shipped_scenarios()) {
    const std::string name(shipped.name);
    if (where.empty() || name == where || name.starts_with(where + "-")) out.push_back(name);
  }
  if (out.empty()) out.push_back(where);  // a file, or what read_scenario says no to
  return out;
}

/// Whether the scenario carries the tag; one that needs a command is looked at with any.
Result<bool> has_tag(const std::string& file_or_name, const std::string& tag,
                     const LabFlags& flags) {
  auto options = prepare_lab(file_or_name, flags, {});
  if (!options) options = prepare_lab(file_or_name, flags, {"any"});
  if (!options) return std::unexpected(options.error());
  const auto& tags = options->scenario.tags;
  return std::ranges::find(tags, tag) != tags.end();
}

/// Messages of people in the window, then bots, then names: the order in which a family is run.
std::tuple<double, std::uint32_t, std::string> load_of(const lab::Scenario& scenario) {
  double rate = 0;
  for (const auto& people : scenario.people) {
    rate += (people.rate.low + people.rate.high) / 2 * people.count;
  }
  return {rate * to_seconds(scenario.measured()), scenario.target.bots.count, scenario.name};
}

}  // namespace

Result<std::vector<LabRunOptions>> choose_scenarios(const std::string& where, bool all,
                                                    const std::string& tag, const LabFlags& flags,
                                                    const std::vector<std::string>& command) {
  std::vector<LabRunOptions> out;
  if (!all && tag.empty()) {
    CH_TRY(auto options, prepare_lab(where, flags, command));
    out.push_back(std::move(options));
    return out;
  }
  for (const auto& name : candidates(where)) {
    if (!tag.empty()) {
      CH_TRY(const bool wanted, has_tag(name, tag, flags));
      if (!wanted) continue;
    }
    CH_TRY(auto options, prepare_lab(name, flags, command));
    out.push_back(std::move(options));
  }
  if (out.empty()) {
    const auto place = where.empty() ? std::string("among the shipped ones") : "in " + where;
    return fail(ErrorCode::Misconfigured,
                tag.empty() ? fmt::format("there is no scenario {}", place)
                            : fmt::format("no scenario {} carries the tag '{}'", place, tag));
  }
  std::ranges::sort(out, {},
                    [](const LabRunOptions& options) { return load_of(options.scenario); });
  return out;
}

}  // namespace chorus::app
