#include "chorus/app/live_view.hpp"

#include "chorus/base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

Terminal of_width(int width, bool color = false) {
  Terminal terminal;
  terminal.live = true;
  terminal.width = width;
  terminal.color = color;
  return terminal;
}

lab::LiveStats measuring() {
  lab::LiveStats s;
  s.phase = lab::LiveStats::Phase::Measuring;
  s.elapsed = milliseconds(15'250);
  s.total = seconds(60);
  s.planned = 12'345;
  s.sent = 310;
  s.sent_per_second = 20.33;
  s.answered = 300;
  s.answered_per_second = 19.67;
  s.latency_samples = 300;
  s.p50_ms = 412;
  s.p95_ms = 1250;
  s.in_flight = 10;
  s.queue = 3;
  s.target_rss = 52.0 * 1024 * 1024;
  s.target_cpu = 0.42;
  s.generator_late_p99_ms = 0.31;
  return s;
}

TEST(LiveView, At80Columns) {
  const Lines expected = {
      "  ━━━━━━━━━─────────────────────────── 15s of 1m  measuring",
      "     plan 12,345               sent 310 (20.3/s)     answered 300 (19.7/s)    ",
      "      p50 412 ms                p95 1.25 s          in flight 10              ",
      "      429 0                  errors 0                   queue 3               ",
      "   memory 52.0 MiB              cpu 42 %             late p99 0.3 ms          ",
  };
  EXPECT_EQ(render_live(measuring(), of_width(80)), expected);
}

TEST(LiveView, At120Columns) {
  const Lines expected = {
      "  ━━━━━━━━━━────────────────────────────── 15s of 1m  measuring",
      "     plan 12,345                   sent 310 (20.3/s)         answered 300 (19.7/s)        ",
      "      p50 412 ms                    p95 1.25 s              in flight 10                  ",
      "      429 0                      errors 0                       queue 3                   ",
      "   memory 52.0 MiB                  cpu 42 %                 late p99 0.3 ms              ",
  };
  EXPECT_EQ(render_live(measuring(), of_width(120)), expected);
}

TEST(LiveView, ColumnsStayInLineWhileCountsGrow) {
  auto stats = measuring();
  const auto before = render_live(stats, of_width(80));
  stats.sent = 98'765;
  stats.sent_per_second = 1234.5;
  const auto after = render_live(stats, of_width(80));
  EXPECT_EQ(before[1].find("answered"), after[1].find("answered"));
}

TEST(LiveView, WhatGoesWrongIsMarked) {
  auto stats = measuring();
  stats.rate_limited = 12;
  stats.errors = 3;
  EXPECT_EQ(render_live(stats, of_width(80))[3],
            "      429 12 !               errors 3 !                 queue 3               ");
}

TEST(LiveView, BeforeTheFirstSampleNothingIsInvented) {
  lab::LiveStats stats;
  stats.phase = lab::LiveStats::Phase::Warmup;
  stats.total = seconds(30);
  const auto lines = render_live(stats, of_width(80));
  EXPECT_EQ(lines[0], "  ──────────────────────────────────── 0 of 30s  warming up");
  EXPECT_EQ(lines[2],
            "      p50 –                     p95 –               in flight 0               ");
  EXPECT_EQ(lines[4],
            "   memory –                     cpu –                late p99 0.0 ms          ");
}

TEST(LiveView, StartingIsOneLine) {
  lab::LiveStats stats;
  stats.bots = 50;
  stats.bots_ready = 12;
  EXPECT_EQ(render_live(stats, of_width(80)), Lines{"  starting 12 of 50 bots are ready"});
}

TEST(LiveView, AnEndlessRunSaysHowItEnds) {
  auto stats = measuring();
  stats.total = {};
  EXPECT_EQ(render_live(stats, of_width(80))[0],
            "  ──────────────────────────────────── 15s, until Ctrl-C  measuring");
}

TEST(LiveView, NoLineWrapsWhateverTheNumbersAndTheWindow) {
  auto stats = measuring();
  stats.planned = stats.sent = stats.answered = stats.in_flight = 123'456'789'012;
  stats.sent_per_second = stats.answered_per_second = 1'234'567.8;
  stats.rate_limited = stats.errors = stats.queue = 9'999'999'999;
  stats.p50_ms = stats.p95_ms = 86'400'000;
  stats.elapsed = std::chrono::hours(47) + milliseconds(3'599'000);
  stats.total = std::chrono::hours(48);
  stats.generator_late_p99_ms = 123'456.7;
  for (int width = 20; width <= 200; ++width) {
    for (const bool color : {false, true}) {
      for (const auto& line : render_live(stats, of_width(width, color))) {
        EXPECT_LE(display_width(line), std::size_t(width)) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos);
      }
    }
  }
}

