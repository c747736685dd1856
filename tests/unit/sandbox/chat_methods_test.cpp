#include "sandbox_testing.hpp"

/// Methods that change a chat and who is in it.
namespace chorus::sandbox::testing {
namespace {

class ChatMethods : public SandboxTest {
 protected:
  ChatMethods() {
    lead = bot("lead_bot", false, false, true);
    plain = bot("plain_bot");
    ann = person("anna");
    bob = person("bob");
    group = room(RoomType::Supergroup, {lead.id, plain.id}, {ann.id, bob.id});
  }
  std::string in_group(std::string_view rest = R"("x":1)") const {
    return fmt::format(R"({{"chat_id":{},{}}})", group.id.value, rest);
  }
  std::string about(PlatformUserId who, std::string_view rest = R"("x":1)") const {
    return in_group(fmt::format(R"("user_id":{},{})", who.value, rest));
  }
  bool done(std::string_view method, std::string body) {
    return call(lead.token, method, std::move(body)) == R"({"ok":true,"result":true})";
  }
  json::value chat() { return result(lead.token, "getChat", in_group()); }
  std::string status_of(PlatformUserId who) {
    return std::string(result(lead.token, "getChatMember", about(who)).at("status").as_string());
  }
  /// The newest update of the bot.
  json::value newest(const BotInfo& of) {
    const auto updates = result(of.token, "getUpdates", R"({"offset":-1})").as_array();
    return updates.empty() ? json::value() : updates.at(0);
  }

