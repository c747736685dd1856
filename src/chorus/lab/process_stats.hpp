#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// One reading of a tree of processes, summed.
struct ProcessSample {
  std::uint64_t rss = 0;         ///< bytes
  Duration cpu{};                ///< user and system, of the live processes
  std::uint64_t read_bytes = 0;  ///< from storage
  std::uint64_t written_bytes = 0;
  std::uint64_t fds = 0;
  std::uint64_t threads = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint32_t processes = 0;
};

/// Reads /proc for `roots` and, with `tree`, everything they started. Blocking (about 50 us per
/// process), so it belongs on a pool thread. A process that has gone is left out.
ProcessSample sample_processes(const std::vector<int>& roots, std::string_view proc = "/proc",
                               bool tree = true);

/// A run's summary of one group of processes.
struct ProcessSummary {
  std::string name;
  std::uint32_t processes = 0;  ///< highest
  double rss_before = 0;        ///< bytes, at the start of the measured window
  double rss_after = 0;         ///< at its end
  double rss_peak = 0;
  double rss_slope = 0;  ///< bytes per hour, Theil-Sen over the window
  /// Where the slope lies with 95 %; absent with too few samples to say.
  std::optional<std::pair<double, double>> rss_slope_between;
  double fds_slope = 0;  ///< descriptors per hour, Theil-Sen over the window
  double cpu_mean = 0;   ///< cores
  double cpu_peak = 0;
  double cpu_seconds = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t fds = 0;      ///< highest
  std::uint64_t threads = 0;  ///< highest
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
};

/// Collects samples of the measured window; memory bounded by twice 400 points for a slope. Read
/// back from an archive it goes on with other processes: sums and peaks are over all of them, and
/// slopes rest on the part that lasted longest, because memory begins anew with a process.
class ProcessTrack {
 public:
  explicit ProcessTrack(std::string name) { summary_.name = std::move(name); }
  /// Gives the cores in use since the sample before (0 for the first).
  double add(Duration at, const ProcessSample& sample, bool measured);
  [[nodiscard]] ProcessSummary summary() const;
  /// Resident memory now minus at the start of the window. O(1), unlike the summary's slope.
  [[nodiscard]] double growth() const { return summary_.rss_after - part_before_; }
  [[nodiscard]] bool empty() const { return !last_.has_value() && !carried_; }
  [[nodiscard]] double rss() const { return last_ ? static_cast<double>(last_->rss) : 0; }
  void archive(detail::Archive& archive);

 private:
  using Points = std::vector<std::pair<double, double>>;
  /// What is summed over the processes before.
  struct Sums {
    Duration lasted{};
    double cpu_seconds = 0;
    std::uint64_t read_bytes = 0;
    std::uint64_t written_bytes = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
    void archive(detail::Archive& archive);
  };
  [[nodiscard]] bool this_part_is_longest() const;
  ProcessSummary summary_;
  bool carried_ = false;
  Sums before_;
  Points longest_rss_;  ///< of the longest part before this one
  Points longest_fds_;
  double part_before_ = 0;  ///< rss_before of this part
  std::optional<ProcessSample> first_;
  std::optional<ProcessSample> last_;
  Duration first_at_{};
  Duration last_at_{};
  Points rss_;  // seconds, bytes
  Points fds_;  // seconds, descriptors
  std::size_t stride_ = 1;
  std::size_t skipped_ = 0;
};

}  // namespace chorus::lab
