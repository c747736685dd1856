#include "chorus/proto/telegram/keyboard.hpp"
#include "chorus/proto/telegram/reactions.hpp"
#include "chorus/proto/telegram/token.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace chorus::proto::telegram {
namespace {

TEST(TelegramToken, Shapes) {
  const std::string secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1";
  EXPECT_EQ(*check_token("123456:" + secret), 123456);
  EXPECT_EQ(check_token("0123:" + secret).error(), TokenFault::Malformed);
  EXPECT_EQ(check_token("no colon").error(), TokenFault::Malformed);
  EXPECT_EQ(check_token("").error(), TokenFault::Malformed);
  EXPECT_EQ(check_token("12x:" + secret).error(), TokenFault::Malformed);
  EXPECT_EQ(check_token("18014398509481984:" + secret).error(), TokenFault::Malformed);  // 2^54
  EXPECT_TRUE(check_token("18014398509481983:" + secret));
  EXPECT_EQ(check_token("1:" + std::string(79, 'a')).error(), TokenFault::Malformed);
  EXPECT_TRUE(check_token("1:" + std::string(78, 'a')));
  EXPECT_EQ(check_token("1:" + std::string(23, 'a')).error(), TokenFault::InvalidSecret);
  EXPECT_EQ(check_token("1:" + std::string(23, 'a') + "!").error(), TokenFault::InvalidSecret);
  EXPECT_EQ(description(TokenFault::Malformed), "Unauthorized: invalid token specified");
}

TEST(TelegramToken, NeverShown) {
  EXPECT_EQ(masked_token("42:secret"), "bot42");
  EXPECT_EQ(masked_token("secret"), "bot?");
  EXPECT_EQ(without_token("GET /bot42:sec/getMe and bot42%3Asec", "42:sec"),
            "GET /botbot42/getMe and botbot42");
}

TEST(TelegramReactions, TheSetIsExact) {
  EXPECT_EQ(allowed_reactions().size(), 73U);
  EXPECT_EQ(
      std::set<std::string_view>(allowed_reactions().begin(), allowed_reactions().end()).size(),
      73U);
  for (const char* fine :
       {"👍", "❤", "✍", "☃", "⚡", "🕊", "❤‍🔥", "👨‍💻", "🤷‍♂"}) {
    EXPECT_TRUE(is_allowed_reaction(fine)) << fine;
  }
  for (const char* wrong : {"❤️", "😂", "🚀", "🙂", "✅", "👋", "😅", "", "👍👍"}) {
    EXPECT_FALSE(is_allowed_reaction(wrong)) << wrong;
  }
  EXPECT_EQ(normalise_reaction("❤️"), "❤");
  EXPECT_EQ(normalise_reaction("😂"), "");
}

TEST(TelegramReactions, ParameterInTheServersWords) {
  const auto why = [](std::string_view text) { return parse_reactions(text).error().message; };
  EXPECT_EQ(why("👍"), "can't parse reaction types JSON object");
  EXPECT_EQ(why(R"({"type":"emoji","emoji":"👍"})"), "expected an Array of ReactionType");
  EXPECT_EQ(why(R"(["👍"])"), "can't parse ReactionType: expected an Object");
  EXPECT_EQ(why(R"([{"emoji":"👍"}])"), "can't parse ReactionType: Can't find field \"type\"");
  EXPECT_EQ(why(R"([{"type":"emoji"}])"), "can't parse ReactionType: Can't find field \"emoji\"");
  EXPECT_EQ(why(R"([{"type":"paid"}])"),
            "can't parse ReactionType: invalid reaction type specified");
  EXPECT_TRUE(parse_reactions("")->empty());
  EXPECT_TRUE(parse_reactions("[]")->empty());
  EXPECT_EQ(parse_reactions(reaction_parameter("👍"))->at(0).value, "👍");
  EXPECT_EQ(reaction_parameter(""), "[]");
}

TEST(TelegramKeyboard, InlineButtons) {
  const auto markup = parse_reply_markup(
      R"({"inline_keyboard":[[{"text":"Yes","callback_data":"y"},{"url":"https://e.org","text":"W"}],[]]})");
  ASSERT_TRUE(markup) << markup.error().message;
  EXPECT_EQ(markup->kind, MarkupKind::InlineKeyboard);
  EXPECT_EQ(
      markup->inline_json,
      R"({"inline_keyboard":[[{"text":"Yes","callback_data":"y"},{"text":"W","url":"https://e.org/"}]]})");
  EXPECT_TRUE(has_callback_button(markup->inline_json, "y"));
  EXPECT_FALSE(has_callback_button(markup->inline_json, "n"));
  EXPECT_FALSE(has_callback_button("broken", "n"));
}

TEST(TelegramKeyboard, OtherKindsAndNothing) {
  const auto kind = [](std::string_view text) { return parse_reply_markup(text)->kind; };
  EXPECT_EQ(kind(""), MarkupKind::None);
  EXPECT_EQ(kind(R"({"inline_keyboard":[]})"), MarkupKind::None);
  EXPECT_EQ(kind(R"({"keyboard":[["a",{"text":"b"}]]})"), MarkupKind::Keyboard);
  EXPECT_EQ(kind(R"({"remove_keyboard":true})"), MarkupKind::RemoveKeyboard);
  EXPECT_EQ(kind(R"({"force_reply":true})"), MarkupKind::ForceReply);
}

TEST(TelegramKeyboard, RefusalsInTheServersWords) {
  const auto why = [](const std::string& text) { return parse_reply_markup(text).error().message; };
  EXPECT_EQ(why("{"), "can't parse reply keyboard markup JSON object");
  EXPECT_EQ(why("[]"), "object expected as reply markup");
  const std::string long_data(65, 'x');
  EXPECT_EQ(why(R"({"inline_keyboard":[[{"text":"a","callback_data":")" + long_data + R"("}]]})"),
            "BUTTON_DATA_INVALID");
  EXPECT_EQ(
      why(R"({"inline_keyboard":[[{"text":"a"}]]})"),
      "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  EXPECT_EQ(why(R"({"inline_keyboard":[[{"callback_data":"a"}]]})"),
            "can't parse inline keyboard button: Can't find field \"text\"");
  EXPECT_EQ(why(R"({"inline_keyboard":[[{"text":"a","url":"http://localhost:3000"}]]})"),
            "inline keyboard button URL 'http://localhost:3000' is invalid: Wrong HTTP URL");
  EXPECT_EQ(why(R"({"inline_keyboard":[{"text":"a"}]})"),
            "field \"inline_keyboard\" must be an Array of Arrays");
}

}  // namespace
}  // namespace chorus::proto::telegram
