#include "chorus/app/matrix_registration.hpp"
#include "chorus/proto/matrix/appservice.hpp"

#include "config_testing.hpp"

namespace chorus::app::testing {
namespace {

class ConfigMatrix : public ConfigTest {
 protected:
  void SetUp() override {
    environment = {{"T", "syt_token"}, {"AS", "as-secret"}, {"HS", "hs-secret"}};
  }
};

constexpr std::string_view kService =
    "version: 1\n"
    "matrix:\n"
    "  homeserver: https://home.example\n"
    "  mode: appservice\n"
    "  as_token: env:AS\n"
    "  hs_token: env:HS\n"
    "  url: http://chorus.example:8080\n"
    "  allow_invites: ['@ada:home.example', '*:work.example']\n"
    "bots:\n"
    "  - {name: nova, platform: matrix, user: '@no.va:home.example'}\n";

TEST_F(ConfigMatrix, ABotThatSyncsNeedsAHomeserverAndAToken) {
  file(
      "version: 1\nmatrix: {homeserver: 'http://127.0.0.1:8008'}\n"
      "bots:\n  - {name: nova, platform: matrix, token: env:T}\n");
  const auto config = load();
  ASSERT_TRUE(config.matrix);
  EXPECT_EQ(config.matrix->mode, platform::MatrixMode::Sync);
  EXPECT_TRUE(config.matrix->allow_invites.empty()) << "nobody's invitation by default";
  EXPECT_EQ(config.bots.at(0).token.reveal(), "syt_token");
  file("version: 1\nbots:\n  - {name: nova, platform: matrix, token: env:T}\n");
  EXPECT_EQ(error(), "bot 'nova' lives on Matrix: set matrix.homeserver");
  file(
      "version: 1\nmatrix: {homeserver: 'http://127.0.0.1:8008'}\n"
      "bots:\n  - {name: nova, platform: matrix}\n");
  EXPECT_EQ(error(),
            "chorus.yaml:4:5: a bot needs a token (env:NAME or file:PATH), or a user of the "
            "application service (user: \"@name:server\")");
  file("version: 1\nbots:\n  - {name: nova, platform: matrx, token: env:T}\n");
  EXPECT_EQ(error(),
            "chorus.yaml:3:5: platform 'matrx' is not offered, did you mean 'matrix'?; it "
            "is telegram or matrix");
}

TEST_F(ConfigMatrix, AnApplicationServiceHasTokensAndUsers) {
  file(kService);
  const auto config = load();
  ASSERT_TRUE(config.matrix);
  EXPECT_EQ(config.matrix->mode, platform::MatrixMode::AppService);
  EXPECT_EQ(config.matrix->as_token.reveal(), "as-secret");
  EXPECT_EQ(config.matrix->allow_invites,
            (std::vector<std::string>{"@ada:home.example", "*:work.example"}));
  EXPECT_EQ(config.bots.at(0).token.reveal(), "@no.va:home.example");
  EXPECT_EQ(origin(config, "matrix_as_token").find("as-secret"), std::string::npos);
  const auto text = matrix_registration(config);
  ASSERT_TRUE(text);
  const auto registration = proto::matrix::decode_registration(parse_json(*text)->get_object());
  ASSERT_TRUE(registration);
  EXPECT_EQ(registration->url, "http://chorus.example:8080");
  EXPECT_EQ(registration->hs_token, "hs-secret");
  EXPECT_FALSE(registration->rate_limited);
  ASSERT_EQ(registration->users.size(), 1U);
  EXPECT_EQ(registration->users[0].regex, R"(@no\.va:home\.example)");
}

TEST_F(ConfigMatrix, WhatCannotWorkSaysWhy) {
  const auto with = [&](std::string_view matrix, std::string_view bot = {}) {
    std::string yaml = "version: 1\nmatrix: {homeserver: 'https://home.example', ";
    yaml += matrix;
    yaml += "}\n";
    if (!bot.empty()) yaml += "bots:\n  - " + std::string(bot) + "\n";
    file(yaml);
    return error();
  };
  EXPECT_EQ(with("mode: appservic"),
            "matrix_mode (chorus.yaml): 'appservic' is no mode, did you mean 'appservice'?; it is "
            "sync, appservice or listener");
  EXPECT_EQ(with("mode: appservice"),
            "matrix: mode appservice needs as_token and hs_token (env:NAME or file:PATH), the same "
            "as in the registration file");
  EXPECT_EQ(with("mode: listener"),
            "matrix: mode listener needs listener_token (env:NAME or file:PATH): the token of an "
            "account that is in every room of the bots");
  EXPECT_EQ(with("allow_invites: [home]"),
            "matrix_allow_invites (chorus.yaml): 'home' is no rule for invitations: @user:server, "
            "*:server, !room:server or * (everybody)");
  EXPECT_EQ(with("as_token: plain"),
            "chorus.yaml:2:56: a secret is given as env:NAME or file:PATH, never in this file");
  EXPECT_EQ(
      with("mode: sync", "{name: nova, platform: matrix, user: '@nova:home.example'}"),
      "bot 'nova' is a user of an application service: set matrix.mode to appservice, or give "
      "it a token");
  EXPECT_EQ(with("mode: appservice, as_token: env:AS, hs_token: env:HS",
                 "{name: nova, platform: matrix, token: env:T}"),
            "bot 'nova' has a token of its own: in mode appservice it is named by user: "
            "\"@name:server\"");
  EXPECT_EQ(with("mode: sync", "{name: nova, platform: matrix, user: nova}"),
            "chorus.yaml:4:5: user is for bots of Matrix that an application service runs, as "
            "@name:server");
}

TEST_F(ConfigMatrix, TokensDoNotTravelInClearAndTestsStayHere) {
  file("version: 1\nmatrix: {homeserver: 'http://home.example'}\n");
  EXPECT_EQ(error(),
            "matrix_homeserver (chorus.yaml): tokens do not travel in clear: use https:// "
            "for home.example");
  environment["LOAD_TEST_MODE"] = "true";
  environment["TELEGRAM_API_BASE"] = "http://127.0.0.1:8081";
  file("version: 1\nmatrix: {homeserver: 'https://home.example'}\n");
  EXPECT_EQ(error(),
            "LOAD_TEST_MODE refuses the platform host home.example: only loopback is allowed");
}

TEST_F(ConfigMatrix, TheFoundingVariablesNameOneBot) {
  environment = {{"MATRIX_HOMESERVER", "http://127.0.0.1:8008"},
                 {"MATRIX_USER_ID", "@nova:sandbox"},
                 {"MATRIX_ACCESS_TOKEN", "syt_token"}};
  const auto config = load();
  ASSERT_EQ(config.bots.size(), 1U);
  EXPECT_EQ(config.bots[0].name, "nova");
  EXPECT_EQ(config.bots[0].platform, "matrix");
  EXPECT_EQ(config.bots[0].token.reveal(), "syt_token");
  environment["T"] = "syt_token";
  file("version: 1\nbots:\n  - {name: rex, platform: matrix, token: env:T}\n");
  EXPECT_EQ(load().bots.size(), 1U) << "the file names it already";
}

}  // namespace
}  // namespace chorus::app::testing
