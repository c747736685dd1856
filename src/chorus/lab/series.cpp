#include "chorus/lab/series.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chorus::lab {

namespace {

// 32 bins per octave of microseconds: a relative width of about 3 %.
constexpr unsigned kBits = 5;

std::uint16_t bin_of(Duration value) {
  const auto us = static_cast<std::uint64_t>(std::max<Duration::rep>(0, value.count()) / 1000);
  if (us < (1U << (kBits + 1))) return static_cast<std::uint16_t>(us);
  const unsigned shift = static_cast<unsigned>(std::bit_width(us)) - kBits - 1;
  return static_cast<std::uint16_t>(((shift) << kBits) + (us >> shift));
}

double upper_ms(std::uint16_t bin) {
  if (bin < (1U << (kBits + 1))) return bin / 1000.0;
  const unsigned shift = (bin >> kBits) - 1;
  const std::uint64_t mantissa = bin - (static_cast<std::uint64_t>(shift) << kBits);
  return static_cast<double>((mantissa + 1) << shift) / 1000.0;
}

/// What happened in `q` as well, into `p`.
void merge(SeriesPoint& p, const SeriesPoint& q) {
  p.planned += q.planned;
  p.sent += q.sent;
  p.answered += q.answered;
  p.bot_messages += q.bot_messages;
  p.errors += q.errors;
  p.rate_limited += q.rate_limited;
  p.llm_calls += q.llm_calls;
  p.llm_errors += q.llm_errors;
  p.early_calls += q.early_calls;
  p.llm_prompt += q.llm_prompt;
  p.llm_completion += q.llm_completion;
  p.target_fds = std::max(p.target_fds, q.target_fds);
  p.target_threads = std::max(p.target_threads, q.target_threads);
  p.legs_n += q.legs_n;
  for (std::size_t leg = 0; leg < kLegCount; ++leg) p.legs_ms[leg] += q.legs_ms[leg];
  p.latency.merge(q.latency);
  p.in_flight = std::max(p.in_flight, q.in_flight);
  p.queue = std::max(p.queue, q.queue);
  p.target_rss = std::max(p.target_rss, q.target_rss);
  p.target_cpu = std::max(p.target_cpu, q.target_cpu);
  p.generator_cpu = std::max(p.generator_cpu, q.generator_cpu);
}

}  // namespace

void LogBins::count_in(std::uint16_t bin, std::uint32_t n) {
  auto at =
      std::ranges::lower_bound(bins_, bin, {}, &std::pair<std::uint16_t, std::uint32_t>::first);
  if (at == bins_.end() || at->first != bin) at = bins_.insert(at, {bin, 0});
  at->second += n;
  count_ += n;
}

void LogBins::record(Duration value) {
  count_in(bin_of(value), 1);
  max_ = std::max(max_, value);
}

void LogBins::add(std::uint16_t bin, std::uint32_t n) {
  if (n == 0) return;
  count_in(bin, n);
  max_ = std::max(max_, from_seconds(upper_ms(bin) / 1000));
}

std::pair<double, double> LogBins::bounds_ms(std::uint16_t bin) {
  return {bin == 0 ? 0 : upper_ms(static_cast<std::uint16_t>(bin - 1)), upper_ms(bin)};
}

void LogBins::merge(const LogBins& other) {
  std::vector<std::pair<std::uint16_t, std::uint32_t>> merged;
  merged.reserve(bins_.size() + other.bins_.size());
  auto a = bins_.begin();
  auto b = other.bins_.begin();
  while (a != bins_.end() || b != other.bins_.end()) {
    if (b == other.bins_.end() || (a != bins_.end() && a->first < b->first)) {
      merged.push_back(*a++);
    } else if (a == bins_.end() || b->first < a->first) {
      merged.push_back(*b++);
    } else {
      merged.emplace_back(a->first, a->second + b->second);
      ++a, ++b;
    }
  }
  bins_ = std::move(merged);
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

double LogBins::percentile_ms(double p) const {
  if (count_ == 0) return 0;
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(p / 100 * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (const auto& [bin, n] : bins_) {
    seen += n;
    if (seen >= rank) return std::min(upper_ms(bin), max_ms());
  }
  return max_ms();
}

SeriesPoint& Series::at(Duration since_start) {
  since_start = std::max(since_start, Duration::zero());
  while (since_start / interval_ >= static_cast<Duration::rep>(kMaxPoints)) {
    halve();
  }
  const auto index = static_cast<std::size_t>(since_start / interval_);
  while (points_.size() <= index) {
    SeriesPoint point;
    point.at = interval_ * static_cast<Duration::rep>(points_.size());
    point.length = interval_;
    points_.push_back(std::move(point));
  }
  return points_[index];
}

void Series::add(const SeriesPoint& point) {
  merge(at(point.at), point);
}

void Series::halve() {
  interval_ *= 2;
  std::vector<SeriesPoint> merged;
  for (std::size_t i = 0; i < points_.size(); i += 2) {
    auto p = std::move(points_[i]);
    p.length = interval_;
    if (i + 1 < points_.size()) merge(p, points_[i + 1]);
    merged.push_back(std::move(p));
  }
  points_ = std::move(merged);
}

}  // namespace chorus::lab
