#include "sandbox_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::hours;

class Messages : public SandboxTest {
 protected:
  Messages() {
    echo = bot("echo_bot");
    ann = person("ann");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  }
  std::string token() const { return echo.token; }
  std::string to_group(std::string_view rest) const {
    return fmt::format(R"({{"chat_id":{},{}}})", group.id.value, rest);
  }
  /// Error of a sendMessage with this text.
  std::string refused(std::string_view rest) {
    return error(token(), "sendMessage", to_group(rest));
  }
  std::int64_t sent(std::string_view rest) {
    return result(token(), "sendMessage", to_group(rest)).at("message_id").as_int64();
  }

  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(Messages, AnswerOfSendMessage) {
  EXPECT_EQ(call(token(), "sendMessage", to_group(R"("text":" hi @anna ")")),
            fmt::format(R"({{"ok":true,"result":{{"message_id":1,"from":{{"id":{},"is_bot":true,)"
                        R"("first_name":"echo_bot","username":"echo_bot"}},"chat":{{"id":{},)"
                        R"("title":"Room","type":"supergroup"}},"date":{},"text":"hi @anna",)"
                        R"("entities":[{{"offset":3,"length":5,"type":"mention"}}]}}}})",
                        echo.id.value, group.id.value, to_unix_seconds(loop.wall_now())));
}

TEST_F(Messages, EntitiesCountUtf16) {
  const auto message =
      result(token(), "sendMessage", to_group(R"("text":"🦄 <b>bold</b>","parse_mode":"html")"));
  EXPECT_EQ(message.at("text").as_string(), "🦄 bold");
  const auto entity = message.at("entities").at(0);
  EXPECT_EQ(entity.at("offset").as_int64(), 3);
  EXPECT_EQ(entity.at("length").as_int64(), 4);
}

TEST_F(Messages, Refusals) {
  EXPECT_EQ(error(token(), "sendMessage", R"({"text":"x"})"), "Bad Request: chat_id is empty");
  EXPECT_EQ(error(token(), "sendMessage", R"({"chat_id":99,"text":"x"})"),
            "Bad Request: chat not found");
  EXPECT_EQ(error(token(), "sendMessage", R"({"chat_id":"-1001234567890_LOADTEST","text":"x"})"),
            "Bad Request: chat not found");
  EXPECT_EQ(refused(R"("text":"")"), "Bad Request: message text is empty");
  EXPECT_EQ(refused(R"("text":"  ")"), "Bad Request: text must be non-empty");
  EXPECT_EQ(refused(R"("text":")" + std::string(4097, 'x') + '"'),
            "Bad Request: message is too long");
  EXPECT_EQ(refused(R"("text":")" + std::string(32769, 'x') + '"'),
            "Bad Request: text is too long");
  EXPECT_EQ(refused(R"("text":"x","parse_mode":"BBCode")"), "Bad Request: unsupported parse_mode");
  EXPECT_EQ(refused(R"("text":"*x","parse_mode":"MarkdownV2")"),
            "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 0");
  EXPECT_EQ(refused(R"("text":"a.b","parse_mode":"MarkdownV2")"),
            "Bad Request: can't parse entities: Character '.' is reserved and must be escaped with "
            "the preceding '\\'");
  EXPECT_EQ(refused(R"("text":"x","reply_to_message_id":77)"),
            "Bad Request: message to be replied not found");
  EXPECT_EQ(refused(R"("text":"x","message_thread_id":5)"),
            "Bad Request: message thread not found");
  EXPECT_EQ(refused(R"("text":"x","reply_markup":"[]")"),
            "Bad Request: object expected as reply markup");
  EXPECT_EQ(refused(R"("text":"x","reply_markup":{"inline_keyboard":[[{"text":"a",)"
                    R"("callback_data":")" +
                    std::string(65, 'd') + R"("}]]})"),
            "Bad Request: BUTTON_DATA_INVALID");
  EXPECT_EQ(box->world().counters().bot_messages, 0u);
}

