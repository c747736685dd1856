#include "sandbox_testing.hpp"

#include <algorithm>
#include <map>

/// Who sees what: reference telegram.md 8.
namespace chorus::sandbox::testing {
namespace {

class Withheld final : public Observer {
 public:
  void on_withheld(PlatformUserId bot, PlatformChatId, PlatformMessageId) override {
    ++counts[bot];
  }
  void on_person_message(const MessageView&, const std::vector<PlatformUserId>& to) override {
    recipients = to;
  }
  std::map<PlatformUserId, int> counts;
  std::vector<PlatformUserId> recipients;
};

class Visibility : public SandboxTest {
 protected:
  Visibility() {
    open_bot = bot("open_bot");
    shy = bot("shy_bot", true);
    shy2 = bot("shier_bot", true);
    boss = bot("boss_bot", true, false, true);
    ann = person("anna");
    group = room(RoomType::Supergroup, {open_bot.id, shy.id, shy2.id, boss.id}, {ann.id});
    box->add_observer(withheld);
  }
  ~Visibility() override { box->remove_observer(withheld); }

  /// Texts that the bot got since the last look, oldest first.
  std::vector<std::string> seen(const BotInfo& who) {
    auto& world = box->world();
    auto* account = world.find_account(who.id);
    std::vector<std::string> texts;
    for (const auto* queued : account->queue->from(0, 100)) {
      const auto body = json::parse("{" + queued->event->body);
      for (const auto& [kind, value] : body.as_object()) {
        const auto* text = value.as_object().if_contains("text");
        texts.push_back(text != nullptr ? std::string(text->as_string()) : std::string(kind));
      }
    }
    world.clear_queue(*account);
    return texts;
  }
  std::int64_t says(const BotInfo& who, std::string_view text, std::int64_t reply_to = 0) {
    return result(who.token, "sendMessage",
                  fmt::format(R"({{"chat_id":{},"text":"{}","reply_to_message_id":{}}})",
                              group.id.value, text, reply_to))
        .at("message_id")
        .as_int64();
  }

  using Texts = std::vector<std::string>;
  BotInfo open_bot, shy, shy2, boss;
  PersonInfo ann;
  RoomInfo group;
  Withheld withheld;
};

TEST_F(Visibility, PlainTextGoesToOpenBotsAndAdmins) {
  say(ann.id, group.id, "hello");
  EXPECT_EQ(seen(open_bot), Texts{"hello"});
  EXPECT_EQ(seen(boss), Texts{"hello"}) << "an administrator sees all in spite of privacy mode";
  EXPECT_EQ(seen(shy), Texts{});
  EXPECT_EQ(withheld.counts[shy.id], 1);
  EXPECT_EQ(withheld.counts[open_bot.id], 0);
  EXPECT_EQ(withheld.recipients, (std::vector{open_bot.id, boss.id}));
  EXPECT_EQ(box->world().counters().withheld, 2u);
}

TEST_F(Visibility, CommandsForOneBot) {
  say(ann.id, group.id, "/go@shy_bot now");
  EXPECT_EQ(seen(shy), Texts{"/go@shy_bot now"});
  EXPECT_EQ(seen(shy2), Texts{});
  EXPECT_EQ(seen(open_bot).size(), 1u);
}

TEST_F(Visibility, GeneralCommandsGoToTheLastWriter) {
  say(ann.id, group.id, "/go");
  EXPECT_EQ(seen(shy), Texts{}) << "nobody has written yet";
  says(shy2, "I spoke");
  say(ann.id, group.id, "/go");
  EXPECT_EQ(seen(shy), Texts{});
  EXPECT_EQ(seen(shy2), Texts{"/go"});
}

TEST_F(Visibility, RepliesAndTheirChains) {
  const auto id = says(shy, "ask me");
  const auto first = say(ann.id, group.id, "answer", PlatformMessageId(id));
  EXPECT_EQ(seen(shy), Texts{"answer"});
  say(ann.id, group.id, "and more", first);
  EXPECT_EQ(seen(shy), Texts{"and more"}) << "a reply to a message that was for the bot";
  EXPECT_EQ(seen(shy2), Texts{});
}

TEST_F(Visibility, AReplyBeatsACommandAndOneBotOnly) {
  const auto id = says(shy, "ask me");
  say(ann.id, group.id, "/go@shier_bot", PlatformMessageId(id));
  EXPECT_EQ(seen(shy), Texts{"/go@shier_bot"});
  EXPECT_EQ(seen(shy2), Texts{});
}

TEST_F(Visibility, AMentionAloneDoesNotReachPrivacyBots) {
  say(ann.id, group.id, "hey @shy_bot");
  EXPECT_EQ(seen(shy), Texts{});
}

TEST_F(Visibility, NobodySeesOwnOrOtherBotsMessages) {
  says(open_bot, "mine");
  for (const auto* who : {&open_bot, &shy, &shy2, &boss}) EXPECT_EQ(seen(*who), Texts{});
  EXPECT_EQ(box->world().counters().bot_to_bot_hidden, 3u);
}

TEST_F(Visibility, BotToBotMode) {
  const auto talker = bot("talker_bot", false, true);
  const auto quiet = bot("quiet_bot", true, true);
  auto& world = box->world();
  auto* where = world.find_room(group.id);
  ASSERT_TRUE(world.join(*where, *world.find_account(talker.id)));
  ASSERT_TRUE(world.join(*where, *world.find_account(quiet.id)));
  for (const BotInfo& who : {open_bot, shy, talker, quiet}) seen(who);

  const auto id = says(open_bot, "plain");
  EXPECT_EQ(seen(talker), Texts{"plain"}) << "the mode with privacy off gets all";
  EXPECT_EQ(seen(quiet), Texts{}) << "the mode with privacy on gets what is for it";

  says(open_bot, "/go@quiet_bot");
  EXPECT_EQ(seen(quiet), Texts{"/go@quiet_bot"}) << "one of the two has the mode";
  says(talker, "to you", id);
  EXPECT_EQ(seen(open_bot), Texts{"to you"}) << "a reply, and the sender has the mode";
  says(shy, "also to you", id);
  EXPECT_EQ(seen(open_bot), Texts{}) << "neither has the mode";
  EXPECT_EQ(seen(talker).size(), 2u) << "its own message is not among them";
}

TEST_F(Visibility, ServiceMessagesGoToAll) {
  auto& world = box->world();
  const auto bob = person("bobby");
  ASSERT_TRUE(world.join(*world.find_room(group.id), *world.find_account(bob.id)));
  for (const auto* who : {&open_bot, &shy, &boss}) {
    const auto* account = world.find_account(who->id);
    const auto events = account->queue->from(0, 10);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_NE(events[0]->event->body.find(R"("new_chat_members":[{"id":)"), std::string::npos);
  }
}

TEST_F(Visibility, MembershipUpdates) {
  auto& world = box->world();
  auto* where = world.find_room(group.id);
  const auto fresh = bot("fresh_bot");
  ASSERT_TRUE(world.join(*where, *world.find_account(fresh.id)));
  const auto own = result(fresh.token, "getUpdates").as_array();
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0].at("my_chat_member").at("new_chat_member").at("status").as_string(), "member");
  EXPECT_TRUE(own[1].at("message").as_object().contains("new_chat_members"));
  seen(boss);
  call(boss.token, "getUpdates", R"({"allowed_updates":["chat_member"]})");
  const auto bob = person("bobby");
  ASSERT_TRUE(world.join(*where, *world.find_account(bob.id)));
  EXPECT_EQ(seen(boss), Texts{"chat_member"});
}

