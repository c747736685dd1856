#include "chorus/platform/telegram/client.hpp"

#include "unit/platform/telegram/scripted_api.hpp"
#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace chorus::platform {
namespace {

using test::bot_access;
using test::kToken;
using test::World;

struct ClientTest : testing::Test {
  World world;
  TelegramClient client{
      world.transport, world.metrics, {.base = world.base, .timeout = std::chrono::seconds(20)}};

  fleet::SendOutcome send(fleet::OutgoingMessage message) {
    return world.run(client.send_message(bot_access(), std::move(message)));
  }
  fleet::OutgoingMessage message() const {
    fleet::OutgoingMessage out;
    out.chat = PlatformChatId(-1001);
    out.text = "hi \"you\"";
    return out;
  }
};

TEST_F(ClientTest, SendMessageOnTheWire) {
  world.api.ok(R"({"message_id":44,"chat":{"id":-1001,"type":"supergroup"},"date":1700000000})");
  auto out = message();
  out.reply_to = PlatformMessageId(5);
  out.thread = PlatformMessageId(4);
  out.options = R"({"parse_mode":"HTML","unknown":1,"reply_markup":{"inline_keyboard":[]}})";
  const auto outcome = send(out);
  const auto* ok = std::get_if<fleet::SendOk>(&outcome);
  ASSERT_NE(ok, nullptr);
  EXPECT_EQ(ok->message, PlatformMessageId(44));
  EXPECT_EQ(to_unix_seconds(ok->date), 1700000000);
  ASSERT_EQ(world.api.seen.size(), 1U);
  EXPECT_EQ(world.api.seen[0].target, std::string("/bot") + kToken + "/sendMessage");
  EXPECT_EQ(world.api.seen[0].body,
            R"({"chat_id":-1001,"text":"hi \"you\"","reply_parameters":{"message_id":5,)"
            R"("allow_sending_without_reply":true},"message_thread_id":4,"parse_mode":"HTML",)"
            R"("reply_markup":{"inline_keyboard":[]}})");
  EXPECT_EQ(
      world.metrics.value("chorus_platform_calls_total",
                          {{"platform", "telegram"}, {"method", "sendMessage"}, {"status", "200"}}),
      1);
}

TEST_F(ClientTest, RefusalsKeepStatusWordsAndParameters) {
  world.api.error(429, "Too Many Requests: retry after 7", R"({"retry_after":7})");
  world.api.error(400, "Bad Request: group chat was upgraded to a supergroup chat",
                  R"({"migrate_to_chat_id":-1009})");
  world.api.error(403, "Forbidden: bot was blocked by the user");
  world.api.error(500, "Internal Server Error: restart");
  const int statuses[] = {429, 400, 403, 500};
  for (const int status : statuses) {
    const auto outcome = send(message());
    const auto* refused = std::get_if<fleet::SendRefused>(&outcome);
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->status, status);
    EXPECT_FALSE(refused->never_sent);
    EXPECT_EQ(refused->retry_after.has_value(), status == 429);
    if (status == 429) EXPECT_EQ(*refused->retry_after, std::chrono::seconds(7));
    if (status == 400) EXPECT_EQ(refused->migrate_to, PlatformChatId(-1009));
    if (status == 403) EXPECT_EQ(refused->description, "Forbidden: bot was blocked by the user");
  }
}

TEST_F(ClientTest, RetryAfterIsAlsoReadFromTheHeader) {
  auto response = net::Response::json(
      429, R"({"ok":false,"error_code":429,"description":"Too Many Requests"})");
  response.headers.add("Retry-After", "12");
  world.api.answer(std::move(response));
  const auto outcome = send(message());
  EXPECT_EQ(std::get<fleet::SendRefused>(outcome).retry_after, std::chrono::seconds(12));
}