TEST_F(Messages, TextOf4096CodePointsIsAccepted) {
  std::string text;
  for (int i = 0; i < 4096; ++i) text += "я";
  EXPECT_GT(sent(R"("text":")" + text + '"'), 0);
}

TEST_F(Messages, Replies) {
  const auto asked = say(ann.id, group.id, "question").value;
  for (const auto* form :
       {R"("reply_to_message_id":{0})", R"("reply_parameters":{{"message_id":{0}}})"}) {
    const auto message =
        result(token(), "sendMessage",
               to_group(R"("text":"answer",)" + fmt::format(fmt::runtime(form), asked)));
    const auto replied = message.at("reply_to_message");
    EXPECT_EQ(replied.at("message_id").as_int64(), asked);
    EXPECT_EQ(replied.at("text").as_string(), "question");
  }
  const auto second = sent(fmt::format(R"("text":"b","reply_to_message_id":{})", asked));
  const auto third =
      result(token(), "sendMessage",
             to_group(fmt::format(R"("text":"c","reply_to_message_id":{})", second)));
  EXPECT_FALSE(third.at("reply_to_message").as_object().contains("reply_to_message"))
      << "one level only";
  EXPECT_GT(sent(R"("text":"x","reply_to_message_id":77,"allow_sending_without_reply":true)"), 0);
  EXPECT_EQ(refused(fmt::format(
                R"("text":"x","reply_parameters":{{"message_id":{},"quote":"nowhere"}})", asked)),
            "Bad Request: message quote not found");
}

TEST_F(Messages, PrivateChats) {
  EXPECT_EQ(
      error(token(), "sendMessage", fmt::format(R"({{"chat_id":{},"text":"x"}})", ann.id.value)),
      "Forbidden: bot can't initiate conversation with a user");
  const auto stranger = person("stranger");
  EXPECT_EQ(error(token(), "sendMessage",
                  fmt::format(R"({{"chat_id":{},"text":"x"}})", stranger.id.value)),
            "Bad Request: chat not found");
  whisper(ann.id, echo.id, "/start");
  const auto message = result(token(), "sendMessage",
                              fmt::format(R"({{"chat_id":{},"text":"hello"}})", ann.id.value));
  EXPECT_EQ(json::serialize(message.at("chat")),
            fmt::format(R"({{"id":{},"first_name":"ann","username":"ann","type":"private"}})",
                        ann.id.value));
  auto& world = box->world();
  ASSERT_TRUE(world.set_blocked(*world.find_account(ann.id), *world.find_account(echo.id), true));
  EXPECT_EQ(
      error(token(), "sendMessage", fmt::format(R"({{"chat_id":{},"text":"x"}})", ann.id.value)),
      "Forbidden: bot was blocked by the user");
  const auto updates = result(token(), "getUpdates").as_array();
  const auto change = updates.back().at("my_chat_member");
  EXPECT_EQ(change.at("old_chat_member").at("status").as_string(), "member");
  EXPECT_EQ(change.at("new_chat_member").at("status").as_string(), "kicked");
  ASSERT_TRUE(world.set_blocked(*world.find_account(ann.id), *world.find_account(echo.id), false));
  ASSERT_TRUE(world.remove_account(ann.id));
  EXPECT_EQ(
      error(token(), "sendMessage", fmt::format(R"({{"chat_id":{},"text":"x"}})", ann.id.value)),
      "Forbidden: user is deactivated");
}

TEST_F(Messages, RoomsThatRefuse) {
  auto& world = box->world();
  auto* bot_account = world.find_account(echo.id);
  const auto other = room(RoomType::Supergroup, {});
  EXPECT_EQ(
      error(token(), "sendMessage", fmt::format(R"({{"chat_id":{},"text":"x"}})", other.id.value)),
      "Bad Request: chat not found");
  auto* where = world.find_room(group.id);
  ASSERT_TRUE(world.set_standing(*where, *bot_account, Standing::Restricted));
  EXPECT_EQ(refused(R"("text":"x")"),
            "Bad Request: not enough rights to send text messages to the chat");
  ASSERT_TRUE(world.set_standing(*where, *bot_account, Standing::Member));
  ASSERT_TRUE(world.leave(*where, *bot_account, false));
  EXPECT_EQ(refused(R"("text":"x")"), "Forbidden: bot is not a member of the supergroup chat");
  ASSERT_TRUE(world.join(*where, *bot_account));
  ASSERT_TRUE(world.leave(*where, *bot_account, true));
  EXPECT_EQ(refused(R"("text":"x")"), "Forbidden: bot was kicked from the supergroup chat");
  const auto basic = room(RoomType::Group, {echo.id}, {ann.id});
  ASSERT_TRUE(world.remove_room(*world.find_room(basic.id)));
  EXPECT_EQ(
      error(token(), "sendMessage", fmt::format(R"({{"chat_id":{},"text":"x"}})", basic.id.value)),
      "Forbidden: the group chat was deleted");
  const auto channel = room(RoomType::Channel, {echo.id}, {ann.id});
  EXPECT_NE(call(token(), "sendMessage",
                 fmt::format(R"({{"chat_id":{},"text":"post"}})", channel.id.value))
                .find(R"("sender_chat")"),
            std::string::npos);
  ASSERT_TRUE(world.set_standing(*world.find_room(channel.id), *bot_account, Standing::Member));
  EXPECT_EQ(error(token(), "sendMessage",
                  fmt::format(R"({{"chat_id":{},"text":"x"}})", channel.id.value)),
            "Bad Request: need administrator rights in the channel chat");
}

TEST_F(Messages, BotToBotInPrivate) {
  const auto other = bot("other_bot");
  const auto body = fmt::format(R"({{"chat_id":{},"text":"x"}})", other.id.value);
  EXPECT_EQ(error(token(), "sendMessage", body),
            "Forbidden: the bot can't send messages to the bot");
  const auto one = bot("one_bot", false, true);
  const auto two = bot("two_bot", false, true);
  result(one.token, "sendMessage", fmt::format(R"({{"chat_id":{},"text":"hey"}})", two.id.value));
  const auto updates = result(two.token, "getUpdates").as_array();
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0].at("message").at("chat").at("id").as_int64(), one.id.value);
  result(two.token, "sendMessage", fmt::format(R"({{"chat_id":{},"text":"yo"}})", one.id.value));
  EXPECT_EQ(result(one.token, "getUpdates").as_array().size(), 1u);
}

