#include "chorus/platform/news/feed_reader.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/random.hpp"
#include "chorus/proto/feed/feed.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::platform {
namespace {

constexpr int kMostRedirects = 3;
constexpr Duration kLongestPause = std::chrono::hours(1);

struct Address {
  net::Url url;
  std::string target;
};

Result<Address> address_of(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const std::size_t mark = std::min(text.find('?'), text.size());
  CH_TRY(net::Url url, net::Url::parse(text.substr(0, mark)));
  std::string target = url.path.empty() ? "/" : url.path;
  // A trailing slash is part of a feed's address.
  if (mark > 0 && text[mark - 1] == '/' && !target.ends_with('/')) target += '/';
  target += text.substr(mark);
  return Address{std::move(url), std::move(target)};
}

/// Where a redirect leads; a path stays on the same origin.
Result<Address> redirected(const Address& from, std::string_view location) {
  if (location.starts_with("//")) return fail(ErrorCode::ParseError, "a redirect without a scheme");
  if (!location.starts_with('/')) return address_of(location);
  return Address{from.url, std::string(location.substr(0, location.find('#')))};
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The host only: a feed's address may carry a subscriber's key.
std::string place_of(const net::Url& url) {
  return fmt::format("{}:{}", url.host, url.port);
}

}  // namespace

FeedReader::FeedReader(rt::Loop& loop, net::Transport& transport, metrics::Registry& metrics,
                       Options options)
    : loop_(loop),
      transport_(transport),
      options_(std::move(options)),
      scope_(loop),
      read_new_(metrics.counter("chorus_news_reads_total", "Reads of feeds", {{"result", "new"}})),
      read_same_(metrics.counter("chorus_news_reads_total", "Reads of feeds",
                                 {{"result", "not_modified"}})),
      read_failed_(
          metrics.counter("chorus_news_reads_total", "Reads of feeds", {{"result", "failed"}})) {
  for (std::size_t i = 0; i < options_.urls.size(); ++i) {
    auto address = address_of(options_.urls[i]);
    if (!address) {
      log::error("news", "feed {} has no address that can be read: {}", i + 1,
                 address.error().message);
      continue;
    }
    Feed feed;
    feed.url = std::move(address->url);
    feed.target = std::move(address->target);
    feed.number = i + 1;
    feeds_.push_back(std::move(feed));
  }
}

void FeedReader::start() {
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    rt::spawn(scope_, "feed", &FeedReader::keep_reading, this, i);
  }
}

rt::Task<void> FeedReader::stop() {
  co_await scope_.close();
}

std::vector<fleet::NewsItem> FeedReader::newest() const {
  std::vector<fleet::NewsItem> all;
  for (const Feed& feed : feeds_) all.insert(all.end(), feed.items.begin(), feed.items.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.published != b.published ? a.published > b.published : a.key < b.key;
  });
  return all;
}

rt::Task<void> FeedReader::keep_reading(FeedReader* self, std::size_t index) {
  Duration pause = self->options_.refresh;
  while (!self->scope_.stopping()) {
    const Outcome outcome = co_await self->read(index);
    if (self->scope_.stopping()) co_return;
    (outcome == Outcome::New           ? self->read_new_
     : outcome == Outcome::NotModified ? self->read_same_
                                       : self->read_failed_)
        .add();
    const Duration longest = std::max(kLongestPause, self->options_.refresh);
    pause = outcome == Outcome::Failed ? std::min(2 * pause, longest) : self->options_.refresh;
    if (!co_await rt::sleep_for(self->loop_, pause)) co_return;
  }
}

rt::Task<FeedReader::Outcome> FeedReader::read(std::size_t index) {
  Address at{feeds_[index].url, feeds_[index].target};
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    net::Request request;
    request.target = at.target;
    request.headers.add("Accept",
                        "application/rss+xml, application/atom+xml, application/xml, text/xml");
    request.headers.add("User-Agent", "chorus-feed-reader");
    if (!feeds_[index].etag.empty()) request.headers.add("If-None-Match", feeds_[index].etag);
    if (!feeds_[index].modified.empty()) {
      request.headers.add("If-Modified-Since", feeds_[index].modified);
    }
    net::CallOptions options;
    options.timeout = options_.timeout;
    options.max_body = proto::feed::kMostBytes;
    const auto response = co_await transport_.call(at.url, std::move(request), options);
    Feed& feed = feeds_[index];
    if (!response) co_return fail_with(feed, response.error().error.message);
    if (!is_redirect(response->status)) co_return take(feed, *response);
    auto next = redirected(at, response->headers.get("Location"));
    if (!next) co_return fail_with(feed, "it redirects to no address that can be read");
    if (at.url.tls && !next->url.tls) co_return fail_with(feed, "it redirects from https to http");
    at = *std::move(next);
  }
  co_return fail_with(feeds_[index], "it redirects without end");
}

FeedReader::Outcome FeedReader::take(Feed& feed, const net::Response& response) {
  if (response.status == 304) {
    feed.failing.clear();
    return Outcome::NotModified;
  }
  if (response.status != 200) return fail_with(feed, fmt::format("it answers {}", response.status));
  auto items = proto::feed::parse(response.body);
  if (!items) return fail_with(feed, items.error().message);
  const WallTime now = loop_.wall_now();
  std::vector<fleet::NewsItem> read;
  read.reserve(items->size());
  for (auto& item : *items) {
    fleet::NewsItem news;
    news.key = fmt::format("{:016x}{:016x}", stable_hash(item.id, 1), stable_hash(item.id, 2));
    news.title = std::move(item.title);
    news.link = std::move(item.link);
    const auto known = std::find_if(feed.items.begin(), feed.items.end(),
                                    [&](const auto& old) { return old.key == news.key; });
    // An item without a date is as old as our knowledge of it; nothing comes from the future.
    const WallTime seen = known != feed.items.end() ? known->published : now;
    news.published = item.published ? std::min(*item.published, now) : seen;
    read.push_back(std::move(news));
  }
  feed.items = std::move(read);
  feed.etag = response.headers.get("ETag");
  feed.modified = response.headers.get("Last-Modified");
  feed.failing.clear();
  return Outcome::New;
}

FeedReader::Outcome FeedReader::fail_with(Feed& feed, std::string_view why) {
  // Told again when the cause is another one: what an operator mended may not be what was wrong.
  if (feed.failing != why && !scope_.stopping()) {
    log::warn("news", "feed {} of news_feeds, at {}, cannot be read: {}; its last items are kept",
              feed.number, place_of(feed.url), why);
  }
  feed.failing = why;
  return Outcome::Failed;
}

}  // namespace chorus::platform
