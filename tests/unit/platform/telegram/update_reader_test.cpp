#include "chorus/platform/telegram/update_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::platform {
namespace {

std::string said(const std::string& text, int message = 1) {
  return R"(,"message":{"message_id":)" + std::to_string(message) +
         R"(,"chat":{"id":-5,"type":"supergroup"},"date":1,"text":")" + text + R"("}})";
}

std::string with_id(const std::string& id, const std::string& rest) {
  return R"({"update_id":)" + id + rest;
}

TEST(UpdateReader, EachCopyOfAMessageHasItsOwnId) {
  UpdateReader reader;
  for (int id = 10; id < 15; ++id) {
    const auto update = reader.read(with_id(std::to_string(id), said("hello")));
    ASSERT_TRUE(update);
    EXPECT_EQ(update->update_id, id);
    ASSERT_TRUE(update->message);
    EXPECT_EQ(update->message->text, "hello");
  }
}

TEST(UpdateReader, MessagesThatDifferInOneByteStayApart) {
  UpdateReader reader;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 20; ++i) {  // more than are remembered
      const auto update = reader.read(with_id("7", said("hello " + std::to_string(i), 100 + i)));
      ASSERT_TRUE(update);
      EXPECT_EQ(update->message->text, "hello " + std::to_string(i));
      EXPECT_EQ(update->message->message, PlatformMessageId(100 + i));
    }
  }
}

TEST(UpdateReader, AnIdThatComesLaterIsNotReplacedByTheOneInFront) {
  UpdateReader reader;
  const std::string rest =
      R"(,"message":{"message_id":1,"chat":{"id":-5,"type":"supergroup"},"date":1,"text":"x"},"update_id":99})";
  for (const char* id : {"1", "2"}) {
    const auto update = reader.read(with_id(id, rest));
    ASSERT_TRUE(update);
    EXPECT_EQ(update->update_id, 99);
  }
}

TEST(UpdateReader, NumbersThatJsonDoesNotKnowStayMalformed) {
  UpdateReader reader;
  ASSERT_TRUE(reader.read(with_id("1", said("hello"))));
  for (const char* id : {"", "-1", "+1", "01", "1x", " 1x", "99999999999999999999"}) {
    const auto update = reader.read(with_id(id, said("hello")));
    EXPECT_FALSE(update) << id;
  }
  EXPECT_TRUE(reader.read(with_id(" 2 ", said("hello"))));
  EXPECT_TRUE(reader.read(with_id("0", said("hello"))));
}

TEST(UpdateReader, WhatIsMalformedIsToldEachTime) {
  UpdateReader reader;
  for (int i = 0; i < 2; ++i) {
    const auto update = reader.read(R"({"update_id":3,"message":{"message_id":1}})");
    ASSERT_FALSE(update);
    EXPECT_EQ(update.error().update_id, 3);
  }
}

}  // namespace
}  // namespace chorus::platform
