#pragma once

#include "chorus/base/json.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/sandbox.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::sandbox::testing {

inline constexpr std::string_view kToken = "1001:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
inline constexpr std::string_view kToken2 = "1002:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Answer of a call that may still be under way.
struct Pending {
  std::optional<net::Response> response;
  [[nodiscard]] bool done() const { return response.has_value(); }
  [[nodiscard]] int status() const { return response ? response->status : 0; }
  [[nodiscard]] std::string body() const { return response ? response->body : std::string(); }
  [[nodiscard]] json::value result() const {
    return json::parse(response->body).as_object().at("result");
  }
};
using PendingPtr = std::shared_ptr<Pending>;

/// A webhook of a bot: keeps what it got, answers as told.
class Hook final : public net::Handler {
 public:
  explicit Hook(rt::Loop& loop) : loop_(loop) {}
  rt::Task<net::Response> handle(net::Request request) override {
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    bodies.push_back(request.body);
    requests.push_back(request);
    times.push_back(loop_.now());
    const auto answer = answers.empty() ? fallback : answers.front();
    if (!answers.empty()) answers.pop_front();
    if (delay > Duration{}) (void)co_await rt::sleep_for(loop_, delay);
    --under_way;
    co_return answer;
  }

  static net::Response status(int code) { return net::Response::empty(code); }

  std::vector<std::string> bodies;
  std::vector<net::Request> requests;
  std::vector<MonoTime> times;
  std::deque<net::Response> answers;
  net::Response fallback = net::Response::empty(200);
  Duration delay{};
  int under_way = 0;
  int most_under_way = 0;

 private:
  rt::Loop& loop_;
};

/// A sandbox on a virtual loop; calls go straight to its doors.
class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() { open({}); }
  ~SandboxTest() override { close(); }

  void open(Sandbox::Options options) {
    if (!options.seed) options.seed = 7;
    box = std::make_unique<Sandbox>(loop, std::move(options), transport, metrics);
    bool ok = false;
    rt::spawn(scope, "start", &SandboxTest::run_start, box.get(), &ok, &start_error);
    step_until([&] { return ok || !start_error.empty(); });
  }
  void close() {
    if (!box) return;
    bool stopped = false;
    rt::spawn(scope, "stop", &SandboxTest::run_stop, box.get(), &stopped);
    step_until([&] { return stopped; });
    box.reset();
  }

  template <class Condition>
  void step_until(Condition condition, Duration most = std::chrono::seconds(200)) {
    const auto end = loop.now() + most;
    while (!condition() && loop.now() < end) {
      loop.run_until(loop.now() + std::chrono::milliseconds(1));
    }
  }
  void advance(Duration d) { loop.run_until(loop.now() + d); }

  PendingPtr start(net::Request request) { return start(box->telegram_handler(), request); }
  PendingPtr start(net::Handler& handler, net::Request request) {
    auto pending = std::make_shared<Pending>();
    rt::spawn(scope, "call", &SandboxTest::run_call, &handler, std::move(request), pending);
    return pending;
  }
  PendingPtr start(std::string_view token, std::string_view method, std::string body = {}) {
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/{}", token, method);
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    return start(std::move(request));
  }
  net::Response send(net::Request request) {
    auto pending = start(std::move(request));
    step_until([&] { return pending->done(); });
    return pending->response.value_or(net::Response());
  }
  /// The answer's body.
  std::string call(std::string_view token, std::string_view method, std::string body = {}) {
    auto pending = start(token, method, std::move(body));
    step_until([&] { return pending->done(); });
    return pending->body();
  }
  json::value result(std::string_view token, std::string_view method, std::string body = {}) {
    const auto text = call(token, method, std::move(body));
    const auto parsed = json::parse(text);
    if (!parsed.at("ok").as_bool()) ADD_FAILURE() << method << ": " << text;
    return parsed.as_object().contains("result") ? parsed.at("result") : json::value();
  }
  /// Description of the error that a call must answer.
  std::string error(std::string_view token, std::string_view method, std::string body = {}) {
    const auto text = call(token, method, std::move(body));
    const auto parsed = json::parse(text);
    if (parsed.at("ok").as_bool()) {
      ADD_FAILURE() << method << " was accepted: " << text;
      return {};
    }
    return std::string(parsed.at("description").as_string());
  }
  std::vector<std::int64_t> update_ids(std::string_view token, std::string body = {}) {
    std::vector<std::int64_t> ids;
    for (const auto& update : result(token, "getUpdates", std::move(body)).as_array()) {
      ids.push_back(update.at("update_id").as_int64());
    }
    return ids;
  }

  BotInfo bot(std::string_view name, bool privacy = false, bool b2b = false, bool admin = false) {
    BotSpec spec;
    spec.username = std::string(name);
    spec.privacy = privacy;
    spec.bot_to_bot = b2b;
    spec.admin = admin;
    return box->create_bot(std::move(spec)).value();
  }
  PersonInfo person(std::string_view name) {
    PersonSpec spec;
    spec.name = std::string(name);
    spec.first_name = std::string(name);
    return box->create_person(std::move(spec)).value();
  }
  RoomInfo room(RoomType type, std::vector<PlatformUserId> bots,
                std::vector<PlatformUserId> people = {}) {
    RoomSpec spec;
    spec.type = type;
    spec.title = "Room";
    spec.bots = std::move(bots);
    spec.people = std::move(people);
    return box->create_room(std::move(spec)).value();
  }
  PlatformMessageId say(PlatformUserId from, PlatformChatId where, std::string text,
                        std::optional<PlatformMessageId> reply_to = std::nullopt) {
    PersonMessage message;
    message.from = from;
    message.room = where;
    message.text = std::move(text);
    message.reply_to = reply_to;
    const auto id = box->post(std::move(message));
    if (!id) ADD_FAILURE() << id.error().message;
    return id.value_or(PlatformMessageId(0));
  }
  PlatformMessageId whisper(PlatformUserId from, PlatformUserId to, std::string text) {
    PersonMessage message;
    message.from = from;
    message.bot = to;
    message.text = std::move(text);
    const auto id = box->post(std::move(message));
    if (!id) ADD_FAILURE() << id.error().message;
    return id.value_or(PlatformMessageId(0));
  }

  metrics::Registry metrics;
  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  net::InProcessTransport transport{loop, Rng(5)};
  struct Scope : rt::TaskScope {
    explicit Scope(rt::Loop& l) : rt::TaskScope(l), loop_(l) {}
    ~Scope() {
      cancel();
      while (size() > 0) loop_.run_until(loop_.now() + std::chrono::milliseconds(1));
    }
    rt::Loop& loop_;
  } scope{loop};
  std::unique_ptr<Sandbox> box;
  std::string start_error;

 private:
  static rt::Task<void> run_start(Sandbox* sandbox, bool* ok, std::string* why) {
    const auto started = co_await sandbox->start();
    *ok = started.has_value();
    if (!started) *why = started.error().message;
  }
  static rt::Task<void> run_stop(Sandbox* sandbox, bool* stopped) {
    co_await sandbox->stop(std::chrono::seconds(1));
    *stopped = true;
  }
  static rt::Task<void> run_call(net::Handler* handler, net::Request request, PendingPtr pending) {
    pending->response = co_await handler->handle(std::move(request));
  }
};

}  // namespace chorus::sandbox::testing
