#include "chorus/lab/detail/csv.hpp"

#include "chorus/base/text.hpp"
#include "chorus/lab/detail/trace_file.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus::lab::detail {
namespace {

std::string some_cell() {
  const auto length = *rc::gen::inRange(0, 8);
  std::string out;
  for (int i = 0; i < length; ++i) out += *rc::gen::element('a', ' ', ',', '"', '\n', '\r', '0');
  return out;
}

RC_GTEST_PROP(CsvProperty, WhatIsQuotedIsReadBackAsItWas, ()) {
  const auto columns = *rc::gen::inRange<std::size_t>(1, 5);
  const auto count = *rc::gen::inRange(0, 12);
  std::vector<std::vector<std::string>> rows;
  std::string text;
  for (int i = 0; i < count; ++i) {
    auto& row = rows.emplace_back();
    for (std::size_t c = 0; c < columns; ++c) {
      row.push_back(some_cell());
      if (c > 0) text += ',';
      text += '"' + replace_all(row.back(), "\"", "\"\"") + '"';
    }
    text += *rc::gen::element("\n", "\r\n");
  }
  const auto parsed = parse_csv(text, 100);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT((*parsed)[i].cells == rows[i]);
}

RC_GTEST_PROP(CsvProperty, AnyBytesAreAnsweredWithinTheBound, (const std::string& bytes)) {
  const auto parsed = parse_csv(bytes, 3);
  if (parsed) RC_ASSERT(parsed->size() <= 3U);
  const auto trace = parse_trace(bytes);
  if (!trace) return;
  RC_ASSERT(!trace->empty());
  RC_ASSERT(trace->front().at == Duration::zero());
  RC_ASSERT(std::ranges::is_sorted(*trace, {}, &TracePoint::at));
}

TEST(Csv, TellsTheLineOfAQuoteWithoutAnEnd) {
  const auto parsed = parse_csv("a,b\n\"c\nd", 10);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "line 2: a quoted cell has no end");
}

}  // namespace
}  // namespace chorus::lab::detail
