#pragma once

#include "chorus/lab/compare/compare.hpp"
#include "chorus/lab/stats/block_bootstrap.hpp"

#include <span>
#include <string>

namespace chorus::lab::detail {

/// What the runs of both sides say about one number. Each fills before, after, method, relative,
/// evidence (with its raw p), min_effect, cliff and note of `change`, whose key is set; a change
/// that cannot be judged keeps the method None and says why in `note`.

/// One number of each run, ranked.
void rank_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                   const CompareOptions& options, MeasureChange& change);
/// What happened inside the runs, drawn again in blocks: percentiles of reply_latency, and rates of
/// what the series counts.
void block_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                    const CompareOptions& options, MeasureChange& change);
/// Hits of all runs of a side together: metrics of type Rate.
void share_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                    const CompareOptions& options, MeasureChange& change);

/// The number of each run that has it.
std::vector<double> values_of(std::span<const NamedRun> runs, const MeasureKey& key);
double median_of(std::vector<double> values);  ///< of at least one

}  // namespace chorus::lab::detail
