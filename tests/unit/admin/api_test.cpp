#include "chorus/admin/api.hpp"

#include "chorus/base/json.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::admin {
namespace {

using net::Method;

/// Records what it was asked for.
class FakeFleet final : public FleetService {
 public:
  rt::Task<Result<BotView>> create_bot(BotCreate bot) override {
    created.push_back(bot);
    if (refusal) co_return std::unexpected(*refusal);
    BotView view;
    view.id = BotId(7);
    view.name = bot.name;
    view.has_token = true;
    view.state = "unverified";
    co_return view;
  }
  rt::Task<Result<BotView>> patch_bot(BotId bot, BotPatch patch) override {
    if (bot != BotId(7)) co_return fail(ErrorCode::NotFound, "there is no such bot");
    patched.push_back(patch);
    BotView view;
    view.id = bot;
    view.name = patch.name.value_or("old");
    co_return view;
  }
  rt::Task<Result<void>> remove_bot(BotId bot) override {
    removed.push_back(bot);
    if (bot != BotId(7)) co_return fail(ErrorCode::NotFound, "there is no such bot");
    co_return Result<void>{};
  }
  [[nodiscard]] std::vector<BotView> bots() const override { return {BotView{}}; }
  rt::Task<Result<ChatView>> create_chat(ChatCreate chat) override {
    ChatView view;
    view.id = RoomId(3);
    view.chat_id = chat.chat_id;
    view.topics = chat.topics;
    co_return view;
  }
  [[nodiscard]] std::vector<ChatView> chats() const override { return {}; }
  rt::Task<Result<ChatView>> enable_chat(std::string room, bool enabled) override {
    if (room != "-1001") co_return fail(ErrorCode::NotFound, "no room has that id");
    ChatView view;
    view.chat_id = room;
    view.is_enabled = enabled;
    co_return view;
  }
  rt::Task<Result<std::vector<std::string>>> set_room_tools(
      std::string room, std::optional<std::vector<std::string>> tools) override {
    if (room != "My room") co_return fail(ErrorCode::NotFound, "no room has that id");
    co_return tools ? *tools : std::vector<std::string>{"recall"};
  }
  Result<std::vector<std::string>> room_tools(std::string) const override {
    return std::vector<std::string>{"roll"};
  }
  [[nodiscard]] QueueStats queue_stats() const override {
    QueueStats stats;
    stats.high = 4;
    return stats;
  }
  [[nodiscard]] Health health() const override { return health_now; }
  rt::Task<json::object> status() override { co_return json::object{{"bots", 1}}; }
  rt::Task<Result<std::string>> disclosures() override { co_return std::string("bot_id\r\n7\r\n"); }
  void pause() override { acts.emplace_back("pause"); }
  void resume() override { acts.emplace_back("resume"); }
  void stop() override { acts.emplace_back("stop"); }

  std::vector<BotCreate> created;
  std::vector<BotPatch> patched;
  std::vector<BotId> removed;
  std::vector<std::string> acts;
  std::optional<Error> refusal;
  Health health_now;
};

class FakeKeys final : public KeyCheck {
 public:
  rt::Task<std::optional<std::string>> role_of(Secret key) override {
    ++asked;
    if (key.reveal() == "right") co_return "admin";
    co_return std::nullopt;
  }
  int asked = 0;
};

class FakeWebhooks final : public net::Handler {
 public:
  rt::Task<net::Response> handle(net::Request request) override {
    targets.push_back(request.target);
    co_return net::Response::json(200, "{}");
  }
  std::vector<std::string> targets;
};

class AdminApi : public ::testing::Test {
 protected:
  net::Response call(Method method, std::string target, std::string body = {},
                     std::string key = "right") {
    net::Request request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    if (!key.empty()) request.headers.add("X-API-Key", std::move(key));
    return test::drive(loop, api().handle(std::move(request)));
  }
  int status(Method method, std::string target, std::string key = "") {
    return call(method, std::move(target), "{}", std::move(key)).status;
  }
  /// The message of an error answer, which is always JSON.
  std::string message(const net::Response& response) {
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    const auto document = parse_json(response.body);
    if (!document) return "not JSON: " + response.body;
    return std::string(document->at("error").at("message").as_string());
  }
  Api& api() {
    if (!api_) api_.emplace(fleet, keys, webhooks, metrics, options);
    return *api_;
  }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual}};
  FakeFleet fleet;
  FakeKeys keys;
  FakeWebhooks webhooks;
  metrics::Registry metrics;
  Api::Options options;

 private:
  std::optional<Api> api_;
};

