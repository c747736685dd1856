#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/net/http.hpp"
#include "chorus/platform/matrix/options.hpp"
#include "chorus/policy/budget.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// One member of the LLM chain, in the order in which they are tried.
struct LlmProvider {
  std::string kind = "builtin";  ///< builtin | openai | groq | local | openai-compatible
  std::string name;              ///< in status, metrics and budgets; its kind unless given
  std::string base_url;
  std::string model;
  Secret api_key;
  double price_in = -1;  ///< per million tokens; below 0: unknown
  double price_out = -1;
  std::uint32_t concurrency = 0;  ///< calls at once, at most; 0: the chain's own number
  std::vector<policy::Ceiling> ceilings;
};

struct BotConfig {
  std::string name;
  std::string platform = "telegram";
  /// Of a bot of the application service: its user id (platform::matrix_access).
  Secret token;
  std::string persona;
  std::vector<std::string> rooms;
};

/// Everything `chorus serve` is told from outside: flags, environment, .env, chorus.yaml, defaults.
struct ServeConfig {
  net::Endpoint listen{.host = "127.0.0.1", .port = 8080};
  bool behind_proxy = false;
  std::string data;          ///< folder of the store
  std::string key_file;      ///< key ring
  std::string database_url;  ///< empty: sqlite in `data`
  std::string telegram_api_base = "https://api.telegram.org";
  std::string public_url;  ///< where the platform reaches our webhooks; empty: bots poll
  std::optional<platform::MatrixOptions> matrix;
  std::string matrix_url;     ///< where the homeserver reaches us, for the registration
  std::string matrix_sender;  ///< localpart of the application service's own account
  bool load_test_mode = false;
  Secret api_key;
  Secret token_encryption_key;
  std::vector<LlmProvider> llm_chain;
  std::vector<policy::Ceiling> llm_ceilings;  ///< of all providers together
  std::vector<BotConfig> bots;
  std::string personas_dir;
  std::vector<std::int64_t> rooms;
  /// Of `service_settings_table`, from the file and, over it, from the environment.
  std::map<std::string, std::string> settings;
  /// Those that stored ones do not change, and where they came from (`environment CHORUS_PACING`).
  std::map<std::string, std::string> fixed_settings;
  std::string log_file;

  /// Where each value came from, in order of name; secrets and passwords in URLs are masked.
  struct Origin {
    std::string name, value, source;
  };
  std::vector<Origin> origins;
};

/// The caller's side of the configuration: flags as `name -> text` (only those given), the
/// environment, and the file to read (empty: `chorus.yaml` in the working folder when it exists).
struct ConfigInputs {
  std::map<std::string, std::string> flags;
  std::function<std::optional<std::string>(const std::string&)> environment;
  std::string file;
};

/// The environment of this process.
std::optional<std::string> process_environment(const std::string& name);

/// Order: flag, environment, `.env` beside the file, (what an operator stored,) file, default; a
/// variable that is empty counts as not set. Settings of the fleet (`settings:` and
/// CHORUS_<SETTING>) come in `settings`, names and values of the file's checked. Errors:
/// Misconfigured with `file:line:col: what, and the nearest valid key`, or naming the setting and
/// where its value came from.
Result<ServeConfig> load_serve_config(const ConfigInputs& inputs);

/// Default folders: XDG for people, /var/lib/chorus and /etc/chorus/keys for root.
std::string default_data_dir(const ConfigInputs& inputs);
std::string default_key_file(const ConfigInputs& inputs);

}  // namespace chorus::app
