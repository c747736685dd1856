#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/compare/measure_key.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/stats/decision.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chorus::lab {

/// A run with the name that people find it by.
struct NamedRun {
  std::string name;  ///< of its folder
  RunResult result;
};

struct CompareOptions {
  std::vector<MeasureKey> gates;   ///< decide; empty: reply_latency p50 and p95, errors
  std::vector<MeasureKey> shown;   ///< are only shown; empty with empty gates: a few more
  double alpha = 0.05;             ///< of a false alarm in all gates together
  double min_effect = 0.05;        ///< relative change that matters
  double min_effect_ms = 1;        ///< and for times at least so much
  double min_effect_share = 0.01;  ///< change that matters of a share, absolute
  std::uint64_t seed = 1;          ///< of the resampling
  std::size_t resamples = 2000;
};

/// Runs a side that let the ranks of whole runs decide; fewer are compared inside, by blocks.
inline constexpr std::size_t kRunsForRanks = 4;

enum class CompareMethod : std::uint8_t { Blocks, Ranks, Shares, None };
std::string_view to_string(CompareMethod method) noexcept;  ///< blocks, ranks, shares, none

struct MeasureChange {
  MeasureKey key;
  bool gate = false;
  std::optional<double> before;  ///< of all runs of the side: their median, or taken together
  std::optional<double> after;
  CompareMethod method = CompareMethod::None;
  bool relative = true;         ///< unit of `evidence` and `min_effect`; else absolute
  stats::Evidence evidence;     ///< towards worse; meaningless without a method
  double p = 1;                 ///< before the other gates were allowed for
  std::optional<double> cliff;  ///< Ranks: Cliff's delta, towards worse
  double min_effect = 0;
  stats::Decision decision = stats::Decision::Undecided;
  std::string note;  ///< why it is undecided, when more is known than "too wide"
};

struct RunComparison {
  std::string scenario;
  std::vector<std::string> before;  ///< names of the runs that count
  std::vector<std::string> after;
  std::vector<std::string> notes;  ///< what was left out, and what the reader must know
  CompareMethod method = CompareMethod::Blocks;
  double alpha = 0.05;
  std::vector<MeasureChange> changes;                     ///< the gates first
  stats::Decision decision = stats::Decision::Undecided;  ///< of all gates
};

/// Are the runs of `after` slower, worse or better than those of `before`? From four runs a side
/// on, one number of each run is ranked (Mann-Whitney, Hodges-Lehmann on the logarithm, Cliff);
/// with fewer, what happened inside the runs is resampled in blocks, which cannot know how one
/// start of a program differs from another. Holm allows for several gates; nothing is worse or
/// better below the minimum effect, and nothing is `same` unless a change of that size is excluded.
/// INVALID runs, and those that somebody steered, are left out and named. Errors: NotFound when a
/// side has no run left; Misconfigured when the runs differ in scenario, load, target or clock.
/// Pure; the same input and seed give the same answer. Resampling takes some ten milliseconds a
/// gate.
Result<RunComparison> compare_runs(std::span<const NamedRun> before,
                                   std::span<const NamedRun> after, const CompareOptions& options);

}  // namespace chorus::lab
