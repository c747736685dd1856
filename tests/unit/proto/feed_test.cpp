#include "chorus/proto/feed/feed.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::proto::feed {
namespace {

std::string rss(const std::string& items) {
  return "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title>" + items +
         "</channel></rss>";
}

TEST(Feed, ReadsRss) {
  const auto items = parse(
      rss("<item><title> The bridge &amp; \n the river </title><link>http://news.test/1</link>"
          "<guid isPermaLink=\"false\">n-1</guid><pubDate>Mon, 05 Jan 2026 11:00:00 GMT</pubDate>"
          "<media:title>other</media:title><source><title>inner</title></source></item>"
          "<item><title><![CDATA[Second <b>item</b> &amp; more]]></title>"
          "<guid>https://news.test/2</guid></item><item><link>http://x/</link></item>"));
  ASSERT_TRUE(items) << items.error().message;
  ASSERT_EQ(items->size(), 2U) << "without a title it is nothing to talk about";
  const Item& first = items->at(0);
  EXPECT_EQ(first.title, "The bridge & the river");
  EXPECT_EQ(first.link, "http://news.test/1");
  EXPECT_EQ(first.id, "n-1");
  EXPECT_EQ(to_iso8601(*first.published), "2026-01-05T11:00:00.000Z");
  EXPECT_EQ(items->at(1).title, "Second item & more");
  EXPECT_EQ(items->at(1).link, "https://news.test/2") << "a permanent id is a link";
}

TEST(Feed, ReadsAtom) {
  const auto items = parse(
      "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title><entry>"
      "<title type=\"html\">One &amp;amp; &lt;i&gt;two&lt;/i&gt;</title><id>urn:1</id>"
      "<link rel=\"self\" href=\"http://a.test/s\"/><link href=\"http://a.test/1\"/>"
      "<updated>2026-01-05T12:00:00+03:00</updated></entry></feed>");
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 1U);
  EXPECT_EQ(items->at(0).title, "One & two");
  EXPECT_EQ(items->at(0).link, "http://a.test/1");
  EXPECT_EQ(to_iso8601(*items->at(0).published), "2026-01-05T09:00:00.000Z");
}

TEST(Feed, NothingExpandsAndNothingIsFetched) {
  const std::string laughs =
      "<!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
      "<rss><channel><item><title>&b;</title></item></channel></rss>";
  const std::string external =
      "<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
      "<rss><channel><item><title>&x;</title></item></channel></rss>";
  for (const auto& bad :
       {laughs, external, std::string("<rss><channel><item><title>&x;</title>"),
        std::string("<html><title>x</title></html>"), std::string("{}"), std::string()}) {
    const auto items = parse(bad);
    ASSERT_FALSE(items) << bad;
    EXPECT_EQ(items.error().code, ErrorCode::ParseError);
  }
}

TEST(Feed, HasBounds) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "<a>";
  EXPECT_FALSE(parse(rss(deep)));
  std::string many;
  for (int i = 0; i < 300; ++i) many += "<item><title>t</title></item>";
  EXPECT_EQ(parse(rss(many))->size(), kMostItems);
  const auto big = parse(std::string(kMostBytes + 1, ' '));
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, ErrorCode::PayloadTooLarge);
  const auto huge = parse(rss("<item><title>" + std::string(5000, 'x') + "ç</title><link>http://" +
                              std::string(3000, 'y') + "</link></item>"));
  EXPECT_EQ(huge->at(0).title.size(), 300U);
  EXPECT_EQ(huge->at(0).link, "");
  EXPECT_EQ(parse(rss("<item><title>t</title><link>javascript:alert(1)</link></item>"))->at(0).link,
            "");
}

TEST(Feed, ReadsTurkishEncodings) {
  for (const char* name : {"ISO-8859-9", "windows-1254"}) {
    const auto items = parse("<?xml version=\"1.0\" encoding=\"" + std::string(name) +
                             "\"?><rss><channel><item><title>\xDDstanbul \xFE\xFD\xE7</title>"
                             "</item></channel></rss>");
    ASSERT_TRUE(items) << name;
    EXPECT_EQ(items->at(0).title, "İstanbul şıç");
  }
  EXPECT_FALSE(parse("<?xml version=\"1.0\" encoding=\"x-unknown\"?><rss/>"));
}

TEST(Feed, ReadsDatesOfAllZones) {
  const auto read = [](std::string_view text) {
    const auto time = parse_date(text);
    return time ? to_iso8601(*time).substr(0, 16) : std::string("none");
  };
  EXPECT_EQ(read("Mon, 05 Jan 2026 11:00:00 GMT"), "2026-01-05T11:00");
  EXPECT_EQ(read("5 Jan 26 11:00 UT"), "2026-01-05T11:00");
  EXPECT_EQ(read("Mon, 5 January 2026 11:00:00 +0300"), "2026-01-05T08:00");
  EXPECT_EQ(read("Mon, 05 Jan 2026 11:00:00 -0530"), "2026-01-05T16:30");
  EXPECT_EQ(read("Mon, 05 Jan 2026 23:00:00 EST"), "2026-01-06T04:00");
  EXPECT_EQ(read("Mon, 05 Jan 2026 11:00:00 TRT"), "2026-01-05T08:00");
  EXPECT_EQ(read("Mon, 05 Jan 2026 11:00:00 XYZ"), "2026-01-05T11:00");
  EXPECT_EQ(read("2026-01-05T11:00:00.25Z"), "2026-01-05T11:00");
  EXPECT_EQ(read("2026-01-05T11:00:00+03:00"), "2026-01-05T08:00");
  for (const char* bad : {"", "yesterday", "2026-13-01T00:00:00Z", "31 Feb 2026 11:00:00 GMT",
                          "Mon, 05 Jan 2026", "05 Jan 2026 99:00:00 GMT"}) {
    EXPECT_EQ(read(bad), "none") << bad;
  }
}

}  // namespace
}  // namespace chorus::proto::feed
