#include "chorus/lab/compare/run_store.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/lab/detail/report_json.hpp"
#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/file.h>
#include <tuple>
#include <unistd.h>

namespace chorus::lab {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostLoaded = 500;
/// The index is rewritten when it has grown so far beyond its bound, not at every run.
constexpr std::size_t kSlack = 1000;

/// One process at a time writes an index. The lock goes with the process.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder)
      : fd_(::open((folder + "/.index.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)) {
    if (fd_ >= 0) locked_ = ::flock(fd_, LOCK_EX) == 0;
  }
  ~FolderLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  [[nodiscard]] bool locked() const { return locked_; }

 private:
  int fd_;
  bool locked_ = false;
};

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is no folder of runs
  return fs::is_directory(path, ignored);
}

/// Folders directly below that hold a result.json, by name.
std::vector<std::string> run_folders(const std::string& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;  // gone in the meantime
    if (entry.is_directory(ignored) && fs::exists(entry.path() / "result.json", ignored)) {
      out.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(out);
  return out;
}

/// Runs of that label whose folder is still there.
std::vector<std::string> labelled(const std::string& folder, const std::string& label) {
  std::vector<std::string> out;
  const auto all = RunStore(folder).runs();
  if (!all) return out;
  for (const auto& run : *all) {
    if (run.label == label && is_folder(fs::path(folder) / run.id)) out.push_back(run.id);
  }
  return out;
}

Verdict verdict_named(std::string_view name) {
  for (const auto verdict : {Verdict::Pass, Verdict::Fail, Verdict::Watched}) {
    if (to_string(verdict) == name) return verdict;
  }
  return Verdict::Invalid;
}

/// Runs of one second, and simulated ones, are told apart by a number: 2 comes before 10.
auto by_start(const StoredRun& run) {
  return std::tuple(run.started_at, run.id.size(), run.id);
}

}  // namespace

const std::vector<std::string>& indexed_measures() {
  static const std::vector<std::string> measures = {
      "reply_latency:p50", "reply_latency:p95",       "reply_latency:p99", "ack_latency:p95",
      "errors:rate",       "messages{side:bot}:rate", "process_cpu:avg",   "process_rss:max"};
  return measures;
}

StoredRun index_entry(std::string id, const RunResult& result) {
  StoredRun out;
  out.id = std::move(id);
  out.scenario = result.name;
  out.started_at = result.started_at;
  out.verdict = result.verdict;
  out.seed = result.seed;
  out.virtual_time = result.virtual_time;
  if (result.watch) {
    out.load = "watched";  // who made the load, and which, nobody knows
  } else {
    out.load = fmt::format("{} people, {} bots, {}, {}, {}, limits {}, {} time", result.people,
                           result.bots, to_string(result.target_kind), result.transport,
                           result.pacing, result.limits, result.virtual_time ? "virtual" : "real");
  }
  for (const auto& [name, value] : result.environment) {
    if (name == "label") out.label = value;
  }
  for (const auto& text : indexed_measures()) {
    const auto key = parse_measure(text);
    const auto value = key ? value_of(result, *key) : std::nullopt;
    if (value && std::isfinite(*value)) out.values[text] = *value;
  }
  return out;
}

std::string index_line(const StoredRun& run) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .field("id", run.id)
      .field("scenario", run.scenario)
      .field("started_at", to_iso8601(run.started_at))
      .field("verdict", to_string(run.verdict))
      .field("seed", run.seed)
      .field("virtual_time", run.virtual_time)
      .field("load", run.load);
  if (!run.label.empty()) writer.field("label", run.label);
  writer.key("values").begin_object();
  for (const auto& [measure, value] : run.values) writer.field(measure, value);
  writer.end_object().end_object();
  return out;
}

Result<StoredRun> parse_index_line(std::string_view line) {
  CH_TRY(const auto value, parse_json(line));
  const auto* o = value.if_object();
  const auto id = o ? find_string(*o, "id") : std::nullopt;
  const auto scenario = o ? find_string(*o, "scenario") : std::nullopt;
  if (!id || !scenario) return fail(ErrorCode::ParseError, "no line of an index of runs");
  StoredRun out;
  out.id = *id;
  out.scenario = *scenario;
  if (const auto at = from_iso8601(find_string(*o, "started_at").value_or(""))) {
    out.started_at = *at;
  }
  out.verdict = verdict_named(find_string(*o, "verdict").value_or(""));
  out.label = find_string(*o, "label").value_or("");
  out.seed = detail::read_count(*o, "seed");
  out.virtual_time = find_bool(*o, "virtual_time").value_or(false);
  out.load = find_string(*o, "load").value_or("");
  if (const auto* values = find_object(*o, "values")) {
    for (const auto& [measure, number] : *values) {
      if (const auto v = find_double(*values, measure)) out.values[measure] = *v;
    }
  }
  return out;
}

std::vector<StoredRun> RunStore::read_index() const {
  std::vector<StoredRun> out;
  const auto text = read_file(index_path()).value_or("");
  for (const auto line : split(text, '\n')) {
    if (line.empty()) continue;
    // A line that a killed process left unfinished is as good as none: its run is read again.
    if (auto run = parse_index_line(line)) out.push_back(std::move(*run));
  }
  if (out.size() > kMostRuns) {
    out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(kMostRuns));
  }
  return out;
}

