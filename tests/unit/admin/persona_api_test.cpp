#include "chorus/admin/persona_api.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chorus::admin {
namespace {

using net::Method;

/// Writes down what it was asked for.
class FakePersonas final : public PersonaService {
 public:
  rt::Task<Result<json::object>> personas() override { co_return said("personas"); }
  [[nodiscard]] Result<json::object> shipped_persona(const std::string& id) const override {
    if (id != "helper") return fail(ErrorCode::NotFound, "no such persona");
    return json::object{{"id", id}};
  }
  [[nodiscard]] Result<json::object> lint_persona(const json::value& document) const override {
    return json::object{{"document", document}};
  }
  rt::Task<Result<json::array>> versions(BotId bot) override {
    if (bot != BotId(7)) co_return fail(ErrorCode::NotFound, "no such bot");
    co_return json::array{1, 2};
  }
  rt::Task<Result<json::object>> version(BotId bot, std::int32_t version) override {
    co_return said(fmt::format("version {} of {}", version, bot.value));
  }
  rt::Task<Result<json::object>> set_persona(BotId, json::value persona) override {
    if (persona == "liar") co_return fail(ErrorCode::InvalidArgument, "persona.tone: claims");
    co_return said("set " + json::serialize(persona));
  }
  rt::Task<Result<json::object>> import_persona(BotId, json::value document) override {
    co_return said("import " + json::serialize(document));
  }
  rt::Task<Result<json::array>> diff(BotId, std::int32_t from, std::int32_t to) override {
    co_return json::array{from, to};
  }
  rt::Task<Result<json::object>> rollback(BotId, std::int32_t to) override {
    if (to == 9) co_return fail(ErrorCode::Conflict, "it is the current one");
    co_return said(fmt::format("rollback {}", to));
  }
  rt::Task<Result<json::object>> accept_rewrite(BotId, std::int32_t version) override {
    co_return said(fmt::format("accept {}", version));
  }

  rt::Task<Result<json::object>> prompt(BotId, std::string room, std::string text) override {
    co_return said(fmt::format("prompt for '{}' in {}", text, room));
  }

 private:
  static json::object said(const std::string& what) { return {{"said", what}}; }
};

class PersonaApi : public ::testing::Test {
 protected:
  PersonaApi() { add_persona_routes(router, personas); }
  std::string call(Method method, std::string target, std::string body = {}) {
    net::Request request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    const auto response = test::drive(loop, router.handle(std::move(request)));
    return fmt::format("{} {}", response.status, response.body);
  }
  int status(Method method, std::string target, std::string body = {}) {
    return std::stoi(call(method, std::move(target), std::move(body)));
  }

  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual}};
  FakePersonas personas;
  net::Router router;
};

TEST_F(PersonaApi, ShowsAPromptForARoomAndAText) {
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/prompt", R"({"room":"Square","text":"hi"})"),
            R"(200 {"said":"prompt for 'hi' in Square"})");
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/prompt", R"({"room":"-100"})"),
            R"(200 {"said":"prompt for '' in -100"})");
  for (const char* body : {"{}", "[]", "{\"room\":5}", ""}) {
    EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/prompt", body), 400) << body;
  }
}

TEST_F(PersonaApi, Reads) {
  EXPECT_EQ(call(Method::Get, "/api/v1/personas"), R"(200 {"said":"personas"})");
  EXPECT_EQ(call(Method::Get, "/api/v1/personas/helper"), R"(200 {"id":"helper"})");
  EXPECT_EQ(status(Method::Get, "/api/v1/personas/nobody"), 404);
  EXPECT_EQ(call(Method::Get, "/api/v1/bots/7/personas"), "200 [1,2]");
  EXPECT_EQ(status(Method::Get, "/api/v1/bots/8/personas"), 404);
  EXPECT_EQ(status(Method::Get, "/api/v1/bots/x/personas"), 404);
  EXPECT_EQ(call(Method::Get, "/api/v1/bots/7/personas/current"),
            R"(200 {"said":"version 0 of 7"})");
  EXPECT_EQ(call(Method::Get, "/api/v1/bots/7/personas/3"), R"(200 {"said":"version 3 of 7"})");
  EXPECT_EQ(status(Method::Get, "/api/v1/bots/7/personas/-1"), 400);
  EXPECT_EQ(call(Method::Get, "/api/v1/bots/7/personas/2/diff/current"), "200 [2,0]");
}

TEST_F(PersonaApi, Writes) {
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/personas", R"("helper")"),
            R"(201 {"said":"set \"helper\""})");
  EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/personas", R"("liar")"), 400);
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/personas/import", R"({"a":1})"),
            R"(201 {"said":"import {\"a\":1}"})");
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/personas/rollback", R"({"version":2})"),
            R"(201 {"said":"rollback 2"})");
  EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/personas/rollback", R"({"version":9})"), 409);
  EXPECT_EQ(call(Method::Post, "/api/v1/bots/7/personas/accept", R"({"version":2})"),
            R"(201 {"said":"accept 2"})");
  EXPECT_EQ(call(Method::Post, "/api/v1/personas/lint", R"({"a":1})"),
            R"(200 {"document":{"a":1}})");
}

TEST_F(PersonaApi, WrongBodiesAreNamed) {
  for (const auto* body : {"", "{}", "[]", R"({"version":0})", R"({"version":"x"})"}) {
    EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/personas/rollback", body), 400) << body;
  }
  EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/personas", "{"), 400);
  EXPECT_EQ(status(Method::Post, "/api/v1/bots/7/personas", std::string(300 * 1024, ' ')), 413);
}

}  // namespace
}  // namespace chorus::admin
