#include "chorus/platform/matrix/compose.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/content.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::platform {
namespace {

namespace matrix = proto::matrix;

std::optional<MatrixMember> ada(std::string_view localpart) {
  if (localpart != "ada") return std::nullopt;
  return MatrixMember{"@ada:home", "Ada <L>"};
}

matrix::MessageContent read(const std::string& content) {
  return *matrix::decode_message(parse_json(content)->get_object());
}

TEST(MatrixCompose, ABotSpeaksInNotices) {
  const auto contents = message_contents({.text = "hello"}, ada);
  ASSERT_EQ(contents.size(), 1U);
  const auto message = read(contents[0]);
  EXPECT_EQ(message.msgtype, "m.notice");
  EXPECT_EQ(message.body, "hello");
  EXPECT_TRUE(message.relation.empty());
  ASSERT_TRUE(message.mentions) << "nobody is mentioned, and that is said";
  EXPECT_TRUE(message.mentions->user_ids.empty());
}

TEST(MatrixCompose, AMemberThatIsNamedIsMentionedAndLinked) {
  const auto message =
      read(message_contents({.text = "Well, @Ada. 1 < 2, mail me@ada or @bob"}, ada)[0]);
  EXPECT_EQ(message.body, "Well, @Ada. 1 < 2, mail me@ada or @bob");
  EXPECT_EQ(message.formatted_body,
            "Well, <a href=\"https://matrix.to/#/%40ada%3Ahome\">Ada &lt;L&gt;</a>. 1 &lt; 2, mail "
            "me@ada or @bob");
  EXPECT_EQ(message.mentions->user_ids, std::vector<std::string>{"@ada:home"});
}

TEST(MatrixCompose, AReplyMentionsWhoIsAnswered) {
  const auto message = read(
      message_contents({.text = "yes", .reply_to = "$q", .reply_to_sender = "@eve:home"}, ada)[0]);
  EXPECT_EQ(message.relation.in_reply_to, "$q");
  EXPECT_TRUE(message.relation.rel_type.empty());
  EXPECT_EQ(message.mentions->user_ids, std::vector<std::string>{"@eve:home"});
}

TEST(MatrixCompose, AReplyInAThreadIsATrueReplyAndTheRestFallsBack) {
  const std::string text = std::string(kLongestPart - 10, 'a') + "\n\n" + std::string(100, 'b');
  const auto contents = message_contents(
      {.text = text, .reply_to = "$q", .reply_to_sender = "@eve:home", .thread = "$root"}, ada);
  ASSERT_EQ(contents.size(), 2U);
  const auto first = read(contents[0]);
  EXPECT_TRUE(first.relation.is_thread());
  EXPECT_EQ(first.relation.event_id, "$root");
  EXPECT_EQ(first.relation.reply_target(), "$q");
  const auto second = read(contents[1]);
  EXPECT_EQ(second.relation.event_id, "$root");
  EXPECT_TRUE(second.relation.is_falling_back);
  EXPECT_EQ(second.relation.in_reply_to, "$root");
  EXPECT_EQ(second.body, std::string(100, 'b'));
  EXPECT_TRUE(second.mentions->user_ids.empty()) << "mentioned once";
}

TEST(MatrixCompose, AnEditCarriesTheNewTextAndMarksTheOldForm) {
  const auto message = read(edit_content("$old", "better", ada));
  EXPECT_TRUE(message.relation.is_edit());
  EXPECT_EQ(message.relation.event_id, "$old");
  EXPECT_EQ(message.body, "* better");
  ASSERT_TRUE(message.new_content);
  EXPECT_EQ(message.new_content->body, "better");
}

TEST(MatrixCompose, AReactionIsAnAnnotation) {
  const auto content = parse_json(reaction_content("$m", "👍"));
  const auto relation = matrix::decode_relation(content->get_object());
  EXPECT_EQ(relation.rel_type, matrix::kAnnotation);
  EXPECT_EQ(relation.event_id, "$m");
  EXPECT_EQ(relation.key, "👍");
}

TEST(MatrixSplit, CutsBetweenParagraphsThenLinesThenSentencesThenWords) {
  EXPECT_EQ(split_text("aaaa bb\n\ncc dd", 11), (std::vector<std::string>{"aaaa bb", "cc dd"}));
  EXPECT_EQ(split_text("aaaa bb\ncc dd e", 11), (std::vector<std::string>{"aaaa bb", "cc dd e"}));
  EXPECT_EQ(split_text("aaaa bb. cc dd", 11), (std::vector<std::string>{"aaaa bb.", "cc dd"}));
  EXPECT_EQ(split_text("aaaa bbbb cccc", 11), (std::vector<std::string>{"aaaa bbbb", "cccc"}));
  EXPECT_EQ(split_text("", 11), std::vector<std::string>{""});
}

TEST(MatrixSplit, NeverCutsInsideACodePoint) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "€";
  std::string joined;
  for (const auto& part : split_text(text, 10)) {
    EXPECT_LE(part.size(), 10U);
    EXPECT_TRUE(is_valid_utf8(part));
    joined += part;
  }
  EXPECT_EQ(joined, text);
}

}  // namespace
}  // namespace chorus::platform
