#include "chorus/app/config.hpp"

#include "chorus/app/detail/config_file.hpp"
#include "chorus/app/detail/config_matrix.hpp"
#include "chorus/app/dotenv.hpp"
#include "chorus/app/service_settings.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

struct Entry {
  std::string value;
  std::string source;
};

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

/// `listen (--listen)`: the setting and where its value came from.
std::string place(const char* name, const Entry& entry) {
  return fmt::format("{} ({})", name, entry.source);
}

Result<void> check_value(const config::Setting& known, Entry& entry) {
  auto value = config::check(known, entry.value);
  if (!value) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("{}: {}", place(known.name.c_str(), entry), value.error().message));
  }
  entry.value = *std::move(value);
  return {};
}

/// A URL that the configuration names. Its text is not repeated: it may carry a password.
Result<net::Url> parse_url(const std::string& where, const std::string& text) {
  auto url = net::Url::parse(text);
  if (!url) {
    return fail(ErrorCode::Misconfigured, fmt::format("{}: {}", where, url.error().message));
  }
  return url;
}

/// `redis://:***@host`: what may be shown of a value that can be a URL with a password.
std::string without_password(const std::string& value) {
  const auto scheme = value.find("://");
  if (scheme == std::string::npos) return value;
  const auto end = value.find_first_of("/?#", scheme + 3);
  const auto at = value.rfind('@', end);
  if (at == std::string::npos || at < scheme + 3) return value;
  return value.substr(0, scheme + 3) + "***" + value.substr(at);
}

Result<std::vector<LlmProvider>> chain_from_environment(
    const std::map<std::string, Entry>& entries) {
  const auto get = [&](const char* name) { return entries.at(name).value; };
  const std::string provider = ascii_lower(get("llm_provider"));
  const bool openai =
      provider == "openai" ||
      (provider.empty() && (!get("openai_api_key").empty() || !get("openai_base_url").empty()));
  const bool local = provider == "local";
  const bool groq = provider == "groq" || (provider.empty() && !get("groq_api_key").empty());
  std::vector<LlmProvider> chain;
  if (!provider.empty() && provider != "openai" && provider != "groq" && !local &&
      provider != "builtin") {
    const auto hint = nearest(provider, {"openai", "groq", "local", "builtin"});
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("LLM_PROVIDER '{}' is not known{}; it is openai, groq, local or builtin",
                    provider, hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
  if (openai || local) {
    LlmProvider& p = chain.emplace_back();
    p.kind = openai ? "openai" : "local";
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
Result<void> complete_provider(LlmProvider& provider, bool load_test_mode) {
  if (provider.kind == "builtin") return {};
  if (provider.base_url.empty()) {
    if (provider.kind == "openai") provider.base_url = "https://api.openai.com/v1";
    if (provider.kind == "groq") provider.base_url = "https://api.groq.com/openai/v1";
    if (provider.kind == "local") provider.base_url = "http://127.0.0.1:11434/v1";
    if (provider.base_url.empty()) {
      return fail(ErrorCode::Misconfigured, "llm: kind openai-compatible needs a base_url");
    }
  }
  if (provider.kind == "local") {
    if (provider.model.empty()) {
      return fail(ErrorCode::Misconfigured,
                  "llm: kind local needs a model (LLM_MODEL, or model: in chorus.yaml)");
    }
    if (provider.price_in < 0) provider.price_in = 0;
    if (provider.price_out < 0) provider.price_out = 0;
  }
  if (provider.model.empty()) {
    provider.model = provider.kind == "groq" ? "llama-3.3-70b-versatile" : "gpt-4o-mini";
  }
  CH_TRY(const net::Url url,
         parse_url(fmt::format("llm: base_url of {}", provider.kind), provider.base_url));
  if (load_test_mode && !url.is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("LOAD_TEST_MODE refuses the LLM provider {} at {}: only loopback is "
                            "allowed",
                            provider.kind, url.host));
  }
  if (provider.api_key.empty() && provider.kind != "local" && !url.is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("llm: provider {} at {} needs an API key ({}api_key: env:NAME in "
                            "chorus.yaml)",
                            provider.kind, url.origin(),
                            provider.kind == "openai" ? "OPENAI_API_KEY, or "
                            : provider.kind == "groq" ? "GROQ_API_KEY, or "
                                                      : ""));
  }
  return {};
}

}  // namespace

namespace {

/// Names that differ, since budgets and metrics go by them.
Result<void> name_providers(std::vector<LlmProvider>& chain) {
  std::set<std::string> taken;
  for (auto& provider : chain) {
    if (provider.name.empty()) continue;
    if (!taken.insert(provider.name).second) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("llm: two providers have the name '{}'", provider.name));
    }
  }
  for (auto& provider : chain) {
    if (!provider.name.empty()) continue;
    provider.name = provider.kind;
    for (int n = 2; !taken.insert(provider.name).second; ++n) {
      provider.name = fmt::format("{}-{}", provider.kind, n);
    }
  }
  return {};
}

