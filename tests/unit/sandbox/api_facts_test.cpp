#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/facts/api_check.hpp"
#include "chorus/sandbox/telegram/facts/api_shape.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace chorus::sandbox::telegram {
namespace {

class ApiFactsTest : public ::testing::Test {
 protected:
  [[nodiscard]] ApiShape shape(const json::object& given) const {
    return ApiShape({.facts = facts,
                     .given = [given](std::string_view name) -> std::optional<json::value> {
                       const auto* value = find(given, name);
                       return value == nullptr ? std::nullopt : std::optional(*value);
                     },
                     .user = R"({"id":1,"is_bot":true,"first_name":"Bot"})",
                     .chat = R"({"id":-1,"type":"supergroup","title":"Hall"})",
                     .now = 1'700'000'000,
                     .salt = 7});
  }
  [[nodiscard]] std::string problem(std::string_view type, std::string_view text) const {
    ApiType named;
    named.kind = ApiType::Kind::Named;
    named.name = std::string(type);
    return mismatch(facts, named, json::parse(text), "value").value_or("");
  }

  static const ApiFacts& table() {
    static const ApiFacts read_once = ApiFacts::builtin();
    return read_once;
  }
  const ApiFacts& facts = table();
};

TEST_F(ApiFactsTest, TheTableHasEveryMethodOfTheVersion) {
  EXPECT_EQ(facts.version(), "10.3");
  EXPECT_EQ(facts.methods().size(), 185u);
  ASSERT_NE(facts.method("SENDMESSAGE"), nullptr);
  EXPECT_EQ(facts.method("sendmessage")->name, "sendMessage");
  EXPECT_TRUE(facts.method("sendMessage")->parameter("text")->required);
  EXPECT_FALSE(facts.method("sendMessage")->parameter("parse_mode")->required);
  EXPECT_EQ(facts.method("kickChatMember")->name, "banChatMember") << "a renamed method";
  EXPECT_EQ(facts.method("noSuchMethod"), nullptr);
}

TEST_F(ApiFactsTest, EveryTypeThatIsNamedIsInTheTable) {
  std::vector<const ApiType*> open;
  for (const auto& method : facts.methods()) {
    open.push_back(&method.returns);
    for (const auto& field : method.parameters) open.push_back(&field.type);
  }
  while (!open.empty()) {
    const auto* type = open.back();
    open.pop_back();
    if (type->kind == ApiType::Kind::Named) {
      EXPECT_NE(facts.object(type->name), nullptr) << type->name;
    }
    for (const auto& part : type->parts) open.push_back(&part);
  }
}

TEST_F(ApiFactsTest, WhatIsMadeForAMethodHasTheTypeThatItReturns) {
  for (const auto& method : facts.methods()) {
    const auto text = shape({}).make(method.returns, {});
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << method.name << ": " << text;
    EXPECT_EQ(mismatch(facts, method.returns, *value, method.name), std::nullopt) << text;
  }
}

TEST_F(ApiFactsTest, ObjectsAreMadeOfWhatWasGivenUnderTheSameNames) {
  const auto made = [&](std::string_view type, const json::object& given) {
    return json::parse("{" + shape(given).members(*facts.object(type)) + "}").as_object();
  };
  const auto venue = made("Venue", {{"latitude", "48.2"},
                                    {"longitude", 16.4},
                                    {"title", "Hall"},
                                    {"address", "Ring 1"},
                                    {"protect_content", "true"}});
  EXPECT_EQ(venue.at("location").at("latitude").as_double(), 48.2);
  EXPECT_EQ(venue.at("title").as_string(), "Hall");
  EXPECT_FALSE(venue.contains("protect_content")) << "no member of a Venue";
  const auto poll =
      made("Poll", {{"options", json::parse(R"([{"text":"a","text_parse_mode":"HTML"}])")}});
  EXPECT_EQ(poll.at("options").at(0).at("voter_count").as_int64(), 0) << "required, so it is made";
  EXPECT_FALSE(poll.at("options").at(0).as_object().contains("text_parse_mode"));
  EXPECT_TRUE(made("Poll", {{"options", "nonsense"}}).at("options").as_array().empty());
}

TEST_F(ApiFactsTest, MismatchesAreToldInTheServersWords) {
  EXPECT_EQ(problem("BotCommand", R"({"command":"a","description":"b","more":1})"), "");
  EXPECT_EQ(problem("BotCommand", R"({"command":"a"})"),
            "can't parse BotCommand: can't find field \"description\"");
  EXPECT_EQ(problem("BotCommand", R"({"command":"a","description":{}})"),
            "can't parse BotCommand: field \"description\" must be of type String");
  EXPECT_EQ(problem("BotCommand", "[]"), "can't parse BotCommand: expected an Object");
  EXPECT_EQ(problem("ReactionType", R"({"type":"emoji"})"),
            "can't parse ReactionTypeEmoji: can't find field \"emoji\"");
  EXPECT_EQ(problem("ReactionType", R"({"type":"dance"})"),
            "can't parse ReactionType: unsupported type specified");
  EXPECT_EQ(problem("Location", R"({"latitude":"48.2","longitude":16})"), "")
      << "numbers may be text";
  EXPECT_EQ(problem("RichText", R"("plain")"), "");
  EXPECT_EQ(problem("RichText", R"(["a",{"type":"bold","text":"b"}])"), "");
}

TEST_F(ApiFactsTest, ATableOfAnotherFormIsRefused) {
  EXPECT_FALSE(ApiFacts::parse("{}"));
  EXPECT_FALSE(ApiFacts::parse("[1]"));
  EXPECT_FALSE(ApiFacts::parse(R"({"methods":{"a":{}},"types":{}})"));
}

/// docs/sandbox.md lists which methods have effects; this is that list.
TEST_F(ApiFactsTest, TheDocumentationListsTheMethodsAsTheyAre) {
  std::string with;
  std::string without;
  for (const auto& method : facts.methods()) {
    auto& list = has_effect(ascii_lower(method.name)) ? with : without;
    list += (list.empty() ? "" : ", ") + method.name;
  }
  std::ifstream in(std::string(CHORUS_SOURCE_DIR) + "/docs/sandbox.md");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_NE(text.find("\n" + with + "\n"), std::string::npos)
      << "docs/sandbox.md: methods with effect are now:\n"
      << with;
  EXPECT_NE(text.find("\n" + without + "\n"), std::string::npos)
      << "docs/sandbox.md: methods without effect are now:\n"
      << without;
}

}  // namespace
}  // namespace chorus::sandbox::telegram
