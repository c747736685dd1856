#include "chorus/lab/detail/scenario_sections.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/http.hpp"

#include <fmt/format.h>

#include <array>

namespace chorus::lab::detail {

namespace {

constexpr std::uint32_t kMaxBots = 10'000;

template <class E>
using Choice = std::pair<std::string_view, E>;

constexpr std::array<Choice<TargetKind>, 5> kTargetKinds{
    {{"fleet", TargetKind::Fleet},
     {"command", TargetKind::Command},
     {"attach", TargetKind::Attach},
     {"webhook", TargetKind::Webhook},
     {"conversations", TargetKind::Conversations}}};
constexpr std::array<Choice<UpdateTransport>, 2> kTransports{
    {{"polling", UpdateTransport::Polling}, {"webhook", UpdateTransport::Webhook}}};
constexpr std::array<Choice<Processes>, 2> kProcesses{
    {{"one", Processes::One}, {"per-bot", Processes::PerBot}}};
constexpr std::array<Choice<Pacing>, 2> kPacings{
    {{"fast", Pacing::Fast}, {"natural", Pacing::Natural}}};
const std::vector<std::string>& keys(const std::string& path) {
  return scenario_keys().at(path);
}

void read_command(YamlReader& reader, const YAML::Node& v, TargetSpec& t) {
  if (!v.IsSequence()) {
    return reader.problem(v,
                          "target.command must be a list of arguments, like [python3, bot.py]; "
                          "no shell reads it");
  }
  reader.texts(v, "target.command", t.command);
}

void read_bots(YamlReader& reader, const YAML::Node& node, BotsSpec& b) {
  reader.map(
      node, "target.bots", keys("target.bots"), [&](const std::string& key, const YAML::Node& v) {
        if (key == "count") {
          if (const auto n = reader.integer(v, "target.bots.count", 1, kMaxBots)) {
            b.count = static_cast<std::uint32_t>(*n);
          }
        } else if (key == "transport") {
          reader.choice<UpdateTransport>(v, "target.bots.transport", b.transport, kTransports);
        } else if (key == "name") {
          reader.text(v, "target.bots.name", b.name);
          if (b.name.find("{index}") == std::string::npos) {
            reader.problem(v,
                           "target.bots.name must hold {index}, so that each bot has "
                           "its own name");
          }
        } else if (key == "personas") {
          reader.texts(v, "target.bots.personas", b.personas);
        }
      });
}

/// `telegram`, `telegram,matrix` or a list.
void read_platforms(YamlReader& reader, const YAML::Node& node, TargetSpec& t) {
  std::vector<std::string> names;
  reader.texts(node, "target.platform", names);
  t.platforms.clear();
  for (const auto& entry : names) {
    for (const auto name : split(entry, ',')) {
      const auto platform = sandbox::platform_from(trim(name));
      if (!platform) {
        reader.problem(node, fmt::format("target.platform: unknown value '{}', it is telegram, "
                                         "matrix, or both with a comma between",
                                         trim(name)));
      } else if (!t.is_on(*platform)) {
        t.platforms.push_back(*platform);
      }
    }
  }
  if (t.platforms.empty()) t.platforms.push_back(sandbox::Platform::Telegram);
}

void read_tool_rule(YamlReader& reader, const YAML::Node& node, sandbox::LlmScript& l) {
  sandbox::LlmToolRule rule;
  reader.map(node, "a tool rule", keys("llm.tools[]"),
             [&](const std::string& key, const YAML::Node& v) {
               if (key == "when") {
                 reader.text(v, "llm.tools.when", rule.when);
               } else if (key == "call") {
                 reader.text(v, "llm.tools.call", rule.call);
               } else if (key == "arguments") {
                 reader.text(v, "llm.tools.arguments", rule.arguments);
               } else if (key == "times") {
                 if (const auto n = reader.integer(v, "llm.tools.times", 1, 1000)) {
                   rule.times = static_cast<std::int32_t>(*n);
                 }
               } else if (key == "say") {
                 reader.text(v, "llm.tools.say", rule.say);
               } else if (key == "undeclared") {
                 reader.boolean(v, "llm.tools.undeclared", rule.undeclared);
               }
             });
  if (rule.when.empty() || rule.call.empty()) {
    return reader.problem(node, "a tool rule needs 'when' and 'call'");
  }
  l.tools.push_back(std::move(rule));
}

}  // namespace

const std::vector<std::string>& keys_of(const std::string& path) {
  return keys(path);
}

void read_target(YamlReader& reader, const YAML::Node& node, bool command_given, TargetSpec& t) {
  reader.map(node, "target", keys("target"), [&](const std::string& key, const YAML::Node& v) {
    if (key == "kind") {
      reader.choice<TargetKind>(v, "target.kind", t.kind, kTargetKinds);
    } else if (key == "platform") {
      read_platforms(reader, v, t);
    } else if (key == "command") {
      read_command(reader, v, t);
    } else if (key == "url") {
      reader.text(v, "target.url", t.url);
    } else if (key == "processes") {
      reader.choice<Processes>(v, "target.processes", t.processes, kProcesses);
    } else if (key == "bots") {
      read_bots(reader, v, t.bots);
    } else if (key == "pacing") {
      reader.choice<Pacing>(v, "target.pacing", t.pacing, kPacings);
    } else if (key == "ready_timeout") {
      reader.duration(v, "target.ready_timeout", t.ready_timeout);
    } else if (key == "metrics") {
      reader.text(v, "target.metrics", t.metrics);
      const auto url = net::Url::parse(t.metrics);
      if (!url || url->tls || !url->is_loopback() || !url->userinfo.empty()) {
        reader.problem(v,
                       "target.metrics must be an address on this machine without a user, like "
                       "http://127.0.0.1:9100/metrics");
      }
    } else if (key == "env") {
      reader.named(v, "target.env", [&](const std::string& k, const YAML::Node& n) {
        if (auto value = reader.text(n, k)) t.env[k] = std::move(*value);
      });
    }
  });
  if (t.bots.count < t.platforms.size()) {
    reader.problem(node, fmt::format("target.bots.count is {}, and each of {} needs a bot",
                                     t.bots.count, t.platform_names()));
  }
  if (command_given) return;
  if (t.kind == TargetKind::Command && t.command.empty()) {
    reader.problem(node,
                   "target.kind 'command' needs a 'command' list, or -- CMD ... on the "
                   "command line");
  }
  if (t.kind == TargetKind::Webhook && t.url.empty()) {
    reader.problem(node, "target.kind 'webhook' needs a 'url'");
  }
  if (t.kind == TargetKind::Webhook && t.is_on(sandbox::Platform::Matrix)) {
    reader.problem(node,
                   "target.kind 'webhook' is Telegram's; on Matrix start the application service "
                   "with kind 'command'");
  }
}

void read_llm(YamlReader& reader, const YAML::Node& node, sandbox::LlmScript& l,
              std::optional<LlmPrices>& prices) {
  const auto limit = [&](const YAML::Node& v, const std::string& key,
                         std::optional<std::int64_t>& out) {
    if (const auto n = reader.integer(v, "llm." + key, 1, 1'000'000'000'000)) out = *n;
  };
  reader.map(node, "llm", keys("llm"), [&](const std::string& key, const YAML::Node& v) {
    if (key == "ttft") {
      reader.delay(v, "llm.ttft", l.time_to_first_token);
    } else if (key == "tokens_per_s") {
      reader.number(v, "llm.tokens_per_s", l.tokens_per_second);
    } else if (key == "reply_tokens") {
      std::int64_t low = l.reply_tokens_low;
      std::int64_t high = l.reply_tokens_high;
      reader.range(v, "llm.reply_tokens", low, high, 100'000);
      l.reply_tokens_low = static_cast<std::int32_t>(low);
      l.reply_tokens_high = static_cast<std::int32_t>(high);
    } else if (key == "error_rate") {
      reader.share(v, "llm.error_rate", l.error_rate);
    } else if (key == "error_status") {
      if (const auto n = reader.integer(v, "llm.error_status", 400, 599)) {
        l.error_status = static_cast<int>(*n);
      }
    } else if (key == "truncated_rate") {
      reader.share(v, "llm.truncated_rate", l.truncated_rate);
    } else if (key == "empty_rate") {
      reader.share(v, "llm.empty_rate", l.empty_rate);
    } else if (key == "tokens_per_day") {
      limit(v, key, l.tokens_per_day);
    } else if (key == "tokens_per_minute") {
      limit(v, key, l.tokens_per_minute);
    } else if (key == "requests_per_minute") {
      limit(v, key, l.requests_per_minute);
    } else if (key == "insufficient_quota") {
      reader.boolean(v, "llm.insufficient_quota", l.insufficient_quota);
    } else if (key == "tools") {
      reader.list(v, "llm.tools", [&](const YAML::Node& item) { read_tool_rule(reader, item, l); });
    } else if (key == "prices") {
      prices.emplace();
      reader.map(v, "llm.prices", keys("llm.prices"),
                 [&](const std::string& side, const YAML::Node& price) {
                   reader.number(price, "llm.prices." + side,
                                 side == "input" ? prices->input : prices->output);
                 });
    }
  });
}

}  // namespace chorus::lab::detail
