#include "chorus/lab/result.hpp"

#include <algorithm>

namespace chorus::lab {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Pass:
      return "PASS";
    case Verdict::Fail:
      return "FAIL";
    case Verdict::Invalid:
      return "INVALID";
    case Verdict::Watched:
      return "WATCHED";
  }
  return "";
}

std::string_view to_string(RunEnd end) noexcept {
  switch (end) {
    case RunEnd::Complete:
      return "complete";
    case RunEnd::Interrupted:
      return "interrupted";
    case RunEnd::Aborted:
      return "aborted";
    case RunEnd::TimedOut:
      return "timed_out";
    case RunEnd::NeverReady:
      return "never_ready";
    case RunEnd::Broken:
      return "broken";
    case RunEnd::CutOff:
      return "cut_off";
    case RunEnd::TargetEnded:
      return "target_ended";
  }
  return "";
}

const MetricSummary* find_summary(const RunResult& result, std::string_view key) {
  const auto found = std::ranges::find(result.metrics, key, &MetricSummary::key);
  return found == result.metrics.end() ? nullptr : &*found;
}

}  // namespace chorus::lab
