#include "chorus/proto/telegram/params.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::proto::telegram {
namespace {

std::string show(const Result<Params>& params) {
  if (!params) return "! " + std::string(to_string(params.error().code));
  std::string out;
  for (const auto& [name, value] : params->all()) {
    if (!out.empty()) out += '|';
    out += std::string(name) + "=" + std::string(value);
  }
  if (params->body_was_malformed()) out += "|malformed";
  return out;
}

constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

TEST(TelegramParams, QueryAndFormMergeAndTheFirstWins) {
  EXPECT_EQ(show(decode_params("a=1&b=x%20y", kForm, "a=2&c=%D1%8F+z&d&=e")),
            "a=1|b=x y|c=я z|d=|=e");
  EXPECT_EQ(show(decode_params("a=1", "text/plain", "a=2&b=3")), "a=1");
  EXPECT_EQ(show(decode_params("a=1", "", "")), "a=1");
  EXPECT_EQ(show(decode_params("x=%zz", kForm, "&&y=1&")), "x=%zz|y=1");
}

TEST(TelegramParams, JsonValuesBecomeTheirText) {
  EXPECT_EQ(show(decode_params("", kJson,
                               R"({"chat_id": -100, "n": "12", "t": true, "f": 1.5e3,
       "reply": {"a": [1, "}"]}, "s": "a\n\u00e9\ud83d\ude00\"", "none": null, "chat_id": 5})")),
            "chat_id=-100|n=12|t=true|f=1.5e3|reply={\"a\": [1, \"}\"]}|s=a\né😀\"");
  EXPECT_EQ(show(decode_params("", kJson, "null")), "");
  EXPECT_EQ(show(decode_params("", kJson, "  \"hello\\tx\"")), "content=hello\tx");
  EXPECT_EQ(show(decode_params("", kJson, "{}")), "");
  EXPECT_EQ(show(decode_params("", kJson, R"({"s":"\ud83d"})")), "s=\xEF\xBF\xBD");
}

TEST(TelegramParams, AMalformedJsonBodyKeepsWhatStoodBeforeTheFault) {
  EXPECT_EQ(show(decode_params("", kJson, R"({"chat_id":5,"text":oops,"x":1})")),
            "chat_id=5|malformed");
  EXPECT_EQ(show(decode_params("", kJson, R"({"chat_id":5,"text":"cut)")), "chat_id=5|malformed");
  EXPECT_EQ(show(decode_params("", kJson, "[1]")), "|malformed");
  EXPECT_EQ(show(decode_params("", kJson, R"({"a":"\x"})")), "|malformed");
  EXPECT_EQ(show(decode_params("", kJson, std::string("{\"a\":") + std::string(200, '['))),
            "|malformed");
}

TEST(TelegramParams, MultipartWithFilesAndLowerCaseHeaders) {
  const std::string body =
      "--xyz\r\n"
      "content-disposition:form-data;name=chat_id\r\n\r\n"
      "-1001\r\n"
      "--xyz\r\n"
      "Content-Disposition: form-data; name=\"document\"; filename=\"a;b.txt\"\r\n"
      "Content-Type: text/plain\r\n\r\n"
      "line\r\n--xy not the end\r\n"
      "--xyz\r\n"
      "Content-Disposition: form-data; name=\"caption\"\r\n\r\n"
      "\r\n"
      "--xyz--\r\n";
  const auto params = decode_params("chat_id=7", "multipart/form-data; boundary=xyz", body);
  EXPECT_EQ(show(params), "chat_id=7|caption=");
  ASSERT_TRUE(params);
  ASSERT_EQ(params->files().size(), 1U);
  const auto* file = params->find_file("document");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->filename, "a;b.txt");
  EXPECT_EQ(file->content_type, "text/plain");
  EXPECT_EQ(file->content, "line\r\n--xy not the end");
  EXPECT_EQ(params->find_file("photo"), nullptr);
}

TEST(TelegramParams, MalformedMultipartIsFatal) {
  constexpr std::string_view kType = "Multipart/Form-Data; boundary=\"b\"";
  EXPECT_EQ(show(decode_params("", kType, "nothing")), "! parse_error");
  EXPECT_EQ(
      show(decode_params("", kType, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1")),
      "! parse_error");
  EXPECT_EQ(show(decode_params("", kType, "--b\r\nX: y\r\n\r\n1\r\n--b--")), "! parse_error");
  EXPECT_EQ(show(decode_params("", "multipart/form-data", "--b--")), "! parse_error");
  EXPECT_EQ(show(decode_params("", kType, "--b--")), "");
  EXPECT_EQ(show(decode_params("", kType,
                               "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b--")),
            "a=1");
}

TEST(TelegramParams, LimitsAreKept) {
  const std::string large = "a=" + std::string(kMaxParameterBytes, 'x');
  EXPECT_EQ(show(decode_params("", kForm, large)), "! payload_too_large");
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += std::to_string(i) + "&";
  EXPECT_EQ(decode_params("", kForm, many)->all().size(), kMaxParameters);
  std::string body;
  for (std::size_t i = 0; i <= kMaxFiles; ++i) {
    body += "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n\r\n";
  }
  body += "--b--";
  EXPECT_EQ(show(decode_params("", "multipart/form-data; boundary=b", body)),
            "! payload_too_large");
}

TEST(TelegramParams, NumbersAndBooleansAreReadAsTheServerDoes) {
  const auto params = decode_params(
      "a=-1001234567890_LOADTEST&b=x&c=%2012&d=True&e=yes&f=0&g=99999999999999999999", "", "");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->find_int("a"), -1001234567890);
  EXPECT_EQ(params->find_int("b"), std::nullopt);
  EXPECT_EQ(params->find_int("c"), 12);
  EXPECT_EQ(params->find_int("g"), INT64_MAX);
  EXPECT_EQ(params->find_int("nothing"), std::nullopt);
  EXPECT_TRUE(params->get_bool("d"));
  EXPECT_TRUE(params->get_bool("e"));
  EXPECT_FALSE(params->get_bool("f"));
  EXPECT_FALSE(params->get_bool("nothing"));
}

TEST(TelegramParams, ViewsSurviveAMove) {
  auto params = decode_params("a=%41", "", "");
  ASSERT_TRUE(params);
  const Params moved = std::move(*params);
  EXPECT_EQ(moved.get("a"), "A");
}

TEST(TelegramParams, CallBodyIsReadBack) {
  CallBody body;
  body.add("chat_id", std::int64_t(-5)).add("text", "a\"b").add("silent", true);
  body.add_json("reply", R"({"x":1})");
  const std::string text = body.finish();
  EXPECT_EQ(text, R"({"chat_id":-5,"text":"a\"b","silent":true,"reply":{"x":1}})");
  EXPECT_EQ(show(decode_params("", kJson, text)),
            "chat_id=-5|text=a\"b|silent=true|reply={\"x\":1}");
  EXPECT_EQ(CallBody().finish(), "{}");
}

}  // namespace
}  // namespace chorus::proto::telegram
