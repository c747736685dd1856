#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::platform::test {

inline constexpr const char* kToken = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1";
inline constexpr const char* kOrigin = "http://telegram.test:80";

inline rt::Loop::Options virtual_options() {
  rt::Loop::Options options;
  options.mode = rt::Loop::Mode::Virtual;
  return options;
}

/// A Bot API server that follows a script: each call takes the next answer, and when none is left a
/// getUpdates is held for 30 s and answered empty, every other call is answered `true`.
class ScriptedApi final : public net::Handler {
 public:
  explicit ScriptedApi(rt::Loop& loop) : loop_(loop) {}

  struct Seen {
    std::string target;
    std::string body;
    MonoTime at{};
  };
  std::vector<Seen> seen;
  std::size_t held = 0;  ///< polls that wait now

  void answer(net::Response response) { script_.push_back(std::move(response)); }
  void answer(int status, std::string body) {
    answer(net::Response::json(status, std::move(body)));
  }
  void ok(const std::string& result) { answer(200, R"({"ok":true,"result":)" + result + "}"); }
  void error(int status, const std::string& description, const std::string& parameters = "") {
    answer(status, R"({"ok":false,"error_code":)" + std::to_string(status) + R"(,"description":")" +
                       description + "\"" +
                       (parameters.empty() ? "" : ",\"parameters\":" + parameters) + "}");
  }
  void drop() {
    net::Response response;
    response.drop = true;
    answer(std::move(response));
  }

  rt::Task<net::Response> handle(net::Request request) override {
    const bool poll = request.target.ends_with("/getUpdates");
    seen.push_back({request.target, request.body, loop_.now()});
    if (!script_.empty()) {
      net::Response response = std::move(script_.front());
      script_.pop_front();
      co_return response;
    }
    if (!poll) co_return net::Response::json(200, R"({"ok":true,"result":true})");
    ++held;
    const bool slept = co_await rt::sleep_for(loop_, std::chrono::seconds(30));
    --held;
    if (!slept) co_return net::Response::empty(499);
    co_return net::Response::json(200, R"({"ok":true,"result":[]})");
  }

 private:
  rt::Loop& loop_;
  std::deque<net::Response> script_;
};

/// Takes updates, or refuses with the errors given.
class RecordingInbox final : public fleet::InboxPort {
 public:
  std::vector<fleet::IncomingUpdate> updates;
  std::vector<std::optional<std::int64_t>> offsets;
  std::vector<std::string> unauthorized;
  std::vector<std::string> conflicts;
  std::deque<ErrorCode> refusals;

  rt::Task<Result<void>> accept(BotId, std::vector<fleet::IncomingUpdate> given,
                                std::optional<std::int64_t> next_offset) override {
    if (!refusals.empty()) {
      const ErrorCode code = refusals.front();
      refusals.pop_front();
      co_return fail(code);
    }
    for (auto& update : given) updates.push_back(std::move(update));
    offsets.push_back(next_offset);
    co_return Result<void>{};
  }
  void report_unauthorized(BotId, std::string why) override { unauthorized.push_back(why); }
  void report_conflict(BotId, std::string why) override { conflicts.push_back(why); }
};

inline fleet::BotAccess bot_access(std::string token = kToken) {
  return {BotId(7), Secret(std::move(token)), "some_bot"};
}

/// A loop, a server and the way between them.
struct World {
  rt::Loop loop{virtual_options()};
  metrics::Registry metrics;
  ScriptedApi api{loop};
  net::InProcessTransport transport{loop, Rng(1)};
  RecordingInbox inbox;
  net::Url base = *net::Url::parse(kOrigin);

  World() { transport.route(kOrigin, api); }

  /// Runs one task on the loop and gives its value.
  template <class T>
  T run(rt::Task<T> task) {
    std::optional<T> out;
    rt::TaskScope scope(loop);
    scope.start("test", store(std::move(task), &out));
    loop.run();
    return std::move(out).value();
  }
  void run(rt::Task<void> task) {
    rt::TaskScope scope(loop);
    scope.start("test", std::move(task));
    loop.run();
  }

 private:
  template <class T>
  static rt::Task<void> store(rt::Task<T> task, std::optional<T>* out) {
    out->emplace(co_await std::move(task));
  }
};

}  // namespace chorus::platform::test
