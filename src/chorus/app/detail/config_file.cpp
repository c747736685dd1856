#include "chorus/app/detail/config_file.hpp"

#include "chorus/app/llm_budgets.hpp"
#include "chorus/app/service_settings.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/yaml/walker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

namespace chorus::app::detail {

namespace {

/// What the walk gives, with the words of this file: a key without a value says nothing.
class Reader : private yaml::Walker {
 public:
  using Walker::load;
  using Walker::problem;
  using Walker::Walker;

  void map(const YAML::Node& node, std::string_view what, const std::vector<std::string>& keys,
           const Visit& visit) {
    if (!node.IsNull()) Walker::map(node, what, keys, visit);
  }

  void list(const YAML::Node& node, std::string_view what,
            const std::function<void(const YAML::Node&)>& visit) {
    if (!node.IsNull()) Walker::list(node, what, visit);
  }

  std::string text(const YAML::Node& node, std::string_view what) {
    return Walker::text(node, what).value_or("");
  }

  double number(const YAML::Node& node, const std::string& what) {
    const std::string value = text(node, what);
    double out = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    constexpr double kMost = 1e9;
    if (error != std::errc{} || end != value.data() + value.size() || !(out >= 0 && out <= kMost)) {
      problem(node, fmt::format("{} must be a number of 0 or more, not '{}'", what, value));
    }
    return out;
  }
};

/// `budget: {tokens_per_day: 100000, money_per_day: 2.5}`.
void read_ceilings(Reader& reader, const YAML::Node& node, const std::string& what,
                   std::vector<policy::Ceiling>& ceilings) {
  std::vector<std::string> keys;
  for (const auto& [key, ceiling] : ceiling_names()) keys.push_back(key);
  reader.map(node, what, keys, [&](const std::string& key, const YAML::Node& value) {
    const auto ceiling = make_ceiling(key, reader.number(value, what + "." + key));
    if (!ceiling) return reader.problem(value, what + "." + ceiling.error().message);
    ceilings.push_back(*ceiling);
  });
}

void read_provider(Reader& reader, const YAML::Node& node, const SecretLookup& secrets,
                   LlmProvider& provider) {
  reader.map(node, "an entry of llm.chain",
             {"kind", "name", "base_url", "model", "api_key", "prices", "budget", "concurrency"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "kind") provider.kind = reader.text(value, "kind");
               if (key == "name") provider.name = reader.text(value, "name");
               if (key == "budget") read_ceilings(reader, value, "budget", provider.ceilings);
               if (key == "concurrency") {
                 constexpr double kMost = 10'000;
                 const double calls = reader.number(value, "concurrency");
                 if (calls < 1 || calls > kMost || calls != std::floor(calls)) {
                   return reader.problem(
                       value,
                       "concurrency must be a whole number of calls at once from 1 to 10000");
                 }
                 provider.concurrency = static_cast<std::uint32_t>(calls);
               }
               if (key == "base_url") provider.base_url = reader.text(value, "base_url");
               if (key == "model") provider.model = reader.text(value, "model");
               if (key == "api_key") {
                 auto secret = secrets(reader.text(value, "api_key"));
                 if (!secret) return reader.problem(value, secret.error().message);
                 provider.api_key = std::move(*secret);
               }
               if (key == "prices") {
                 reader.map(value, "prices", {"in", "out"},
                            [&](const std::string& side, const YAML::Node& price) {
                              (side == "in" ? provider.price_in : provider.price_out) =
                                  reader.number(price, "prices." + side);
                            });
               }
             });
  const std::vector<std::string> kinds = {"builtin", "openai", "groq", "local",
                                          "openai-compatible"};
  if (std::find(kinds.begin(), kinds.end(), provider.kind) == kinds.end()) {
    const auto hint = nearest(provider.kind, kinds);
    reader.problem(
        node, fmt::format("unknown kind '{}'{}; kinds are builtin, openai, groq, local and "
                          "openai-compatible",
                          provider.kind, hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
}

void read_bot(Reader& reader, const YAML::Node& node, const SecretLookup& secrets, BotConfig& bot) {
  bool token_given = false;  // a bad one has its own line
  std::string user;
  reader.map(node, "an entry of bots", {"name", "platform", "token", "user", "persona", "rooms"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "name") bot.name = reader.text(value, "name");
               if (key == "user") user = reader.text(value, "user");
               if (key == "platform") bot.platform = reader.text(value, "platform");
               if (key == "persona") bot.persona = reader.text(value, "persona");
               if (key == "token") {
                 token_given = true;
                 auto secret = secrets(reader.text(value, "token"));
                 if (!secret) return reader.problem(value, secret.error().message);
                 bot.token = std::move(*secret);
               }
               if (key == "rooms") {
                 reader.list(value, "rooms", [&](const YAML::Node& room) {
                   bot.rooms.push_back(reader.text(room, "a room"));
                 });
               }
             });
  if (bot.name.empty()) reader.problem(node, "a bot needs a name");
  if (bot.platform != "telegram" && bot.platform != "matrix") {
    const auto hint = nearest(bot.platform, {"telegram", "matrix"});
    reader.problem(
        node, fmt::format("platform '{}' is not offered{}; it is telegram or matrix", bot.platform,
                          hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
  if (!user.empty()) {
    if (bot.platform != "matrix" || !proto::matrix::parse_user_id(user)) {
      reader.problem(node,
                     "user is for bots of Matrix that an application service runs, as "
                     "@name:server");
    } else if (token_given) {
      reader.problem(node,
                     "a bot has a token of its own or is a user of the application service, "
                     "not both");
    } else {
      bot.token = Secret(std::move(user));
    }
  } else if (!token_given) {
    reader.problem(node, bot.platform == "matrix"
                             ? "a bot needs a token (env:NAME or file:PATH), or a user of the "
                               "application service (user: \"@name:server\")"
                             : "a bot needs a token: env:NAME or file:PATH");
  }
}

/// `matrix:`: scalars go the way of every other one, secrets only by reference.
void read_matrix(Reader& reader, const YAML::Node& node, const SecretLookup& secrets,
                 const std::function<void(std::string, std::string)>& set) {
  reader.map(node, "matrix",
             {"homeserver", "mode", "as_token", "hs_token", "listener_token", "url", "sender",
              "allow_invites"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "allow_invites") {
                 std::string rules;
                 reader.list(value, "matrix.allow_invites", [&](const YAML::Node& rule) {
                   if (!rules.empty()) rules += ',';
                   rules += reader.text(rule, "a rule of matrix.allow_invites");
                 });
                 return set("matrix_allow_invites", rules);
               }
               std::string text = reader.text(value, "matrix." + key);
               if (key.ends_with("_token")) {
                 const auto secret = secrets(text);
                 if (!secret) return reader.problem(value, secret.error().message);
                 text = std::string(secret->reveal());
               }
               set("matrix_" + key, std::move(text));
             });
}

void read_rooms(Reader& reader, const YAML::Node& node, std::vector<std::int64_t>& rooms) {
  reader.list(node, "rooms", [&](const YAML::Node& room) {
    const std::string id = reader.text(room, "a room");
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error != std::errc{} || end != id.data() + id.size()) {
      return reader.problem(room, fmt::format("'{}' is not a chat id", id));
    }
    rooms.push_back(number);
  });
}

void read_bots(Reader& reader, const YAML::Node& node, const SecretLookup& secrets,
               std::vector<BotConfig>& bots) {
  std::set<std::string> names;
  reader.list(node, "bots", [&](const YAML::Node& entry) {
    BotConfig& bot = bots.emplace_back();
    read_bot(reader, entry, secrets, bot);
    if (!bot.name.empty() && !names.insert(bot.name).second) {
      reader.problem(entry, fmt::format("there is another bot named '{}'", bot.name));
    }
  });
}

void read_settings(Reader& reader, const YAML::Node& node, const SecretLookup& secrets,
                   std::map<std::string, std::string>& settings) {
  const auto& table = service_settings_table();
  reader.map(node, "settings", table.names(),
             [&](const std::string& name, const YAML::Node& value) {
               std::string text = reader.text(value, "settings." + name);
               if (!value.IsScalar()) return;
               const auto* row = table.find(name);
               if (row->setting.kind == config::Kind::Secret) {
                 const auto secret = secrets(text);
                 if (!secret) return reader.problem(value, secret.error().message);
                 text = std::string(secret->reveal());
               }
               if (const auto checked = config::check(row->setting, text); !checked) {
                 return reader.problem(
                     value, fmt::format("settings.{}: {}", name, checked.error().message));
               }
               settings[name] = std::move(text);
             });
}

}  // namespace

Result<void> apply_config_file(std::string_view text, const std::string& file,
                               const SecretLookup& secrets,
                               const std::function<void(std::string, std::string)>& set,
                               ServeConfig& config) {
  std::vector<yaml::Problem> problems;
  Reader reader(problems);
  const auto root = reader.load(text);
  if (!root) return fail(ErrorCode::Misconfigured, to_string(problems, file));
  bool versioned = false;
  const auto visit = [&](const std::string& key, const YAML::Node& value) {
    if (key == "version") {
      versioned = true;
      if (!value.IsScalar() || value.Scalar() != "1") reader.problem(value, "version must be 1");
    } else if (key == "telegram") {
      reader.map(value, "telegram", {"api_base"}, [&](const std::string&, const YAML::Node& base) {
        set("telegram_api_base", reader.text(base, "telegram.api_base"));
      });
    } else if (key == "matrix") {
      read_matrix(reader, value, secrets, set);
    } else if (key == "llm") {
      reader.map(value, "llm", {"chain", "budget"}, [&](const std::string& k, const YAML::Node& v) {
        if (k == "budget") return read_ceilings(reader, v, "llm.budget", config.llm_ceilings);
        reader.list(v, "llm.chain", [&](const YAML::Node& entry) {
          read_provider(reader, entry, secrets, config.llm_chain.emplace_back());
        });
        set("llm", counted(static_cast<std::int64_t>(config.llm_chain.size()), "provider"));
      });
    } else if (key == "bots") {
      read_bots(reader, value, secrets, config.bots);
    } else if (key == "rooms") {
      read_rooms(reader, value, config.rooms);
    } else if (key == "settings") {
      read_settings(reader, value, secrets, config.settings);
    } else {
      set(key == "store"      ? "database_url"
          : key == "personas" ? "personas_dir"
                              : key,
          reader.text(value, key));
    }
  };
  reader.map(*root, "the file",
             {"version", "listen", "data", "store", "telegram", "matrix", "llm", "bots", "personas",
              "rooms", "settings", "public_url"},
             visit);
  if (!versioned && root->IsMap()) reader.problem(*root, "the file must start with version: 1");
  if (problems.empty()) return {};
  yaml::sort_by_place(problems);
  return fail(ErrorCode::Misconfigured, to_string(problems, file));
}

}  // namespace chorus::app::detail
