#include "chorus/app/watch/watch_view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace chorus::app {
namespace {

using std::chrono::seconds;

lab::WatchLive busy() {
  lab::WatchLive live;
  live.elapsed = seconds(90);
  live.totals.messages = lab::MessageCounts{1234, 1200};
  live.totals.api = lab::CallCounts{5000, 12, 3};
  live.totals.llm = lab::CallCounts{100, 0, 0};
  live.totals.cache = lab::CacheCounts{90, 10};
  live.totals.open_breakers = 1;
  live.in_per_second = 13.5;
  live.hit_rate = 0.9;
  live.lag_p95_ms = 1.5;
  live.times = "chorus_send_seconds";
  live.p50_ms = 20;
  live.p95_ms = 80;
  live.process = lab::ProcessSample{};
  live.process->rss = 50'000'000;
  live.silent = {"sandbox: connection refused"};
  return live;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

TEST(WatchView, ShowsWhatEachSourceTells) {
  Terminal terminal;
  terminal.width = 100;
  const auto text = joined(render_watch(busy(), terminal));
  for (const auto* part : {"1m30s, until Ctrl-C", "1,234 (13.5/s)", "5,100", "12 !", "1 open !",
                           "90.0 %", "80 ms", "47.7 MiB", "silent: sandbox"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(WatchView, WhatNobodyTellsIsADash) {
  Terminal terminal;
  const auto text = joined(render_watch({}, terminal));
  EXPECT_EQ(text.find('0'), text.find("0s")) << "no number that nobody gave: " << text;
  EXPECT_EQ(render_watch_line({}), "0s");
}

TEST(WatchView, NoLineIsWiderThanTheTerminal) {
  for (int width = 20; width <= 140; ++width) {
    Terminal terminal;
    terminal.width = width;
    for (const auto& line : render_watch(busy(), terminal)) {
      EXPECT_LE(display_width(line), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(WatchView, ALineForLogsHoldsTheSame) {
  const auto line = render_watch_line(busy());
  EXPECT_TRUE(line.starts_with("1m30s: in 1234, out 1200") ||
              line.starts_with("1m30s: in 1,234, out 1,200"))
      << line;
  EXPECT_NE(line.find("send p95 80 ms"), std::string::npos) << line;
}

}  // namespace
}  // namespace chorus::app
