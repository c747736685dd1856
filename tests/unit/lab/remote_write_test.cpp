#include "chorus/lab/remote_write.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <set>
#include <snappy.h>

namespace chorus::lab {
namespace {

using Series = std::map<std::string, std::vector<std::pair<std::int64_t, double>>>;

/// A second reading of the format, so that a mistake of the writer cannot cancel itself.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool more() const { return !rest_.empty(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    ADD_FAILURE() << "cut varint";
    return 0;
  }
  std::string_view take(std::size_t n) {
    EXPECT_LE(n, rest_.size());
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(out.size());
    return out;
  }
  std::string_view message(std::uint64_t field) {
    EXPECT_EQ(varint(), field << 3 | 2);
    return take(varint());
  }

 private:
  std::string_view rest_;
};

std::string label_set(Wire& series) {
  std::string out;
  std::string before;
  while (series.more()) {
    Wire probe = series;
    if (probe.varint() != (1 << 3 | 2)) break;
    Wire label(series.message(1));
    const std::string name(label.message(1));
    EXPECT_LT(before, name) << "labels must be sorted";
    before = name;
    out += (out.empty() ? "" : ",") + name + "=" + std::string(label.message(2));
  }
  return out;
}

Series decode(const std::string& body) {
  std::string raw;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &raw));
  Series out;
  Wire request(raw);
  while (request.more()) {
    Wire series(request.message(1));
    const auto labels = label_set(series);
    EXPECT_FALSE(out.contains(labels)) << "a series twice: " << labels;
    auto& samples = out[labels];
    while (series.more()) {
      Wire sample(series.message(2));
      EXPECT_EQ(sample.varint(), (1U << 3 | 1U));
      std::uint64_t bits = 0;
      const auto bytes = sample.take(8);
      for (int i = 7; i >= 0; --i) {
        bits = bits << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
      }
      EXPECT_EQ(sample.varint(), (2U << 3 | 0U));
      samples.emplace_back(static_cast<std::int64_t>(sample.varint()), std::bit_cast<double>(bits));
    }
  }
  return out;
}

TEST(RemoteWrite, TheBodyReadsBack) {
  const std::vector<RemoteSeries> series = {
      {{{"__name__", "a"}, {"job", "x"}}, {{1'767'614'400'000, 1.5}, {1'767'614'401'000, -0.25}}},
      {{{"__name__", "b"}}, {{-1, 0}}}};
  const auto read = decode(remote_write_body(series));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read.at("__name__=a,job=x"), series[0].samples);
  EXPECT_EQ(read.at("__name__=b"), series[1].samples);
}

TEST(RemoteWrite, ARunIsNamedAsPrometheusNamesThings) {
  const auto result = *run(kGroup, {}).result;
  const auto read = decode(remote_write_body(remote_series(result)));
  const auto of = [&](const std::string& name, const std::string& before = "",
                      const std::string& after = "") {
    const auto key = fmt::format("__name__=chorus_lab_{},{}job=chorus_lab{},run={},scenario=group",
                                 name, before, after, to_iso8601(result.started_at));
    const auto found = read.find(key);
    if (found == read.end()) {
      ADD_FAILURE() << "no series " << key;
      return std::vector<std::pair<std::int64_t, double>>{{0, 0}};
    }
    return found->second;
  };
  const auto* reply = find_summary(result, "reply_latency");
  EXPECT_NEAR(of("reply_latency_seconds", "", ",quantile=0.95").at(0).second, reply->p95 / 1000,
              1e-9);
  EXPECT_EQ(of("reply_latency_seconds_count").at(0).second, static_cast<double>(reply->count));
  EXPECT_EQ(of("rate_limited_total").at(0).second, 0);
  EXPECT_EQ(of("errors_ratio").at(0).second, 0);
  EXPECT_EQ(of("ledger_messages", "", ",outcome=answered").at(0).second,
            static_cast<double>(result.ledger.of(Outcome::Answered)));
  const auto sent = of("live_messages_sent_total");
  EXPECT_EQ(sent.back().second, static_cast<double>(result.ledger.sent));
  EXPECT_TRUE(std::ranges::is_sorted(sent)) << "a counter only grows, in order of time";
  EXPECT_GT(sent.size(), 60U);
}

TEST(RemoteWrite, WhatAReceiverWouldRefuseAsTooOldIsLeftOut) {
  RunResult result;
  result.name = "soak";
  result.series_interval = std::chrono::minutes(1);
  for (int i = 0; i < 600; ++i) {
    SeriesPoint point;
    point.at = std::chrono::minutes(i);
    point.sent = 1;
    result.series.push_back(point);
  }
  for (const auto& series : remote_series(result)) {
    EXPECT_LE(series.samples.size(), 51U);
    if (series.labels[0].second == "chorus_lab_live_messages_sent_total") {
      EXPECT_EQ(series.samples.back().second, 600) << "the sum is that of the whole run";
    }
  }
}

}  // namespace
}  // namespace chorus::lab