TEST_F(ClientTest, ALostAnswerIsUnknownAndAnUnreachableServerIsNeverSent) {
  world.api.drop();
  EXPECT_TRUE(std::holds_alternative<fleet::SendUnknown>(send(message())));
  world.api.answer(net::Response::html("<html>502 Bad Gateway</html>"));
  EXPECT_TRUE(std::holds_alternative<fleet::SendUnknown>(send(message())));
  auto gateway = net::Response::html("<html>502 Bad Gateway</html>");
  gateway.status = 502;
  world.api.answer(std::move(gateway));
  EXPECT_TRUE(std::holds_alternative<fleet::SendUnknown>(send(message())));
  world.transport.set_link(
      test::kOrigin,
      {.latency = std::chrono::milliseconds(1), .jitter = 0, .loss_before = 0, .loss_after = 1});
  const auto before = world.loop.now();
  EXPECT_TRUE(std::holds_alternative<fleet::SendUnknown>(send(message())));
  EXPECT_EQ(world.loop.now() - before, Duration(std::chrono::seconds(20)));

  TelegramClient lost(
      world.transport, world.metrics,
      {.base = *net::Url::parse("http://nowhere.test:81"), .timeout = std::chrono::seconds(20)});
  const auto outcome = world.run(lost.send_message(bot_access(), message()));
  const auto* refused = std::get_if<fleet::SendRefused>(&outcome);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->status, 0);
  EXPECT_TRUE(refused->never_sent);
}

TEST_F(ClientTest, ABare4xxIsARefusalAndNotAMystery) {
  world.api.answer(net::Response::empty(413));
  const auto outcome = send(message());
  EXPECT_EQ(std::get<fleet::SendRefused>(outcome).status, 413);
}

TEST_F(ClientTest, TheTokenIsInNoText) {  // PB10
  world.api.error(404, std::string("Not Found: /bot") + kToken + "/sendMessage");
  const auto outcome = send(message());
  const auto text = std::get<fleet::SendRefused>(outcome).description;
  EXPECT_EQ(text.find("AAHdq"), std::string::npos);
  EXPECT_NE(text.find("bot123456"), std::string::npos);
}

TEST_F(ClientTest, AStrangeTokenCannotBecomeASecondRequest) {
  const auto outcome =
      world.run(client.send_message(bot_access("x y\r\nHost: evil/../"), message()));
  (void)outcome;  // what the server says to such a token is its business
  ASSERT_EQ(world.api.seen.size(), 1U);
  EXPECT_EQ(world.api.seen[0].target, "/botx%20y%0D%0AHost:%20evil%2F..%2F/sendMessage");
}

TEST_F(ClientTest, IdentifyReadsTheModeAndTheSandboxHeader) {
  auto response = net::Response::json(
      200,
      R"({"ok":true,"result":{"id":123456,"is_bot":true,"first_name":"Ada","username":"some_bot",
          "can_read_all_group_messages":true}})");
  response.headers.add("X-Chorus-Sandbox", "1");
  world.api.answer(std::move(response));
  const auto identity = world.run(client.identify(bot_access()));
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user_id, PlatformUserId(123456));
  EXPECT_EQ(identity->username, "some_bot");
  EXPECT_TRUE(identity->reads_all_group_messages);
  EXPECT_TRUE(identity->sandbox);

  world.api.error(401, "Unauthorized");
  EXPECT_EQ(world.run(client.identify(bot_access())).error().code, ErrorCode::Unauthenticated);
  world.api.answer(net::Response::html("<html>"));
  EXPECT_EQ(world.run(client.identify(bot_access())).error().code, ErrorCode::ProtocolError);
}

TEST_F(ClientTest, ReactionsAreAnArrayOfObjectsAndCheckedBeforeTheCall) {  // PB1
  const auto react = [this](std::string emoji) {
    return world.run(client.set_reaction(bot_access(), PlatformChatId(5), PlatformMessageId(9),
                                         std::move(emoji)));
  };
  const auto fine = react("❤️");
  EXPECT_EQ(std::get<fleet::SendOk>(fine).message, PlatformMessageId(9));
  ASSERT_EQ(world.api.seen.size(), 1U);
  EXPECT_EQ(world.api.seen[0].body,
            R"({"chat_id":5,"message_id":9,"reaction":[{"type":"emoji","emoji":"❤"}]})");
  (void)react("");  // removes: the body is what counts
  EXPECT_EQ(world.api.seen[1].body, R"({"chat_id":5,"message_id":9,"reaction":[]})");
  const auto refused = react("🚀");
  EXPECT_EQ(std::get<fleet::SendRefused>(refused).status, 400);
  EXPECT_EQ(world.api.seen.size(), 2U);
  for (const char* chart : {"📈", "📉", "💡", "✅"}) (void)react(chart);  // the founding list
  EXPECT_EQ(world.api.seen.size(), 2U) << "no call for what the platform does not allow";
}

