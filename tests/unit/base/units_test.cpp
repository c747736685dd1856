#include "chorus/base/units.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;

TEST(Units, Durations) {
  const std::vector<std::pair<const char*, Duration>> good = {
      {"0", 0s},        {"250ms", 250ms}, {"30s", 30s},        {"5m", 5min},
      {"1h30m", 90min}, {"1.5h", 90min},  {" 2min ", 2min},    {"1d", 24h},
      {"85us", 85us},   {"85µs", 85us},   {"1h 2m 3s", 3723s},
  };
  for (const auto& [text, expected] : good) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
  for (const char* text : {"", " ", "30", "s", "-5s", "5 parsecs", "1h30", "nans", "nan s", "infs",
                           "99999999999h", "1..5s", "1e3s"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::ParseError);
    EXPECT_NE(parsed.error().message.find("write it like"), std::string::npos);
  }
}

TEST(Units, Bytes) {
  EXPECT_EQ(parse_bytes("512").value(), 512U);
  EXPECT_EQ(parse_bytes("64KiB").value(), 65'536U);
  EXPECT_EQ(parse_bytes("1.5 GiB").value(), 1'610'612'736U);
  EXPECT_EQ(parse_bytes("2MB").value(), 2'000'000U);
  for (const char* text : {"", "KiB", "-1", "5 KB/s", "99999999999GiB", "nan", "inf"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(Units, Rates) {
  EXPECT_EQ(parse_rate("20/min").value(), (RateRange{20.0 / 60, 20.0 / 60}));
  EXPECT_EQ(parse_rate("1..2/min").value(), (RateRange{1.0 / 60, 2.0 / 60}));
  EXPECT_EQ(parse_rate("3/s").value(), (RateRange{3, 3}));
  EXPECT_EQ(parse_rate("10/h").value(), (RateRange{10.0 / 3600, 10.0 / 3600}));
  for (const char* text : {"", "20", "20/", "/min", "2..1/min", "1../min", "..2/min", "a/min",
                           "1/fortnight", "nan/s", "1..nan/s"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(Units, ForPeople) {
  EXPECT_EQ(format_duration(0s), "0 s");
  EXPECT_EQ(format_duration(85us), "85 µs");
  EXPECT_EQ(format_duration(1200us), "1.2 ms");
  EXPECT_EQ(format_duration(340ms), "340 ms");
  EXPECT_EQ(format_duration(1230ms), "1.23 s");
  EXPECT_EQ(format_duration(-1230ms), "-1.23 s");
  EXPECT_EQ(format_duration(125s), "2 m 05 s");
  EXPECT_EQ(format_duration(2h + 5min), "2 h 05 m");
  EXPECT_EQ(format_duration_compact(90min), "1h30m");
  EXPECT_EQ(format_duration_compact(1s + 250ms), "1s250ms");
  EXPECT_EQ(format_duration_compact(0s), "0");
  EXPECT_EQ(format_bytes(1000), "1000 B");
  EXPECT_EQ(format_bytes(7'759'462), "7.4 MiB");
  EXPECT_EQ(format_count(12'345), "12,345");
  EXPECT_EQ(format_count(-1'234'567), "-1,234,567");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

}  // namespace
}  // namespace chorus
