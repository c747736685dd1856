#include "config_testing.hpp"

namespace chorus::app::testing {
namespace {

class ConfigFile : public ConfigTest {};

TEST_F(ConfigFile, EverythingItCanSay) {
  environment["ADA_TOKEN"] = "1001:ada";
  environment["LLM_KEY"] = "sk-1";
  write("eve.token", "1002:eve\n");
  file(R"(version: 1
listen: 9000
data: /srv/chorus
store: sqlite:/srv/chorus/db
public_url: https://bots.example.org
telegram:
  api_base: http://127.0.0.1:8081
llm:
  chain:
    - kind: openai-compatible
      base_url: http://127.0.0.1:8082/v1
      model: sandbox-small
      api_key: env:LLM_KEY
      prices: {in: 0.5, out: 1.5}
      concurrency: 200
    - kind: builtin
bots:
  - name: Ada
    token: env:ADA_TOKEN
    persona: trader
    rooms: [-1001, "-1002"]
  - name: Eve
    platform: telegram
    token: file:eve.token
personas: people
rooms: [-1001, -1002]
settings:
  selector: random
  max_tokens: 50
)");
  const auto config = load();
  EXPECT_EQ(config.listen.to_string(), "127.0.0.1:9000");
  EXPECT_EQ(config.data, "/srv/chorus");
  EXPECT_EQ(config.database_url, "sqlite:/srv/chorus/db");
  EXPECT_EQ(config.public_url, "https://bots.example.org");
  EXPECT_EQ(config.telegram_api_base, "http://127.0.0.1:8081");
  EXPECT_EQ(config.personas_dir, "people");
  EXPECT_EQ(config.rooms, (std::vector<std::int64_t>{-1001, -1002}));
  ASSERT_EQ(config.llm_chain.size(), 2u);
  EXPECT_EQ(config.llm_chain[0].kind, "openai-compatible");
  EXPECT_EQ(config.llm_chain[0].base_url, "http://127.0.0.1:8082/v1");
  EXPECT_EQ(config.llm_chain[0].model, "sandbox-small");
  EXPECT_EQ(config.llm_chain[0].api_key.reveal(), "sk-1");
  EXPECT_EQ(config.llm_chain[0].price_in, 0.5);
  EXPECT_EQ(config.llm_chain[0].price_out, 1.5);
  EXPECT_EQ(config.llm_chain[0].concurrency, 200u);
  EXPECT_EQ(config.llm_chain[1].kind, "builtin");
  ASSERT_EQ(config.bots.size(), 2u);
  EXPECT_EQ(config.bots[0].name, "Ada");
  EXPECT_EQ(config.bots[0].token.reveal(), "1001:ada");
  EXPECT_EQ(config.bots[0].persona, "trader");
  EXPECT_EQ(config.bots[0].rooms, (std::vector<std::string>{"-1001", "-1002"}));
  EXPECT_EQ(config.bots[1].token.reveal(), "1002:eve");
  const std::map<std::string, std::string> settings = {{"selector", "random"},
                                                       {"max_tokens", "50"}};
  EXPECT_EQ(config.settings, settings);
}

TEST_F(ConfigFile, AnUnknownKeyNamesItsPlaceAndTheNearestOne) {
  file("version: 1\n\n\n\n\n\n\n\n\n\ntelegram:\n    api_bas: http://127.0.0.1\n");
  EXPECT_EQ(error(), "chorus.yaml:12:5: unknown key 'api_bas', did you mean 'api_base'?");
  file("version: 1\nlistenn: 8080\n");
  EXPECT_EQ(error(), "chorus.yaml:2:1: unknown key 'listenn', did you mean 'listen'?");
  file("version: 1\nquantum: 8080\n");
  EXPECT_EQ(
      error(),
      "chorus.yaml:2:1: unknown key 'quantum' in the file; it has: version, listen, data, store, "
      "telegram, matrix, llm, bots, personas, rooms, settings, public_url");
}

TEST_F(ConfigFile, EveryProblemIsToldAtOnce) {
  file("version: 2\nlistenn: 1\nrooms: [x]\n");
  EXPECT_EQ(error(),
            "chorus.yaml:1:10: version must be 1\n"
            "chorus.yaml:2:1: unknown key 'listenn', did you mean 'listen'?\n"
            "chorus.yaml:3:9: 'x' is not a chat id");
}

TEST_F(ConfigFile, AKeyTwice) {
  file("version: 1\ndata: a\ndata: b\n");
  EXPECT_EQ(error(), "chorus.yaml:3:1: key 'data' is given twice");
}

TEST_F(ConfigFile, NotYaml) {
  file("version: 1\nbots: [\n");
  EXPECT_TRUE(error().starts_with("chorus.yaml:3:1: not YAML: ")) << error();
}

TEST_F(ConfigFile, WrongShapes) {
  file("- a\n- b\n");
  EXPECT_EQ(error(), "chorus.yaml:1:1: the file must be a map");
  file("version: 1\nlisten: [1]\n");
  EXPECT_EQ(error(), "chorus.yaml:2:9: listen must be one value");
  file("version: 1\nbots: {name: x}\n");
  EXPECT_EQ(error(), "chorus.yaml:2:7: bots must be a list");
  file("version: 1\nsettings: on\n");
  EXPECT_EQ(error(), "chorus.yaml:2:11: settings must be a map");
  file("listen: 8080\n");
  EXPECT_EQ(error(), "chorus.yaml:1:1: the file must start with version: 1");
}

TEST_F(ConfigFile, AnEmptyFileSaysNothing) {
  file("# nothing yet\n");
  EXPECT_EQ(load().listen.to_string(), "127.0.0.1:8080");
}

TEST_F(ConfigFile, SecretsAreNeverWrittenInIt) {
  constexpr auto kRefused = "a secret is given as env:NAME or file:PATH, never in this file";
  file("version: 1\nbots:\n  - name: Ada\n    token: 1001:SECRET\n");
  const auto message = error();
  EXPECT_TRUE(message.starts_with("chorus.yaml:4:12: " + std::string(kRefused))) << message;
  EXPECT_EQ(message.find("SECRET"), std::string::npos);
  file("version: 1\nllm:\n  chain:\n    - {kind: openai, api_key: sk-SECRET}\n");
  EXPECT_EQ(error(), "chorus.yaml:4:31: " + std::string(kRefused));
}

TEST_F(ConfigFile, SecretsThatAreNotThere) {
  file("version: 1\nllm:\n  chain:\n    - kind: openai\n      api_key: env:NOT_SET\n");
  EXPECT_EQ(error(), "chorus.yaml:5:16: the variable NOT_SET is not set");
  environment["NOT_SET"] = "";
  EXPECT_EQ(error(), "chorus.yaml:5:16: the variable NOT_SET is not set");
  file("version: 1\nllm:\n  chain:\n    - kind: openai\n      api_key: file:no.key\n");
  EXPECT_EQ(error(), "chorus.yaml:5:16: cannot read no.key");
  write("no.key", " \n");
  EXPECT_EQ(error(), "chorus.yaml:5:16: no.key is empty");
}

TEST_F(ConfigFile, SecretsMayStandInTheDotenv) {
  write(".env", "ADA_TOKEN=1001:ada\n");
  file("version: 1\nbots: [{name: Ada, token: env:ADA_TOKEN}]\n");
  EXPECT_EQ(load().bots.at(0).token.reveal(), "1001:ada");
}

TEST_F(ConfigFile, BotsThatCannotBe) {
  environment["T"] = "1:t";
  file("version: 1\nbots:\n  - token: env:T\n");
  EXPECT_EQ(error(), "chorus.yaml:3:5: a bot needs a name");
  file("version: 1\nbots:\n  - name: Ada\n");
  EXPECT_EQ(error(), "chorus.yaml:3:5: a bot needs a token: env:NAME or file:PATH");
  file("version: 1\nbots:\n  - {name: Ada, token: env:T, platform: icq}\n");
  EXPECT_EQ(error(), "chorus.yaml:3:5: platform 'icq' is not offered; it is telegram or matrix");
  file("version: 1\nbots:\n  - {name: Ada, token: env:T}\n  - {name: Ada, token: env:T}\n");
  EXPECT_EQ(error(), "chorus.yaml:4:5: there is another bot named 'Ada'");
}

TEST_F(ConfigFile, ProvidersThatCannotBe) {
  file("version: 1\nllm: {chain: [{kind: opneai}]}\n");
  EXPECT_EQ(error(),
            "chorus.yaml:2:15: unknown kind 'opneai', did you mean 'openai'?; kinds are builtin, "
            "openai, groq, local and openai-compatible");
  for (const auto* price : {"cheap", "-1", "nan", "inf", "1e300"}) {
    file(std::string("version: 1\nllm: {chain: [{kind: builtin, prices: {in: ") + price + "}}]}\n");
    EXPECT_EQ(error(), std::string("chorus.yaml:2:44: prices.in must be a number of 0 or more, not "
                                   "'") +
                           price + "'");
  }
}

TEST_F(ConfigFile, SettingsAreCheckedWhereTheyStand) {
  file("version: 1\nsettings:\n  selectr: score\n  max_tokens: many\n  disclosure: maybe\n");
  EXPECT_EQ(
      error(),
      "chorus.yaml:3:3: unknown key 'selectr', did you mean 'selector'?\n"
      "chorus.yaml:4:15: settings.max_tokens: expected a whole number from 1 to 32000 tokens, not "
      "'many'\n"
      "chorus.yaml:5:15: settings.disclosure: expected true or false, not 'maybe'");
}

TEST_F(ConfigFile, AFileThatIsNotThere) {
  path = (folder / "other.yaml").string();
  EXPECT_EQ(error(), "cannot read the file other.yaml");
  path = folder.path().string();
  EXPECT_NE(error().find("cannot read the file"), std::string::npos) << "a folder is no file";
}

TEST_F(ConfigFile, LlmBudgets) {
  using enum policy::BudgetUnit;
  using enum policy::BudgetPeriod;
  file(
      "version: 1\nllm:\n  budget: {money_per_day: 2.5}\n  chain:\n"
      "    - {kind: local, model: small, budget: {requests_per_minute: 30}}\n"
      "    - {kind: local, model: other, name: big, budget: {tokens_per_day: 100000}}\n"
      "    - {kind: local, model: third}\n");
  const auto config = load();
  ASSERT_EQ(config.llm_ceilings.size(), 1U);
  EXPECT_EQ(config.llm_ceilings[0], (policy::Ceiling{Money, Day, 2'500'000}));
  ASSERT_EQ(config.llm_chain.size(), 3U);
  EXPECT_EQ(config.llm_chain[0].name, "local");
  EXPECT_EQ(config.llm_chain[0].base_url, "http://127.0.0.1:11434/v1");
  EXPECT_EQ(config.llm_chain[0].price_in, 0);
  ASSERT_EQ(config.llm_chain[0].ceilings.size(), 1U);
  EXPECT_EQ(config.llm_chain[0].ceilings[0], (policy::Ceiling{Requests, Minute, 30}));
  EXPECT_EQ(config.llm_chain[1].name, "big");
  EXPECT_EQ(config.llm_chain[1].ceilings[0], (policy::Ceiling{Tokens, Day, 100'000}));
  EXPECT_EQ(config.llm_chain[2].name, "local-2");
}

TEST_F(ConfigFile, LlmBudgetsThatCannotBe) {
  file("version: 1\nllm: {budget: {tokens_per_month: 1}}\n");
  EXPECT_EQ(error(),
            "chorus.yaml:2:16: unknown key 'tokens_per_month', did you mean 'tokens_per_minute'?");
  file("version: 1\nllm: {budget: {tokens_per_day: 1.5}}\n");
  EXPECT_EQ(error(), "chorus.yaml:2:32: llm.budget.tokens_per_day must be a whole number");
  file(
      "version: 1\nllm:\n  budget: {money_per_day: 1}\n  chain:\n"
      "    - {kind: openai-compatible, base_url: 'http://127.0.0.1:9/v1', model: m}\n");
  EXPECT_EQ(error(),
            "llm: a budget of money is set, and provider openai-compatible has no prices (prices: "
            "{in: N, out: N}, money per million tokens)");
  file("version: 1\nllm: {chain: [{kind: local}]}\n");
  EXPECT_EQ(error(), "llm: kind local needs a model (LLM_MODEL, or model: in chorus.yaml)");
  file("version: 1\nllm: {chain: [{kind: builtin, name: x}, {kind: builtin, name: x}]}\n");
  EXPECT_EQ(error(), "llm: two providers have the name 'x'");
}

}  // namespace
}  // namespace chorus::app::testing
