#include "chorus/lab/detail/scenario_sections.hpp"

#include "chorus/base/text.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/net/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace chorus::lab::detail {

namespace {

constexpr std::uint32_t kMaxBots = 10'000;

template <class E>
using Choice = std::pair<std::string_view, E>;

constexpr std::array<Choice<TargetKind>, 4> kTargetKinds{{{"fleet", TargetKind::Fleet},
                                                          {"command", TargetKind::Command},
                                                          {"attach", TargetKind::Attach},
                                                          {"webhook", TargetKind::Webhook}}};
constexpr std::array<Choice<UpdateTransport>, 2> kTransports{
    {{"polling", UpdateTransport::Polling}, {"webhook", UpdateTransport::Webhook}}};
constexpr std::array<Choice<Processes>, 2> kProcesses{
    {{"one", Processes::One}, {"per-bot", Processes::PerBot}}};
constexpr std::array<Choice<Pacing>, 2> kPacings{
    {{"fast", Pacing::Fast}, {"natural", Pacing::Natural}}};
constexpr std::array<Choice<Step::OnTimeout>, 2> kOnTimeouts{
    {{"continue", Step::OnTimeout::Continue}, {"abandon", Step::OnTimeout::Abandon}}};

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

void read_user_step(YamlReader& reader, const YAML::Node& v, Step& s) {
  if (v.IsScalar()) {
    reader.text(v, "user", s.text);
  } else {
    reader.map(v, "user", keys("conversations.*.steps[].user"),
               [&](const std::string& key, const YAML::Node& n) {
                 if (key == "text") {
                   reader.text(n, "user.text", s.text);
                 } else {
                   reader.boolean(n, "user.mention", s.mention);
                 }
               });
  }
  if (s.text.empty()) return reader.problem(v, "a user step needs a text");
  if (const auto checked = check_template(s.text); !checked) {
    reader.problem(v, fmt::format("user: {}", checked.error().message));
  }
}

void read_bot_step(YamlReader& reader, const YAML::Node& v, Step& s) {
  s.within = std::chrono::seconds(10);
  reader.map(v, "bot", keys("conversations.*.steps[].bot"),
             [&](const std::string& key, const YAML::Node& n) {
               if (key == "within" || key == "for") {
                 reader.duration(n, "bot." + key, s.within);
               } else if (key == "contains") {
                 reader.text(n, "bot.contains", s.contains);
               } else if (key == "linked") {
                 reader.boolean(n, "bot.linked", s.linked);
               } else if (key == "none") {
                 reader.boolean(n, "bot.none", s.none);
               } else if (key == "on_timeout") {
                 reader.choice<Step::OnTimeout>(n, "bot.on_timeout", s.on_timeout, kOnTimeouts);
               }
             });
}

void read_step(YamlReader& reader, const YAML::Node& node, Conversation& c) {
  Step s;
  int parts = 0;
  reader.map(node, "a step", keys("conversations.*.steps[]"),
             [&](const std::string& key, const YAML::Node& v) {
               ++parts;
               if (key == "user") {
                 s.kind = Step::Kind::User;
                 read_user_step(reader, v, s);
               } else if (key == "bot") {
                 s.kind = Step::Kind::Bot;
                 read_bot_step(reader, v, s);
               } else {
                 s.kind = Step::Kind::Think;
                 reader.delay(v, "think", s.think);
               }
             });
  if (node.IsMap() && parts != 1) {
    reader.problem(node, "a step is exactly one of user, bot, think");
  }
  c.steps.push_back(std::move(s));
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

void read_threshold(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                    std::vector<Threshold>& out) {
  std::string expr;
  Threshold extra;
  if (node.IsMap()) {
    reader.map(node, "a threshold", keys("thresholds.*[]"),
               [&](const std::string& key, const YAML::Node& v) {
                 if (key == "expr") {
                   reader.text(v, "expr", expr);
                 } else if (key == "why") {
                   reader.text(v, "why", extra.why);
                 } else if (key == "abort_on_fail") {
                   reader.boolean(v, "abort_on_fail", extra.abort_on_fail);
                 } else if (key == "delay_eval") {
                   reader.duration(v, "delay_eval", extra.delay_eval);
                 }
               });
  } else {
    reader.text(node, "a threshold", expr);
  }
  auto parsed = parse_threshold(metric, expr);
  if (!parsed) return reader.problem(node, parsed.error().message);
  parsed->why = std::move(extra.why);
  parsed->abort_on_fail = extra.abort_on_fail;
  parsed->delay_eval = extra.delay_eval;
  out.push_back(std::move(*parsed));
}

}  // namespace

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

void read_conversation(YamlReader& reader, const YAML::Node& node, Conversation& c) {
  reader.map(node, fmt::format("conversations.{}", c.name), keys("conversations.*"),
             [&](const std::string& key, const YAML::Node& v) {
               if (key == "weight") {
                 reader.number(v, "weight", c.weight);
               } else {
                 reader.list(v, "steps",
                             [&](const YAML::Node& item) { read_step(reader, item, c); });
               }
             });
  const bool speaks =
      std::ranges::any_of(c.steps, [](const Step& s) { return s.kind == Step::Kind::User; });
  if (!speaks || c.steps.front().kind != Step::Kind::User) {
    reader.problem(node, fmt::format("conversation '{}' must start with a 'user' step", c.name));
  }
  if (c.steps.size() > 1000) {
    reader.problem(node, fmt::format("conversation '{}' has more than 1000 steps", c.name));
  }
}

void read_fault(YamlReader& reader, const YAML::Node& node, FaultPlan& f) {
  reader.map(node, "a fault", keys("faults[]"), [&](const std::string& key, const YAML::Node& v) {
    if (key == "at") {
      reader.duration(v, "faults.at", f.at);
    } else if (key == "for") {
      Duration d{};
      reader.duration(v, "faults.for", d);
      f.lasts = d;
    } else if (key == "rate") {
      double rate = 0;
      reader.share(v, "faults.rate", rate);
      f.rate = rate;
    } else if (key == "times") {
      std::uint32_t times = 0;
      reader.u32(v, "faults.times", times, 1'000'000'000);
      f.times = times;
    } else if (const auto value = reader.as_json(v, key); value && value->is_object()) {
      if (key == "match") {
        reader.map(v, "faults.match", keys("faults[].match"), [](const auto&, const auto&) {});
        f.match = value->get_object();
      } else {
        f.fault = value->get_object();
      }
    } else {
      reader.problem(v, fmt::format("faults.{} must be a map", key));
    }
  });
  if (f.fault.empty()) reader.problem(node, "a fault needs a 'fault' map");
}

void read_thresholds(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                     std::vector<Threshold>& out) {
  if (!node.IsSequence()) return read_threshold(reader, metric, node, out);
  for (const auto& item : node) read_threshold(reader, metric, item, out);
}

}  // namespace chorus::lab::detail
