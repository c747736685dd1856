#include "chorus/lab/detail/archive.hpp"
#include "chorus/lab/measure.hpp"

#include <string>
#include <vector>

namespace chorus::lab {

void Measure::archive(detail::Archive& archive, MonoTime now) {
  archive("metrics", metrics_);
  archive("series", series_);
  archive("served", served_);
  archive("everything", everything_);
  archive("obedience", retry_watch_);
  archive("generator", generator_);
  archive("target", target_);
  archive("people", people_);
  archive("groups", groups_);
  std::vector<std::uint64_t> missing;
  for (const auto* group : {&by_kind_, &by_tag_}) {
    for (const auto& metrics : *group) missing.push_back(metrics.missing);
  }
  const auto expected = missing.size();
  archive("missing_by_tag", missing);
  if (missing.size() != expected) return archive.refuse("missing_by_tag");
  std::size_t at = 0;
  for (auto* group : {&by_kind_, &by_tag_}) {
    for (auto& metrics : *group) metrics.missing = missing[at++];
  }
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    archive("limit " + std::to_string(i), limits_[i].log);
  }
  auto lost = limited_sends_.lost(now);
  archive("lost_on_429", lost);
  if (archive.reading()) limited_sends_.carry_on(lost);
  archive("planned", planned_);
  archive("sent", sent_);
  archive("late_sends", late_sends_);
  archive("calls_all", calls_all_);
  archive("errors_all", errors_all_);
  archive("limited_all", limited_all_);
  archive("failed_all", failed_all_);
  archive("bot_all", bot_all_);
  archive("service_seconds", service_seconds_);
  archive("service_count", service_count_);
  archive("missing", missing_);
  archive("withheld", withheld_);
  archive("llm_calls", llm_calls_);
  archive("prompt_tokens", prompt_tokens_);
  archive("completion_tokens", completion_tokens_);
  archive("conversations_started", conversations_.started);
  archive("conversations_completed", conversations_.completed);
  archive("conversations_abandoned", conversations_.abandoned);
  archive("errors", errors_);
}

}  // namespace chorus::lab