TEST_F(ClientTest, EditsAndCallbacks) {
  world.api.error(
      400,
      "Bad Request: message is not modified: specified new message content and reply "
      "markup are exactly the same as a current content and reply markup of the message");
  const auto edited = world.run(client.edit_message(bot_access(), PlatformMessageId(3), message()));
  EXPECT_EQ(std::get<fleet::SendOk>(edited).message, PlatformMessageId(3));
  EXPECT_EQ(world.api.seen[0].body, R"({"chat_id":-1001,"message_id":3,"text":"hi \"you\""})");
  const auto answered =
      world.run(client.answer_callback(bot_access(), "cb1", std::string(300, 'x')));
  EXPECT_TRUE(std::holds_alternative<fleet::SendOk>(answered));
  EXPECT_EQ(world.api.seen[1].body,
            R"({"callback_query_id":"cb1","text":")" + std::string(200, 'x') + "\"}");
  world.run(client.send_typing(bot_access(), PlatformChatId(5), std::nullopt));
  EXPECT_EQ(world.api.seen[2].body, R"({"chat_id":5,"action":"typing"})");
  world.run(client.send_typing(bot_access(), PlatformChatId(5), PlatformMessageId(77)));
  EXPECT_EQ(world.api.seen[3].body, R"({"chat_id":5,"action":"typing","message_thread_id":77})");
}

TEST_F(ClientTest, ADraftIsShownAndMayBeRefused) {
  world.api.ok("true");
  EXPECT_TRUE(world.run(client.send_draft(bot_access(), PlatformChatId(5), 77, "half an")));
  EXPECT_TRUE(world.api.seen[0].target.ends_with("/sendMessageDraft"));
  EXPECT_EQ(world.api.seen[0].body, R"({"chat_id":5,"draft_id":77,"text":"half an"})");
  world.api.error(400, "Bad Request: method is available only for private chats");
  EXPECT_FALSE(world.run(client.send_draft(bot_access(), PlatformChatId(-5), 77, "half an")));
}

TEST_F(ClientTest, AllowedReactionsOfAChat) {
  world.api.ok(R"({"id":5,"type":"private"})");
  const auto all = world.run(client.allowed_reactions(bot_access(), PlatformChatId(5)));
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->has_value());
  world.api.ok(
      R"({"id":5,"available_reactions":[{"type":"emoji","emoji":"👍"},{"type":"custom_emoji","custom_emoji_id":"1"}]})");
  const auto some = world.run(client.allowed_reactions(bot_access(), PlatformChatId(5)));
  ASSERT_TRUE(some);
  EXPECT_EQ(**some, std::vector<std::string>{"👍"});
  world.api.error(400, "Bad Request: chat not found");
  EXPECT_EQ(world.run(client.allowed_reactions(bot_access(), PlatformChatId(5))).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(ClientTest, ProfilesToleratesAServerWithoutThem) {
  world.api.error(400, "Bad Request: not simulated");
  world.api.error(404, "Not Found: method not found");
  EXPECT_TRUE(world.run(client.publish_profile(bot_access(), "d", "s")));
  ASSERT_EQ(world.api.seen.size(), 2U);
  EXPECT_EQ(world.api.seen[0].body, R"({"description":"d"})");
  EXPECT_EQ(world.api.seen[1].body, R"({"short_description":"s"})");
  world.api.error(401, "Unauthorized");
  EXPECT_EQ(world.run(client.publish_profile(bot_access(), "d", "s")).error().code,
            ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace chorus::platform