TEST(LiveView, ColoursChangeNoColumn) {
  const auto plain = render_live(measuring(), of_width(80));
  const auto colour = render_live(measuring(), of_width(80, true));
  ASSERT_EQ(plain.size(), colour.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(display_width(plain[i]), display_width(colour[i])) << i;
    EXPECT_NE(plain[i], colour[i]);
  }
}

TEST(LiveLine, ForLogs) {
  auto stats = measuring();
  stats.errors = 2;
  EXPECT_EQ(render_live_line(stats),
            "15s measuring: plan 12345, sent 310, answered 300, p50 412 ms, p95 1.25 s, in flight "
            "10, 429 0, errors 2, queue 3");
}

Lines exchange_lines(const lab::Exchange& exchange, int width) {
  Lines lines;
  const auto text = render_exchange(exchange, of_width(width));
  for (const auto line : split(text, '\n')) lines.emplace_back(line);
  return lines;
}

TEST(LiveExchange, IsTwoLines) {
  const lab::Exchange exchange = {"Ada", "what about coffee?", "trader_bot", "Half of it is noise.",
                                  milliseconds(412)};
  const Lines expected = {"               Ada  what about coffee?",
                          "        trader_bot  Half of it is noise. (412 ms)"};
  EXPECT_EQ(exchange_lines(exchange, 80), expected);
}

TEST(LiveExchange, FitsTheWindow) {
  lab::Exchange exchange;
  exchange.person = "中文中文中文中文中文中文";
  exchange.bot = "a_very_long_username_of_a_bot";
  for (int i = 0; i < 60; ++i) {
    exchange.said += "🚀 to the moon ";
    exchange.answered += "çok uzun bir cevap, ";
  }
  exchange.latency = milliseconds(12'345);
  for (const int width : {40, 41, 80, 120, 200}) {
    const auto lines = exchange_lines(exchange, width);
    ASSERT_EQ(lines.size(), 2u) << width;
    for (const auto& line : lines) {
      EXPECT_LE(display_width(line), std::size_t(width)) << line;
      EXPECT_GE(display_width(line), std::size_t(width) - 2) << line;
    }
    EXPECT_TRUE(lines[1].ends_with("… (12.3 s)")) << lines[1];
  }
}

TEST(LiveExchange, StrangersDoNotSteerTheTerminal) {
  const lab::Exchange exchange = {"A\x1b[31mda", "one\ntwo\x1b[2J", "b\rot", "x\x07y", {}};
  const auto text = render_exchange(exchange, of_width(80));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(text.find('\x07'), std::string::npos);
  EXPECT_EQ(split(text, '\n').size(), 2u);
}

TEST(LiveView, WhatTheHandOnTheLoadHasDoneIsShown) {
  auto stats = measuring();
  auto terminal = of_width(80);
  const auto plain = render_live(stats, terminal).size();
  stats.paused = true;
  terminal.keys = true;
  auto lines = render_live(stats, terminal);
  ASSERT_EQ(lines.size(), plain + 1);
  EXPECT_EQ(lines.back(), "  paused   p pause   + - more or less   q end");
  stats.paused = false;
  stats.factor = 1.5;
  stats.controlled = 12;
  terminal.keys = false;
  EXPECT_EQ(render_live(stats, terminal).back(), "  150 % of the plan, 12 people");
}

}  // namespace
}  // namespace chorus::app
