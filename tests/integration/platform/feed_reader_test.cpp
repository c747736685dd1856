#include "chorus/platform/news/feed_reader.hpp"

#include "chorus/metrics/registry.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/sleep.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <string>
#include <vector>

// Feeds over real sockets from a server of ours.
namespace chorus::platform {
namespace {

using namespace std::chrono_literals;

/// Serves one feed and writes down how it was asked.
class FeedServer final : public net::Handler {
 public:
  std::string body =
      "<rss version=\"2.0\"><channel><item><title>The bridge is open</title>"
      "<link>http://news.test/1</link><guid>n-1</guid></item></channel></rss>";
  std::string etag = "\"v1\"";
  int status = 200;
  std::size_t asked = 0, unchanged = 0;
  std::string last_target, modified_since;

  rt::Task<net::Response> handle(net::Request request) override {
    ++asked;
    last_target = request.target;
    modified_since = request.headers.get("If-Modified-Since");
    if (request.target == "/old") {
      net::Response moved = net::Response::empty(301);
      moved.headers.add("Location", "/feed?key=1");
      co_return moved;
    }
    if (status != 200) co_return net::Response::empty(status);
    if (!etag.empty() && request.headers.get("If-None-Match") == etag) {
      ++unchanged;
      co_return net::Response::empty(304);
    }
    net::Response response = net::Response::text(200, body);
    response.headers.add("ETag", etag);
    response.headers.add("Last-Modified", "Mon, 05 Jan 2026 11:00:00 GMT");
    co_return response;
  }
};

class FeedReaderTest : public ::testing::Test {
 protected:
  FeedReaderTest() : server(loop, handler, {}), transport(loop, {}) {
    EXPECT_TRUE(server.listen({}));
  }
  ~FeedReaderTest() override {
    if (reader) test::drive(loop, reader->stop());
    transport.close_idle();
    test::drive(loop, server.drain(1s));
  }
  void read(const std::string& path) {
    FeedReader::Options options;
    options.urls = {server.address() + path, "ftp://no.feed"};
    options.refresh = 5ms;
    reader = std::make_unique<FeedReader>(loop, transport, metrics, options);
    reader->start();
  }
  template <class Until>
  void wait(Until until) {
    test::drive(loop, poll(loop, until));
    EXPECT_TRUE(until());
  }
  template <class Until>
  static rt::Task<void> poll(rt::Loop& loop, Until until) {
    for (int i = 0; i < 5000 && !until(); ++i) (void)co_await rt::sleep_for(loop, 2ms);
  }
  double reads(const char* result) {
    return metrics.value("chorus_news_reads_total", {{"result", result}});
  }

  rt::Loop loop;
  metrics::Registry metrics;
  FeedServer handler;
  net::Server server;
  net::SocketTransport transport;
  std::unique_ptr<FeedReader> reader;
};

TEST_F(FeedReaderTest, ReadsAFeedAndAsksOnlyForWhatIsNew) {
  read("/feed?key=1");
  wait([&] { return reads("not_modified") >= 2; });
  EXPECT_EQ(handler.last_target, "/feed?key=1");
  EXPECT_EQ(handler.modified_since, "Mon, 05 Jan 2026 11:00:00 GMT");
  EXPECT_EQ(reads("new"), 1);
  const auto items = reader->newest();
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].title, "The bridge is open");
  EXPECT_EQ(items[0].link, "http://news.test/1");
  EXPECT_EQ(items[0].key.size(), 32U);
  const WallTime first_seen = items[0].published;
  handler.body.replace(handler.body.find("</channel>"), 0,
                       "<item><title>And closed again</title><guid>n-2</guid></item>");
  handler.etag = "\"v2\"";
  wait([&] { return reader->newest().size() == 2; });
  EXPECT_EQ(reader->newest()[1].published, first_seen) << "reading it again makes it no newer";
}

TEST_F(FeedReaderTest, AFeedThatFailsKeepsItsLastItems) {
  read("/feed");
  wait([&] { return reader->newest().size() == 1; });
  handler.status = 500;
  wait([&] { return reads("failed") >= 1; });
  EXPECT_EQ(reader->newest().size(), 1U);
  handler.status = 200;
  handler.etag = "";
  handler.body = "<!DOCTYPE rss [<!ENTITY a \"ha\">]><rss><channel/></rss>";
  wait([&] { return reads("failed") >= 2; });
  EXPECT_EQ(reader->newest().size(), 1U);
}

TEST_F(FeedReaderTest, FollowsARedirectAndRefusesWhatIsTooLarge) {
  read("/old");
  wait([&] { return reader->newest().size() == 1; });
  handler.etag = "";
  handler.body = std::string(2 * 1024 * 1024, ' ');
  wait([&] { return reads("failed") >= 1; });
  EXPECT_EQ(reader->newest().size(), 1U);
}

}  // namespace
}  // namespace chorus::platform
