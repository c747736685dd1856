#include "chorus/app/detail/config_file.hpp"

#include "chorus/app/fleet_settings.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>
#include <vector>

namespace chorus::app::detail {

namespace {

/// Walks a YAML tree and gathers every problem with its place; the caller sees all of them at once.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void problem(const YAML::Node& at, const std::string& what) {
    const YAML::Mark mark = at.Mark();
    problems_.push_back(fmt::format("{}:{}:{}: {}", file_, mark.line + 1, mark.column + 1, what));
  }

  using Visit = std::function<void(const std::string&, const YAML::Node&)>;
  void map(const YAML::Node& node, const std::string& what, const std::vector<std::string>& keys,
           const Visit& visit) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return problem(node, fmt::format("{} must be a map of keys", what));
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
      if (!seen.insert(key).second) {
        problem(entry.first, fmt::format("key '{}' stands here twice", key));
      } else if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        const auto hint = nearest(key, keys);
        problem(entry.first, fmt::format("unknown key '{}'{}", key,
                                         hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
      } else {
        visit(key, entry.second);
      }
    }
  }

  void list(const YAML::Node& node, const std::string& what,
            const std::function<void(const YAML::Node&)>& visit) {
    if (node.IsNull()) return;
    if (!node.IsSequence()) return problem(node, fmt::format("{} must be a list", what));
    for (const auto& item : node) visit(item);
  }

  std::string text(const YAML::Node& node, const std::string& what) {
    if (node.IsScalar()) return node.Scalar();
    problem(node, fmt::format("{} must be a text", what));
    return {};
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

  [[nodiscard]] Result<void> result() const {
    if (problems_.empty()) return {};
    std::string all;
    for (const auto& p : problems_) all += (all.empty() ? "" : "\n") + p;
    return fail(ErrorCode::Misconfigured, all);
  }

 private:
  std::string file_;
  std::vector<std::string> problems_;
};

/// `budget: {tokens_per_day: 100000, money_per_day: 2.5}`.
void read_ceilings(Reader& reader, const YAML::Node& node, const std::string& what,
                   std::vector<policy::Ceiling>& ceilings) {
  using policy::BudgetPeriod, policy::BudgetUnit;
  const std::vector<std::pair<std::string, policy::Ceiling>> known = {
      {"requests_per_minute", {BudgetUnit::Requests, BudgetPeriod::Minute}},
      {"requests_per_day", {BudgetUnit::Requests, BudgetPeriod::Day}},
      {"tokens_per_minute", {BudgetUnit::Tokens, BudgetPeriod::Minute}},
      {"tokens_per_day", {BudgetUnit::Tokens, BudgetPeriod::Day}},
      {"money_per_minute", {BudgetUnit::Money, BudgetPeriod::Minute}},
      {"money_per_day", {BudgetUnit::Money, BudgetPeriod::Day}},
  };
  std::vector<std::string> keys;
  for (const auto& [key, ceiling] : known) keys.push_back(key);
  reader.map(node, what, keys, [&](const std::string& key, const YAML::Node& value) {
    const double most = reader.number(value, what + "." + key);
    policy::Ceiling ceiling =
        std::ranges::find(known, key, [](const auto& k) { return k.first; })->second;
    const bool money = ceiling.unit == BudgetUnit::Money;
    if (!money && most != std::floor(most)) {
      reader.problem(value, fmt::format("{}.{} must be a whole number", what, key));
    }
    ceiling.most = std::llround(most * (money ? 1e6 : 1));
    ceilings.push_back(ceiling);
  });
}

void read_provider(Reader& reader, const YAML::Node& node, const SecretLookup& secrets,
                   LlmProvider& provider) {
  reader.map(node, "an entry of llm.chain",
             {"kind", "name", "base_url", "model", "api_key", "prices", "budget"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "kind") provider.kind = reader.text(value, "kind");
               if (key == "name") provider.name = reader.text(value, "name");
               if (key == "budget") read_ceilings(reader, value, "budget", provider.ceilings);
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
  reader.map(node, "an entry of bots", {"name", "platform", "token", "persona", "rooms"},
             [&](const std::string& key, const YAML::Node& value) {
               if (key == "name") bot.name = reader.text(value, "name");
               if (key == "platform") bot.platform = reader.text(value, "platform");
               if (key == "persona") bot.persona = reader.text(value, "persona");
               if (key == "token") {
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
  if (bot.token.empty()) reader.problem(node, "a bot needs a token: env:NAME or file:PATH");
  if (bot.platform != "telegram") {
    reader.problem(node, fmt::format("platform '{}' is not offered; it is telegram", bot.platform));
  }
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

void read_settings(Reader& reader, const YAML::Node& node,
                   std::map<std::string, std::string>& settings) {
  reader.map(node, "settings", fleet_setting_names(),
             [&](const std::string& name, const YAML::Node& value) {
               const std::string text = reader.text(value, "settings." + name);
               if (!value.IsScalar()) return;
               fleet::FleetSettings scratch;  // says whether the value is one
               const auto applied = apply_fleet_settings({{name, text}}, scratch);
               if (!applied) return reader.problem(value, applied.error().message);
               settings[name] = text;
             });
}

}  // namespace

Result<void> apply_config_file(std::string_view yaml, const std::string& file,
                               const SecretLookup& secrets,
                               const std::function<void(std::string, std::string)>& set,
                               ServeConfig& config) {
  Reader reader(file);
  YAML::Node root;
  try {
    root = YAML::Load(std::string(yaml));
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("{}:{}:{}: not valid YAML: {}", file, error.mark.line + 1,
                            error.mark.column + 1, error.msg));
  }
  bool versioned = false;
  const auto visit = [&](const std::string& key, const YAML::Node& value) {
    if (key == "version") {
      versioned = true;
      if (!value.IsScalar() || value.Scalar() != "1") reader.problem(value, "version must be 1");
    } else if (key == "telegram") {
      reader.map(value, "telegram", {"api_base"}, [&](const std::string&, const YAML::Node& base) {
        set("telegram_api_base", reader.text(base, "telegram.api_base"));
      });
    } else if (key == "llm") {
      reader.map(value, "llm", {"chain", "budget"}, [&](const std::string& k, const YAML::Node& v) {
        if (k == "budget") return read_ceilings(reader, v, "llm.budget", config.llm_ceilings);
        reader.list(v, "llm.chain", [&](const YAML::Node& entry) {
          read_provider(reader, entry, secrets, config.llm_chain.emplace_back());
        });
        set("llm", fmt::format("{} providers", config.llm_chain.size()));
      });
    } else if (key == "bots") {
      read_bots(reader, value, secrets, config.bots);
    } else if (key == "rooms") {
      read_rooms(reader, value, config.rooms);
    } else if (key == "settings") {
      read_settings(reader, value, config.settings);
    } else {
      set(key == "store"      ? "database_url"
          : key == "personas" ? "personas_dir"
                              : key,
          reader.text(value, key));
    }
  };
  reader.map(root, "the file",
             {"version", "listen", "data", "store", "telegram", "llm", "bots", "personas", "rooms",
              "settings", "public_url"},
             visit);
  if (!versioned && root.IsMap()) reader.problem(root, "the file must start with version: 1");
  return reader.result();
}

}  // namespace chorus::app::detail
