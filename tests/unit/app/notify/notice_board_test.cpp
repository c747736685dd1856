#include "chorus/app/notify/notice_board.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

constexpr Duration kQuiet = 1h;
const Alert kTicks{"ticks", "21 of 100 decisions failed"};

MonoTime at(Duration d) {
  return MonoTime(d);
}
/// `+key` for each that begins, `-key` for each that is over.
std::string told(NoticeBoard& board, const std::vector<Alert>& active, MonoTime now) {
  std::string out;
  for (const auto& notice : board.update(active, now, WallTime{}, kQuiet)) {
    out += (notice.recovered ? "-" : "+") + notice.key + " ";
  }
  return out;
}

TEST(NoticeBoard, EachIsToldOnceAndItsEndOnce) {
  NoticeBoard board;
  EXPECT_EQ(told(board, {}, at(0s)), "");
  EXPECT_EQ(told(board, {kTicks}, at(10s)), "+ticks ");
  for (int i = 2; i < 2000; ++i) EXPECT_EQ(told(board, {kTicks}, at(i * 10s)), "");
  EXPECT_EQ(told(board, {}, at(20'000s)), "-ticks ");
  EXPECT_EQ(told(board, {}, at(20'010s)), "");
  EXPECT_EQ(board.known(), 0U);
}

TEST(NoticeBoard, WhatComesBackIsQuietUntilItsTimeIsOver) {
  NoticeBoard board;
  EXPECT_EQ(told(board, {kTicks}, at(0s)), "+ticks ");
  EXPECT_EQ(told(board, {}, at(10s)), "-ticks ");
  EXPECT_EQ(told(board, {kTicks}, at(20s)), "") << "the same again within the quiet time";
  EXPECT_EQ(told(board, {}, at(30s)), "") << "its beginning was not told, so its end is not";
  EXPECT_EQ(told(board, {kTicks}, at(40s)), "");
  EXPECT_EQ(told(board, {kTicks}, at(3599s)), "");
  EXPECT_EQ(told(board, {kTicks}, at(3600s)), "+ticks ") << "it holds on: now it is told";
  EXPECT_EQ(told(board, {}, at(3700s)), "-ticks ");
  EXPECT_EQ(board.known(), 1U);
  EXPECT_EQ(told(board, {}, at(8000s)), "");
  EXPECT_EQ(board.known(), 0U);
}

TEST(NoticeBoard, OthersAreNotHeldBack) {
  NoticeBoard board;
  EXPECT_EQ(told(board, {kTicks}, at(0s)), "+ticks ");
  EXPECT_EQ(told(board, {kTicks, {"sends", "x"}}, at(10s)), "+sends ");
  EXPECT_EQ(told(board, {{"sends", "x"}}, at(20s)), "-ticks ");
}

TEST(NoticeBoard, KnowsABoundedNumber) {
  NoticeBoard board;
  std::vector<Alert> many;
  for (int i = 0; i < 5000; ++i) many.push_back({"token:" + std::to_string(i), "x"});
  EXPECT_EQ(board.update(many, at(0s), WallTime{}, kQuiet).size(), 4096U);
  EXPECT_EQ(board.known(), 4096U);
}

/// Whatever comes and goes: beginnings and ends alternate for each, and two beginnings are a quiet
/// time apart.
TEST(NoticeBoard, BeginningsAndEndsAlternate) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): a fixed history
  NoticeBoard board;
  std::map<std::string, MonoTime> begun;
  std::set<std::string> open;
  for (int step = 0; step < 20'000; ++step) {
    const MonoTime now = at(step * 60s);
    std::vector<Alert> active;
    for (const char* key : {"a", "b", "c"}) {
      if (random() % 3 == 0) active.push_back({key, "x"});
    }
    for (const auto& notice : board.update(active, now, WallTime{}, kQuiet)) {
      if (notice.recovered) {
        EXPECT_EQ(open.erase(notice.key), 1U);
        continue;
      }
      EXPECT_TRUE(open.insert(notice.key).second);
      if (const auto last = begun.find(notice.key); last != begun.end()) {
        EXPECT_GE(now - last->second, kQuiet);
      }
      begun[notice.key] = now;
    }
    EXPECT_LE(board.known(), 3U);
  }
}

}  // namespace
}  // namespace chorus::app