Result<void> RunStore::append(const std::vector<StoredRun>& runs) {
  std::string lines;
  for (const auto& run : runs) lines += index_line(run) + "\n";
  std::ofstream out(index_path(), std::ios::binary | std::ios::app);
  out << lines << std::flush;
  if (out) return {};
  return fail(ErrorCode::Unavailable,
              fmt::format("cannot write {}: {}", index_path(), std::strerror(errno)));
}

Result<void> RunStore::compact() {
  const auto text = read_file(index_path()).value_or("");
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines <= kMostRuns + kSlack) return {};
  std::string kept;
  for (const auto& run : read_index()) kept += index_line(run) + "\n";
  const auto fresh = index_path() + ".new";
  CH_TRY_VOID(write_output(fresh, kept));
  std::error_code error;
  fs::rename(fresh, index_path(), error);
  if (!error) return {};
  return fail(ErrorCode::Unavailable,
              fmt::format("cannot replace {}: {}", index_path(), error.message()));
}

Result<void> RunStore::add(const StoredRun& run) {
  std::error_code error;
  fs::create_directories(folder_, error);
  const FolderLock lock(folder_);
  if (!lock.locked()) {
    return fail(ErrorCode::Unavailable,
                fmt::format("cannot write the index of {}: {}", folder_, std::strerror(errno)));
  }
  CH_TRY_VOID(append({run}));
  return compact();
}

Result<std::vector<StoredRun>> RunStore::runs() {
  if (!is_folder(folder_)) {
    return fail(ErrorCode::NotFound, fmt::format("there is no folder of runs '{}'", folder_));
  }
  // A folder that cannot be written to is read all the same.
  const FolderLock lock(folder_);
  auto out = read_index();
  std::set<std::string> known;
  for (const auto& run : out) known.insert(run.id);
  std::vector<StoredRun> found;
  for (const auto& id : run_folders(folder_)) {
    if (known.contains(id)) continue;
    const auto text = read_file(fs::path(folder_) / id / "result.json");
    const auto result = text ? parse_result(*text) : fail(ErrorCode::NotFound, "");
    // A checkpoint is no run yet: it may go on, and is entered when it ends.
    if (!result || result->end == RunEnd::CutOff) continue;
    found.push_back(index_entry(id, *result));
  }
  if (found.empty()) return out;
  std::ranges::sort(found, {}, by_start);
  // Without the lock the lines could be torn; then they are found again next time.
  if (lock.locked()) CH_TRY_VOID(append(found));
  out.insert(out.end(), std::make_move_iterator(found.begin()),
             std::make_move_iterator(found.end()));
  return out;
}

Result<std::vector<std::string>> RunStore::keep_newest(std::string_view scenario,
                                                       std::size_t newest) {
  std::vector<fs::path> present;
  for (const auto& run : read_index()) {
    if (run.scenario != scenario || run.id.empty() || run.id != fs::path(run.id).filename() ||
        run.id == "." || run.id == "..") {
      continue;
    }
    const auto path = fs::path(folder_) / run.id;
    std::error_code ignored;  // gone: nothing to remove
    const bool ours = fs::symlink_status(path, ignored).type() == fs::file_type::directory &&
                      fs::exists(path / "result.json", ignored);
    if (ours && std::ranges::find(present, path) == present.end()) present.push_back(path);
  }
  std::vector<std::string> out;
  while (present.size() - out.size() > newest) {
    const auto& path = present[out.size()];
    std::error_code error;
    fs::remove_all(path, error);
    if (error) {
      return fail(ErrorCode::Unavailable,
                  fmt::format("cannot remove {}: {}", path.string(), error.message()));
    }
    out.push_back(path.filename().string());
  }
  return out;
}

Result<std::vector<NamedRun>> load_runs(const std::string& word, const std::string& runs) {
  std::vector<fs::path> files;
  const auto add_folder = [&](const fs::path& path) {
    std::error_code ignored;  // then there is no result in it
    if (fs::exists(path / "result.json", ignored)) {
      files.push_back(path / "result.json");
      return;
    }
    for (const auto& id : run_folders(path.string())) files.push_back(path / id / "result.json");
  };
  std::error_code ignored;  // a word that is no path may be the name of a run
  if (is_folder(word)) {
    add_folder(word);
  } else if (fs::exists(word, ignored)) {
    files.emplace_back(word);
  }
  if (files.empty() && is_folder(fs::path(runs) / word)) add_folder(fs::path(runs) / word);
  if (files.empty()) {
    for (const auto& id : labelled(runs, word)) add_folder(fs::path(runs) / id);
  }
  if (files.empty()) {
    return fail(ErrorCode::NotFound,
                fmt::format("no run at '{}'; name the folder of a run, like "
                            "runs/20260105T120000-phase2, its result.json, a folder of runs, or "
                            "the --label of runs in {}",
                            word, runs));
  }
  if (files.size() > kMostLoaded) files.erase(files.begin(), files.end() - kMostLoaded);
  std::vector<NamedRun> out;
  for (const auto& file : files) {
    const auto text = read_file(file);
    if (!text) return fail(ErrorCode::NotFound, fmt::format("cannot read {}", file.string()));
    auto result = parse_result(*text);
    if (!result) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{}: {}", file.string(), result.error().message));
    }
    const bool in_folder = file.filename() == "result.json" && file.has_parent_path();
    out.push_back(
        {in_folder ? file.parent_path().filename().string() : file.string(), std::move(*result)});
  }
  return out;
}

}  // namespace chorus::lab
