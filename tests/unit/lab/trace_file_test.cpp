#include "chorus/lab/detail/trace_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab::detail {
namespace {

using namespace std::chrono_literals;

TEST(TraceFile, WhatTheSandboxRecordsIsReplayedByItsPeople) {
  const auto points = parse_trace(R"({"t":2.5,"room":-5,"from":"ada","text":"hello","message_id":1}
{"t":2.6,"room":-5,"bot":"echo_bot","call":"sendMessage","says":"hello to you","message_id":2}
{"t":2.7,"room":-5,"bot":"echo_bot","call":"sendMessage","status":200}
{"t":3,"room":-5,"from":"ada","reaction":"x","message_id":2}
{"t":4,"room":7,"private":"echo_bot","from":"eve","text":"and to me?","message_id":1})");
  ASSERT_TRUE(points) << points.error().message;
  ASSERT_EQ(points->size(), 2U);
  EXPECT_EQ((*points)[0].at, 0s);
  EXPECT_EQ((*points)[0].text, "hello");
  EXPECT_EQ((*points)[1].at, 1500ms);
  EXPECT_EQ((*points)[1].text, "and to me?");
}

TEST(TraceFile, ALineWithoutATimeIsNamed) {
  const auto points = parse_trace("{\"at\":1}\n{\"text\":\"when?\"}");
  ASSERT_FALSE(points);
  EXPECT_THAT(points.error().message, testing::HasSubstr("line 2: no 'at'"));
}

}  // namespace
}  // namespace chorus::lab::detail
