#include "chorus/app/commands/serve_call.hpp"

#include "chorus/app/exit_codes.hpp"
#include "chorus/app/http_call.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <vector>

namespace chorus::app {

std::expected<std::string, int> call_serve_raw(const ServeFlags& flags, net::Method method,
                                               const std::string& path, const std::string& body) {
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return std::unexpected(complain_config(config.error()));
  const auto key = read_admin_key(*config);
  if (!key) return std::unexpected(complain_config(key.error()));
  net::Url base;
  base.host = config->listen.host;
  base.port = config->listen.port;
  const auto answer = http_call(method, base, path, body, *key);
  if (!answer) {
    complain(fmt::format("no chorus serve answers at {} ({}); start it, or name its --listen",
                         base.origin(), answer.error().message));
    return std::unexpected(kExitFailure);
  }
  if (answer->status >= 400) {
    const auto value = parse_json(answer->body.empty() ? "null" : answer->body);
    std::string message = fmt::format("the server answered {}", answer->status);
    if (value && value->is_object()) {
      if (const auto* error = find_object(value->get_object(), "error")) {
        message = std::string(find_string(*error, "message").value_or(message));
      }
    }
    complain(message);
    return std::unexpected(kExitFailure);
  }
  return std::string(answer->body);
}

std::expected<json::value, int> call_serve(const ServeFlags& flags, net::Method method,
                                           const std::string& path, const std::string& body) {
  const auto answer = call_serve_raw(flags, method, path, body);
  if (!answer) return std::unexpected(answer.error());
  auto value = parse_json(answer->empty() ? "null" : *answer);
  return value ? std::move(*value) : json::value(nullptr);
}

std::expected<std::string, int> find_bot_id(const ServeFlags& flags, const std::string& wanted) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/bots", "");
  if (!answer) return std::unexpected(answer.error());
  std::vector<std::string> names;
  for (const auto& entry : answer->as_array()) {
    const auto& bot = entry.as_object();
    const std::string id = std::to_string(find_int(bot, "id").value_or(0));
    names.emplace_back(find_string(bot, "name").value_or(""));
    if (id == wanted || names.back() == wanted) return id;
  }
  const auto hint = nearest(wanted, names);
  complain(fmt::format("there is no bot '{}'{} (chorus bots list shows them)", wanted,
                       hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  return std::unexpected(kExitFailure);
}

void print_bots(const json::array& bots) {
  const Terminal t = Terminal::detect();
  if (bots.empty()) std::printf("no bots yet; chorus bots add NAME --token-file FILE adds one\n");
  for (const auto& entry : bots) {
    const auto& bot = entry.as_object();
    const auto state = find_string(bot, "state").value_or("");
    const std::string shown = state == "active"         ? t.green(state)
                              : state == "unauthorized" ? t.red(state)
                                                        : t.yellow(state);
    const auto username = find_string(bot, "username").value_or("");
    std::string more;
    for (const auto* field : {"state_reason", "conflict"}) {
      const auto why = find_string(bot, field).value_or("");
      if (!why.empty()) more += fmt::format("  {}", why);
    }
    if (const auto until = find_string(bot, "frozen_until"))
      more += fmt::format("  frozen until {}", *until);
    if (const auto breaker = find_string(bot, "breaker"); breaker && *breaker != "closed") {
      more += fmt::format("  breaker {}", *breaker);
    }
    std::printf("  %-24s %-29s %s  queued %ld%s\n",
                std::string(find_string(bot, "name").value_or("")).c_str(),
                username.empty() ? "-" : fmt::format("@{}", username).c_str(), shown.c_str(),
                long(find_int(bot, "queued").value_or(0)), more.c_str());
  }
}

}  // namespace chorus::app
