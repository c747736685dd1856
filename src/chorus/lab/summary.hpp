#pragma once

#include "chorus/lab/result.hpp"

#include <cstddef>
#include <string>

namespace chorus::lab {

struct SummaryOptions {
  bool color = false;
  std::string report_path{};   ///< of the HTML report, shown when set
  std::string next_command{};  ///< what to try next, shown when set
  std::size_t columns = 96;    ///< sentences are broken there; tables are as wide as they are
};

/// What a terminal shows when the run is over, about 100 columns: the verdict first, each
/// threshold with value, limit and n, latencies, the ledger's identity, why, what is not proven,
/// and where the report is. Ends with a newline. Pure.
std::string summary_text(const RunResult& result, const SummaryOptions& options);

}  // namespace chorus::lab
