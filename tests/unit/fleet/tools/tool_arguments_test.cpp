#include "chorus/fleet/tools/tool_arguments.hpp"

#include "chorus/base/json.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace chorus::fleet {
namespace {

using Type = ToolParam::Type;

constexpr std::array<std::string_view, 2> kWords{"one", "two"};
constexpr std::array kParams{
    ToolParam{"text", Type::Text, "words", true, 1, 10},
    ToolParam{"count", Type::Whole, "how many", false, 1, 20},
    ToolParam{"word", Type::Choice, "which", false, 0, 0, kWords},
    ToolParam{"list", Type::Texts, "some", false, 0, 2},
};

std::string why(std::string_view json) {
  const auto decoded = decode_arguments(kParams, json);
  return decoded ? "ok" : decoded.error().message;
}

TEST(ToolArguments, GiveWhatWasDeclared) {
  const auto decoded =
      decode_arguments(kParams, R"({"text":" tea ","count":"3","word":"two","list":["a","b"]})");
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->text("text"), "tea");
  EXPECT_EQ(decoded->whole("count"), 3);
  EXPECT_EQ(decoded->text("word"), "two");
  EXPECT_EQ(decoded->texts("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(decoded->whole("text"), std::nullopt);
  EXPECT_TRUE(decode_arguments({}, ""));
  EXPECT_TRUE(decode_arguments({}, " {} "));
}

TEST(ToolArguments, RefuseWhatWasNotDeclaredWithoutRepeatingIt) {
  EXPECT_NE(why("{}").find("'text' is missing"), std::string::npos);
  EXPECT_NE(why(R"({"text":null})").find("missing"), std::string::npos);
  EXPECT_NE(why(R"({"text":"a","other":1})").find("does not have"), std::string::npos);
  EXPECT_EQ(why(R"({"text":"a","secret words":1})").find("secret"), std::string::npos);
  for (const char* bad :
       {"[]", "7", "not json", "{", R"({"text":1})", R"({"text":""})", R"({"text":"12345678901"})",
        R"({"text":"a","count":0})", R"({"text":"a","count":21})", R"({"text":"a","count":1.5})",
        R"({"text":"a","word":"three"})", R"({"text":"a","list":"a"})",
        R"({"text":"a","list":["a","b","c"]})", R"({"text":"a","list":[""]})",
        R"({"text":{"text":{"text":{"text":{"a":1}}}}})"}) {
    EXPECT_NE(why(bad), "ok") << bad;
  }
  EXPECT_NE(why(std::string(kLongestArguments + 1, ' ')), "ok");
}

TEST(ToolArguments, TextsAreCleanedBeforeAnybodySeesThem) {
  const auto decoded = decode_arguments(kParams, "{\"text\":\"a\\u200Bb\\u202Ec\"}");
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text("text"), "abc");
  EXPECT_NE(why("{\"text\":\"\\u200B\"}"), "ok") << "nothing is left of it";
}

TEST(ToolArguments, SchemasOfAllToolsAreJson) {
  for (const ToolSpec& tool : shipped_tools()) {
    const auto schema = parse_json(schema_json(tool.params));
    ASSERT_TRUE(schema && schema->is_object()) << tool.name;
    const auto& object = schema->get_object();
    EXPECT_EQ(find_string(object, "type"), "object");
    EXPECT_EQ(find_bool(object, "additionalProperties"), false);
    ASSERT_NE(find_object(object, "properties"), nullptr);
    EXPECT_EQ(find_object(object, "properties")->size(), tool.params.size()) << tool.name;
  }
}

}  // namespace
}  // namespace chorus::fleet
