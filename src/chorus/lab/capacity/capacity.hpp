#pragma once

#include "chorus/lab/capacity/goal.hpp"
#include "chorus/lab/capacity/search_plan.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/stats/usl.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chorus::lab {

/// What one probe showed. `run` keeps its numbers for the hint; its series is dropped.
struct ProbeReport {
  Probe probe;
  RunResult run;
  stats::Proportion replies;
  double throughput = 0;  ///< bot messages per second, in the measured window
  double p95_ms = 0;      ///< of the replies that came
  bool drained = true;    ///< nothing was left when the drain ended
};

struct Capacity {
  std::string scenario;
  Goal goal;
  SearchEnd end = SearchEnd::Running;
  std::uint32_t people = 0;             ///< holds, and is confirmed after Found and AtLeast
  std::optional<std::uint32_t> missed;  ///< the smallest level that did not hold
  double throughput = 0;                ///< at `people`
  std::string why;                      ///< Stopped: what the probe proved instead
  int exit_code = 0;                    ///< Stopped: of the probe
  std::vector<ProbeReport> probes;
  std::map<std::uint32_t, Level> levels;
  std::optional<stats::UslFit> usl;
  std::string no_usl;              ///< why there is no fit
  std::vector<std::string> hints;  ///< what was full first, most likely first
  bool virtual_time = false;
};

/// Runs one probe; a result of any verdict. Errors end the search.
using RunProbe = std::function<Result<RunResult>(const Probe&)>;

/// Searches until the plan ends or a probe proves nothing: it was INVALID for another reason than
/// too few samples, interrupted, or had no replies to judge. Each probe must be a run of its own
/// that drains before it ends, so that nothing of an overload reaches the next. The goal must be
/// among the thresholds of the runs. `progress` is called after each probe. Errors: those of
/// `run_probe` for the first probe; later ones end the search as Stopped.
Result<Capacity> search_capacity(const SearchLimits& limits, const Goal& goal,
                                 const RunProbe& run_probe,
                                 const std::function<void(const ProbeReport&)>& progress = {});

/// What was full when a load missed that another one met, most likely first; pure.
std::vector<std::string> bottleneck_hints(const RunResult& missed, const RunResult* held);

/// The sentence that a person can act on: what holds, what does not, and how sure that is.
std::string capacity_sentence(const Capacity& capacity);
std::string capacity_text(const Capacity& capacity, bool color);
std::string capacity_markdown(const Capacity& capacity);
std::string capacity_json(const Capacity& capacity);
/// One line for a terminal while the search goes.
std::string probe_line(const ProbeReport& report, const Goal& goal);

/// 0 found or at least; 99 nothing holds; 120 unsteady, stopped or too many probes; of an
/// interrupted, broken or never ready probe its own code.
int capacity_exit_code(const Capacity& capacity);

}  // namespace chorus::lab
