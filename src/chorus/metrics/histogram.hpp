#pragma once

#include "chorus/base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::metrics {

/// HdrHistogram-compatible histogram of unsigned values (we record nanoseconds or counts): fixed
/// size, fixed relative error, merged by addition. 3 significant digits and a range of 1 us to 1 h
/// at 1 us resolution take 197 KB, 2 digits 28 KB. Recording costs a few ns. One thread.
class Histogram {
 public:
  /// `unit` is the smallest distinguishable value (e.g. 1000 for microseconds when recording ns);
  /// values above `highest` are recorded as `highest` and counted in `clamped()`.
  Histogram() : Histogram(2, 1000, 3'600'000'000'000) {}
  Histogram(int significant_digits, std::uint64_t unit, std::uint64_t highest);

  void record(std::uint64_t value) { record(value, 1); }
  void record(std::uint64_t value, std::uint64_t times);
  /// Same digits, unit and highest, else InvalidArgument.
  Result<void> merge(const Histogram& other);
  void reset();

  [[nodiscard]] std::uint64_t count() const { return total_; }
  [[nodiscard]] std::uint64_t clamped() const { return clamped_; }
  [[nodiscard]] std::uint64_t min() const;  ///< exact; 0 when empty
  [[nodiscard]] std::uint64_t max() const;  ///< exact; 0 when empty
  [[nodiscard]] double mean() const;        ///< exact sum / count
  [[nodiscard]] double sum() const { return sum_; }
  /// Highest equivalent value at percentile 0..100 (HdrHistogram's rule, but never above `max`; at
  /// 0 the lowest equivalent of `min`); 0 when empty. O(buckets).
  [[nodiscard]] std::uint64_t percentile(double p) const;
  /// How many recorded values are <= value (to the histogram's resolution).
  [[nodiscard]] std::uint64_t count_at_or_below(std::uint64_t value) const;
  [[nodiscard]] std::size_t memory_bytes() const;

  struct Bucket {
    std::uint64_t low, high, count;  ///< inclusive bounds
  };
  /// Buckets with a count, ascending.
  [[nodiscard]] std::vector<Bucket> buckets() const;

  /// HdrHistogram V2 encoding (zlib-deflated, base64): readable by every HdrHistogram port. Holds
  /// the counts; minimum, maximum and sum come back to the histogram's resolution, `clamped` as 0.
  [[nodiscard]] std::string encode_base64() const;
  /// Errors: ParseError. Memory is bounded by 64 MiB of inflated counts.
  static Result<Histogram> decode_base64(std::string_view text);

 private:
  [[nodiscard]] std::size_t index_of(std::uint64_t value) const;
  [[nodiscard]] std::uint64_t value_at(std::size_t index) const;
  [[nodiscard]] std::uint64_t highest_equivalent(std::uint64_t value) const;

  int digits_;
  std::uint64_t unit_;
  std::uint64_t highest_;
  int unit_magnitude_ = 0;
  int sub_bucket_half_magnitude_ = 0;
  std::uint64_t sub_bucket_count_ = 0;
  std::uint64_t sub_bucket_mask_ = 0;
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t clamped_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace chorus::metrics