TEST_F(AdminApi, WhatNeedsNoKey) {
  EXPECT_EQ(status(Method::Get, "/healthz"), 200);
  EXPECT_EQ(status(Method::Get, "/queue/stats"), 200);
  EXPECT_EQ(status(Method::Get, "/metrics"), 200);
  EXPECT_EQ(status(Method::Post, "/webhook/telegram/123:abc"), 200);
  EXPECT_EQ(keys.asked, 0);
  EXPECT_EQ(webhooks.targets, std::vector<std::string>{"/webhook/telegram/123:abc"});
}

TEST_F(AdminApi, WhatNeedsAKey) {
  const std::pair<Method, const char*> closed[] = {
      {Method::Post, "/bots"},
      {Method::Get, "/bots"},
      {Method::Patch, "/bots/7"},
      {Method::Delete, "/bots/7"},
      {Method::Post, "/chats"},
      {Method::Get, "/chats"},
      {Method::Get, "/api/v1/status"},
      {Method::Post, "/api/v1/pause"},
      {Method::Post, "/api/v1/resume"},
      {Method::Post, "/api/v1/stop"},
      {Method::Post, "/api/v1/bots"},
      {Method::Get, "/api/v1/bots"},
      {Method::Patch, "/api/v1/bots/7"},
      {Method::Delete, "/api/v1/bots/7"},
      {Method::Post, "/healthz"},
      {Method::Post, "/queue/stats"},
      {Method::Post, "/metrics"},
      {Method::Get, "/webhook"},
      {Method::Get, "/queue/stats/x"},
      {Method::Get, "/nothing"},
      {Method::Get, "/%62ots"},
      {Method::Get, "//bots"},
      {Method::Get, "/api/v1/disclosures.csv"},
  };
  for (const auto& [method, target] : closed) {
    EXPECT_EQ(status(method, target), 401) << target;
    EXPECT_EQ(status(method, target, "wrong"), 401) << target;
  }
  EXPECT_TRUE(fleet.created.empty());
  EXPECT_TRUE(fleet.removed.empty());
  EXPECT_TRUE(fleet.acts.empty());
  EXPECT_EQ(message(call(Method::Get, "/bots", "", "")),
            "send the admin key in the header X-API-Key");
}

TEST_F(AdminApi, MetricsAreClosedToTheOutside) {
  options.loopback = false;
  EXPECT_EQ(status(Method::Get, "/metrics"), 401);
  EXPECT_EQ(status(Method::Get, "/metrics", "right"), 200);
  EXPECT_EQ(status(Method::Get, "/healthz"), 200);
}

TEST_F(AdminApi, DisclosuresAreATable) {
  const auto response = call(Method::Get, "/api/v1/disclosures.csv");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(response.body, "bot_id\r\n7\r\n");
}

TEST_F(AdminApi, MetricsArePrometheusText) {
  metrics.counter("chorus_sends_total", "Sends").add(3);
  const auto response = call(Method::Get, "/metrics", "", "");
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("chorus_sends_total 3"), std::string::npos);
}

TEST_F(AdminApi, HealthSaysWhatIsIll) {  // PB8
  fleet.health_now.checks.emplace("store", json::object{{"ok", true}});
  const auto well = call(Method::Get, "/healthz", "", "");
  EXPECT_EQ(well.body, R"({"ok":true,"status":"healthy","checks":{"store":{"ok":true}}})");
  fleet.health_now.ok = false;
  const auto ill = call(Method::Get, "/healthz", "", "");
  EXPECT_EQ(ill.status, 503);
  EXPECT_NE(ill.body.find(R"("status":"unhealthy")"), std::string::npos);
}

TEST_F(AdminApi, QueueCounts) {
  const auto response = call(Method::Get, "/queue/stats", "", "");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_NE(response.body.find(R"("total_queued":4)"), std::string::npos);
}

TEST_F(AdminApi, ABotIsMade) {
  const auto response = call(Method::Post, "/bots", R"({"name":"Ada","token":"any"})");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_NE(response.body.find(R"("id":7,"name":"Ada")"), std::string::npos);
  EXPECT_EQ(response.body.find(R"("token")"), std::string::npos) << "only its mask";
  ASSERT_EQ(fleet.created.size(), 1u);
  EXPECT_TRUE(fleet.created[0].founding);
  EXPECT_EQ(call(Method::Post, "/api/v1/bots", R"({"name":"B","token":"t"})").status, 201);
  EXPECT_FALSE(fleet.created[1].founding) << "our own route asks the platform first";
}

