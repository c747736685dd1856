#include "chorus/proto/telegram/entities.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::proto::telegram {
namespace {

/// `type@offset+length(argument)`, so that a whole answer is one literal.
std::string show(const std::vector<MessageEntity>& entities) {
  std::string out;
  for (const auto& entity : entities) {
    if (!out.empty()) out += ' ';
    out += std::string(to_string(entity.type)) + "@" + std::to_string(entity.offset) + "+" +
           std::to_string(entity.length);
    const std::string argument = entity.url + entity.language + entity.custom_emoji_id +
                                 (entity.user ? std::to_string(entity.user->id) : "");
    if (!argument.empty()) out += "(" + argument + ")";
  }
  return out;
}
std::string show(const Result<FormattedText>& result) {
  if (!result) return "! " + result.error().message;
  return result->text + " | " + show(result->entities);
}

struct Case {
  const char* input;
  const char* expected;
};

TEST(TelegramMarkdown, ParsesAndRefuses) {
  const Case cases[] = {
      {"plain", "plain | "},
      {"a *bold* b", "a bold b | bold@2+4"},
      {"_i_ `c`", "i c | italic@0+1 code@2+1"},
      {"\\_x\\*", "_x* | "},
      {"[t](http://example.com)", "t | text_link@0+1(http://example.com/)"},
      {"[t](tg://user?id=42)", "t | text_mention@0+1(42)"},
      {"[no link](nothing)", "no link | "},
      {"```python\nprint(1)```", "print(1) | pre@0+8(python)"},
      {"😀 *b*", "😀 b | bold@3+1"},
      {"**", " | "},
      {"a *b", "! can't parse entities: Can't find end of the entity starting at byte offset 2"},
      {"é_x", "! can't parse entities: Can't find end of the entity starting at byte offset 2"},
  };
  for (const auto& c : cases) EXPECT_EQ(show(parse_markdown(c.input)), c.expected) << c.input;
}

TEST(TelegramMarkdownV2, ParsesAndRefuses) {
  const Case cases[] = {
      {"*b* _i_ __u__ ~s~ ||p|| `c`",
       "b i u s p c | bold@0+1 italic@2+1 underline@4+1 strikethrough@6+1 spoiler@8+1 code@10+1"},
      {"*a _b_ c*", "a b c | bold@0+5 italic@2+1"},
      {"1\\.5\\!", "1.5! | "},
      {"```cpp\nint x;```", "int x; | pre@0+6(cpp)"},
      {"[x\\]](https://e.org/\\)a)", "x] | text_link@0+2(https://e.org/)a)"},
      {"![👍](tg://emoji?id=5368324170671202286)", "👍 | custom_emoji@0+2(5368324170671202286)"},
      {">one\n>two\nafter", "one\ntwo\nafter | blockquote@0+8"},
      {">one\n>two||", "one\ntwo | expandable_blockquote@0+7"},
      {">a\n**>b||", "a\nb | blockquote@0+2 expandable_blockquote@2+1"},
      {"a.b",
       "! can't parse entities: Character '.' is reserved and must be escaped with the preceding "
       "'\\'"},
      {"a > b",
       "! can't parse entities: Character '>' is reserved and must be escaped with the preceding "
       "'\\'"},
      {"*b", "! can't parse entities: Can't find end of Bold entity at byte offset 0"},
      {"é __u", "! can't parse entities: Can't find end of Underline entity at byte offset 3"},
      {"[t](http://e.org", "! can't parse entities: Can't find end of a URL at byte offset 4"},
      {"![x]", "! can't parse entities: Custom emoji entity must contain a tg://emoji URL"},
      {">*a\nb*", "! can't parse entities: Can't find end of Bold entity at byte offset 1"},
  };
  for (const auto& c : cases) EXPECT_EQ(show(parse_markdown_v2(c.input)), c.expected) << c.input;
}

TEST(TelegramHtml, ParsesAndRefuses) {
  const Case cases[] = {
      {"<b>b</b> <em>i</em> <u>u</u> <del>s</del> <tg-spoiler>p</tg-spoiler>",
       "b i u s p | bold@0+1 italic@2+1 underline@4+1 strikethrough@6+1 spoiler@8+1"},
      {"<B>b</b>", "b | bold@0+1"},
      {"1 &lt; 2 &amp; &#65;&#x42; &nbsp;", "1 < 2 & AB &nbsp; | "},
      {"<a href=\"https://e.org/?a=1&amp;b=2\">x</a>", "x | text_link@0+1(https://e.org/?a=1&b=2)"},
      {"<a href='tg://user?id=7'>x</a>", "x | text_mention@0+1(7)"},
      {"<pre><code class=\"language-python\">x</code></pre>", "x | pre@0+1(python)"},
      {"<code class=\"language-c\">x</code>", "x | code@0+1"},
      {"<span class=\"tg-spoiler\">x</span>", "x | spoiler@0+1"},
      {"<tg-emoji emoji-id=\"5\">😀</tg-emoji>", "😀 | custom_emoji@0+2(5)"},
      {"<blockquote expandable>q</blockquote>", "q | expandable_blockquote@0+1"},
      {"<b>a<i>b</i></b>", "ab | bold@0+2 italic@1+1"},
      {"<x>", "! can't parse entities: Unsupported start tag \"x\" at byte offset 0"},
      {"é<b", "! can't parse entities: Unclosed start tag at byte offset 2"},
      {"<b>x", "! can't parse entities: Can't find end tag corresponding to start tag \"b\""},
      {"x</b>", "! can't parse entities: Unexpected end tag at byte offset 1"},
      {"<b>x</i>",
       "! can't parse entities: Unmatched end tag at byte offset 4, expected \"</b>\", found "
       "\"</i>\""},
      {"<b>x</b", "! can't parse entities: Unclosed end tag at byte offset 4"},
      {"<span>x</span>",
       "! can't parse entities: Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"},
      {"<a href>x</a>",
       "! can't parse entities: Expected equal sign in declaration of an attribute of the tag "
       "\"a\" at byte offset 0"},
      {"<a href=x_y>t</a>",
       "! can't parse entities: Unexpected end of name token at byte offset 8"},
      {"&#55357;",
       "! can't parse entities: Text contains invalid Unicode characters after decoding HTML "
       "entities, check for unmatched surrogate code units"},
  };
  for (const auto& c : cases) EXPECT_EQ(show(parse_html(c.input)), c.expected) << c.input;
}

TEST(TelegramDetect, FindsWhatTheServerFinds) {
  const Case cases[] = {
      {"hi @some_bot!", "mention@3+9"},
      {"a@some_bot", ""},
      {"@ab @gif", "mention@4+4"},
      {"@very_long_name_of_more_than_thirty_two", ""},
      {"ж@user1", ""},
      {"/start", "bot_command@0+6"},
      {"/start@My_bot now", "bot_command@0+13"},
      {"a/start /a/b //x", ""},
      {"(/help)", "bot_command@1+5"},
      {"#tag #1 #a#", "hashtag@0+4"},
      {"#çok güzel", "hashtag@0+4"},
      {"$USD $TOOLONGXX $1INCH x$AB", "cashtag@0+4 cashtag@16+6"},
      {"see example.com.", "url@4+11"},
      {"https://t.me/x?a=1, ok", "url@0+18"},
      {"(http://e.org/a_(b))", "url@1+18"},
      {"mail me@example.org now", "email@5+14"},
      {"no.url here, v1.2.3 and file.txt", ""},
      {"a@b.org/x me.you@c.d.com.", "email@10+14"},
      {"http://localhost.test/x", "url@0+23"},
      {"1.2.3.4:80/x", "url@0+12"},
      {"tg://resolve?domain=x", "url@0+21"},
      {"😀 @some_bot", "mention@3+9"},
      {"call +1 (212) 555-0123 now", "phone_number@5+17"},
      {"+12", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(show(detect_entities(c.input)), c.expected) << c.input;
}

TEST(TelegramFormat, TrimsDetectsAndLimits) {
  EXPECT_EQ(show(format_text("  hello @some_bot \n", ParseMode::None)),
            "hello @some_bot | mention@6+9");
  EXPECT_EQ(show(format_text("", ParseMode::None)), "! message text is empty");
  EXPECT_EQ(show(format_text(" \n ", ParseMode::None)), "! text must be non-empty");
  EXPECT_EQ(show(format_text("<b> </b>", ParseMode::Html)), "! text must be non-empty");
  EXPECT_EQ(show(format_text("a\r\nb\x01", ParseMode::None)), "a\nb | ");
  EXPECT_EQ(show(format_text("\xff", ParseMode::None)), "! strings must be encoded in UTF-8");
  const std::string long_text(4097, 'x');
  EXPECT_EQ(show(format_text(long_text, ParseMode::None)), "! message is too long");
  EXPECT_TRUE(format_text(std::string_view(long_text).substr(1), ParseMode::None));
  EXPECT_EQ(show(format_text(std::string(32769, 'x'), ParseMode::None)), "! text is too long");
  const TextRules caption{.max_code_points = 1024, .max_raw_bytes = 32768, .is_caption = true};
  EXPECT_EQ(show(format_text("", ParseMode::None, {}, caption)), " | ");
  EXPECT_EQ(show(format_text(std::string(1025, 'x'), ParseMode::None, {}, caption)),
            "! message caption is too long");
  // 4096 code points beyond the BMP are 8192 UTF-16 units and still fit.
  std::string emoji;
  for (int i = 0; i < 4096; ++i) emoji += "😀";
  EXPECT_TRUE(format_text(emoji, ParseMode::None));
}

TEST(TelegramFormat, AHundredEntitiesAreKept) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "@some_bot ";
  EXPECT_EQ(format_plain(text).entities.size(), 100U);
  EXPECT_EQ(format_text(text, ParseMode::None)->entities.size(), 100U);
}

TEST(TelegramFormat, MarksAndDetectedEntitiesLiveTogether) {
  // Looks are cut where a found entity begins and ends; links and code hide what is inside.
  EXPECT_EQ(show(format_text("*hi @some_bot ok*", ParseMode::Markdown)),
            "hi @some_bot ok | bold@0+3 mention@3+9 bold@3+9 bold@12+3");
  EXPECT_EQ(show(format_text("`@some_bot`", ParseMode::Markdown)), "@some_bot | code@0+9");
  EXPECT_EQ(show(format_text("[@some_bot](http://e.org/)", ParseMode::Markdown)),
            "@some_bot | text_link@0+9(http://e.org/)");
  EXPECT_EQ(show(format_text(" *b* ", ParseMode::Markdown)), "b | bold@0+1");
  EXPECT_EQ(show(format_text("* b *", ParseMode::Markdown)), " b | bold@0+2");
}

TEST(TelegramFormat, ExplicitEntitiesAreCheckedAndAMockModeHidesThem) {
  auto entities = parse_entities_parameter(
      R"([{"type":"bold","offset":0,"length":2},{"type":"mention","offset":0,"length":3},
          {"type":"text_mention","offset":3,"length":2,"user":{"id":9}},{"type":"new","offset":0,"length":1}])");
  ASSERT_TRUE(entities);
  EXPECT_EQ(show(*entities), "bold@0+2 text_mention@3+2(9)");
  EXPECT_EQ(show(format_text("ab cd", ParseMode::None, *entities, {})),
            "ab cd | bold@0+2 text_mention@3+2(9)");
  EXPECT_EQ(show(format_text("ab cd", ParseMode::Html, *entities, {})), "ab cd | ");
  EXPECT_EQ(parse_entities_parameter("[{").error().message, "can't parse entities JSON object");
  EXPECT_EQ(parse_entities_parameter(R"([{"type":"bold"}])").error().message,
            "can't parse entities: Can't find field \"offset\"");
  EXPECT_TRUE(parse_entities_parameter("")->empty());
}

TEST(TelegramFormat, NormaliseCutsCrossingAndHalfCharacters) {
  const auto run = [](std::string_view text, std::vector<MessageEntity> entities) {
    normalise_entities(text, entities);
    return show(entities);
  };
  const auto make = [](EntityType type, int offset, int length) {
    MessageEntity entity;
    entity.type = type;
    entity.offset = offset;
    entity.length = length;
    return entity;
  };
  EXPECT_EQ(run("abcdef", {make(EntityType::Bold, 0, 4), make(EntityType::Italic, 2, 4)}),
            "bold@0+2 italic@2+4 bold@2+2");
  EXPECT_EQ(run("abcdef", {make(EntityType::Bold, 0, 3), make(EntityType::Bold, 1, 5)}),
            "bold@0+6");
  EXPECT_EQ(run("😀b", {make(EntityType::Bold, 1, 1)}), "bold@0+2");
  EXPECT_EQ(run("ab", {make(EntityType::Bold, 0, 2000000), make(EntityType::Italic, 5, 1),
                       make(EntityType::Italic, -1, 1)}),
            "bold@0+2");
  EXPECT_EQ(run("abc", {make(EntityType::Bold, 0, 3), make(EntityType::Code, 1, 1)}),
            "bold@0+1 code@1+1 bold@2+1");
}

TEST(TelegramEntities, TextIsSlicedInUtf16) {
  const auto slice = [](std::string_view text, int offset, int length) {
    MessageEntity entity;
    entity.offset = offset;
    entity.length = length;
    return entity_text(text, entity);
  };
  EXPECT_EQ(slice("a😀b", 1, 2), "😀");
  EXPECT_EQ(slice("a😀b", 3, 1), "b");
  EXPECT_EQ(slice("a😀b", 2, 1), "");
  EXPECT_EQ(slice("a😀b", 3, 2), "");
  EXPECT_EQ(slice("a😀b", 0, 4), "a😀b");
}

TEST(TelegramEntities, ParseModesAreKnownWithoutCase) {
  EXPECT_EQ(*parse_mode_from("hTmL"), ParseMode::Html);
  EXPECT_EQ(*parse_mode_from("MarkdownV2"), ParseMode::MarkdownV2);
  EXPECT_EQ(*parse_mode_from("none"), ParseMode::None);
  EXPECT_EQ(parse_mode_from("bbcode").error().message, "unsupported parse_mode");
}

}  // namespace
}  // namespace chorus::proto::telegram
