#include "chorus/metrics/histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace chorus::metrics {
namespace {

constexpr std::uint64_t kHour = 3'600'000'000'000;

/// Values over all magnitudes of the range, zero and its end included.
rc::Gen<std::vector<std::uint64_t>> values(std::uint64_t highest) {
  const auto value =
      rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 64), rc::gen::arbitrary<std::uint64_t>()),
                   [highest](const std::pair<int, std::uint64_t>& p) {
                     return std::min(p.second >> p.first, highest);
                   });
  return rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint64_t>>(value));
}

RC_GTEST_PROP(HistogramProperty, PercentileIsWithinTheResolutionOfTheExactOne, ()) {
  const int digits = *rc::gen::inRange(1, 5);
  const auto unit = *rc::gen::element<std::uint64_t>(1, 1000, 1'000'000);
  const double p = *rc::gen::inRange(0, 100'001) / 1000.0;
  auto sample = *values(kHour);
  Histogram h(digits, unit, kHour);
  for (const auto v : sample) h.record(v);
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  const auto rank = std::max(1.0, std::ceil(std::nextafter(p, 0.0) * n / 100.0));
  const std::uint64_t exact = sample[static_cast<std::size_t>(rank) - 1];
  const std::uint64_t got = h.percentile(p);
  const double allowed =
      std::max(static_cast<double>(unit), static_cast<double>(exact) * std::pow(10.0, -digits));
  RC_ASSERT(std::abs(static_cast<double>(got) - static_cast<double>(exact)) <= allowed);
  RC_ASSERT(got <= h.max());
}

RC_GTEST_PROP(HistogramProperty, DecodeOfEncodeIsTheSame, ()) {
  const int digits = *rc::gen::inRange(1, 5);
  Histogram h(digits, 1000, kHour);
  for (const auto v : *values(kHour)) h.record(v, *rc::gen::inRange<std::uint64_t>(1, 1ULL << 40));
  const std::string text = h.encode_base64();
  const auto back = Histogram::decode_base64(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->count() == h.count());
  const auto ours = h.buckets();
  const auto theirs = back->buckets();
  RC_ASSERT(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    RC_ASSERT(ours[i].low == theirs[i].low);
    RC_ASSERT(ours[i].high == theirs[i].high);
    RC_ASSERT(ours[i].count == theirs[i].count);
  }
  RC_ASSERT(back->encode_base64() == text);
}

RC_GTEST_PROP(HistogramProperty, MergeIsTheHistogramOfBoth, ()) {
  const auto left = *values(2 * kHour);
  const auto right = *values(2 * kHour);
  Histogram a;
  Histogram b;
  Histogram both;
  for (const auto v : left) a.record(v), both.record(v);
  for (const auto v : right) b.record(v), both.record(v);
  RC_ASSERT(a.merge(b).has_value());
  RC_ASSERT(a.count() == both.count());
  RC_ASSERT(a.clamped() == both.clamped());
  RC_ASSERT(a.min() == both.min());
  RC_ASSERT(a.max() == both.max());
  RC_ASSERT(a.encode_base64() == both.encode_base64());
}

RC_GTEST_PROP(HistogramProperty, CountBelowIsExactAtTheEndsOfBuckets, ()) {
  const auto sample = *values(kHour);
  Histogram h;
  for (const auto v : sample) h.record(v);
  for (const auto& bucket : h.buckets()) {
    const auto exact = std::count_if(sample.begin(), sample.end(),
                                     [&](std::uint64_t v) { return v <= bucket.high; });
    RC_ASSERT(h.count_at_or_below(bucket.high) == static_cast<std::uint64_t>(exact));
  }
}

RC_GTEST_PROP(HistogramProperty, AnyTextDecodesOrIsRefused, ()) {
  // Damage to a good encoding gets further in than random text does.
  Histogram h;
  for (const auto v : *values(kHour)) h.record(v);
  std::string text = h.encode_base64();
  const int edits = *rc::gen::inRange(0, 4);
  for (int i = 0; i < edits; ++i) {
    text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::element('A', '/', 'z', '9');
  }
  const auto result = Histogram::decode_base64(text);
  RC_ASSERT(result.has_value() || result.error().code == ErrorCode::ParseError);
  RC_ASSERT(edits > 0 || result.has_value());
}

}  // namespace
}  // namespace chorus::metrics
