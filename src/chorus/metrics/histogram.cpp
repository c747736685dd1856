#include "chorus/metrics/histogram.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chorus::metrics {

// Source: HdrHistogram's published layout (Gil Tene): buckets that double, each of sub-buckets that
// keep the asked number of significant digits.
Histogram::Histogram(int significant_digits, std::uint64_t unit, std::uint64_t highest)
    : digits_(significant_digits), unit_(unit), highest_(highest) {
  CH_CHECK(digits_ >= 1 && digits_ <= 5 && unit_ >= 1 && highest_ >= 2 * unit_);
  std::uint64_t largest_single = 2;
  for (int i = 0; i < digits_; ++i) largest_single *= 10;
  unit_magnitude_ = int(std::bit_width(unit_)) - 1;
  const int magnitude = int(std::bit_width(largest_single - 1));  // ceil(log2)
  sub_bucket_half_magnitude_ = std::max(magnitude, 1) - 1;
  sub_bucket_count_ = std::uint64_t{1} << (sub_bucket_half_magnitude_ + 1);
  sub_bucket_mask_ = (sub_bucket_count_ - 1) << unit_magnitude_;
  std::uint64_t smallest_untrackable = sub_bucket_count_ << unit_magnitude_;
  std::size_t buckets = 1;
  while (smallest_untrackable <= highest_ && smallest_untrackable <= UINT64_MAX / 2) {
    smallest_untrackable <<= 1;
    ++buckets;
  }
  counts_.resize((buckets + 1) * (sub_bucket_count_ / 2));
}

std::size_t Histogram::index_of(std::uint64_t value) const {
  const int bucket = int(std::bit_width(value | sub_bucket_mask_)) -
                     (unit_magnitude_ + sub_bucket_half_magnitude_ + 1);
  const std::uint64_t sub = value >> (bucket + unit_magnitude_);
  const std::uint64_t half = sub_bucket_count_ / 2;
  return static_cast<std::size_t>((static_cast<std::uint64_t>(bucket) + 1) * half + sub - half);
}

std::uint64_t Histogram::value_at(std::size_t index) const {
  const std::uint64_t half = sub_bucket_count_ / 2;
  auto bucket = static_cast<std::int64_t>(index / half) - 1;
  std::uint64_t sub = index % half + half;
  if (bucket < 0) {
    sub -= half;
    bucket = 0;
  }
  return sub << (static_cast<std::uint64_t>(bucket) + std::uint64_t(unit_magnitude_));
}

std::uint64_t Histogram::highest_equivalent(std::uint64_t value) const {
  const int bucket = int(std::bit_width(value | sub_bucket_mask_)) -
                     (unit_magnitude_ + sub_bucket_half_magnitude_ + 1);
  const int shift = bucket + unit_magnitude_;
  return ((value >> shift) << shift) + (std::uint64_t{1} << shift) - 1;
}

void Histogram::record(std::uint64_t value, std::uint64_t times) {
  if (value > highest_) {
    value = highest_;
    clamped_ += times;
  }
  counts_[index_of(value)] += times;
  total_ += times;
  sum_ += static_cast<double>(value) * static_cast<double>(times);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

Result<void> Histogram::merge(const Histogram& other) {
  if (digits_ != other.digits_ || unit_ != other.unit_ || highest_ != other.highest_) {
    return fail(ErrorCode::InvalidArgument, "histograms of different shape cannot be merged");
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  clamped_ += other.clamped_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  return {};
}

void Histogram::reset() {
  std::fill(counts_.begin(), counts_.end(), 0);
  total_ = clamped_ = 0;
  min_ = UINT64_MAX;
  max_ = 0;
  sum_ = 0;
}

std::uint64_t Histogram::min() const {
  return total_ == 0 ? 0 : min_;
}
std::uint64_t Histogram::max() const {
  return max_;
}
double Histogram::mean() const {
  return total_ == 0 ? 0 : sum_ / static_cast<double>(total_);
}
std::size_t Histogram::memory_bytes() const {
  return counts_.size() * sizeof(std::uint64_t);
}

std::uint64_t Histogram::percentile(double p) const {
  if (total_ == 0) return 0;
  if (!(p > 0)) return value_at(index_of(min_));
  // A hair less than asked: 99.9 of 1000 values is the 999th, whatever the floating point says.
  const double asked = std::nextafter(std::min(p, 100.0), 0.0);
  const double wanted = std::ceil(asked * static_cast<double>(total_) / 100.0);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(highest_equivalent(value_at(i)), max_);
  }
  return max_;
}

std::uint64_t Histogram::count_at_or_below(std::uint64_t value) const {
  const std::size_t last = index_of(std::min(value, highest_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i <= last; ++i) seen += counts_[i];
  return seen;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const std::uint64_t low = value_at(i);
    out.push_back({low, highest_equivalent(low), counts_[i]});
  }
  return out;
}

}  // namespace chorus::metrics
