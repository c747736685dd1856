#include "chorus/app/watch/watcher.hpp"

#include "chorus/app/run_task.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

/// A program's `/metrics` that answers as the test says.
class Program final : public net::Handler {
 public:
  explicit Program(rt::Loop& loop) : loop_(loop) {}
  rt::Task<net::Response> handle(net::Request request) override {
    ++asked;
    if (request.method != net::Method::Get) ++others;
    most_at_once = std::max(most_at_once, ++at_once);
    if (takes > Duration::zero()) (void)co_await rt::sleep_for(loop_, takes);
    --at_once;
    if (asked > fails_from && asked <= fails_to) co_return net::Response::text(503, "not now");
    co_return net::Response::text(
        200, fmt::format("# TYPE done_total counter\ndone_total {}\n", asked) + padding);
  }
  Duration takes{};
  int fails_from = 1'000'000;
  int fails_to = 0;
  std::string padding;
  int asked = 0;
  int others = 0;  ///< that were no GET
  int at_once = 0;
  int most_at_once = 0;

 private:
  rt::Loop& loop_;
};

class WatcherTest : public ::testing::Test {
 public:  // for the coroutine, which is no member
  WatcherTest() { EXPECT_TRUE(server_.listen({})); }

  static rt::Task<Result<lab::WatchEnd>> drive(WatcherTest* self) {
    auto end = Result<lab::WatchEnd>(fail(ErrorCode::Internal, "not begun"));
    if (const auto begun = co_await self->watcher_->begin()) {
      end = co_await self->watcher_->follow({});
    } else {
      end = std::unexpected(begun.error());
    }
    co_await self->server_.drain(1s);
    co_return end;
  }
  Result<lab::WatchEnd> watch(Duration total, Duration every) {
    WatchSources sources;
    sources.metrics = *net::Url::parse(server_.address() + "/metrics");
    lab::Watch::Options options;
    options.total = total;
    options.every = every;
    watcher_.emplace(loop_, transport_, sources, options);
    return run_to_end(loop_, drive(this));
  }
  lab::RunResult result(const lab::WatchEnd& end) {
    return watcher_->watch().finish(watcher_->elapsed(), end, {});
  }

  rt::Loop loop_;
  Program program_{loop_};
  net::Server server_{loop_, program_, {}};
  net::SocketTransport transport_{loop_, {}};
  std::optional<Watcher> watcher_;
};

TEST_F(WatcherTest, AProgramIsAskedOnceInAnIntervalAndForNothingButItsNumbers) {
  const auto end = watch(1s, 100ms);
  ASSERT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(end->why, "after 1s");
  EXPECT_LE(program_.asked, 11) << "the first one, and one after each of ten intervals";
  EXPECT_GE(program_.asked, 2);
  EXPECT_EQ(program_.others, 0);
  const auto r = result(*end);
  EXPECT_EQ(r.watch->sources.at(0).reads, static_cast<std::uint64_t>(program_.asked));
  EXPECT_EQ(r.watch->rows.at(0).value, program_.asked - 1);
}

TEST_F(WatcherTest, ASlowProgramIsNeverAskedTwiceAtATime) {
  program_.takes = 300ms;
  const auto end = watch(1500ms, 100ms);
  ASSERT_TRUE(end.has_value()) << end.error().message;
  EXPECT_EQ(program_.most_at_once, 1);
  EXPECT_LE(program_.asked, 6);
}

TEST_F(WatcherTest, WhatGoesAwayForATimeIsAGapAndNotTheEnd) {
  program_.fails_from = 2;
  program_.fails_to = 4;
  const auto end = watch(3s, 100ms);
  ASSERT_TRUE(end.has_value());
  const auto r = result(*end);
  const auto& source = r.watch->sources.at(0);
  EXPECT_EQ(source.failed, 2u);
  EXPECT_EQ(source.gaps.size(), 1u);
  EXPECT_EQ(source.last_error, "it answered 503");
}

TEST_F(WatcherTest, WhatIsNotThereAtTheStartIsAnError) {
  program_.fails_from = 0;
  program_.fails_to = 10;
  const auto end = watch(1s, 100ms);
  ASSERT_FALSE(end.has_value());
  EXPECT_NE(end.error().message.find("/metrics: it answered 503"), std::string::npos)
      << end.error().message;
}

TEST_F(WatcherTest, AnAnswerBeyondTheBoundIsRefused) {
  program_.padding = std::string(Watcher::kMaxBody + 1, '#');
  EXPECT_FALSE(watch(1s, 100ms).has_value());
}

}  // namespace
}  // namespace chorus::app
