#include "chorus/app/commands/serve_call.hpp"

#include "chorus/app/exit_codes.hpp"
#include "chorus/app/http_call.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

namespace chorus::app {

std::expected<json::value, int> call_serve(const ServeFlags& flags, net::Method method,
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
  auto value = parse_json(answer->body.empty() ? "null" : answer->body);
  if (answer->status >= 400) {
    std::string message = fmt::format("the server answered {}", answer->status);
    if (value && value->is_object()) {
      if (const auto* error = find_object(value->get_object(), "error")) {
        message = std::string(find_string(*error, "message").value_or(message));
      }
    }
    complain(message);
    return std::unexpected(kExitFailure);
  }
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

}  // namespace chorus::app