/// A ceiling of money cannot be kept by a provider whose prices nobody knows: better told now than
/// by bots that fall silent.
Result<void> check_prices(const ServeConfig& config) {
  const auto counts_money = [](const std::vector<policy::Ceiling>& ceilings) {
    return std::ranges::any_of(
        ceilings, [](const auto& ceiling) { return ceiling.unit == policy::BudgetUnit::Money; });
  };
  for (const auto& provider : config.llm_chain) {
    const bool priced = provider.price_in >= 0 && provider.price_out >= 0;
    if (priced || provider.kind == "builtin") continue;
    if (counts_money(config.llm_ceilings) || counts_money(provider.ceilings)) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("llm: a budget of money is set, and provider {} has no prices "
                              "(prices: {{in: N, out: N}}, money per million tokens)",
                              provider.name));
    }
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

namespace {

/// Gathers the values of all sources, each over the one below it.
class Loader {
 public:
  explicit Loader(const ConfigInputs& inputs) : inputs_(inputs) {
    for (const auto& known : process_settings()) {
      entries_[known.name] = {known.fallback, "default"};
    }
    entries_["data"].value = default_data_dir(inputs);
    entries_["key_file"].value = default_key_file(inputs);
    std::error_code error;
    file_ = inputs.file;
    if (file_.empty() && fs::exists("chorus.yaml", error)) file_ = "chorus.yaml";
    folder_ = fs::path(file_).parent_path();
  }

  Result<void> read(ServeConfig& config) {
    if (const auto text = read_file(folder_ / ".env")) {
      CH_TRY(dotenv_, parse_dotenv(*text, (folder_ / ".env").string()));
    }
    CH_TRY_VOID(read_config_file(config));
    for (const auto& known : process_settings()) {
      if (auto value = variable(known.variable)) entries_[known.name] = std::move(*value);
    }
    CH_TRY_VOID(read_settings(config));
    for (const auto& [name, value] : inputs_.flags) {
      std::string flag = "--" + name;
      std::replace(flag.begin(), flag.end(), '_', '-');
      entries_[name] = {value, flag};
    }
    for (const auto& known : process_settings()) {
      CH_TRY_VOID(check_value(known, entries_[known.name]));
    }
    return {};
  }

  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  /// An empty variable is one that is not set, as a compose file leaves it.
  [[nodiscard]] std::optional<Entry> variable(const std::string& name) const {
    if (const auto value = inputs_.environment(name); value && !value->empty()) {
      return Entry{*value, "environment " + name};
    }
    if (const auto found = dotenv_.find(name); found != dotenv_.end() && !found->second.empty()) {
      return Entry{found->second, ".env " + name};
    }
    return std::nullopt;
  }

  [[nodiscard]] Result<Secret> secret(const std::string& reference) const {
    if (reference.starts_with("env:")) {
      if (const auto value = variable(reference.substr(4))) return Secret(value->value);
      return fail(ErrorCode::Misconfigured,
                  fmt::format("the variable {} is not set", reference.substr(4)));
    }
    if (reference.starts_with("file:")) {
      const fs::path path = folder_ / reference.substr(5);
      const auto value = read_file(path);
      if (!value) {
        return fail(ErrorCode::Misconfigured, fmt::format("cannot read {}", path.string()));
      }
      if (trim(*value).empty()) {
        return fail(ErrorCode::Misconfigured, fmt::format("{} is empty", path.string()));
      }
      return Secret(std::string(trim(*value)));
    }
    return fail(ErrorCode::Misconfigured,
                "a secret is given as env:NAME or file:PATH, never in this file");
  }

  Result<void> read_config_file(ServeConfig& config) {
    if (file_.empty()) return {};
    const auto text = read_file(file_);
    if (!text) {
      return fail(ErrorCode::Misconfigured, fmt::format("cannot read the file {}", file_));
    }
    CH_TRY_VOID(detail::apply_config_file(
        *text, file_, [this](const std::string& reference) { return secret(reference); },
        [this](const std::string& name, const std::string& value) {
          entries_[name] = {value, file_};
        },
        config));
    for (const auto& [name, value] : config.settings) entries_["settings." + name] = {value, file_};
    return {};
  }

