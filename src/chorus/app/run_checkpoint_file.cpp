#include "chorus/app/run_checkpoint_file.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/stored_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

constexpr int kFormat = 1;

std::optional<std::string> read_whole(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

}  // namespace

std::string checkpoint_text(const RunCheckpoint& checkpoint) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().field("chorus_checkpoint", kFormat);
  json.key("invocation").raw(json::serialize(checkpoint.invocation));
  json.key("identity").begin_array();
  for (const auto& [what, value] : checkpoint.identity) {
    json.begin_array().value(what).value(value).end_array();
  }
  json.end_array().key("state").raw(checkpoint.state).end_object();
  return out;
}

Result<RunCheckpoint> read_checkpoint(const std::string& folder) {
  const auto text = read_whole(fs::path(folder) / "checkpoint.json");
  if (!text) {
    const auto result = read_whole(fs::path(folder) / "result.json");
    const auto parsed = result ? lab::parse_result(*result) : fail(ErrorCode::NotFound, "");
    if (parsed) {
      return fail(ErrorCode::NotFound,
                  fmt::format("{} has ended ({}): there is nothing to go on with; start it anew "
                              "with chorus lab run",
                              folder, to_string(parsed->verdict)));
    }
    return fail(ErrorCode::NotFound,
                fmt::format("'{}' holds no checkpoint: it is the folder of no run, or its lab died "
                            "before the first one (--checkpoint says how often)",
                            folder));
  }
  const auto broken = [&](std::string_view why) {
    return fail(ErrorCode::Misconfigured, fmt::format("{}/checkpoint.json: {}", folder, why));
  };
  auto value = parse_json(*text);
  if (!value) return broken(value.error().message);
  const auto* object = value->if_object();
  const auto format = object != nullptr ? find_int(*object, "chorus_checkpoint") : std::nullopt;
  if (!format) return broken("not a checkpoint");
  if (*format != kFormat) return broken("written by another version of chorus");
  RunCheckpoint out;
  const auto* invocation = find_object(*object, "invocation");
  const auto* identity = find_array(*object, "identity");
  const auto* state = find_object(*object, "state");
  if (invocation == nullptr || identity == nullptr || state == nullptr) return broken("incomplete");
  out.invocation = *invocation;
  for (const auto& entry : *identity) {
    const auto* pair = entry.if_array();
    const bool sound =
        pair != nullptr && pair->size() == 2 && (*pair)[0].is_string() && (*pair)[1].is_string();
    if (!sound) return broken("incomplete");
    out.identity.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  }
  out.state = json::serialize(*state);
  return out;
}

std::string run_folder_of(const std::string& word, const std::string& runs) {
  std::error_code ignored;  // what cannot be looked at is no folder
  std::string folder = word;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  if (fs::is_directory(folder, ignored)) return folder;
  const auto below = (fs::path(runs) / folder).string();
  return fs::is_directory(below, ignored) ? below : folder;
}

std::vector<std::pair<std::string, std::string>> run_identity(const LabRunOptions& options) {
  const auto& s = options.scenario;
  std::string kinds;
  for (const auto& kind : s.people) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind.count, kind.kind);
  }
  std::string thresholds;
  for (const auto& t : s.thresholds) {
    thresholds +=
        fmt::format("{}{} {}", thresholds.empty() ? "" : ", ", to_string(t.metric), t.expr);
  }
  return {{"chorus", CHORUS_VERSION},
          {"scenario", s.name},
          {"scenario file", options.scenario_hash},
          {"window", format_duration(s.measured())},
          {"people", kinds},
          {"bots", std::to_string(s.target.bots.count)},
          {"target", std::string(to_string(s.target.kind))},
          {"platform", s.target.platform_names()},
          {"thresholds", thresholds}};
}

Result<void> check_identity(const RunCheckpoint& checkpoint, const LabRunOptions& options) {
  const auto now = run_identity(options);
  std::string differs;
  for (const auto& [what, then] : checkpoint.identity) {
    const auto found = std::ranges::find(now, what, &std::pair<std::string, std::string>::first);
    if (found != now.end() && found->second == then) continue;
    differs += fmt::format("{}{}: '{}' then, '{}' now", differs.empty() ? "" : "; ", what, then,
                           found == now.end() ? "" : found->second);
  }
  if (differs.empty()) return {};
  return fail(ErrorCode::Misconfigured,
              "the run cannot go on, because it would be another one (" + differs + ")");
}

}  // namespace chorus::app
