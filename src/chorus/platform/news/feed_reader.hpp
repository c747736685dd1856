#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"

#include <string>
#include <vector>

namespace chorus::platform {

/// Keeps the items of news feeds at hand: reads each feed in the background, again after `refresh`,
/// with `If-None-Match` and `If-Modified-Since`, so that an unchanged feed costs no body. A feed
/// that fails keeps its last items and is asked half as often each time, at the least once an hour.
/// One loop's thread; memory: 200 items per feed.
class FeedReader final : public fleet::NewsPort {
 public:
  struct Options {
    std::vector<std::string> urls;  ///< http(s); an address that is none is logged and left out
    Duration refresh = std::chrono::minutes(5);
    Duration timeout = std::chrono::seconds(6);
  };
  /// `transport` and `metrics` outlive the reader.
  FeedReader(rt::Loop& loop, net::Transport& transport, metrics::Registry& metrics,
             Options options);

  void start();
  /// Await before destruction after `start`.
  rt::Task<void> stop();
  [[nodiscard]] std::vector<fleet::NewsItem> newest() const override;

 private:
  struct Feed {
    net::Url url;
    std::string target;  ///< path and query
    std::string etag;
    std::string modified;
    std::vector<fleet::NewsItem> items;
    std::size_t number = 0;  ///< in the setting, from 1: hosts are often the same
    std::string failing;     ///< why it could not be read last; empty: it could
  };
  enum class Outcome { New, NotModified, Failed };

  static rt::Task<void> keep_reading(FeedReader* self, std::size_t index);
  rt::Task<Outcome> read(std::size_t index);
  Outcome take(Feed& feed, const net::Response& response);
  Outcome fail_with(Feed& feed, std::string_view why);

  rt::Loop& loop_;
  net::Transport& transport_;
  Options options_;
  std::vector<Feed> feeds_;  ///< of fixed size
  rt::TaskScope scope_;
  metrics::Counter& read_new_;
  metrics::Counter& read_same_;
  metrics::Counter& read_failed_;
};

}  // namespace chorus::platform
