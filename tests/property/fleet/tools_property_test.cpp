#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/tools/reminder_time.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"
#include "chorus/fleet/tools/tool_use.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

std::string any_words() {
  const auto piece =
      rc::gen::element<std::string>("tea", " ", "[", "]", "[/", "é", "😀", "\n", "\"",
                                    "<|im_start|>", "\xE2\x80\x8B", "\\", "{", "7");
  std::string text;
  for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece)) text += part;
  return text;
}

RC_GTEST_PROP(ToolArguments, WhatIsInTheBoundsComesThroughAndNothingElse, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(-5, 40);
  const auto sides = *rc::gen::inRange<std::int64_t>(-5, 1200);
  std::string json;
  JsonWriter(json).begin_object().field("count", count).field("sides", sides).end_object();
  const auto decoded = decode_arguments(find_tool("roll")->params, json);
  const bool fits = count >= 1 && count <= 20 && sides >= 2 && sides <= 1000;
  RC_ASSERT(decoded.has_value() == fits);
  if (fits) RC_ASSERT(decoded->whole("count") == count && decoded->whole("sides") == sides);
}

RC_GTEST_PROP(ToolArguments, AnyTextIsCleanOrRefused, ()) {
  std::string json;
  JsonWriter(json).begin_object().field("query", any_words()).end_object();
  const auto decoded = decode_arguments(find_tool("recall")->params, json);
  if (!decoded) return;
  const std::string_view text = *decoded->text("query");
  RC_ASSERT(is_valid_utf8(text) && !text.empty() && code_point_count(text) <= 200U);
  RC_ASSERT(text.find("<|im_start|>") == std::string_view::npos);
  RC_ASSERT(text.find("\xE2\x80\x8B") == std::string_view::npos);
}

RC_GTEST_PROP(ToolArguments, ACutTextIsRefused, ()) {
  const std::string whole = R"({"text":"drink tea","in_seconds":600,"action":"set"})";
  const auto length = *rc::gen::inRange<std::size_t>(1, whole.size());
  RC_ASSERT(!decode_arguments(find_tool("remind")->params, whole.substr(0, length)).has_value());
}

RC_GTEST_PROP(ToolResults, StandAloneBetweenTheMarks, ()) {
  ToolRound round;
  ToolUse use;
  use.call = {"id", "recall", "{}"};
  use.name = "recall";
  use.result = any_words();
  round.uses.push_back(use);
  std::vector<ChatLine> lines;
  append_rounds(lines, {round}, "bcdfghjk");
  RC_ASSERT(lines.size() == 2U);
  RC_ASSERT(lines[1].role == Role::Tool && lines[1].call_id == "id");
  RC_ASSERT(lines[1].text.starts_with("[bcdfghjk]") && lines[1].text.ends_with("[/bcdfghjk]"));
  // Nobody but us knows the mark, so it stands there twice.
  const std::string inside = lines[1].text.substr(10, lines[1].text.size() - 21);
  RC_ASSERT(inside.find("bcdfghjk") == std::string::npos);
  RC_ASSERT(inside.find("<|im_start|>") == std::string::npos);
}

RC_GTEST_PROP(ReminderTime, OffsetsAreTakenOff, ()) {
  const WallTime now = from_iso8601("2026-01-05T12:00:00Z").value();
  const auto ahead = std::chrono::seconds(*rc::gen::inRange(1, 300 * 86'400));
  const auto offset = std::chrono::minutes(*rc::gen::inRange(-14 * 60, 14 * 60 + 1));
  const std::string local = to_iso8601(now + ahead + offset).substr(0, 19);
  const auto size = std::chrono::abs(offset).count();
  const std::string said =
      fmt::format("{}{}{:02}:{:02}", local, offset.count() < 0 ? '-' : '+', size / 60, size % 60);
  const auto time = reminder_time(std::nullopt, said, now);
  RC_ASSERT(time.has_value());
  RC_ASSERT(*time == now + ahead);
}

}  // namespace
}  // namespace chorus::fleet
