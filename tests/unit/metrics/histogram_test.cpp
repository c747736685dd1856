#include "chorus/metrics/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace chorus::metrics {
namespace {

constexpr std::uint64_t kHour = 3'600'000'000'000;

TEST(Histogram, EmptyAnswersZero) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.min(), 0U);
  EXPECT_EQ(empty.max(), 0U);
  EXPECT_EQ(empty.mean(), 0.0);
  EXPECT_EQ(empty.percentile(99), 0U);
  EXPECT_EQ(empty.count_at_or_below(kHour), 0U);
  EXPECT_TRUE(empty.buckets().empty());
}

TEST(Histogram, ExactWhereTheResolutionIsOne) {
  Histogram h(3, 1, 3'600'000'000);
  for (std::uint64_t v = 1; v <= 1000; ++v) h.record(v);
  EXPECT_EQ(h.count(), 1000U);
  EXPECT_EQ(h.min(), 1U);
  EXPECT_EQ(h.max(), 1000U);
  EXPECT_DOUBLE_EQ(h.mean(), 500.5);
  EXPECT_EQ(h.percentile(0), 1U);
  EXPECT_EQ(h.percentile(50), 500U);
  EXPECT_EQ(h.percentile(99), 990U);
  EXPECT_EQ(h.percentile(99.9), 999U);
  EXPECT_EQ(h.percentile(99.91), 1000U);
  EXPECT_EQ(h.percentile(100), 1000U);
  EXPECT_EQ(h.percentile(250), 1000U);
  EXPECT_EQ(h.percentile(-1), 1U);
  EXPECT_EQ(h.percentile(std::nan("")), 1U);
  EXPECT_EQ(h.count_at_or_below(10), 10U);
}

// 3 digits: values below 2048 are exact, up to 4095 they share a bucket of two, and so on.
TEST(Histogram, BucketsDoubleAsHdrHistogramDoes) {
  Histogram h(3, 1, 3'600'000'000);
  for (const std::uint64_t v : {2047U, 2048U, 2049U, 4095U, 4096U, 4099U}) h.record(v);
  std::vector<std::vector<std::uint64_t>> got;
  for (const auto& b : h.buckets()) got.push_back({b.low, b.high, b.count});
  EXPECT_EQ(got, (std::vector<std::vector<std::uint64_t>>{
                     {2047, 2047, 1}, {2048, 2049, 2}, {4094, 4095, 1}, {4096, 4099, 2}}));
}

TEST(Histogram, UnitIsThePowerOfTwoBelowIt) {
  Histogram h(2, 1000, kHour);
  h.record(0);
  h.record(511);
  h.record(512);
  ASSERT_EQ(h.buckets().size(), 2U);
  EXPECT_EQ(h.buckets()[0].high, 511U);
  EXPECT_EQ(h.buckets()[0].count, 2U);
  EXPECT_EQ(h.buckets()[1].low, 512U);
}

TEST(Histogram, NeverAnswersMoreThanItsMaximum) {
  Histogram h;
  h.record(123'456'789);
  EXPECT_EQ(h.percentile(50), 123'456'789U);
  EXPECT_EQ(h.max(), 123'456'789U);
}

TEST(Histogram, ClampsAboveTheHighestAndSaysHowMany) {
  Histogram h(2, 1000, 1'000'000);
  h.record(5'000'000, 3);
  h.record(UINT64_MAX);
  h.record(1'000'000);
  EXPECT_EQ(h.clamped(), 4U);
  EXPECT_EQ(h.count(), 5U);
  EXPECT_EQ(h.max(), 1'000'000U);
}

TEST(Histogram, MergesOnlyItsOwnShape) {
  Histogram a;
  Histogram b;
  a.record(1000, 2);
  b.record(9'000'000);
  ASSERT_TRUE(a.merge(b));
  EXPECT_EQ(a.count(), 3U);
  EXPECT_EQ(a.min(), 1000U);
  EXPECT_EQ(a.max(), 9'000'000U);
  const auto refused = a.merge(Histogram(3, 1000, kHour));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(a.count(), 3U);
}

TEST(Histogram, ResetForgetsEverything) {
  Histogram h;
  h.record(kHour * 2);
  h.reset();
  EXPECT_EQ(h.count(), 0U);
  EXPECT_EQ(h.clamped(), 0U);
  EXPECT_EQ(h.percentile(100), 0U);
  h.record(7'000);
  EXPECT_EQ(h.min(), 7'000U);
}

TEST(Histogram, TakesTheMemoryTheHeaderPromises) {
  EXPECT_LE(Histogram(2, 1000, kHour).memory_bytes(), 28'000U);
  EXPECT_LE(Histogram(3, 1000, kHour).memory_bytes(), 197'000U);
}

// Made by a separate implementation of the published format, which was checked byte by byte
// against streams written by HdrHistogram's Java and C ports.
struct Foreign {
  const char* text;
  std::vector<Histogram::Bucket> buckets;
};

TEST(HistogramCodec, ReadsWhatOtherPortsWrite) {
  const Foreign cases[] = {
      {"HISTFAAAAC54nJNpmSzMwMDAwwABTBCK+QUQuxnsWMBg/wEiwsjE9JCb5TU300lZJgCvJAgV",
       {{512, 1023, 1},
        {1024, 1535, 1},
        {1998848, 2007039, 2},
        {123207680, 123731967, 1},
        {3590592659456, 3607772528639, 1}}},
      {"HISTFAAAADR4nJNpmSzMwMAAwiDADKUZQcS1yUsY7D9ABNiYfspPYGb6zf/gKMfBuoYT6xeoAgD0IQ0B",
       {{0, 0, 3},
        {1, 1, 1},
        {2047, 2047, 200},
        {2048, 2049, 1},
        {4094, 4095, 70000},
        {999936, 1000447, 5'000'000'000}}},
  };
  for (const auto& foreign : cases) {
    const auto decoded = Histogram::decode_base64(foreign.text);
    ASSERT_TRUE(decoded) << decoded.error().message;
    const auto got = decoded->buckets();
    ASSERT_EQ(got.size(), foreign.buckets.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].low, foreign.buckets[i].low) << i;
      EXPECT_EQ(got[i].high, foreign.buckets[i].high) << i;
      EXPECT_EQ(got[i].count, foreign.buckets[i].count) << i;
    }
    // zlib at its default level is what they were deflated with.
    EXPECT_EQ(decoded->encode_base64(), foreign.text);
  }
}

TEST(HistogramCodec, RefusesWhatIsDamaged) {
  Histogram h;
  h.record(1'000'000, 100);
  const std::string good = h.encode_base64();
  ASSERT_TRUE(Histogram::decode_base64(good));
  std::string wrong_cookie = good;
  wrong_cookie[0] = 'A';
  std::string wrong_body = good;
  wrong_body[30] = wrong_body[30] == 'A' ? 'B' : 'A';
  for (const std::string& bad : {std::string(), std::string("!"), std::string("HISTFAAA"),
                                 good.substr(0, good.size() / 2), wrong_cookie, wrong_body}) {
    const auto result = Histogram::decode_base64(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, ErrorCode::ParseError);
  }
}

TEST(HistogramCodec, EmptyComesBackEmpty) {
  const auto back = Histogram::decode_base64(Histogram().encode_base64());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->count(), 0U);
  Histogram same;
  EXPECT_TRUE(same.merge(*back)) << "the shape came back too";
}

}  // namespace
}  // namespace chorus::metrics