TEST_F(AdminApi, RefusalsAreJsonAndNameTheField) {
  const auto missing = call(Method::Post, "/bots", R"({"name":"Ada"})");
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(message(missing), "field 'token' is required");
  EXPECT_EQ(call(Method::Post, "/bots", "{").status, 400);
  EXPECT_EQ(call(Method::Post, "/bots", "").status, 400);
  fleet.refusal = Error(ErrorCode::Conflict, "a bot named Ada exists");
  const auto taken = call(Method::Post, "/bots", R"({"name":"Ada","token":"t"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(message(taken), "a bot named Ada exists");
}

TEST_F(AdminApi, ABotIsChangedAndRemoved) {
  EXPECT_EQ(call(Method::Patch, "/bots/7", R"({"is_enabled":false})").status, 200);
  ASSERT_EQ(fleet.patched.size(), 1u);
  EXPECT_EQ(fleet.patched[0].is_enabled, false);
  const auto removed = call(Method::Delete, "/bots/7");
  EXPECT_EQ(removed.status, 204);
  EXPECT_TRUE(removed.body.empty());
  EXPECT_EQ(message(call(Method::Delete, "/bots/8")), "there is no such bot");
}

TEST_F(AdminApi, AnIdThatIsNoneIsNotFound) {
  for (const auto* id : {"x", "7x", "0", "-7", "99999999999999999999", "7.0", "%37x"}) {
    const auto response = call(Method::Delete, std::string("/bots/") + id);
    EXPECT_EQ(response.status, 404) << id;
    EXPECT_EQ(message(response), "there is no such bot");
  }
  EXPECT_TRUE(fleet.removed.empty());
}

TEST_F(AdminApi, ARoomIsSwitchedOnAndOff) {
  const auto off = call(Method::Patch, "/api/v1/rooms/-1001", R"({"is_enabled":false})");
  EXPECT_EQ(off.status, 200);
  EXPECT_NE(off.body.find(R"("is_enabled":false)"), std::string::npos);
  EXPECT_EQ(call(Method::Patch, "/api/v1/rooms/-7", R"({"is_enabled":true})").status, 404);
  const auto empty = call(Method::Patch, "/api/v1/rooms/-1001", "{}");
  EXPECT_EQ(empty.status, 400);
  EXPECT_EQ(message(empty), "field 'is_enabled' is missing");
  EXPECT_EQ(call(Method::Patch, "/api/v1/rooms/-1001", "{}", "wrong").status, 401);
}

TEST_F(AdminApi, ARoomsToolsAreReadAndSet) {
  EXPECT_EQ(call(Method::Get, "/api/v1/rooms/-1001/tools", "").body, R"({"tools":["roll"]})");
  const auto own = call(Method::Put, "/api/v1/rooms/My%20room/tools", R"({"tools":["roll"]})");
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(own.body, R"({"tools":["roll"]})");
  EXPECT_EQ(call(Method::Put, "/api/v1/rooms/My%20room/tools", R"({"tools":null})").body,
            R"({"tools":["recall"]})");
  EXPECT_EQ(call(Method::Put, "/api/v1/rooms/other/tools", R"({"tools":[]})").status, 404);
  for (const char* bad : {"", "{}", R"({"tools":"roll"})", R"({"tools":[7]})"}) {
    EXPECT_EQ(call(Method::Put, "/api/v1/rooms/My%20room/tools", bad).status, 400) << bad;
  }
}

TEST_F(AdminApi, AChatIsMadeFromATextOrAnInteger) {
  for (const auto* id : {"\"-100500\"", "-100500"}) {
    const auto response =
        call(Method::Post, "/chats", std::string(R"({"title":"R","chat_id":)") + id + "}");
    EXPECT_EQ(response.status, 201);
    EXPECT_NE(response.body.find(R"("chat_id":"-100500")"), std::string::npos) << response.body;
  }
  EXPECT_EQ(message(call(Method::Post, "/chats", "{}")), "field 'chat_id' is required");
}

TEST_F(AdminApi, Lists) {
  EXPECT_EQ(call(Method::Get, "/chats").body, "[]");
  EXPECT_TRUE(call(Method::Get, "/bots").body.starts_with("[{"));
  EXPECT_EQ(call(Method::Get, "/api/v1/bots").body, call(Method::Get, "/bots").body);
}

TEST_F(AdminApi, TheFleetIsSteered) {
  EXPECT_EQ(call(Method::Get, "/api/v1/status").body, R"({"bots":1})");
  EXPECT_EQ(call(Method::Post, "/api/v1/pause").status, 202);
  EXPECT_EQ(call(Method::Post, "/api/v1/resume").status, 202);
  EXPECT_EQ(call(Method::Post, "/api/v1/stop").status, 202);
  EXPECT_EQ(fleet.acts, (std::vector<std::string>{"pause", "resume", "stop"}));
  EXPECT_EQ(call(Method::Get, "/api/v1/stop").status, 405);
}

TEST_F(AdminApi, UnknownRoutesAnswerJson) {
  const auto unknown = call(Method::Get, "/nothing");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_NE(message(unknown), "");
  EXPECT_EQ(call(Method::Put, "/bots").status, 405);
}

}  // namespace
}  // namespace chorus::admin
