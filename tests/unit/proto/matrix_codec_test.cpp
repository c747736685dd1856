#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/errors.hpp"
#include "chorus/proto/matrix/filter.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/proto/matrix/sync.hpp"

#include <gtest/gtest.h>

namespace chorus::proto::matrix {
namespace {

json::object object_of(std::string_view text) {
  return parse_json(text).value().get_object();
}

TEST(MatrixIds, AUserIdHasALocalpartAndAServer) {
  EXPECT_EQ(parse_user_id("@ada:example.org:8448"), (UserId{"ada", "example.org:8448"}));
  for (const auto* wrong : {"ada:x", "@ada", "@:x", "@ada:", "@a b:x", ""}) {
    EXPECT_FALSE(parse_user_id(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_user_id("@" + std::string(300, 'a') + ":x"));
}

TEST(MatrixIds, AnyNameBecomesALocalpart) {
  EXPECT_EQ(localpart_of("Ada.L"), "ada.l");
  EXPECT_EQ(localpart_of("Zoë!"), "zo=c3=ab=21");
  EXPECT_EQ(localpart_of("a=b"), "a=3db");
  EXPECT_TRUE(is_localpart(localpart_of("\xff\x01 x")));
  EXPECT_FALSE(is_localpart("Ada"));
  EXPECT_FALSE(is_localpart(""));
}

TEST(MatrixIds, RoomsOfNewVersionsHaveNoServer) {
  EXPECT_TRUE(is_room_id("!abc:example.org"));
  EXPECT_TRUE(is_room_id("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"));
  EXPECT_FALSE(is_room_id("!"));
  EXPECT_FALSE(is_alias("#abc"));
  EXPECT_EQ(parse_media_uri("mxc://s/abc"), (MediaId{"s", "abc"}));
  EXPECT_FALSE(parse_media_uri("mxc://s/a/b"));
  EXPECT_FALSE(parse_media_uri("https://s/a"));
}

TEST(MatrixErrors, TheBodysWaitWinsOverTheHeaders) {
  const auto error = decode_error(
      429, "5", R"({"errcode":"M_LIMIT_EXCEEDED","error":"slow","retry_after_ms":700})");
  EXPECT_EQ(error.errcode, "M_LIMIT_EXCEEDED");
  EXPECT_EQ(error.retry_after, std::chrono::milliseconds(700));
  EXPECT_EQ(decode_error(429, "5", "{}").retry_after, std::chrono::seconds(5));
  EXPECT_EQ(decode_error(429, "Wed, 21 Oct 2026 07:28:00 GMT", "").retry_after, std::nullopt);
  EXPECT_EQ(decode_error(502, "", "<html>").errcode, "M_UNKNOWN");
  EXPECT_EQ(retry_after_header(std::chrono::milliseconds(1)), "1");
  EXPECT_EQ(retry_after_header(std::chrono::milliseconds(4001)), "5");
}

TEST(MatrixContent, AThreadsFallbackIsNoReply) {
  const auto relation = decode_relation(object_of(
      R"({"m.relates_to":{"rel_type":"m.thread","event_id":"$root","is_falling_back":true,)"
      R"("m.in_reply_to":{"event_id":"$last"}}})"));
  EXPECT_TRUE(relation.is_thread());
  EXPECT_EQ(relation.event_id, "$root");
  EXPECT_EQ(relation.in_reply_to, "$last");
  EXPECT_EQ(relation.reply_target(), "");
  const auto plain =
      decode_relation(object_of(R"({"m.relates_to":{"m.in_reply_to":{"event_id":"$one"}}})"));
  EXPECT_EQ(plain.reply_target(), "$one");
  EXPECT_TRUE(decode_relation(object_of(R"({"m.relates_to":"nonsense"})")).empty());
}

TEST(MatrixContent, AnEditCarriesTheNewTextAndAFallback) {
  MessageBody body;
  body.body = "right";
  std::string wire;
  JsonWriter out(wire);
  write_message(out, edit_of("$first", body));
  const auto read = decode_message(object_of(wire)).value();
  EXPECT_EQ(read.body, "* right");
  EXPECT_EQ(read.new_content->body, "right");
  EXPECT_EQ(read.relation.event_id, "$first");
}

TEST(MatrixContent, TheQuotedFallbackOfAReplyIsCutAndAQuoteOfOnesOwnIsNot) {
  EXPECT_EQ(without_reply_fallback("> <@a:b> was\n> said\n\nmy answer"), "my answer");
  EXPECT_EQ(without_reply_fallback("> a quote\nof mine"), "> a quote\nof mine");
  EXPECT_EQ(without_reply_fallback("plain"), "plain");
  EXPECT_EQ(without_reply_fallback("> nothing else"), "");
}

TEST(MatrixContent, AMentionIsDeclaredOrSpelled) {
  MessageBody message;
  message.body = "hello Ada, how are you";
  EXPECT_TRUE(mentions_user(message, "@ada:x"));
  EXPECT_FALSE(mentions_user(message, "@dah:x"));
  message.body = "cadastral";
  EXPECT_FALSE(mentions_user(message, "@ada:x"));
  message.formatted_body = R"(<a href="https://matrix.to/#/%40ada%3Ax">A</a>)";
  EXPECT_TRUE(mentions_user(message, "@ada:x"));
  message.mentions.emplace();  // says: nobody
  EXPECT_FALSE(mentions_user(message, "@ada:x"));
  message.mentions->user_ids = {"@ada:x"};
  EXPECT_TRUE(mentions_user(message, "@ada:x"));
}

TEST(MatrixFilter, TypesMayHaveStars) {
  EventFilter filter;
  filter.types = {{"m.room.*", "m.reaction"}};
  filter.not_types = {"m.room.member"};
  EXPECT_TRUE(filter.wants("m.room.message", "@a:b"));
  EXPECT_TRUE(filter.wants("m.reaction", "@a:b"));
  EXPECT_FALSE(filter.wants("m.room.member", "@a:b"));
  EXPECT_FALSE(filter.wants("m.typing", "@a:b"));
  EXPECT_FALSE(decode_sync_filter(object_of(R"({"room":{"timeline":{"limit":-1}}})")));
  EXPECT_FALSE(decode_sync_filter(object_of(R"({"room":{"rooms":[1]}})")));
  const auto none = decode_sync_filter(object_of(R"({"presence":{"types":[]}})")).value();
  EXPECT_TRUE(none.presence.wants_nothing());
}

TEST(MatrixSyncCodec, OneMalformedEventHidesNoOther) {
  const auto sync = decode_sync(
      R"({"next_batch":"s1","rooms":{"join":{"!r:s":{"timeline":{"limited":true,)"
      R"("prev_batch":"p","events":[{"type":"x"},{"event_id":"$1","type":"m.room.message",)"
      R"("sender":"@a:s","origin_server_ts":5,"content":{"body":"hi"}}]}}}}})");
  ASSERT_TRUE(sync);
  EXPECT_EQ(sync->malformed, 1U);
  ASSERT_EQ(sync->joined.size(), 1U);
  EXPECT_TRUE(sync->joined[0].limited);
  EXPECT_EQ(sync->joined[0].timeline.at(0).event_id, "$1");
  EXPECT_FALSE(decode_sync("{}"));
  EXPECT_FALSE(decode_sync("[]"));
  EXPECT_TRUE(decode_sync(R"({"next_batch":"s"})"));
}

TEST(MatrixService, ARegistrationReadsBack) {
  Registration registration;
  registration.id = "a";
  registration.as_token = "t1";
  registration.hs_token = "t2";
  registration.sender_localpart = "s";
  registration.users = {{"@bot_.*", true}};
  const auto again = decode_registration(object_of(encode_registration(registration)));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, registration);
  EXPECT_FALSE(decode_registration(object_of(R"({"id":"a"})")));
  const auto pushed = decode_transaction(R"({"events":[{"type":"x"}]})");
  EXPECT_EQ(pushed->malformed, 1U);
  EXPECT_FALSE(decode_transaction(R"({"events":{}})"));
}

}  // namespace
}  // namespace chorus::proto::matrix