TEST_F(Messages, EditText) {
  const auto id = sent(R"("text":"first")");
  const auto edit = [&](std::string_view rest) {
    return to_group(fmt::format(R"("message_id":{},{})", id, rest));
  };
  advance(std::chrono::seconds(5));
  const auto message = result(token(), "editMessageText", edit(R"("text":"second")"));
  EXPECT_EQ(message.at("text").as_string(), "second");
  EXPECT_EQ(message.at("edit_date").as_int64(), to_unix_seconds(loop.wall_now()));
  EXPECT_EQ(error(token(), "editMessageText", edit(R"("text":"second")")),
            "Bad Request: message is not modified: specified new message content and reply markup "
            "are exactly the same as a current content and reply markup of the message");
  EXPECT_EQ(error(token(), "editMessageText", edit(R"("text":"")")),
            "Bad Request: message text is empty");
  EXPECT_EQ(error(token(), "editMessageText", to_group(R"("message_id":555,"text":"x")")),
            "Bad Request: message to edit not found");
  const auto theirs = say(ann.id, group.id, "mine").value;
  EXPECT_EQ(error(token(), "editMessageText",
                  to_group(fmt::format(R"("message_id":{},"text":"x")", theirs))),
            "Bad Request: message can't be edited");
  const auto keyboard = sent(R"("text":"k","reply_markup":{"keyboard":[["a"]]})");
  EXPECT_EQ(error(token(), "editMessageText",
                  to_group(fmt::format(R"("message_id":{},"text":"x")", keyboard))),
            "Bad Request: message can't be edited");
  EXPECT_EQ(box->pending_updates(), 1u) << "own edits make no update";
}

TEST_F(Messages, EditMarkup) {
  const auto id = sent(R"("text":"q","reply_markup":{"inline_keyboard":[[{"text":"a",)"
                       R"("callback_data":"1"}]]})");
  EXPECT_EQ(error(token(), "editMessageReplyMarkup",
                  to_group(fmt::format(R"("message_id":{},"reply_markup":{{"inline_keyboard":)"
                                       R"([[{{"text":"a","callback_data":"1"}}]]}})",
                                       id))),
            "Bad Request: message is not modified: specified new message content and reply markup "
            "are exactly the same as a current content and reply markup of the message");
  const auto message =
      result(token(), "editMessageReplyMarkup", to_group(fmt::format(R"("message_id":{})", id)));
  EXPECT_FALSE(message.as_object().contains("reply_markup"));
}

TEST_F(Messages, Delete) {
  const auto own = sent(R"("text":"x")");
  const auto del = [&](std::int64_t id) { return to_group(fmt::format(R"("message_id":{})", id)); };
  EXPECT_EQ(call(token(), "deleteMessage", del(own)), R"({"ok":true,"result":true})");
  EXPECT_EQ(error(token(), "deleteMessage", del(own)), "Bad Request: message to delete not found");
  const auto theirs = say(ann.id, group.id, "x").value;
  EXPECT_EQ(error(token(), "deleteMessage", del(theirs)), "Bad Request: message can't be deleted");
  auto& world = box->world();
  ASSERT_TRUE(world.set_standing(*world.find_room(group.id), *world.find_account(echo.id),
                                 Standing::Administrator));
  EXPECT_EQ(call(token(), "deleteMessage", del(theirs)), R"({"ok":true,"result":true})");
  const auto old = sent(R"("text":"old")");
  advance(hours(49));
  EXPECT_EQ(error(token(), "deleteMessage", del(old)), "Bad Request: message can't be deleted");
  EXPECT_EQ(error(token(), "deleteMessage", "{}"), "Bad Request: chat identifier is not specified");
  EXPECT_EQ(error(token(), "deleteMessage", to_group(R"("x":1)")),
            "Bad Request: message identifier is not specified");
}

