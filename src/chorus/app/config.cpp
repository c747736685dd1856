#include "chorus/app/config.hpp"

#include "chorus/app/detail/config_file.hpp"
#include "chorus/app/dotenv.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

struct Entry {
  std::string value;
  std::string source;
};

/// One scalar setting of the process: its name, its variable, its default.
struct Known {
  const char* name;
  const char* variable;
  const char* fallback;
  bool secret = false;
};
constexpr Known kKnown[] = {
    {"listen", "CHORUS_LISTEN", "127.0.0.1:8080"},
    {"behind_proxy", "CHORUS_BEHIND_PROXY", "false"},
    {"data", "CHORUS_DATA", ""},
    {"key_file", "CHORUS_KEY_FILE", ""},
    {"database_url", "DATABASE_URL", ""},
    {"redis_url", "REDIS_URL", ""},
    {"telegram_api_base", "TELEGRAM_API_BASE", "https://api.telegram.org"},
    {"public_url", "CHORUS_PUBLIC_URL", ""},
    {"load_test_mode", "LOAD_TEST_MODE", "false"},
    {"api_key", "API_KEY", "", true},
    {"token_encryption_key", "TOKEN_ENCRYPTION_KEY", "", true},
    {"llm_provider", "LLM_PROVIDER", ""},
    {"llm_model", "LLM_MODEL", ""},
    {"openai_api_key", "OPENAI_API_KEY", "", true},
    {"openai_base_url", "OPENAI_BASE_URL", ""},
    {"groq_api_key", "GROQ_API_KEY", "", true},
    {"personas_dir", "CHORUS_PERSONAS", ""},
    {"log_file", "CHORUS_LOG_FILE", ""},
};

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

Result<bool> parse_bool(const std::string& name, const std::string& value) {
  const std::string lower = ascii_lower(value);
  if (lower == "true" || lower == "1" || lower == "yes") return true;
  if (lower == "false" || lower == "0" || lower == "no" || lower.empty()) return false;
  return fail(ErrorCode::Misconfigured,
              fmt::format("{} must be true or false, not '{}'", name, value));
}

