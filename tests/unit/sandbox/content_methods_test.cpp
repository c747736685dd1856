#include "sandbox_testing.hpp"

/// Messages of every form, and calls that are checked and answered in their shape.
namespace chorus::sandbox::testing {
namespace {

class ContentMethods : public SandboxTest {
 protected:
  ContentMethods() {
    echo = bot("echo_bot");
    other = bot("other_bot", false, true);
    ann = person("anna");
    group = room(RoomType::Supergroup, {echo.id, other.id}, {ann.id});
  }
  std::string in_group(std::string_view rest) const {
    return fmt::format(R"({{"chat_id":{},{}}})", group.id.value, rest);
  }
  json::value upload(std::string_view method, std::string_view field, std::string_view more = {}) {
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/{}?{}", echo.token, method, more);
    request.headers.add("Content-Type", "multipart/form-data; boundary=XX");
    request.body = fmt::format(
        "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{}\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"a.bin\"\r\n"
        "Content-Type: video/mp4\r\n\r\ncontents\r\n--XX--\r\n",
        group.id.value, field);
    const auto answer = send(request);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body).at("result");
  }

  BotInfo echo;
  BotInfo other;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(ContentMethods, AVideoKeepsWhatItWasSentWith) {
  const auto video = upload("sendVideo", "video", "duration=3&width=640").at("video");
  EXPECT_EQ(video.at("duration").as_int64(), 3);
  EXPECT_EQ(video.at("width").as_int64(), 640);
  EXPECT_EQ(video.at("height").as_int64(), 0) << "required, so it is there";
  EXPECT_EQ(video.at("mime_type").as_string(), "video/mp4");
  const auto again = result(
      echo.token, "sendDocument",
      in_group(fmt::format(R"("document":"{}")", std::string(video.at("file_id").as_string()))));
  EXPECT_EQ(again.at("video").at("duration").as_int64(), 3) << "it stays a video";
  EXPECT_EQ(error(echo.token, "sendVideo", in_group(R"("x":1)")),
            "Bad Request: there is no video in the request");
}

TEST_F(ContentMethods, EveryFormOfFileIsSeenByOtherBots) {
  for (const auto& [method, member] :
       {std::pair("sendAudio", "audio"), std::pair("sendVoice", "voice"),
        std::pair("sendAnimation", "animation"), std::pair("sendVideoNote", "video_note"),
        std::pair("sendSticker", "sticker")}) {
    upload(method, member);
    const auto seen = result(other.token, "getUpdates", R"({"offset":-1})").as_array();
    EXPECT_TRUE(seen.at(0).at("message").at(member).as_object().contains("file_id")) << method;
  }
}

TEST_F(ContentMethods, AnAlbumIsSeveralMessagesOfOneGroup) {
  const std::string id(upload("sendDocument", "document").at("document").at("file_id").as_string());
  const auto item = fmt::format(R"({{"type":"document","media":"{}","caption":"c"}})", id);
  const auto album =
      result(echo.token, "sendMediaGroup", in_group(fmt::format(R"("media":[{0},{0}])", item)))
          .as_array();
  ASSERT_EQ(album.size(), 2u);
  EXPECT_EQ(album[0].at("media_group_id"), album[1].at("media_group_id"));
  EXPECT_EQ(album[1].at("caption").as_string(), "c");
  const auto changed = result(echo.token, "editMessageCaption",
                              in_group(fmt::format(R"("message_id":{},"caption":"d")",
                                                   album[0].at("message_id").as_int64())));
  EXPECT_EQ(changed.at("caption").as_string(), "d");
  EXPECT_EQ(changed.at("media_group_id"), album[0].at("media_group_id"));
  EXPECT_EQ(
      error(echo.token, "sendMediaGroup",
            in_group(fmt::format(R"("media":[{},{{"type":"photo","media":"nonsense"}}])", item))),
      "Bad Request: failed to send message #2 with the error message \"wrong file_id or the "
      "file is temporarily unavailable\"");
}

TEST_F(ContentMethods, APollIsStoppedOnce) {
  const auto sent = result(echo.token, "sendPoll",
                           in_group(R"("question":"When?","options":["Now",{"text":"Later"}])"));
  const auto poll = sent.at("poll");
  EXPECT_EQ(poll.at("options").at(1).at("text").as_string(), "Later");
  EXPECT_TRUE(poll.at("is_anonymous").as_bool());
  const auto id = in_group(fmt::format(R"("message_id":{})", sent.at("message_id").as_int64()));
  EXPECT_TRUE(result(echo.token, "stopPoll", id).at("is_closed").as_bool());
  EXPECT_EQ(error(echo.token, "stopPoll", id), "Bad Request: poll has already been closed");
  EXPECT_EQ(error(echo.token, "sendPoll", in_group(R"("question":"?")")),
            "Bad Request: parameter \"options\" is required");
}

TEST_F(ContentMethods, ALiveLocationMovesUntilItIsStopped) {
  const auto sent = result(echo.token, "sendLocation",
                           in_group(R"("latitude":1.5,"longitude":2,"live_period":600)"));
  const auto at = [&](std::string_view rest) {
    return in_group(fmt::format(R"("message_id":{},{})", sent.at("message_id").as_int64(), rest));
  };
  const auto moved =
      result(echo.token, "editMessageLiveLocation", at(R"("latitude":3,"longitude":4)"));
  EXPECT_EQ(moved.at("location").at("latitude").as_int64(), 3);
  EXPECT_EQ(moved.at("location").at("live_period").as_int64(), 600);
  EXPECT_FALSE(result(echo.token, "stopMessageLiveLocation", at(R"("x":1)"))
                   .at("location")
                   .as_object()
                   .contains("live_period"));
  EXPECT_EQ(error(echo.token, "editMessageLiveLocation", at(R"("latitude":3,"longitude":4)")),
            "Bad Request: message can't be edited");
}

TEST_F(ContentMethods, BatchesLeaveOutWhatIsNotThere) {
  const auto one = say(ann.id, group.id, "one").value;
  const auto copied = result(echo.token, "copyMessages",
                             in_group(fmt::format(R"("from_chat_id":{},"message_ids":[{},4711])",
                                                  group.id.value, one)))
                          .as_array();
  ASSERT_EQ(copied.size(), 1u);
  const auto mine = copied[0].at("message_id").as_int64();
  EXPECT_EQ(
      call(echo.token, "deleteMessages", in_group(fmt::format(R"("message_ids":[{},4711])", mine))),
      R"({"ok":true,"result":true})");
  EXPECT_EQ(box->world().find_room(group.id)->find(PlatformMessageId(mine)), nullptr);
  EXPECT_EQ(error(echo.token, "deleteMessages", in_group(R"("x":1)")),
            "Bad Request: message identifiers are not specified");
  EXPECT_EQ(error(echo.token, "deleteMessages", in_group(R"("message_ids":{})")),
            "Bad Request: expected an Array of message identifiers");
}

TEST_F(ContentMethods, StickerSetsAreKept) {
  const std::string id(upload("sendSticker", "sticker").at("sticker").at("file_id").as_string());
  const auto create = [&](std::string_view name) {
    return fmt::format(R"({{"user_id":{},"name":"{}","title":"Pack","stickers":)"
                       R"([{{"sticker":"{}","format":"static","emoji_list":["🌱"]}}]}})",
                       ann.id.value, name, id);
  };
  EXPECT_EQ(error(echo.token, "createNewStickerSet", create("pack")),
            "Bad Request: invalid sticker set name is specified");
  EXPECT_EQ(call(echo.token, "createNewStickerSet", create("pack_by_echo_bot")),
            R"({"ok":true,"result":true})");
  EXPECT_EQ(error(echo.token, "createNewStickerSet", create("pack_by_echo_bot")),
            "Bad Request: sticker set name is already occupied");
  const auto set = result(echo.token, "getStickerSet", R"({"name":"pack_by_echo_bot"})");
  EXPECT_EQ(set.at("title").as_string(), "Pack");
  EXPECT_EQ(set.at("stickers").at(0).at("emoji").as_string(), "🌱");
  EXPECT_EQ(call(echo.token, "deleteStickerFromSet", fmt::format(R"({{"sticker":"{}"}})", id)),
            R"({"ok":true,"result":true})");
  EXPECT_TRUE(result(echo.token, "getStickerSet", R"({"name":"pack_by_echo_bot"})")
                  .at("stickers")
                  .as_array()
                  .empty());
  EXPECT_EQ(error(echo.token, "getStickerSet", R"({"name":"nothing"})"),
            "Bad Request: STICKERSET_INVALID");
}

TEST_F(ContentMethods, CallsWithoutEffectAreCheckedAndCounted) {
  EXPECT_EQ(error(echo.token, "sendGift", R"({"user_id":4711,"gift_id":"1"})"),
            "Bad Request: user not found");
  EXPECT_EQ(error(echo.token, "sendGift", R"({"user_id":1})"),
            "Bad Request: parameter \"gift_id\" is required");
  EXPECT_EQ(
      error(echo.token, "answerWebAppQuery", R"({"web_app_query_id":"1","result":{"type":"x"}})"),
      "Bad Request: can't parse InlineQueryResult: unsupported type specified");
  EXPECT_EQ(
      error(echo.token, "getUserChatBoosts", fmt::format(R"({{"user_id":{}}})", ann.id.value)),
      "Bad Request: chat_id is empty");
  EXPECT_EQ(error(echo.token, "getMyStarBalanceX"), "Not Found: method not found");
  EXPECT_TRUE(result(echo.token, "getUserChatBoosts",
                     in_group(fmt::format(R"("user_id":{})", ann.id.value)))
                  .at("boosts")
                  .as_array()
                  .empty());
  EXPECT_EQ(box->world().counters().validated_only, 5u);
}

}  // namespace
}  // namespace chorus::sandbox::testing
