#include "chorus/lab/metric_set.hpp"

#include "chorus/base/check.hpp"
#include "chorus/lab/detail/archive.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
constexpr std::uint64_t kUnit = 1000;                  // 1 us, in ns
constexpr std::uint64_t kHighest = 3'600'000'000'000;  // 1 h
constexpr double kNsPerMs = 1e6;
}  // namespace

Metric::Metric(MetricType type, bool fine) : type_(type) {
  if (type == MetricType::Trend) {
    histogram_ = std::make_unique<metrics::Histogram>(fine ? 3 : 2, kUnit, kHighest);
  }
}

void Metric::record(Duration value) {
  CH_DCHECK(type_ == MetricType::Trend);
  const auto ns = std::max<Duration::rep>(0, value.count());
  histogram_->record(static_cast<std::uint64_t>(ns));
  extend(static_cast<double>(ns));
}

void Metric::extend(double value) {
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  sum_ += value;
  ++count_;
}

std::uint64_t Metric::clamped() const {
  return histogram_ ? histogram_->clamped() + clamped_before_ : 0;
}

void Metric::add(std::uint64_t n) {
  count_ += n;
}
void Metric::set_count(std::uint64_t n) {
  count_ = n;
}

void Metric::rate(bool hit, std::uint64_t n) {
  if (hit) count_ += n;
  total_ += n;
}

void Metric::set_rate(std::uint64_t hits, std::uint64_t total) {
  count_ = hits;
  total_ = total;
}

void Metric::gauge(double value) {
  extend(value);
  last_ = value;
}

std::optional<Measured> Metric::measured(Aggregate aggregate, double percentile,
                                         double seconds) const {
  const auto n = static_cast<double>(count_);
  switch (type_) {
    case MetricType::Counter:
      if (aggregate == Aggregate::Rate) {
        return Measured{seconds > 0 ? n / seconds : 0, std::max<std::uint64_t>(1, count_)};
      }
      return Measured{n, std::max<std::uint64_t>(1, count_)};
    case MetricType::Rate:
      if (aggregate == Aggregate::Count) return Measured{n, std::max<std::uint64_t>(1, total_)};
      if (total_ == 0) return std::nullopt;
      return Measured{n / static_cast<double>(total_), total_};
    case MetricType::Gauge:
      if (count_ == 0) return std::nullopt;
      if (aggregate == Aggregate::Min) return Measured{min_, count_};
      if (aggregate == Aggregate::Max) return Measured{max_, count_};
      if (aggregate == Aggregate::Avg) return Measured{sum_ / n, count_};
      return Measured{last_, count_};
    case MetricType::Trend:
      break;
  }
  if (aggregate == Aggregate::Count) return Measured{n, std::max<std::uint64_t>(1, count_)};
  if (count_ == 0) return std::nullopt;
  const auto at = [&](double p) {
    const auto ns = std::min(static_cast<double>(histogram_->percentile(p)), max_);
    return Measured{ns / kNsPerMs, count_};
  };
  switch (aggregate) {
    case Aggregate::Min:
      return Measured{min_ / kNsPerMs, count_};
    case Aggregate::Max:
      return Measured{max_ / kNsPerMs, count_};
    case Aggregate::Med:
      return at(50);
    case Aggregate::Percentile:
      return at(percentile);
    default:
      return Measured{sum_ / n / kNsPerMs, count_};
  }
}

void Metric::archive(detail::Archive& archive) {
  archive("count", count_);
  archive("total", total_);
  archive("last", last_);
  archive("min", min_);
  archive("max", max_);
  archive("sum", sum_);
  if (type_ != MetricType::Trend) return;
  // Upper ends of the buckets and their counts: far smaller than the whole histogram.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets;
  auto clamped_all = clamped();
  if (!archive.reading()) {
    for (const auto& bucket : histogram_->buckets())
      buckets.emplace_back(bucket.high, bucket.count);
  }
  archive("clamped", clamped_all);
  archive("buckets", buckets);
  if (!archive.reading()) return;
  histogram_->reset();
  for (const auto& [high, n] : buckets) histogram_->record(std::min(high, kHighest), n);
  clamped_before_ = clamped_all;
}

void MetricSet::archive(detail::Archive& archive) {
  std::vector<std::string> keys;
  for (const auto& [key, metric] : all_) keys.push_back(key);
  archive("keys", keys);
  for (const auto& key : keys) {
    auto& slot = all_[key];
    if (!slot) {
      const auto kind = kind_of(std::string_view(key).substr(0, key.find('{')));
      if (!kind) return archive.refuse(key);
      slot = std::make_unique<Metric>(kind->first, key.find('{') == std::string::npos);
    }
    archive(key, *slot);
  }
}

std::optional<std::pair<MetricType, MetricUnit>> MetricSet::kind_of(std::string_view name) const {
  if (const auto* info = find_metric(name)) return std::pair(info->type, info->unit);
  const auto found = std::ranges::find(own_, name, &OwnMetric::name);
  if (found == own_.end()) return std::nullopt;
  return std::pair(found->type, found->unit);
}

Metric& MetricSet::at(std::string_view name, Tags tags) {
  const auto kind = kind_of(name);
  CH_CHECK(kind.has_value());
  std::ranges::sort(tags);
  const bool fine = tags.empty();
  auto& slot = all_[to_string(MetricName{std::string(name), std::move(tags)})];
  if (!slot) slot = std::make_unique<Metric>(kind->first, fine);
  return *slot;
}

const Metric* MetricSet::find(const MetricName& name) const {
  const auto found = all_.find(to_string(name));
  return found == all_.end() ? nullptr : found->second.get();
}

std::optional<Measured> MetricSet::lookup(const Threshold& threshold, double seconds) const {
  if (const auto* metric = find(threshold.metric)) {
    return metric->measured(threshold.aggregate, threshold.percentile, seconds);
  }
  // Nobody knows whether a tag that never came was meant: that is missing data, and no zero.
  if (!threshold.metric.tags.empty()) return std::nullopt;
  const auto kind = kind_of(threshold.metric.name);
  if (kind && (kind->first == MetricType::Counter || threshold.aggregate == Aggregate::Count)) {
    return Measured{0, 1};
  }
  return std::nullopt;
}

}  // namespace chorus::lab
