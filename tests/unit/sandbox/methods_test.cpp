#include "sandbox_testing.hpp"

#include <set>

namespace chorus::sandbox::testing {
namespace {

/// A PNG header of this size: enough for the sandbox, which looks at sizes only.
std::string png(int width, int height) {
  std::string bytes("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  for (const int side : {width, height}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(side >> shift & 0xff);
  }
  return bytes + std::string(20, '\0');
}

class Methods : public SandboxTest {
 protected:
  Methods() {
    echo = bot("echo_bot");
    ann = person("anna");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  }
  std::string in_group(std::string_view rest) const {
    return fmt::format(R"({{"chat_id":{},{}}})", group.id.value, rest);
  }
  net::Response upload(std::string_view method, std::string_view field, std::string_view filename,
                       std::string_view content, std::string_view caption = "") {
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/{}", echo.token, method);
    request.headers.add("Content-Type", "multipart/form-data; boundary=XX");
    request.body = fmt::format(
        "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{}\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\n{}\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n"
        "Content-Type: text/plain\r\n\r\n{}\r\n--XX--\r\n",
        group.id.value, caption, field, filename, content);
    return send(request);
  }

  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(Methods, Reactions) {
  const auto id = say(ann.id, group.id, "x").value;
  const auto react = [&](std::string_view reaction) {
    return in_group(fmt::format(R"("message_id":{},"reaction":{})", id, reaction));
  };
  EXPECT_EQ(call(echo.token, "setMessageReaction", react(R"([{"type":"emoji","emoji":"👍"}])")),
            R"({"ok":true,"result":true})");
  auto* message = box->world().find_room(group.id)->find(PlatformMessageId(id));
  ASSERT_EQ(message->reactions.size(), 1u);
  EXPECT_EQ(message->reactions[0].emoji, "👍");
  EXPECT_EQ(error(echo.token, "setMessageReaction", react(R"([{"type":"emoji","emoji":"🚀"}])")),
            "Bad Request: REACTION_INVALID");
  EXPECT_EQ(error(echo.token, "setMessageReaction",
                  react(R"([{"type":"emoji","emoji":"👍"},{"type":"emoji","emoji":"👎"}])")),
            "Bad Request: REACTIONS_TOO_MANY");
  EXPECT_EQ(error(echo.token, "setMessageReaction", react(R"("👍")")),
            "Bad Request: can't parse reaction types JSON object");
  EXPECT_EQ(error(echo.token, "setMessageReaction", react(R"({"type":"emoji"})")),
            "Bad Request: expected an Array of ReactionType");
  EXPECT_EQ(error(echo.token, "setMessageReaction",
                  in_group(R"("message_id":888,"reaction":[{"type":"emoji","emoji":"👍"}])")),
            "Bad Request: message to react not found");
  EXPECT_EQ(message->reactions.size(), 1u);
  call(echo.token, "setMessageReaction", react("[]"));
  EXPECT_TRUE(message->reactions.empty());
}

TEST_F(Methods, ReactionsWithAndWithoutTheVariationSelectorAreOne) {
  const auto id = say(ann.id, group.id, "x");
  const auto react = [&](std::string_view emoji) {
    return in_group(fmt::format(R"("message_id":{},"reaction":[{{"type":"emoji","emoji":"{}"}}])",
                                id.value, emoji));
  };
  auto* message = box->world().find_room(group.id)->find(id);
  for (const auto* emoji : {"\u2764\ufe0f", "\u2764"}) {
    EXPECT_EQ(call(echo.token, "setMessageReaction", react(emoji)), R"({"ok":true,"result":true})");
    ASSERT_EQ(message->reactions.size(), 1u);
    EXPECT_EQ(message->reactions[0].emoji, "\u2764") << "as Telegram writes it";
  }
  call(echo.token, "setMessageReaction", react("\u2764\ufe0f\u200d\U0001f525"));
  EXPECT_EQ(message->reactions[0].emoji, "\u2764\u200d\U0001f525");
  ASSERT_TRUE(box->react(ann.id, group.id, id, "\u270d\ufe0f"));
  ASSERT_EQ(message->reactions.size(), 2u);
  EXPECT_EQ(message->reactions[1].emoji, "\u270d") << "people's too";
  box->set_profile(LimitsProfile::Strict);
  EXPECT_EQ(error(echo.token, "setMessageReaction", react("\u2764\ufe0f")),
            "Bad Request: REACTION_INVALID")
      << "strict: byte for byte, as the real list";
  EXPECT_EQ(call(echo.token, "setMessageReaction", react("\u2764")),
            R"({"ok":true,"result":true})");
}

TEST_F(Methods, ChatActions) {
  EXPECT_EQ(call(echo.token, "sendChatAction", in_group(R"("action":"Typing")")),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(error(echo.token, "sendChatAction", in_group(R"("action":"dancing")")),
            "Bad Request: wrong parameter action in request");
  EXPECT_EQ(error(echo.token, "sendChatAction", in_group(R"("x":1)")),
            "Bad Request: parameter \"action\" is required");
}

TEST_F(Methods, CallbackQueries) {
  const auto id = result(echo.token, "sendMessage",
                         in_group(R"("text":"?","reply_markup":{"inline_keyboard":[[{"text":"Yes",)"
                                  R"("callback_data":"y"}]]})"))
                      .at("message_id")
                      .as_int64();
  PersonMessage press;
  press.from = ann.id;
  press.room = group.id;
  press.reply_to = PlatformMessageId(id);
  press.callback = "no such button";
  EXPECT_FALSE(box->post(press));
  press.callback = "y";
  ASSERT_TRUE(box->post(press));
  const auto update = result(echo.token, "getUpdates").as_array().at(0).at("callback_query");
  EXPECT_EQ(update.at("from").at("id").as_int64(), ann.id.value);
  EXPECT_TRUE(update.as_object().contains("chat_instance"));
  const auto body =
      fmt::format(R"({{"callback_query_id":"{}"}})", std::string(update.at("id").as_string()));
  EXPECT_EQ(call(echo.token, "answerCallbackQuery", body), R"({"ok":true,"result":true})");
  constexpr auto kGone =
      "Bad Request: query is too old and response timeout expired or query ID is invalid";
  EXPECT_EQ(error(echo.token, "answerCallbackQuery", body), kGone) << "answered already";
  EXPECT_EQ(error(echo.token, "answerCallbackQuery", R"({"callback_query_id":"x"})"), kGone);
}

TEST_F(Methods, Commands) {
  EXPECT_EQ(call(echo.token, "getMyCommands"), R"({"ok":true,"result":[]})");
  EXPECT_EQ(call(echo.token, "setMyCommands",
                 R"({"commands":[{"command":"start","description":" Begin "}]})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyCommands"),
            R"({"ok":true,"result":[{"command":"start","description":"Begin"}]})");
  EXPECT_EQ(call(echo.token, "getMyCommands", R"({"language_code":"de"})"),
            R"({"ok":true,"result":[]})");
  EXPECT_EQ(call(echo.token, "getMyCommands", R"({"scope":{"type":"all_group_chats"}})"),
            R"({"ok":true,"result":[]})");
  EXPECT_EQ(error(echo.token, "setMyCommands",
                  R"({"commands":[{"command":"Bad Name","description":"x"}]})"),
            "Bad Request: BOT_COMMAND_INVALID");
  EXPECT_EQ(error(echo.token, "setMyCommands", R"({"commands":{"a":1}})"),
            "Bad Request: expected an Array of BotCommand");
}

TEST_F(Methods, CommandsAreDeletedByScopeAndLanguage) {
  for (const std::string language : {"", "de"}) {
    const auto body = fmt::format(
        R"({{"language_code":"{}","commands":[{{"command":"start","description":"Go"}}]}})",
        language);
    EXPECT_EQ(call(echo.token, "setMyCommands", body), R"({"ok":true,"result":true})");
  }
  EXPECT_EQ(call(echo.token, "deleteMyCommands", R"({"language_code":"de"})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyCommands", R"({"language_code":"de"})"),
            R"({"ok":true,"result":[]})");
  EXPECT_EQ(result(echo.token, "getMyCommands").as_array().size(), 1U);
}

TEST_F(Methods, ProfileTextsArePerLanguageAndFallBack) {
  EXPECT_EQ(call(echo.token, "getMyDescription"), R"({"ok":true,"result":{"description":""}})");
  EXPECT_EQ(call(echo.token, "setMyDescription", R"({"description":"A program."})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "setMyDescription",
                 R"({"description":"Ein Programm.","language_code":"de"})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyDescription", R"({"language_code":"de"})"),
            R"({"ok":true,"result":{"description":"Ein Programm."}})");
  EXPECT_EQ(call(echo.token, "getMyDescription", R"({"language_code":"fr"})"),
            R"({"ok":true,"result":{"description":"A program."}})");
  EXPECT_EQ(call(echo.token, "setMyDescription", R"({"language_code":"de"})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyDescription", R"({"language_code":"de"})"),
            R"({"ok":true,"result":{"description":"A program."}})");
  EXPECT_EQ(error(echo.token, "setMyShortDescription",
                  fmt::format(R"({{"short_description":"{}"}})", std::string(121, 'x'))),
            "Bad Request: short_description is longer than 120 characters");
  EXPECT_EQ(call(echo.token, "setMyShortDescription", R"({"short_description":"Brief"})"),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyShortDescription"),
            R"({"ok":true,"result":{"short_description":"Brief"}})");
  EXPECT_EQ(call(echo.token, "setMyName", R"({"name":"Ada"})"), R"({"ok":true,"result":true})");
  EXPECT_EQ(call(echo.token, "getMyName"), R"({"ok":true,"result":{"name":"Ada"}})");
}

TEST_F(Methods, ChatsAndMembers) {
  EXPECT_EQ(call(echo.token, "getChatMemberCount", in_group(R"("x":1)")),
            R"({"ok":true,"result":2})");
  const auto chat = result(echo.token, "getChat", in_group(R"("x":1)"));
  EXPECT_EQ(chat.at("title").as_string(), "Room");
  EXPECT_EQ(chat.at("max_reaction_count").as_int64(), 11);
  const auto admins = result(echo.token, "getChatAdministrators", in_group(R"("x":1)")).as_array();
  ASSERT_EQ(admins.size(), 1u);
  EXPECT_EQ(admins[0].at("status").as_string(), "creator");
  const auto member = [&](std::int64_t id) { return in_group(fmt::format(R"("user_id":{})", id)); };
  EXPECT_EQ(result(echo.token, "getChatMember", member(echo.id.value)).at("status").as_string(),
            "member");
  EXPECT_EQ(error(echo.token, "getChatMember", member(4711)), "Bad Request: user not found");
  EXPECT_EQ(error(echo.token, "getChatMember", in_group(R"("x":1)")),
            "Bad Request: invalid user_id specified");
  const auto outsider = person("outsider");
  EXPECT_EQ(result(echo.token, "getChatMember", member(outsider.id.value)).at("status").as_string(),
            "left");
  whisper(ann.id, echo.id, "hi");
  EXPECT_EQ(
      error(echo.token, "getChatAdministrators", fmt::format(R"({{"chat_id":{}}})", ann.id.value)),
      "Bad Request: there are no administrators in the private chat");
}

TEST_F(Methods, DocumentsAndDownload) {
  const auto sent = upload("sendDocument", "document", "notes.txt", "hello file", "the *notes*");
  ASSERT_EQ(sent.status, 200) << sent.body;
  const auto message = json::parse(sent.body).at("result");
  EXPECT_EQ(message.at("caption").as_string(), "the *notes*");
  const auto document = message.at("document");
  EXPECT_EQ(document.at("file_name").as_string(), "notes.txt");
  EXPECT_EQ(document.at("file_size").as_int64(), 10);
  const std::string id(document.at("file_id").as_string());
  const auto file = result(echo.token, "getFile", fmt::format(R"({{"file_id":"{}"}})", id));
  net::Request get;
  get.target =
      fmt::format("/file/bot{}/{}", echo.token, std::string(file.at("file_path").as_string()));
  const auto content = send(get);
  EXPECT_EQ(content.status, 200);
  EXPECT_EQ(content.body, "hello file");
  EXPECT_EQ(content.headers.get("X-Chorus-Sandbox"), "1");
  get.target = fmt::format("/file/bot{}/documents/file_99", echo.token);
  EXPECT_EQ(send(get).status, 404);

  EXPECT_EQ(result(echo.token, "sendDocument", in_group(fmt::format(R"("document":"{}")", id)))
                .at("document")
                .at("file_unique_id")
                .as_string(),
            document.at("file_unique_id").as_string());
  const auto other = bot("other_bot");
  EXPECT_EQ(error(other.token, "getFile", fmt::format(R"({{"file_id":"{}"}})", id)),
            "Bad Request: invalid file_id")
      << "an id belongs to one bot";
  EXPECT_EQ(error(echo.token, "getFile", "{}"), "Bad Request: file_id not specified");
  EXPECT_EQ(error(echo.token, "sendDocument", in_group(R"("document":"nonsense")")),
            "Bad Request: wrong file_id or the file is temporarily unavailable");
  EXPECT_EQ(error(echo.token, "sendDocument", in_group(R"("x":1)")),
            "Bad Request: there is no document in the request");
  EXPECT_EQ(error(echo.token, "sendDocument", in_group(R"("document":"https://example.org/a")")),
            "Bad Request: failed to get HTTP URL content");
}

TEST_F(Methods, Photos) {
  const auto sent = upload("sendPhoto", "photo", "a.png", png(640, 480));
  ASSERT_EQ(sent.status, 200) << sent.body;
  const auto size = json::parse(sent.body).at("result").at("photo").at(0);
  EXPECT_EQ(size.at("width").as_int64(), 640);
  EXPECT_EQ(size.at("height").as_int64(), 480);
  EXPECT_NE(upload("sendPhoto", "photo", "a.png", png(9000, 9000))
                .body.find("Bad Request: PHOTO_INVALID_DIMENSIONS"),
            std::string::npos);
  EXPECT_NE(upload("sendPhoto", "photo", "a.png", png(2100, 100))
                .body.find("Bad Request: PHOTO_INVALID_DIMENSIONS"),
            std::string::npos);
  EXPECT_NE(upload("sendPhoto", "photo", "a.png", "no image")
                .body.find("Bad Request: IMAGE_PROCESS_FAILED"),
            std::string::npos);
  EXPECT_EQ(error(echo.token, "sendPhoto", in_group(R"("caption":"x")")),
            "Bad Request: there is no photo in the request");
  EXPECT_NE(upload("sendPhoto", "photo", "a.png", png(10, 10), std::string(1025, 'c'))
                .body.find("Bad Request: message caption is too long"),
            std::string::npos);
}

TEST_F(Methods, FileIdsAreOfOneViewer) {
  const auto friendly = bot("friend_bot", false, true);
  auto& world = box->world();
  ASSERT_TRUE(world.join(*world.find_room(group.id), *world.find_account(friendly.id)));
  call(friendly.token, "getUpdates", R"({"offset":-1})");
  const auto sent = upload("sendDocument", "document", "n.txt", "x");
  const auto mine = json::parse(sent.body).at("result").at("document");
  const auto updates = result(friendly.token, "getUpdates", R"({"offset":-1})").as_array();
  const auto theirs = updates.at(0).at("message").at("document");
  EXPECT_NE(mine.at("file_id"), theirs.at("file_id"));
  EXPECT_EQ(mine.at("file_unique_id"), theirs.at("file_unique_id"));
}

TEST_F(Methods, FilesAreBounded) {
  FileStore store(100, 3);
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 3; ++i) numbers.push_back(store.add({}, std::string(60, 'a')).number);
  EXPECT_LE(store.bytes(), 100u);
  EXPECT_FALSE(store.find(numbers[0])->content) << "the oldest content is forgotten first";
  EXPECT_TRUE(store.find(numbers[2])->content);
  store.add({}, "x");
  EXPECT_EQ(store.find(numbers[0]), nullptr);
}

}  // namespace
}  // namespace chorus::sandbox::testing
