#include "config_testing.hpp"

#include <unistd.h>

namespace chorus::app::testing {
namespace {

class Config : public ConfigTest {};

TEST_F(Config, FlagThenEnvironmentThenDotenvThenFileThenDefault) {
  EXPECT_EQ(origin(load(), "listen"), "127.0.0.1:8080 <- default");
  file("version: 1\nlisten: 9001\n");
  EXPECT_EQ(origin(load(), "listen"), "9001 <- " + path);
  write(".env", "CHORUS_LISTEN=9002\n");
  EXPECT_EQ(origin(load(), "listen"), "9002 <- .env CHORUS_LISTEN");
  environment["CHORUS_LISTEN"] = "9003";
  EXPECT_EQ(origin(load(), "listen"), "9003 <- environment CHORUS_LISTEN");
  flags["listen"] = "9004";
  EXPECT_EQ(origin(load(), "listen"), "9004 <- --listen");
  EXPECT_EQ(load().listen.port, 9004);
}

TEST_F(Config, AnEmptyVariableIsNotSet) {
  file("version: 1\nlisten: 9001\n");
  environment["CHORUS_LISTEN"] = "";
  environment["TELEGRAM_API_BASE"] = "";
  const auto config = load();
  EXPECT_EQ(config.listen.port, 9001);
  EXPECT_EQ(config.telegram_api_base, "https://api.telegram.org");
}

TEST_F(Config, OriginsAreInOrderAndMaskSecrets) {
  file("version: 1\n");
  environment = {{"API_KEY", "abcdefghijklmnopqrstuvwxyz"},
                 {"OPENAI_API_KEY", "sk-0123456789abcdef"},
                 {"TOKEN_ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef"},
                 {"REDIS_URL", "redis://:hunter2@10.0.0.1:6379/0"}};
  const auto config = load();
  EXPECT_EQ(origin(config, "api_key"), "abcd… (26 characters) <- environment API_KEY");
  EXPECT_EQ(origin(config, "openai_api_key"),
            "sk-0… (19 characters) <- environment OPENAI_API_KEY");
  EXPECT_EQ(origin(config, "groq_api_key"), "(empty) <- default");
  EXPECT_EQ(origin(config, "redis_url"), "redis://***@10.0.0.1:6379/0 <- environment REDIS_URL");
  for (std::size_t i = 1; i < config.origins.size(); ++i) {
    EXPECT_LT(config.origins[i - 1].name, config.origins[i].name);
  }
  for (const auto& origin : config.origins) {
    for (const auto* secret : {"efgh", "56789", "hunter2"}) {
      EXPECT_EQ(origin.value.find(secret), std::string::npos) << origin.name;
    }
  }
}

TEST_F(Config, FlagsWithTwoWordsAreShownAsTyped) {
  flags["key_file"] = "/k";
  EXPECT_EQ(origin(load(), "key_file"), "/k <- --key-file");
}

TEST_F(Config, SettingsComeFromEverywhereToo) {
  file("version: 1\nsettings:\n  selector: random\n  max_tokens: 50\n  pacing: fast\n");
  write(".env", "CHORUS_MAX_TOKENS=60\nCHORUS_PACING=none\n");
  environment["CHORUS_PACING"] = "human";
  const auto config = load();
  EXPECT_EQ(config.settings.at("selector"), "random");
  EXPECT_EQ(config.settings.at("max_tokens"), "60");
  EXPECT_EQ(config.settings.at("pacing"), "human");
  EXPECT_EQ(origin(config, "settings.selector"), "random <- " + path);
  EXPECT_EQ(origin(config, "settings.max_tokens"), "60 <- .env CHORUS_MAX_TOKENS");
  EXPECT_EQ(origin(config, "settings.pacing"), "human <- environment CHORUS_PACING");
  environment["CHORUS_PACING"] = "warp";
  EXPECT_EQ(error(),
            "environment CHORUS_PACING: settings.pacing: expected one of human, fast, none, not "
            "'warp'");
}

TEST_F(Config, ABadDotenvNamesItsLine) {
  file("version: 1\n");
  write(".env", "A=1\nB\n");
  EXPECT_EQ(error(), ".env:2: expected KEY=value");
}

TEST_F(Config, ValuesThatAreNoneSayWhereTheyCameFrom) {
  flags["listen"] = "nowhere";
  EXPECT_TRUE(error().starts_with("listen (--listen): 'nowhere' is not an address")) << error();
  flags.clear();
  environment["CHORUS_BEHIND_PROXY"] = "maybe";
  EXPECT_EQ(error(),
            "behind_proxy (environment CHORUS_BEHIND_PROXY): expected true or false, not 'maybe'");
  environment = {{"LOAD_TEST_MODE", "on"}};
  EXPECT_EQ(error(), "load_test_mode (environment LOAD_TEST_MODE): expected true or false, not 'on'");
  environment = {{"TELEGRAM_API_BASE", "user:hunter2@host"}};
  EXPECT_TRUE(error().starts_with("telegram_api_base (environment TELEGRAM_API_BASE): "));
  EXPECT_EQ(error().find("hunter2"), std::string::npos);
  environment = {{"DATABASE_URL", "postgresql://u:hunter2@h/db"}};
  EXPECT_EQ(error(), "DATABASE_URL must start with sqlite: (PostgreSQL comes with scale-out)");
}

TEST_F(Config, ListeningOutsideNeedsAProxyAndALongKey) {
  flags["listen"] = "0.0.0.0:8080";
  EXPECT_EQ(error(),
            "listen 0.0.0.0:8080 is not loopback: put a TLS proxy in front and add --behind-proxy, "
            "or listen on 127.0.0.1");
  flags["behind_proxy"] = "true";
  EXPECT_TRUE(load().behind_proxy);
  environment["API_KEY"] = "short";
  EXPECT_EQ(error(),
            "API_KEY must have 24 characters or more when Chorus is reachable from outside");
  environment["API_KEY"] = std::string(24, 'k');
  EXPECT_EQ(load().api_key.reveal().size(), 24u);
  flags["listen"] = "localhost:8080";
  environment["API_KEY"] = "k";
  EXPECT_EQ(load().api_key.reveal(), "k") << "on loopback any key will do";
}

TEST_F(Config, LoadTestModeRefusesEveryHostThatIsNotLoopback) {  // PB6
  environment["LOAD_TEST_MODE"] = "true";
  EXPECT_EQ(error(),
            "LOAD_TEST_MODE refuses the platform host api.telegram.org: only loopback is allowed");
  environment["TELEGRAM_API_BASE"] = "http://127.0.0.1:8081";
  EXPECT_TRUE(load().load_test_mode);
  environment["OPENAI_API_KEY"] = "sk-real";
  EXPECT_EQ(error(),
            "LOAD_TEST_MODE refuses the LLM provider openai at api.openai.com: only loopback is "
            "allowed");
  environment["OPENAI_BASE_URL"] = "http://localhost:8082/v1";
  EXPECT_TRUE(load().load_test_mode);
}

TEST_F(Config, WithoutAnyKeyTheBuiltinGeneratorSpeaks) {
  const auto config = load();
  ASSERT_EQ(config.llm_chain.size(), 1u);
  EXPECT_EQ(config.llm_chain[0].kind, "builtin");
}

TEST_F(Config, ProvidersFromTheEnvironment) {
  environment["OPENAI_API_KEY"] = "sk-o";
  environment["GROQ_API_KEY"] = "gsk-g";
  environment["LLM_MODEL"] = "big";
  auto config = load();
  ASSERT_EQ(config.llm_chain.size(), 2u);
  EXPECT_EQ(config.llm_chain[0].kind, "openai");
  EXPECT_EQ(config.llm_chain[0].base_url, "https://api.openai.com/v1");
  EXPECT_EQ(config.llm_chain[0].model, "big");
  EXPECT_EQ(config.llm_chain[1].kind, "groq");
  EXPECT_EQ(config.llm_chain[1].base_url, "https://api.groq.com/openai/v1");
  EXPECT_EQ(config.llm_chain[1].model, "llama-3.3-70b-versatile")
      << "a model is the first provider's";
  environment["LLM_PROVIDER"] = "Groq";
  config = load();
  ASSERT_EQ(config.llm_chain.size(), 1u);
  EXPECT_EQ(config.llm_chain[0].kind, "groq");
  EXPECT_EQ(config.llm_chain[0].model, "big");
  EXPECT_EQ(config.llm_chain[0].api_key.reveal(), "gsk-g");
  environment["LLM_PROVIDER"] = "builtin";
  config = load();
  ASSERT_EQ(config.llm_chain.size(), 1u);
  EXPECT_EQ(config.llm_chain[0].kind, "builtin");
}

TEST_F(Config, ALocalServerNeedsNoKey) {
  environment["OPENAI_BASE_URL"] = "http://127.0.0.1:11434/v1";
  const auto config = load();
  ASSERT_EQ(config.llm_chain.size(), 1u);
  EXPECT_EQ(config.llm_chain[0].kind, "openai");
  EXPECT_EQ(config.llm_chain[0].base_url, "http://127.0.0.1:11434/v1");
}

TEST_F(Config, ProvidersThatCannotWork) {
  environment["LLM_PROVIDER"] = "opnai";
  EXPECT_EQ(error(),
            "LLM_PROVIDER 'opnai' is not known, did you mean 'openai'?; it is openai, groq, "
            "local or builtin");
  environment["LLM_PROVIDER"] = "zzzzzz";
  EXPECT_EQ(error(), "LLM_PROVIDER 'zzzzzz' is not known; it is openai, groq, local or builtin");
  environment["LLM_PROVIDER"] = "openai";
  EXPECT_EQ(error(),
            "llm: provider openai at https://api.openai.com:443 needs an API key (OPENAI_API_KEY, "
            "or api_key: env:NAME in chorus.yaml)");
  environment["OPENAI_API_KEY"] = "sk";
  environment["OPENAI_BASE_URL"] = "api.example.org";
  EXPECT_TRUE(error().starts_with("llm: base_url of openai: ")) << error();
  environment.clear();
  file("version: 1\nllm: {chain: [{kind: openai-compatible}]}\n");
  EXPECT_EQ(error(), "llm: kind openai-compatible needs a base_url");
}

TEST_F(Config, TheFilesChainBeatsTheEnvironmentsKeys) {
  environment["OPENAI_API_KEY"] = "sk-ambient";
  file("version: 1\nllm: {chain: [{kind: builtin}]}\n");
  const auto config = load();
  ASSERT_EQ(config.llm_chain.size(), 1u);
  EXPECT_EQ(config.llm_chain[0].kind, "builtin");
}

TEST_F(Config, DefaultFoldersFollowTheXdgVariables) {
  environment = {{"HOME", "/home/ada"}};
  const bool root = geteuid() == 0;
  EXPECT_EQ(default_data_dir(inputs()), root ? "/var/lib/chorus" : "/home/ada/.local/share/chorus");
  EXPECT_EQ(default_key_file(inputs()),
            root ? "/etc/chorus/keys" : "/home/ada/.config/chorus/keys");
  environment["XDG_DATA_HOME"] = "/x/data";
  environment["XDG_CONFIG_HOME"] = "/x/config";
  EXPECT_EQ(default_data_dir(inputs()), root ? "/var/lib/chorus" : "/x/data/chorus");
  EXPECT_EQ(default_key_file(inputs()), root ? "/etc/chorus/keys" : "/x/config/chorus/keys");
  EXPECT_EQ(load().data, default_data_dir(inputs()));
}

}  // namespace
}  // namespace chorus::app::testing
