#pragma once

#include "chorus/app/watch/watched_process.hpp"
#include "chorus/lab/watch/watch.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/blocking_pool.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"

#include <functional>
#include <optional>
#include <string>

namespace chorus::app {

/// What is followed; at least one is given.
struct WatchSources {
  std::optional<net::Url> metrics;  ///< with its path
  std::optional<net::Url> sandbox;  ///< control port
  std::optional<int> pid;           ///< and everything that it has started
};

/// An address without user, password and query: those may be secrets.
std::string shown_address(const net::Url& url);

/// Reads the sources of a watch at their times: each at most once in an interval, never while the
/// reading before is under way, none waited for longer than kAnswerWithin. One loop; the transport
/// must outlive it. Nothing is sent but GET requests, and nothing is opened but files of /proc.
class Watcher {
 public:
  static constexpr Duration kAnswerWithin = std::chrono::seconds(5);
  static constexpr std::size_t kMaxBody = 4 * 1024 * 1024;

  Watcher(rt::Loop& loop, net::Transport& transport, WatchSources sources,
          lab::Watch::Options options);

  /// The first reading of each source. Errors: Unavailable or NotFound with the source that is not
  /// there and why.
  rt::Task<Result<void>> begin();
  /// Follows until the time is over, `stop` is called, or the process ends. `shown` is called after
  /// every reading and four times a second.
  rt::Task<lab::WatchEnd> follow(std::function<void(Duration at)> shown);
  /// `why` is told in the report.
  void stop(std::string why);

  lab::Watch& watch() { return watch_; }
  [[nodiscard]] Duration elapsed() const { return loop_.now() - start_; }

 private:
  using From = lab::Watch::From;
  rt::Task<Result<void>> read(From from);
  rt::Task<Result<std::string>> get(const net::Url& url, std::string target);
  rt::Task<Result<void>> read_process();
  static rt::Task<void> keep_reading(Watcher* self, From from);
  static rt::Task<void> keep_looking(Watcher* self);

  rt::Loop& loop_;
  net::Transport& transport_;
  WatchSources sources_;
  Duration every_;
  Duration total_;
  rt::BlockingPool pool_;
  rt::TaskScope scope_;
  rt::Notify changed_;
  lab::Watch watch_;
  MonoTime start_;
  std::optional<WatchedProcess> process_;
  std::optional<lab::WatchEnd> end_;
  std::size_t reading_ = 0;  ///< under way
};

}  // namespace chorus::app
