#include "chorus/app/terminal.hpp"

#include "chorus/app/ready_line.hpp"
#include "chorus/base/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::app {
namespace {

TEST(Terminal, PaintsOnlyInColour) {
  Terminal plain;
  EXPECT_EQ(plain.bold("x"), "x");
  EXPECT_EQ(plain.red("x"), "x");
  Terminal colour;
  colour.color = true;
  EXPECT_EQ(colour.bold("x"), "\x1b[1mx\x1b[0m");
  EXPECT_EQ(colour.dim("x"), "\x1b[2mx\x1b[0m");
  EXPECT_EQ(colour.red("x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(colour.green("x"), "\x1b[32mx\x1b[0m");
  EXPECT_EQ(colour.yellow("x"), "\x1b[33mx\x1b[0m");
  EXPECT_EQ(colour.cyan("x"), "\x1b[36mx\x1b[0m");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("éßж"), 3u);
  EXPECT_EQ(display_width("━─–…µ"), 5u);
  EXPECT_EQ(display_width("中文"), 4u);
  EXPECT_EQ(display_width("한국"), 4u);
  EXPECT_EQ(display_width("🚀"), 2u);
  EXPECT_EQ(display_width("e\xCC\x81"), 1u) << "a combining accent takes no column";
  EXPECT_EQ(display_width("❤\xEF\xB8\x8F"), 1u);
  EXPECT_EQ(display_width("\x1b[1mab\x1b[0m"), 2u) << "colours take none";
  EXPECT_EQ(display_width("\xff"), 1u);
}

TEST(FitToWidth, KeepsWhatFits) {
  EXPECT_EQ(fit_to_width("abc", 3), "abc");
  EXPECT_EQ(fit_to_width("abcd", 3), "ab…");
  EXPECT_EQ(fit_to_width("中文字", 5), "中文…");
  EXPECT_EQ(fit_to_width("中文字", 4), "中…") << "no letter is cut in two";
  EXPECT_EQ(fit_to_width("abc", 1), "…");
  EXPECT_EQ(fit_to_width("abc", 0), "");
  EXPECT_EQ(fit_to_width("", 0), "");
}

TEST(FitToWidth, EndsTheColours) {
  EXPECT_EQ(fit_to_width("\x1b[1mabcd\x1b[0m", 3), "\x1b[1mab…\x1b[0m");
  EXPECT_EQ(fit_to_width("\x1b[1ma\x1b[0mbcd", 3), "\x1b[1ma\x1b[0mb…");
  EXPECT_EQ(fit_to_width("\x1b[1mab\x1b[0m", 2), "\x1b[1mab\x1b[0m");
}

TEST(PrintableLine, TakesTheTeethOutOfForeignText) {
  EXPECT_EQ(printable_line("one\ntwo\r\tthree"), "one two  three");
  EXPECT_EQ(printable_line("\x1b[2Jboo\x07"), " [2Jboo ");
  EXPECT_EQ(printable_line("a\xC2\x9B"
                           "b"),
            "a b")
      << "the one-byte form of the escape";
  EXPECT_EQ(printable_line("x\xE2\x80\xAEy"), "x y") << "text must not turn round";
  EXPECT_EQ(printable_line("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(printable_line("çay 🚀"), "çay 🚀");
}

TEST(WrapToWidth, BreaksAtSpacesAndGoesOnFurtherIn) {
  EXPECT_EQ(wrap_to_width("  - one two three four\n", 14), "  - one two\n    three four\n");
  EXPECT_EQ(wrap_to_width("short\n\n  table   1   2\n", 20), "short\n\n  table   1   2\n");
  EXPECT_EQ(wrap_to_width("  p95   8.0 s   limit 5 s", 18), "  p95   8.0 s\n    limit 5 s");
  EXPECT_EQ(wrap_to_width("  runs/20260105T120000-demo/report.html", 20),
            "  runs/20260105T120000-demo/report.html")
      << "a path can be copied";
  EXPECT_EQ(wrap_to_width("\x1b[1mone\x1b[0m two", 7), "\x1b[1mone\x1b[0m two")
      << "colours take no place";
  EXPECT_EQ(wrap_to_width("", 10), "");
}

TEST(WrapToWidth, NoLineWithABreakIsLongerThanTheTerminal) {
  std::string text = "   ";
  for (int i = 0; i < 60; ++i) text += " wörter" + std::to_string(i);
  for (const std::size_t columns : {40u, 60u, 80u, 200u}) {
    for (const auto line : split(wrap_to_width(text, columns), '\n')) {
      EXPECT_LE(display_width(line), columns);
    }
  }
}

TEST(ReadyLineTest, IsOneLineWithEveryDoor) {
  ReadyLine ready;
  ready.listen = "http://127.0.0.1:8080";
  EXPECT_EQ(ready.to_json(),
            R"({"ready":true,"listen":"http://127.0.0.1:8080","telegram":"","matrix":"",)"
            R"("llm":"","control":""})");
  ready.telegram = "http://127.0.0.1:8081";
  ready.control = "http://127.0.0.1:8090";
  ready.llm = "http://127.0.0.1:8082/v1";
  EXPECT_EQ(ready.to_json(),
            R"({"ready":true,"listen":"http://127.0.0.1:8080","telegram":"http://127.0.0.1:8081",)"
            R"("matrix":"","llm":"http://127.0.0.1:8082/v1","control":"http://127.0.0.1:8090"})");
}

}  // namespace
}  // namespace chorus::app
