#include "chorus/lab/away.hpp"
#include "chorus/lab/conduct.hpp"
#include "chorus/lab/detail/archive.hpp"
#include "chorus/lab/fairness.hpp"
#include "chorus/lab/fault_track.hpp"
#include "chorus/lab/legs.hpp"
#include "chorus/lab/process_stats.hpp"
#include "chorus/lab/scrape.hpp"
#include "chorus/lab/series.hpp"

#include <algorithm>
#include <utility>

// What a checkpoint keeps of the running aggregates: all of it is bounded, whatever the length.
namespace chorus::lab {

void LogBins::archive(detail::Archive& archive) {
  archive("bins", bins_);
  archive("count", count_);
  archive("max", max_);
}

void archive(detail::Archive& archive, SeriesPoint& p) {
  archive("at", p.at);
  archive("length", p.length);
  archive("planned", p.planned);
  archive("sent", p.sent);
  archive("answered", p.answered);
  archive("bot_messages", p.bot_messages);
  archive("errors", p.errors);
  archive("rate_limited", p.rate_limited);
  archive("latency", p.latency);
  archive("in_flight", p.in_flight);
  archive("queue", p.queue);
  archive("target_rss", p.target_rss);
  archive("target_cpu", p.target_cpu);
  archive("generator_cpu", p.generator_cpu);
  archive("llm_calls", p.llm_calls);
  archive("llm_errors", p.llm_errors);
  archive("early_calls", p.early_calls);
  archive("llm_prompt", p.llm_prompt);
  archive("llm_completion", p.llm_completion);
  archive("target_fds", p.target_fds);
  archive("target_threads", p.target_threads);
  archive("legs_n", p.legs_n);
  archive("legs_ms", p.legs_ms);
}

void Series::archive(detail::Archive& archive) {
  archive("interval", interval_);
  archive("points", points_);
  const bool sound = interval_ > Duration::zero() && points_.size() <= kMaxPoints;
  if (!sound) archive.refuse("interval");
}

void ProcessTrack::Sums::archive(detail::Archive& archive) {
  archive("lasted", lasted);
  archive("cpu_seconds", cpu_seconds);
  archive("read_bytes", read_bytes);
  archive("written_bytes", written_bytes);
  archive("voluntary_switches", voluntary_switches);
  archive("involuntary_switches", involuntary_switches);
}

void ProcessTrack::archive(detail::Archive& archive) {
  auto& s = summary_;
  carried_ = !empty();
  archive("carried", carried_);
  archive("processes", s.processes);
  archive("rss_before", s.rss_before);
  archive("rss_after", s.rss_after);
  archive("rss_peak", s.rss_peak);
  archive("cpu_peak", s.cpu_peak);
  archive("cpu_mean", s.cpu_mean);
  archive("fds", s.fds);
  archive("threads", s.threads);
  Sums sums{before_.lasted,  s.cpu_seconds,        s.read_bytes,
            s.written_bytes, s.voluntary_switches, s.involuntary_switches};
  if (first_) sums.lasted += last_at_ - first_at_;
  archive("sums", sums);
  const bool now = this_part_is_longest();
  archive("rss", now ? rss_ : longest_rss_);
  archive("fds_points", now ? fds_ : longest_fds_);
  if (!archive.reading()) return;
  // Read into a new track, so the points above are those of this part: they are of one before now.
  longest_rss_ = std::exchange(rss_, {});
  longest_fds_ = std::exchange(fds_, {});
  before_ = sums;
  s.cpu_seconds = sums.cpu_seconds;
  s.read_bytes = sums.read_bytes;
  s.written_bytes = sums.written_bytes;
  s.voluntary_switches = sums.voluntary_switches;
  s.involuntary_switches = sums.involuntary_switches;
}

void ServiceTally::archive(detail::Archive& archive) {
  std::vector<std::array<std::uint32_t, 3>> counts;
  std::vector<double> sums;
  for (const auto& k : keys_) {
    counts.push_back({k.required, k.answered, k.replies});
    sums.push_back(static_cast<double>(k.sum_ms));
  }
  archive("counts", counts);
  archive("sum_ms", sums);
  if (!archive.reading()) return;
  if (counts.size() != sums.size() || counts.size() > kMaxKeys) return archive.refuse("counts");
  keys_.clear();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    keys_.push_back({counts[i][0], counts[i][1], counts[i][2], static_cast<float>(sums[i])});
  }
}

void archive(detail::Archive& archive, FaultWindow& w) {
  archive("name", w.name);
  archive("kind", w.kind);
  archive("what", w.what);
  archive("begin", w.begin);
  archive("end", w.end);
  archive("calls", w.calls);
  archive("messages", w.messages);
  archive("missed", w.missed);
  archive("drain", w.drain);
}

void FaultTrack::archive(detail::Archive& archive) {
  archive("windows", windows_);
  archive("uncounted", uncounted_);
}

void archive(detail::Archive& archive, Away& away) {
  archive("from", away.from);
  archive("back", away.back);
  archive("until", away.until);
  archive("in_flight", away.in_flight);
}

Duration away_within(const std::vector<Away>& all, Duration from, Duration to) {
  Duration sum{};
  for (const auto& away : all) {
    sum += std::max(Duration{}, std::min(to, away.until) - std::max(from, away.from));
  }
  return sum;
}

void SlidingLog::archive(detail::Archive& archive) {
  archive("peak", peak_);
}

void archive(detail::Archive& archive, Obedience& seen) {
  archive("limited", seen.limited);
  archive("waited", seen.waited);
  archive("early", seen.early);
  archive("worst_early_ms", seen.worst_early_ms);
}

void archive(detail::Archive& archive, LegCounts& counts) {
  archive("replies", counts.replies);
  archive("split", counts.split);
  archive("llm_calls", counts.llm_calls);
  archive("llm_unknown", counts.llm_unknown);
}

void ScrapeLog::Tracked::archive(detail::Archive& archive) {
  archive("name", name);
  archive("labels", labels);
  archive("shows", shows);
  archive("value", value);
  archive("count", count);
}

void ScrapeLog::archive(detail::Archive& archive) {
  archive("interval", interval_);
  archive("at", at_);
  archive("tracked", tracked_);
  archive("scrapes", scrapes_);
  archive("failed", failed_);
  archive("untracked", untracked_);
  archive("last_error", last_error_);
  if (interval_ <= Duration::zero()) archive.refuse("interval");
  for (const auto& [key, t] : tracked_) {
    const bool mean = t.shows == ScrapedSeries::Shows::Mean;
    const bool sound = t.value.size() == at_.size() && t.count.size() == (mean ? at_.size() : 0);
    if (!sound) archive.refuse("tracked");
  }
}

}  // namespace chorus::lab
