#include "chorus/app/targets/fleet_config.hpp"

#include "chorus/app/targets/fleet_limits.hpp"
#include "chorus/app/targets/fleet_values.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

namespace chorus::app {

using sandbox::Platform;

namespace {

/// A YAML text in double quotes is JSON's form.
std::string quoted(const std::string& text) {
  return json::serialize(json::string(text));
}

/// The name of a bot as a regular expression: the number is any number.
std::string name_pattern(const std::string& name) {
  std::string out;
  for (const char c : ascii_lower(replace_all(name, "{index}", "\n"))) {
    if (c == '\n') {
      out += "[0-9]+";
    } else {
      if (std::string_view(".+-/=").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string matrix_yaml(const lab::TargetSpec& spec, const std::string& homeserver) {
  std::string out = fmt::format("matrix:\n  homeserver: {}\n", quoted(homeserver));
  if (has_app_service(spec)) {
    out +=
        "  mode: appservice\n"
        "  as_token: \"file:tokens/as\"\n"
        "  hs_token: \"file:tokens/hs\"\n";
  }
  return out + "  allow_invites: [\"*\"]\n";
}

}  // namespace

bool has_app_service(const lab::TargetSpec& spec) {
  return spec.is_on(Platform::Matrix) && spec.bots.transport == lab::UpdateTransport::Webhook;
}

std::string fleet_yaml(const lab::TargetSpec& spec, const lab::SandboxAddresses& addresses,
                       const std::vector<lab::BotAccess>& bots, bool llm) {
  std::string yaml = "version: 1\nlisten: \"127.0.0.1:0\"\n";
  if (spec.bots.transport == lab::UpdateTransport::Webhook) yaml += "public_url: auto\n";
  yaml += fmt::format("telegram: {{ api_base: {} }}\n", quoted(addresses.telegram));
  if (spec.is_on(Platform::Matrix)) yaml += matrix_yaml(spec, addresses.matrix);
  if (llm) {
    yaml += fmt::format(
        "llm: {{ chain: [ {{ kind: openai-compatible, base_url: {}, model: sandbox-small, "
        "concurrency: {} }} ] }}\n",
        quoted(addresses.llm), llm_concurrency(spec));
  }
  yaml += fmt::format("settings: {{ pacing: {}, max_concurrent_conversations: {} }}\n",
                      spec.pacing == lab::Pacing::Fast ? "none" : "human", kLoadConversations);
  yaml += "bots:\n";
  for (std::size_t i = 0; i < bots.size(); ++i) {
    const auto& bot = bots[i];
    std::string rooms;
    for (const auto& room : bot.rooms) rooms += (rooms.empty() ? "" : ", ") + quoted(room);
    const bool matrix = bot.platform == Platform::Matrix;
    const auto access = matrix && has_app_service(spec)
                            ? "user: " + quoted(bot.address)
                            : fmt::format("token: \"file:tokens/{}\"", i);
    yaml += fmt::format("  - {{ name: {}, platform: {}, {}, persona: {}, rooms: [{}] }}\n",
                        quoted(bot.name), sandbox::to_string(bot.platform), access,
                        quoted(bot.persona.empty() ? "helper" : bot.persona), rooms);
  }
  return yaml;
}

std::string registration_json(const lab::TargetSpec& spec, const AppServiceTokens& tokens,
                              const std::string& url) {
  json::object users{{"regex", fmt::format("@{}:.*", name_pattern(spec.bots.name))},
                     {"exclusive", true}};
  return json::serialize(json::object{{"id", "chorus-lab"},
                                      {"url", url},
                                      {"as_token", tokens.as},
                                      {"hs_token", tokens.hs},
                                      {"sender_localpart", "chorus-lab"},
                                      {"rate_limited", false},
                                      {"namespaces", json::object{{"users", json::array{users}}}}});
}

}  // namespace chorus::app