  BotInfo lead;
  BotInfo plain;
  PersonInfo ann;
  PersonInfo bob;
  RoomInfo group;
};

TEST_F(ChatMethods, ATitleIsChangedAndEverybodyIsTold) {
  EXPECT_TRUE(done("setChatTitle", in_group(R"("title":" Great Hall ")")));
  EXPECT_EQ(chat().at("title").as_string(), "Great Hall");
  for (const auto* who : {&lead, &plain}) {
    EXPECT_EQ(newest(*who).at("message").at("new_chat_title").as_string(), "Great Hall")
        << "also the one that did it";
  }
  EXPECT_EQ(error(lead.token, "setChatTitle", in_group(R"("title":"Great Hall")")),
            "Bad Request: chat title is not modified");
  EXPECT_EQ(error(lead.token, "setChatTitle", in_group()), "Bad Request: title can't be empty");
  EXPECT_EQ(error(plain.token, "setChatTitle", in_group(R"("title":"Mine")")),
            "Bad Request: not enough rights to change chat title");
  whisper(ann.id, lead.id, "hi");
  EXPECT_EQ(error(lead.token, "setChatTitle",
                  fmt::format(R"({{"chat_id":{},"title":"x"}})", ann.id.value)),
            "Bad Request: can't change private chat title");
}

TEST_F(ChatMethods, ADescriptionAndPermissionsAreShownByTheChat) {
  EXPECT_TRUE(done("setChatDescription", in_group(R"("description":"Plants")")));
  EXPECT_TRUE(done("setChatPermissions", in_group(R"("permissions":{"can_send_messages":true})")));
  const auto seen = chat();
  EXPECT_EQ(seen.at("description").as_string(), "Plants");
  EXPECT_TRUE(seen.at("permissions").at("can_send_messages").as_bool());
  EXPECT_FALSE(seen.at("permissions").at("can_send_photos").as_bool()) << "what is not granted";
  EXPECT_EQ(error(lead.token, "setChatPermissions", in_group(R"("permissions":[])")),
            "Bad Request: object expected as permissions");
  EXPECT_EQ(error(lead.token, "setChatPermissions", in_group(R"("permissions":"{")")),
            "Bad Request: can't parse permissions JSON object");
}

TEST_F(ChatMethods, PinsAreShownNewestFirstAndTold) {
  const auto one = say(ann.id, group.id, "one").value;
  const auto two = say(ann.id, group.id, "two").value;
  const auto id = [&](std::int64_t m) { return in_group(fmt::format(R"("message_id":{})", m)); };
  EXPECT_TRUE(done("pinChatMessage", id(one)));
  EXPECT_TRUE(done("pinChatMessage", id(two)));
  EXPECT_EQ(newest(plain).at("message").at("pinned_message").at("text").as_string(), "two");
  EXPECT_EQ(chat().at("pinned_message").at("message_id").as_int64(), two);
  EXPECT_TRUE(done("unpinChatMessage", in_group()));
  EXPECT_EQ(chat().at("pinned_message").at("message_id").as_int64(), one);
  EXPECT_EQ(error(lead.token, "unpinChatMessage", id(two)),
            "Bad Request: message to unpin not found");
  EXPECT_TRUE(done("unpinAllChatMessages", in_group()));
  EXPECT_FALSE(chat().as_object().contains("pinned_message"));
  EXPECT_EQ(error(lead.token, "pinChatMessage", id(4711)), "Bad Request: message to pin not found");
  EXPECT_EQ(error(plain.token, "pinChatMessage", id(one)),
            "Bad Request: not enough rights to manage pinned messages in the chat");
}

TEST_F(ChatMethods, MembersAreBannedAndUnbanned) {
  EXPECT_TRUE(done("banChatMember", about(bob.id, R"("until_date":2000000000)")));
  EXPECT_EQ(status_of(bob.id), "kicked");
  EXPECT_EQ(result(lead.token, "getChatMember", about(bob.id)).at("until_date").as_int64(),
            2000000000);
  PersonMessage message;
  message.from = bob.id;
  message.room = group.id;
  message.text = "x";
  EXPECT_FALSE(box->post(message)) << "a banned person cannot write";
  EXPECT_TRUE(done("unbanChatMember", about(bob.id, R"("only_if_banned":true)")));
  EXPECT_EQ(status_of(bob.id), "left");
  EXPECT_EQ(error(lead.token, "banChatMember", about(ann.id)),
            "Bad Request: can't remove chat owner");
  EXPECT_EQ(error(lead.token, "banChatMember", about(lead.id)), "Bad Request: can't restrict self");
  EXPECT_EQ(error(lead.token, "banChatMember", about(PlatformUserId(4711))),
            "Bad Request: user not found");
  EXPECT_EQ(error(lead.token, "banChatMember", in_group()),
            "Bad Request: invalid user_id specified");
  EXPECT_EQ(error(plain.token, "banChatMember", about(bob.id)),
            "Bad Request: not enough rights to restrict/unrestrict chat member");
}

TEST_F(ChatMethods, ARestrictedMemberShowsWhatItMay) {
  EXPECT_TRUE(
      done("restrictChatMember", about(bob.id, R"("permissions":{"can_send_photos":true})")));
  auto member = result(lead.token, "getChatMember", about(bob.id));
  EXPECT_EQ(member.at("status").as_string(), "restricted");
  EXPECT_TRUE(member.at("can_send_photos").as_bool());
  EXPECT_TRUE(member.at("can_send_messages").as_bool()) << "photos imply messages";
  EXPECT_FALSE(member.at("can_send_polls").as_bool());
  say(bob.id, group.id, "I may write");
  EXPECT_TRUE(done("restrictChatMember", about(bob.id, R"("permissions":{})")));
  PersonMessage message;
  message.from = bob.id;
  message.room = group.id;
  message.text = "x";
  EXPECT_FALSE(box->post(message)) << "now nothing at all";
}

TEST_F(ChatMethods, MembersArePromotedWithTheRightsThatWereGiven) {
  EXPECT_TRUE(done("promoteChatMember", about(bob.id, R"("can_pin_messages":true)")));
  EXPECT_TRUE(done("setChatAdministratorCustomTitle", about(bob.id, R"("custom_title":"Porter")")));
  const auto member = result(lead.token, "getChatMember", about(bob.id));
  EXPECT_EQ(member.at("status").as_string(), "administrator");
  EXPECT_TRUE(member.at("can_pin_messages").as_bool());
  EXPECT_FALSE(member.at("can_promote_members").as_bool());
  EXPECT_EQ(member.at("custom_title").as_string(), "Porter");
  EXPECT_EQ(error(lead.token, "banChatMember", about(bob.id)),
            "Bad Request: user is an administrator of the chat");
  EXPECT_TRUE(done("promoteChatMember", about(bob.id)));
  EXPECT_EQ(status_of(bob.id), "member") << "no right is a demotion";
}

TEST_F(ChatMethods, LinksLiveUntilTheyAreRevoked) {
  const auto link = result(lead.token, "createChatInviteLink", in_group(R"("name":"door")"));
  EXPECT_EQ(link.at("name").as_string(), "door");
  EXPECT_EQ(link.at("creator").at("id").as_int64(), lead.id.value);
  const auto named = [&](std::string_view rest) {
    return in_group(fmt::format(R"("invite_link":"{}",{})",
                                std::string(link.at("invite_link").as_string()), rest));
  };
  EXPECT_EQ(result(lead.token, "editChatInviteLink", named(R"("member_limit":3)"))
                .at("member_limit")
                .as_int64(),
            3);
  EXPECT_TRUE(
      result(lead.token, "revokeChatInviteLink", named(R"("x":1)")).at("is_revoked").as_bool());
  EXPECT_EQ(error(lead.token, "editChatInviteLink", named(R"("name":"gate")")),
            "Bad Request: INVITE_HASH_EXPIRED");
  const auto primary = result(lead.token, "exportChatInviteLink", in_group());
  EXPECT_EQ(chat().at("invite_link"), primary);
}

TEST_F(ChatMethods, WhoAsksToJoinIsLetInOrNot) {
  const auto eve = person("eve");
  auto& world = box->world();
  auto& hall = *world.find_room(group.id);
  ASSERT_TRUE(world.dialect(Platform::Telegram).asked_to_join(hall, *world.find_account(eve.id)));
  EXPECT_FALSE(world.dialect(Platform::Telegram).asked_to_join(hall, *world.find_account(eve.id)));
  const auto update = newest(lead).at("chat_join_request");
  EXPECT_EQ(update.at("user_chat_id").as_int64(), eve.id.value);
  EXPECT_EQ(newest(plain), json::value()) << "administrators only";
  EXPECT_TRUE(done("approveChatJoinRequest", about(eve.id)));
  EXPECT_EQ(status_of(eve.id), "member");
  EXPECT_EQ(error(lead.token, "approveChatJoinRequest", about(eve.id)),
            "Bad Request: USER_ALREADY_PARTICIPANT");
  const auto gil = person("gil");
  EXPECT_EQ(error(lead.token, "declineChatJoinRequest", about(gil.id)),
            "Bad Request: HIDE_REQUESTER_MISSING");
}

TEST_F(ChatMethods, ABotThatLeavesSeesTheChatNoMore) {
  EXPECT_TRUE(done("leaveChat", in_group()));
  EXPECT_EQ(error(lead.token, "getChat", in_group()),
            "Forbidden: bot is not a member of the supergroup chat");
}

TEST_F(ChatMethods, MenuButtonAndDefaultRightsAreKept) {
  EXPECT_EQ(result(lead.token, "getChatMenuButton").at("type").as_string(), "commands");
  EXPECT_TRUE(
      done("setChatMenuButton",
           R"({"menu_button":{"type":"web_app","text":"Open","web_app":{"url":"https://a.b"}}})"));
  EXPECT_EQ(result(lead.token, "getChatMenuButton").at("text").as_string(), "Open");
  EXPECT_EQ(error(lead.token, "setChatMenuButton", R"({"menu_button":{"type":"web_app"}})"),
            "Bad Request: can't parse MenuButtonWebApp: can't find field \"text\"");
  EXPECT_TRUE(done("setMyDefaultAdministratorRights", R"({"rights":{"can_pin_messages":true}})"));
  const auto rights = result(lead.token, "getMyDefaultAdministratorRights");
  EXPECT_TRUE(rights.at("can_pin_messages").as_bool());
  EXPECT_FALSE(rights.at("can_manage_chat").as_bool());
}

}  // namespace
}  // namespace chorus::sandbox::testing