TEST_F(Visibility, ReactionsOnlyForAdminsThatAsked) {
  const auto id = say(ann.id, group.id, "like it");
  for (const auto* who : {&open_bot, &boss}) {
    call(who->token, "getUpdates", R"({"allowed_updates":["message_reaction"],"offset":-1})");
    call(who->token, "getUpdates", R"({"offset":999999999,"timeout":0})");
    seen(*who);
  }
  ASSERT_TRUE(box->react(ann.id, group.id, id, "👍"));
  EXPECT_EQ(seen(open_bot), Texts{});
  const auto* account = box->world().find_account(boss.id);
  const auto events = account->queue->from(0, 10);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]->event->body,
            fmt::format(R"("message_reaction":{{"chat":{{"id":{},"title":"Room","type":)"
                        R"("supergroup"}},"message_id":{},"user":{{"id":{},"is_bot":false,)"
                        R"("first_name":"anna","username":"anna","language_code":"en"}},)"
                        R"("date":{},"old_reaction":[],"new_reaction":[{{"type":"emoji",)"
                        R"("emoji":"👍"}}]}}}})",
                        group.id.value, id.value, ann.id.value, to_unix_seconds(loop.wall_now())));
}

TEST_F(Visibility, ChannelPosts) {
  const auto channel = room(RoomType::Channel, {open_bot.id}, {ann.id});
  say(ann.id, channel.id, "news");
  const auto updates = result(open_bot.token, "getUpdates").as_array();
  ASSERT_EQ(updates.size(), 1u);
  const auto post = updates[0].at("channel_post");
  EXPECT_FALSE(post.as_object().contains("from"));
  EXPECT_EQ(post.at("sender_chat").at("id").as_int64(), channel.id.value);
}

TEST_F(Visibility, OneBodyIsSharedByAllQueues) {
  const auto other = bot("other_bot");
  auto& world = box->world();
  ASSERT_TRUE(world.join(*world.find_room(group.id), *world.find_account(other.id)));
  seen(open_bot);
  seen(other);
  say(ann.id, group.id, "shared");
  const auto* a = world.find_account(open_bot.id)->queue->from(0, 1)[0];
  const auto* b = world.find_account(other.id)->queue->from(0, 1)[0];
  EXPECT_EQ(a->event.get(), b->event.get());
}

}  // namespace
}  // namespace chorus::sandbox::testing
