#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/time.hpp"
#include "chorus/base/units.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus {
namespace {

std::vector<char32_t> code_points() {
  const auto any = rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 0x110000), [](std::uint32_t c) {
    return static_cast<char32_t>(c >= 0xD800 && c <= 0xDFFF ? c - 0xD800 : c);
  });
  return *rc::gen::container<std::vector<char32_t>>(any);
}

std::string encoded(const std::vector<char32_t>& points) {
  std::string out;
  for (const char32_t c : points) append_utf8(out, c);
  return out;
}

RC_GTEST_PROP(Utf8Property, DecodeOfEncodeIsTheSame, ()) {
  const auto points = code_points();
  const std::string text = encoded(points);
  RC_ASSERT(is_valid_utf8(text));
  RC_ASSERT(to_valid_utf8(text) == text);
  RC_ASSERT(code_point_count(text) == points.size());
  std::string_view rest = text;
  for (const char32_t c : points) {
    std::size_t bytes = 0;
    RC_ASSERT(decode_utf8(rest, bytes) == c);
    rest.remove_prefix(bytes);
  }
  RC_ASSERT(rest.empty());
}

RC_GTEST_PROP(Utf8Property, Utf16OffsetsOfPrefixesAreTheirBytes, ()) {
  const auto points = code_points();
  const std::string text = encoded(points);
  const std::size_t cut = *rc::gen::inRange<std::size_t>(0, points.size() + 1);
  const std::string_view prefix = truncate_code_points(text, cut);
  RC_ASSERT(code_point_count(prefix) == cut);
  RC_ASSERT(utf16_to_byte_offset(text, utf16_length(prefix)) == prefix.size());
}

RC_GTEST_PROP(Utf8Property, AnyBytesBecomeValidAndStaySo, (const std::string& bytes)) {
  const std::string valid = to_valid_utf8(bytes);
  RC_ASSERT(is_valid_utf8(valid));
  RC_ASSERT(to_valid_utf8(valid) == valid);
  RC_ASSERT(is_valid_utf8(bytes) == (valid == bytes));
}

RC_GTEST_PROP(JsonProperty, AnyBytesInAStringReadBackRepaired, (const std::string& bytes)) {
  std::string out;
  append_json_string(out, bytes);
  const auto back = parse_json(out);
  RC_ASSERT(back.has_value());
  RC_ASSERT(std::string_view(back->as_string()) == to_valid_utf8(bytes));
}

RC_GTEST_PROP(TextProperty, PercentDecodeUndoesEncode, (const std::string& bytes)) {
  RC_ASSERT(percent_decode(percent_encode(bytes), true) == bytes);
  RC_ASSERT(percent_decode(percent_encode(bytes), false) == bytes);
}

RC_GTEST_PROP(UnitsProperty, CompactDurationsReadBack, ()) {
  const auto ms = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
  const Duration d = std::chrono::milliseconds(ms);
  const auto back = parse_duration(format_duration_compact(d));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == d);
}

RC_GTEST_PROP(UnitsProperty, AnyTextIsParsedOrRefused, (const std::string& text)) {
  for (const std::string& candidate : {text, "1" + text, "2.5" + text, text + "/min"}) {
    const auto duration = parse_duration(candidate);
    RC_ASSERT(!duration || *duration >= Duration::zero());
    const auto rate = parse_rate(candidate);
    RC_ASSERT(!rate || (rate->low >= 0 && rate->high >= rate->low));
    (void)parse_bytes(candidate);  // must only not crash: every number of bytes is valid
  }
}

RC_GTEST_PROP(TimeProperty, Iso8601ReadsBackToTheMillisecond, ()) {
  const auto ms = *rc::gen::inRange<std::int64_t>(0, 253'402'300'799'999);
  const WallTime t = from_micros(ms * 1000);
  const auto back = from_iso8601(to_iso8601(t));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == t);
}

}  // namespace
}  // namespace chorus
