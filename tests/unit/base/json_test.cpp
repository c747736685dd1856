#include "chorus/base/json.hpp"

#include "chorus/base/json_writer.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <limits>
#include <string>

namespace chorus {
namespace {

TEST(Json, ErrorsNameThePlaceAndNeverTheText) {
  const auto bad = parse_json("{\n  \"token\": \"123:secret\",\n  oops\n}");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::ParseError);
  EXPECT_NE(bad.error().message.find("line 3, column"), std::string::npos) << bad.error().message;
  EXPECT_EQ(bad.error().message.find("secret"), std::string::npos);
  EXPECT_EQ(bad.error().message.find("oops"), std::string::npos);
}

TEST(Json, RefusesIncompleteTrailingAndTooDeep) {
  for (const char* text : {"", " ", "{", "[1,", "{} {}", "1 2", "nul", "\"a"}) {
    EXPECT_FALSE(parse_json(text)) << text;
  }
  EXPECT_TRUE(parse_json(" {\"a\": [1, 2]} \n"));
  EXPECT_TRUE(parse_json("7"));
  EXPECT_FALSE(parse_json(std::string(100, '[') + std::string(100, ']')));
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
}

TEST(Json, LooksUpByType) {
  const auto value =
      parse_json(R"({"s":"text","i":5,"n":"-42","d":2.0,"f":2.5,"b":true,"o":{},"a":[],"z":null,)"
                 R"("big":18446744073709551615,"word":"4x"})");
  ASSERT_TRUE(value);
  const json::object& object = value->as_object();
  EXPECT_EQ(find_string(object, "s"), "text");
  EXPECT_EQ(find_string(object, "i"), std::nullopt);
  EXPECT_EQ(find_int(object, "i"), 5);
  EXPECT_EQ(find_int(object, "n"), -42);
  EXPECT_EQ(find_int(object, "d"), 2);
  EXPECT_EQ(find_int(object, "f"), std::nullopt);
  EXPECT_EQ(find_int(object, "big"), std::nullopt);
  EXPECT_EQ(find_int(object, "word"), std::nullopt);
  EXPECT_EQ(find_int(object, "absent"), std::nullopt);
  EXPECT_EQ(find_double(object, "f"), 2.5);
  EXPECT_EQ(find_double(object, "i"), 5.0);
  EXPECT_EQ(find_bool(object, "b"), true);
  EXPECT_EQ(find_bool(object, "i"), std::nullopt);
  EXPECT_NE(find_object(object, "o"), nullptr);
  EXPECT_EQ(find_object(object, "a"), nullptr);
  EXPECT_NE(find_array(object, "a"), nullptr);
  EXPECT_NE(find(object, "z"), nullptr);
  EXPECT_EQ(find(object, "absent"), nullptr);
}

TEST(Json, PrettyKeepsTheOrderAndReadsBack) {
  const auto value = parse_json(R"({"b":1,"a":[true,null,{"x":0.1}],"e":{},"l":[]})");
  ASSERT_TRUE(value);
  const std::string text = pretty_json(*value);
  EXPECT_EQ(
      text,
      "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null,\n    {\n      \"x\": 0.1\n    }\n  ],\n"
      "  \"e\": {},\n  \"l\": []\n}\n");
  EXPECT_EQ(parse_json(text).value(), *value);
}

TEST(JsonWriter, PutsTheCommas) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("a", 1).field("b", "x").key("c").begin_array();
  w.value(true).value(2.5).null().begin_object().end_object().raw("[7]").end_array();
  w.field("d", std::int64_t{INT64_MIN}).field("e", std::uint64_t{UINT64_MAX}).end_object();
  EXPECT_EQ(out, R"({"a":1,"b":"x","c":[true,2.5,null,{},[7]],"d":-9223372036854775808,)"
                 R"("e":18446744073709551615})");
}

TEST(JsonWriter, EscapesAndRepairsStrings) {
  std::string out;
  constexpr char kText[] = "q\" b\\ \n\r\t\b\f \x01 \0 \x7f \u20ac \xff";
  append_json_string(out, std::string_view(kText, sizeof kText - 1));
  EXPECT_EQ(out, "\"q\\\" b\\\\ \\n\\r\\t\\b\\f \\u0001 \\u0000 \x7f \u20ac \uFFFD\"");
}

TEST(JsonWriter, NumbersReadBackOrAreNull) {
  for (const double number : {0.1, 1e300, -5e-324, 123456789.123456789, 3.0}) {
    std::string out;
    append_json_double(out, number);
    // Not by parse_json: the parser of Boost 1.81 is off by one in the last place now and then.
    double back = 0;
    const auto [end, error] = std::from_chars(out.data(), out.data() + out.size(), back);
    EXPECT_TRUE(error == std::errc{} && end == out.data() + out.size()) << out;
    EXPECT_EQ(back, number) << out;
  }
  for (const double number :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    std::string out;
    append_json_double(out, number);
    EXPECT_EQ(out, "null");
  }
}

TEST(JsonWriter, EveryLengthAndPlaceOfASpecialByteIsSeen) {
  // The scan works on words of eight and four bytes: each length and offset is its own case.
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string plain(length, 'a');
    std::string out = "x";
    append_json_string(out, plain);
    EXPECT_EQ(out, "x\"" + plain + "\"");
    out = "{";
    append_json_key(out, plain, length % 2 == 1);
    EXPECT_EQ(out, (length % 2 == 1 ? "{,\"" : "{\"") + plain + "\":");
    for (std::size_t at = 0; at < length; ++at) {
      for (const auto& [byte, escaped] : {std::pair{'"', "\\\""},
                                          {'\\', "\\\\"},
                                          {'\n', "\\n"},
                                          {'\x1f', "\\u001f"},
                                          {'\x7f', "\x7f"},
                                          {' ', " "},
                                          {'!', "!"},
                                          {'\xff', "\xEF\xBF\xBD"}}) {
        std::string text = plain;
        text[at] = byte;
        const std::string expected =
            "\"" + plain.substr(0, at) + escaped + plain.substr(at + 1) + "\"";
        out.clear();
        append_json_string(out, text);
        EXPECT_EQ(out, expected);
        out.clear();
        append_json_key(out, text, false);
        EXPECT_EQ(out, expected + ":");
      }
    }
  }
}

}  // namespace
}  // namespace chorus