TEST_F(Messages, ForwardAndCopy) {
  const auto id = say(ann.id, group.id, "news").value;
  const auto body =
      to_group(fmt::format(R"("from_chat_id":{},"message_id":{})", group.id.value, id));
  const auto forwarded = result(token(), "forwardMessage", body);
  EXPECT_EQ(forwarded.at("text").as_string(), "news");
  EXPECT_EQ(forwarded.at("forward_origin").at("type").as_string(), "user");
  EXPECT_EQ(forwarded.at("forward_origin").at("sender_user").at("id").as_int64(), ann.id.value);
  const auto copied = call(token(), "copyMessage", body);
  EXPECT_EQ(copied, R"({"ok":true,"result":{"message_id":3}})");
  EXPECT_EQ(error(token(), "editMessageText", to_group(R"("message_id":2,"text":"x")")),
            "Bad Request: message can't be edited")
      << "forwards are not edited";
  const auto missing =
      to_group(fmt::format(R"("from_chat_id":{},"message_id":999)", group.id.value));
  EXPECT_EQ(error(token(), "forwardMessage", missing), "Bad Request: message to forward not found");
  EXPECT_EQ(error(token(), "copyMessage", missing), "Bad Request: message to copy not found");
  const auto guarded = sent(R"("text":"secret","protect_content":true)");
  const auto of_guarded =
      to_group(fmt::format(R"("from_chat_id":{},"message_id":{})", group.id.value, guarded));
  EXPECT_EQ(error(token(), "forwardMessage", of_guarded),
            "Bad Request: message can't be forwarded");
  EXPECT_EQ(error(token(), "copyMessage", of_guarded), "Bad Request: message can't be copied");
}

TEST_F(Messages, Drafts) {
  whisper(ann.id, echo.id, "hi");
  const auto to_ann = [&](std::string_view rest) {
    return fmt::format(R"({{"chat_id":{},{}}})", ann.id.value, rest);
  };
  EXPECT_EQ(call(token(), "sendMessageDraft", to_ann(R"("draft_id":1,"text":"par")")),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(error(token(), "sendMessageDraft", to_ann(R"("text":"par")")),
            "Bad Request: parameter \"draft_id\" is required");
  EXPECT_EQ(error(token(), "sendMessageDraft", to_group(R"("draft_id":1,"text":"par")")),
            "Bad Request: method is available only for private chats");
  EXPECT_EQ(box->world().counters().bot_messages, 0u);
}

TEST_F(Messages, IdsPerRoomAndPerAccount) {
  const auto basic = room(RoomType::Group, {echo.id}, {ann.id});
  const auto second = bot("second_bot");
  auto& world = box->world();
  ASSERT_TRUE(world.join(*world.find_room(basic.id), *world.find_account(second.id)));
  whisper(ann.id, echo.id, "one");
  say(ann.id, basic.id, "two");
  say(ann.id, group.id, "three");
  const auto ids = [&](const std::string& of) {
    std::vector<std::int64_t> found;
    for (const auto& update : result(of, "getUpdates").as_array()) {
      if (const auto* message = update.as_object().if_contains("message")) {
        found.push_back(message->at("message_id").as_int64());
      }
    }
    return found;
  };
  EXPECT_EQ(ids(token()), (std::vector<std::int64_t>{1, 2, 3, 1}))
      << "private and basic group share a counter, the supergroup has its own";
  EXPECT_EQ(ids(second.token), (std::vector<std::int64_t>{1, 2})) << "its own view of the group";
  const auto answer =
      result(second.token, "sendMessage",
             fmt::format(R"({{"chat_id":{},"text":"r","reply_to_message_id":2}})", basic.id.value));
  EXPECT_EQ(answer.at("reply_to_message").at("text").as_string(), "two");
  EXPECT_EQ(answer.at("message_id").as_int64(), 3);
}

}  // namespace
}  // namespace chorus::sandbox::testing