  Result<void> read_settings(ServeConfig& config) {
    for (const auto& row : service_settings_table().rows()) {
      auto value = variable(row.setting.variable);
      if (!value) continue;
      if (const auto checked = config::check(row.setting, value->value); !checked) {
        return fail(
            ErrorCode::Misconfigured,
            fmt::format("{}: {}: {}", value->source, row.setting.key, checked.error().message));
      }
      config.settings[row.setting.name] = value->value;
      config.fixed_settings[row.setting.name] = value->source;
      entries_[row.setting.key] = std::move(*value);
    }
    return {};
  }

  const ConfigInputs& inputs_;
  std::string file_;
  fs::path folder_;
  std::map<std::string, std::string> dotenv_;
  std::map<std::string, Entry> entries_;
};

Result<void> check_listen(const ServeConfig& config) {
  if (config.listen.is_loopback()) return {};
  if (!config.behind_proxy) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("listen {} is not loopback: put a TLS proxy in front and add "
                            "--behind-proxy, or listen on 127.0.0.1",
                            config.listen.to_string()));
  }
  if (!config.api_key.empty() && config.api_key.reveal().size() < 24) {
    return fail(ErrorCode::Misconfigured,
                "API_KEY must have 24 characters or more when Chorus is reachable from outside");
  }
  return {};
}

/// The scalars of `config`, each checked.
Result<void> take_values(const std::map<std::string, Entry>& entries, ServeConfig& config) {
  const auto get = [&](const char* name) -> const std::string& { return entries.at(name).value; };
  auto listen = net::Endpoint::parse(get("listen"));
  if (!listen) {
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("{}: {}", place("listen", entries.at("listen")), listen.error().message));
  }
  config.listen = std::move(*listen);
  config.behind_proxy = get("behind_proxy") == "true";
  config.load_test_mode = get("load_test_mode") == "true";
  config.data = get("data");
  config.key_file = get("key_file");
  config.database_url = get("database_url");
  config.telegram_api_base = get("telegram_api_base");
  config.public_url = get("public_url");
  config.api_key = Secret(get("api_key"));
  config.token_encryption_key = Secret(get("token_encryption_key"));
  config.personas_dir = get("personas_dir");
  config.log_file = get("log_file");
  CH_TRY_VOID(check_listen(config));
  if (!config.database_url.empty() && !config.database_url.starts_with("sqlite:")) {
    return fail(ErrorCode::Misconfigured,
                "DATABASE_URL must start with sqlite: (PostgreSQL comes with scale-out)");
  }
  CH_TRY(const net::Url base, parse_url(place("telegram_api_base", entries.at("telegram_api_base")),
                                        config.telegram_api_base));
  if (config.load_test_mode && !base.is_loopback()) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("LOAD_TEST_MODE refuses the platform host {}: only loopback is allowed",
                            base.host));
  }
  const auto value = [&](const std::string& name) {
    const Entry& entry = entries.at(name);
    return detail::GivenValue{entry.value, place(name.c_str(), entry)};
  };
  return detail::take_matrix(value, config);
}

bool is_secret(const std::string& name) {
  const auto hides = [&](const config::Setting& setting, std::string_view as) {
    return setting.kind == config::Kind::Secret && as == name;
  };
  return std::ranges::any_of(process_settings(), [&](const auto& s) { return hides(s, s.name); }) ||
         std::ranges::any_of(service_settings_table().rows(),
                             [&](const auto& row) { return hides(row.setting, row.setting.key); });
}

}  // namespace

Result<ServeConfig> load_serve_config(const ConfigInputs& inputs) {
  ServeConfig config;
  Loader loader(inputs);
  CH_TRY_VOID(loader.read(config));
  const auto& entries = loader.entries();
  CH_TRY_VOID(take_values(entries, config));
  if (config.llm_chain.empty()) {
    CH_TRY(config.llm_chain, chain_from_environment(entries));
  }
  if (config.llm_chain.empty()) config.llm_chain.emplace_back();
  for (auto& provider : config.llm_chain) {
    CH_TRY_VOID(complete_provider(provider, config.load_test_mode));
  }
  CH_TRY_VOID(name_providers(config.llm_chain));
  CH_TRY_VOID(check_prices(config));
  for (const auto& [name, entry] : entries) {
    config.origins.push_back(
        {name, is_secret(name) ? Secret(entry.value).masked() : without_password(entry.value),
         entry.source});
  }
  return config;
}

}  // namespace chorus::app