Result<std::vector<LlmProvider>> chain_from_environment(
    const std::map<std::string, Entry>& entries) {
  const auto get = [&](const char* name) { return entries.at(name).value; };
  const std::string provider = ascii_lower(get("llm_provider"));
  const bool openai = provider == "openai" || (provider.empty() && !get("openai_api_key").empty());
  const bool groq = provider == "groq" || (provider.empty() && !get("groq_api_key").empty());
  std::vector<LlmProvider> chain;
  if (!provider.empty() && provider != "openai" && provider != "groq" && provider != "builtin") {
    const auto hint = nearest(provider, {"openai", "groq", "builtin"});
    return fail(ErrorCode::Misconfigured,
                fmt::format("LLM_PROVIDER '{}' is not known{}; it is openai, groq or builtin",
                            provider, hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
  if (openai) {
    LlmProvider& p = chain.emplace_back();
    p.kind = "openai";
    p.base_url = get("openai_base_url");
    p.model = get("llm_model");
    p.api_key = Secret(get("openai_api_key"));
  }
  if (groq) {
    LlmProvider& p = chain.emplace_back();
    p.kind = "groq";
    p.model = openai ? "" : get("llm_model");
    p.api_key = Secret(get("groq_api_key"));
  }
  return chain;
}

/// Fills what a preset knows, and says what is missing.
Result<void> complete_provider(LlmProvider& provider) {
  if (provider.kind == "builtin") return {};
  if (provider.base_url.empty()) {
    if (provider.kind == "openai") provider.base_url = "https://api.openai.com/v1";
    if (provider.kind == "groq") provider.base_url = "https://api.groq.com/openai/v1";
    if (provider.base_url.empty()) {
      return fail(ErrorCode::Misconfigured, "llm: kind openai-compatible needs a base_url");
    }
  }
  if (provider.model.empty()) {
    provider.model = provider.kind == "groq" ? "llama-3.3-70b-versatile" : "gpt-4o-mini";
  }
  CH_TRY(const net::Url url, net::Url::parse(provider.base_url));
  if (provider.api_key.empty() && !url.is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("llm: provider {} at {} needs an API key (api_key: env:NAME)",
                            provider.kind, url.origin()));
  }
  return {};
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string default_data_dir(const ConfigInputs& inputs) {
  if (geteuid() == 0) return "/var/lib/chorus";
  if (const auto xdg = inputs.environment("XDG_DATA_HOME"); xdg && !xdg->empty()) {
    return *xdg + "/chorus";
  }
  return inputs.environment("HOME").value_or(".") + "/.local/share/chorus";
}

std::string default_key_file(const ConfigInputs& inputs) {
  if (geteuid() == 0) return "/etc/chorus/keys";
  if (const auto xdg = inputs.environment("XDG_CONFIG_HOME"); xdg && !xdg->empty()) {
    return *xdg + "/chorus/keys";
  }
  return inputs.environment("HOME").value_or(".") + "/.config/chorus/keys";
}

Result<ServeConfig> load_serve_config(const ConfigInputs& inputs) {
  ServeConfig config;
  std::map<std::string, Entry> entries;
  for (const auto& known : kKnown) entries[known.name] = {known.fallback, "default"};
  entries["data"].value = default_data_dir(inputs);
  entries["key_file"].value = default_key_file(inputs);

  std::string file = inputs.file;
  if (file.empty() && fs::exists("chorus.yaml")) file = "chorus.yaml";
  const fs::path folder = file.empty() ? fs::path(".") : fs::path(file).parent_path();
  std::map<std::string, std::string> dotenv;
  if (const auto text = read_file(folder / ".env")) {
    CH_TRY(dotenv, parse_dotenv(*text, (folder / ".env").string()));
  }
  const auto variable = [&](const std::string& name) -> std::optional<Entry> {
    if (const auto value = inputs.environment(name)) return Entry{*value, "environment " + name};
    if (const auto found = dotenv.find(name); found != dotenv.end()) {
      return Entry{found->second, ".env " + name};
    }
    return std::nullopt;
  };

  if (!file.empty()) {
    const auto text = read_file(file);
    if (!text) {
      return fail(ErrorCode::Misconfigured, fmt::format("cannot read the file {}", file));
    }
    const auto secrets = [&](const std::string& reference) -> Result<Secret> {
      if (reference.starts_with("env:")) {
        if (const auto value = variable(reference.substr(4))) return Secret(value->value);
        return fail(ErrorCode::Misconfigured,
                    fmt::format("the variable {} is not set", reference.substr(4)));
      }
      if (reference.starts_with("file:")) {
        const fs::path path = folder / reference.substr(5);
        if (const auto value = read_file(path)) return Secret(std::string(trim(*value)));
        return fail(ErrorCode::Misconfigured, fmt::format("cannot read {}", path.string()));
      }
      return fail(ErrorCode::Misconfigured,
                  "a secret is given as env:NAME or file:PATH, never in this file");
    };
    CH_TRY_VOID(detail::apply_config_file(
        *text, file, secrets,
        [&](const std::string& name, const std::string& value) { entries[name] = {value, file}; },
        config));
  }
  for (const auto& known : kKnown) {
    if (auto value = variable(known.variable)) entries[known.name] = std::move(*value);
  }
  for (const auto& [name, value] : inputs.flags) {
    std::string flag = "--" + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    entries[name] = {value, flag};
  }

  const auto get = [&](const char* name) -> const std::string& { return entries[name].value; };
  CH_TRY(config.listen, net::Endpoint::parse(get("listen")));
  CH_TRY(config.behind_proxy, parse_bool("behind_proxy", get("behind_proxy")));
  if (!config.listen.is_loopback() && !config.behind_proxy) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("listen {} is not loopback: put a TLS proxy in front and add "
                            "--behind-proxy, or listen on 127.0.0.1",
                            config.listen.to_string()));
  }
  config.data = get("data");
  config.key_file = get("key_file");
  config.database_url = get("database_url");
  config.telegram_api_base = get("telegram_api_base");
  config.public_url = get("public_url");
  CH_TRY(config.load_test_mode, parse_bool("LOAD_TEST_MODE", get("load_test_mode")));
  config.api_key = Secret(get("api_key"));
  config.token_encryption_key = Secret(get("token_encryption_key"));
  config.personas_dir = get("personas_dir");
  config.log_file = get("log_file");
  if (!config.api_key.empty() && !config.listen.is_loopback() &&
      config.api_key.reveal().size() < 24) {
    return fail(ErrorCode::Misconfigured,
                "API_KEY must have 24 characters or more when Chorus is reachable from outside");
  }
  if (!config.database_url.empty() && !config.database_url.starts_with("sqlite:")) {
    return fail(ErrorCode::Misconfigured,
                "DATABASE_URL must start with sqlite: (PostgreSQL comes with scale-out)");
  }
  if (config.llm_chain.empty()) {
    CH_TRY(config.llm_chain, chain_from_environment(entries));
  }
  if (config.llm_chain.empty()) config.llm_chain.emplace_back();
  for (auto& provider : config.llm_chain) CH_TRY_VOID(complete_provider(provider));

  CH_TRY(const net::Url base, net::Url::parse(config.telegram_api_base));
  if (config.load_test_mode && !base.is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("LOAD_TEST_MODE refuses the platform host {}: only loopback is allowed",
                            base.host));
  }
  for (const auto& known : kKnown) {
    const Entry& entry = entries[known.name];
    config.origins.push_back(
        {known.name, known.secret ? Secret(entry.value).masked() : entry.value, entry.source});
  }
  for (const auto& [name, value] : config.settings) {
    config.origins.push_back({"settings." + name, value, file});
  }
  return config;
}

}  // namespace chorus::app
