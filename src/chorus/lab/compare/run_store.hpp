#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/compare/compare.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// What the index of a runs folder keeps of a run: enough for a trend when its folder is gone.
struct StoredRun {
  std::string id;  ///< name of its folder
  std::string scenario;
  WallTime started_at{};
  Verdict verdict = Verdict::Invalid;
  std::string label;  ///< `--label`: a commit, a build
  std::uint64_t seed = 0;
  bool virtual_time = false;
  std::string
      load;  ///< people, bots, target, pacing, limits, clock: what must not differ in a trend
  std::map<std::string, double> values;  ///< by measure: those of indexed_measures() it has
};

/// Measures that the index keeps of every run.
const std::vector<std::string>& indexed_measures();
StoredRun index_entry(std::string id, const RunResult& result);
/// One line of the index, without its end; and back. Errors: ParseError.
std::string index_line(const StoredRun& run);
Result<StoredRun> parse_index_line(std::string_view line);

/// A folder of runs (`runs/`) with its index, `index.ndjson`: one line a run in the order of
/// recording, at most kMostRuns; older lines fall out. The index may be deleted: runs that it does
/// not know are read again. Several processes may add at a time. Blocking; not for the loop.
class RunStore {
 public:
  static constexpr std::size_t kMostRuns = 5000;

  explicit RunStore(std::string folder) : folder_(std::move(folder)) {}

  /// Writes a run, whose folder exists, into the index. Errors: Unavailable with path and cause.
  Result<void> add(const StoredRun& run);
  /// All runs, oldest first; folders that the index does not know are taken in. A result.json that
  /// cannot be read is left out. Errors: NotFound when there is no such folder.
  Result<std::vector<StoredRun>> runs();
  /// Removes the folders of all but the newest `newest` runs of a scenario; their lines stay.
  /// Only what the index names and holds a result.json is removed. Gives the ids removed.
  Result<std::vector<std::string>> keep_newest(std::string_view scenario, std::size_t newest);
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::string index_path() const { return folder_ + "/index.ndjson"; }
  std::vector<StoredRun> read_index() const;
  Result<void> append(const std::vector<StoredRun>& runs);
  Result<void> compact();

  std::string folder_;
};

/// The runs that a word of the command line means: the folder of a run, its result.json, a folder
/// of runs (all in it, by name), the name of a run below `runs`, or the label of runs below it. At
/// most the newest 500. Errors: NotFound
/// when there is none; Misconfigured when a file is no result.
Result<std::vector<NamedRun>> load_runs(const std::string& word, const std::string& runs);

}  // namespace chorus::lab
