#include "chorus/app/notify/notifier.hpp"

#include "chorus/app/notify/notice_targets.hpp"
#include "chorus/app/run_task.hpp"
#include "chorus/base/log.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/sleep.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <optional>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSecretPath = "/hooks/T00/very-secret-of-the-hook";

/// A web hook's receiver that answers as the test says.
class Receiver final : public net::Handler {
 public:
  rt::Task<net::Response> handle(net::Request request) override {
    paths.emplace_back(request.target);
    const int status = statuses.empty() ? 200 : statuses.front();
    if (!statuses.empty()) statuses.pop_front();
    if (status == 200) bodies.push_back(parse_json(request.body).value().as_object());
    co_return net::Response::text(status, "");
  }
  std::deque<int> statuses;
  std::vector<std::string> paths;
  std::vector<json::object> bodies;
};

/// The notifier on real sockets, with a service that the test makes ill and well.
class NotifierTest : public ::testing::Test {
 public:  // for the tests' coroutines, which are no members
  NotifierTest() {
    log::Options options;
    options.file = (dir_ / "log").string();
    log::start(options);
    EXPECT_TRUE(server_.listen({}));
    settings_.webhook = Secret(server_.address() + kSecretPath);
    settings_.quiet = 0s;
  }

  using Body = std::function<rt::Task<void>(NotifierTest*)>;
  static rt::Task<Result<bool>> drive(NotifierTest* self, Body body) {
    self->notifier_.emplace(
        self->loop_, self->metrics_,
        Notifier::Hooks{[self]() -> const NotifySettings& { return self->settings_; },
                        [self](Duration) { return self->figures_; },
                        [self](Notice notice) {
                          return post_notice(&self->transport_, self->settings_.webhook,
                                             std::move(notice));
                        },
                        nullptr},
        Notifier::Times{10ms, 10ms});
    self->notifier_->start();
    co_await body(self);
    co_await self->notifier_->close();
    co_await self->server_.drain(1s);
    co_return true;
  }
  void run(Body body) { EXPECT_TRUE(run_to_end(loop_, drive(this, std::move(body)))); }
  rt::Task<bool> until(std::function<bool()> condition) {
    const MonoTime end = loop_.now() + 20s;
    while (!condition()) {
      if (loop_.now() > end || !co_await rt::sleep_for(loop_, 5ms)) co_return false;
    }
    co_return true;
  }
  [[nodiscard]] bool counted(const std::string& result, int n) {
    const std::string line = "chorus_notices_total{target=\"webhook\",result=\"" + result + "\"} ";
    const std::string other = "chorus_notices_total{result=\"" + result + "\",target=\"webhook\"} ";
    const std::string text = metrics_.prometheus_text();
    return text.find(line + std::to_string(n) + "\n") != std::string::npos ||
           text.find(other + std::to_string(n) + "\n") != std::string::npos;
  }

  ~NotifierTest() override { log::shutdown(); }
  /// What the log holds; nothing is written into it any more.
  [[nodiscard]] std::string logged() const {
    log::shutdown();
    std::ifstream in((dir_ / "log").string());
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::TempDir dir_;
  rt::Loop loop_;
  metrics::Registry metrics_;
  net::SocketTransport transport_{loop_, {}};
  Receiver receiver_;
  net::Server server_{loop_, receiver_, {}};
  NotifySettings settings_;
  AlertFigures figures_;
  std::optional<Notifier> notifier_;
};

TEST_F(NotifierTest, ANoticeArrivesOnceAndItsEndToo) {
  run([](NotifierTest* t) -> rt::Task<void> {
    t->figures_.bots = {{"ada", "", true}};
    EXPECT_TRUE(co_await t->until([t] { return t->receiver_.bodies.size() == 1; }));
    (void)co_await rt::sleep_for(t->loop_, 100ms);  // ten more looks say nothing new
    t->figures_.bots = {{"ada", "", false}};
    EXPECT_TRUE(co_await t->until([t] { return t->receiver_.bodies.size() == 2; }));
  });
  ASSERT_EQ(receiver_.bodies.size(), 2U);
  EXPECT_EQ(receiver_.paths[0], kSecretPath);
  EXPECT_EQ(receiver_.bodies[0].at("source"), "chorus");
  EXPECT_EQ(receiver_.bodies[0].at("event"), "raised");
  EXPECT_EQ(receiver_.bodies[0].at("key"), "token:ada");
  EXPECT_EQ(receiver_.bodies[0].at("text"),
            "chorus: bot ada is switched off: the platform refused its token");
  EXPECT_EQ(receiver_.bodies[1].at("event"), "recovered");
  EXPECT_TRUE(counted("sent", 2)) << metrics_.prometheus_text();
}

TEST_F(NotifierTest, AReceiverThatIsIllIsTriedAgain) {
  receiver_.statuses = {500, 429, 503};
  run([](NotifierTest* t) -> rt::Task<void> {
    t->figures_.ticks = {10, 90};
    EXPECT_TRUE(co_await t->until([t] { return t->receiver_.bodies.size() == 1; }));
  });
  EXPECT_EQ(receiver_.paths.size(), 4U);
  EXPECT_TRUE(counted("sent", 1));
}

TEST_F(NotifierTest, ARefusalIsNotTriedAgainAndNothingOfTheAddressIsLogged) {
  receiver_.statuses = {404};
  run([](NotifierTest* t) -> rt::Task<void> {
    t->figures_.sends = {0, 100};
    EXPECT_TRUE(co_await t->until([t] { return t->counted("failed", 1); }));
    // Then a host where nobody listens.
    t->settings_.webhook = Secret("http://127.0.0.1:1" + std::string(kSecretPath));
    t->figures_.sends = {};
    EXPECT_TRUE(co_await t->until([t] { return t->counted("failed", 2); }));
  });
  EXPECT_EQ(receiver_.paths.size(), 1U);
  const std::string text = logged();
  EXPECT_NE(text.find("a notice could not be taken to the webhook"), std::string::npos) << text;
  EXPECT_NE(text.find("100 of 100 sends failed"), std::string::npos) << "the log has it anyway";
  EXPECT_EQ(text.find("very-secret"), std::string::npos) << text;
  EXPECT_EQ(metrics_.prometheus_text().find("very-secret"), std::string::npos);
}

TEST_F(NotifierTest, WhatWaitsForADeadReceiverIsBounded) {
  run([](NotifierTest* t) -> rt::Task<void> {
    t->settings_.webhook = Secret("http://127.0.0.1:1/");
    for (int i = 0; i < 500; ++i) t->figures_.bots.push_back({std::to_string(i), "", true});
    EXPECT_TRUE(co_await t->until([t] { return t->counted("dropped", 400); }))
        << t->metrics_.prometheus_text();
  });
}

}  // namespace
}  // namespace chorus::app
