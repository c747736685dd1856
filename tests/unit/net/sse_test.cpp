#include "chorus/net/sse.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::net {
namespace {

std::vector<SseEvent> parse(std::string_view text, std::size_t step) {
  SseParser parser;
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.feed(text.substr(at, step));
    while (true) {
      auto event = parser.next();
      EXPECT_TRUE(event);
      if (!event || !*event) break;
      events.push_back(**event);
    }
  }
  return events;
}

TEST(Sse, AnySplitOfTheInputGivesTheSameEvents) {
  const std::string text =
      "\xEF\xBB\xBF: comment\r\n"
      "event: tick\r\ndata: one\r\ndata:two\r\nid: 7\r\n\r\n"
      "data\n\n"
      "event: lost\n\n"
      "retry: 10\rdata:  x\r\r"
      "data: [DONE]\n\n"
      "data: unfinished";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const auto events = parse(text, step);
    ASSERT_EQ(events.size(), 4U) << step;
    EXPECT_EQ(events[0].event, "tick");
    EXPECT_EQ(events[0].data, "one\ntwo");
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[1].data, "");
    EXPECT_EQ(events[1].id, "7") << "the last id stays";
    EXPECT_EQ(events[2].event, "") << "an event without data leaves no name behind";
    EXPECT_EQ(events[2].data, " x");
    EXPECT_EQ(events[3].data, "[DONE]");
  }
}

TEST(Sse, RecordAboveTheBoundIsAnError) {
  SseParser line(16);
  line.feed("data: 0123456789abcdef");
  EXPECT_EQ(line.next().error().code, ErrorCode::ParseError);
  SseParser record(16);
  record.feed("data: 0123456789\ndata: 0123456789\n\n");
  EXPECT_EQ(record.next().error().code, ErrorCode::ParseError);
}

TEST(Sse, LongStreamsDoNotKeepWhatWasRead) {
  SseParser parser(64);
  const std::string event = "data: 0123456789\n\n";
  for (int i = 0; i < 100'000; ++i) {
    parser.feed(event);
    const auto got = parser.next();
    ASSERT_TRUE(got && *got);
    ASSERT_EQ((*got)->data, "0123456789");
  }
}

TEST(Sse, EncodesWhatTheParserReadsBack) {
  const SseEvent event{"x", "a\nb\r\nc\n", "9"};
  const std::string text = encode_sse(event);
  EXPECT_EQ(text, "event: x\nid: 9\ndata: a\ndata: b\ndata: c\ndata: \n\n");
  const auto events = parse(text, text.size());
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].data, "a\nb\nc\n");
  EXPECT_EQ(encode_sse({"", "", ""}), "data: \n\n");
}

}  // namespace
}  // namespace chorus::net
