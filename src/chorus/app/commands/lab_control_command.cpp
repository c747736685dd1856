#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/http_call.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/units.hpp"
#include "chorus/net/transport.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <memory>

namespace chorus::app {

namespace {

struct ControlFlags {
  std::string control = "8090";
  std::string load;
};

/// `150%` is a factor of the plan, `20` a number of people.
std::optional<std::string> scale_body(std::string_view load) {
  const bool percent = load.ends_with('%');
  if (percent) load.remove_suffix(1);
  double n = 0;
  const auto [end, error] = std::from_chars(load.data(), load.data() + load.size(), n);
  if (error != std::errc{} || end != load.data() + load.size() || n < 0) return std::nullopt;
  if (percent) return fmt::format(R"({{"factor":{}}})", n / 100);
  if (n != static_cast<double>(static_cast<std::int64_t>(n))) return std::nullopt;
  return fmt::format(R"({{"people":{}}})", static_cast<std::int64_t>(n));
}

void print_state(const json::object& state) {
  const auto text = [&](std::string_view key) {
    return std::string(find_string(state, key).value_or(""));
  };
  std::string line =
      fmt::format("{}: {}, {}", text("name"), text("phase"),
                  format_duration(from_seconds(find_double(state, "elapsed_s").value_or(0))));
  if (find_bool(state, "paused").value_or(false)) line += ", paused";
  line += fmt::format(", {:.4g} % of the plan", find_double(state, "factor").value_or(1) * 100);
  if (const auto people = find_int(state, "people")) line += fmt::format(", {} people", *people);
  std::printf("%s\n", line.c_str());
}

int call_run(const ControlFlags& flags, net::Method method, const std::string& path,
             const std::string& body) {
  const auto endpoint = net::Endpoint::parse(flags.control);
  if (!endpoint) {
    complain("--control: " + endpoint.error().message);
    return kExitUsage;
  }
  const auto base = net::Url::parse(fmt::format("http://{}:{}", endpoint->host, endpoint->port));
  if (!base) {
    complain("--control: " + base.error().message);
    return kExitUsage;
  }
  net::Request request;
  request.method = method;
  request.target = "/control/v1/lab" + path;
  if (method == net::Method::Post) request.headers.add("Content-Type", "application/json");
  request.body = body;
  const auto answer = http_send(*base, std::move(request));
  if (!answer) {
    complain(
        fmt::format("no run answers at {}: {}; its address stands above its live view, and "
                    "chorus lab run --control PORT chooses it",
                    flags.control, answer.error().message));
    return kExitFailure;
  }
  const auto parsed = parse_json(answer->body);
  if (!parsed || !parsed->is_object()) {
    complain(fmt::format("what answers at {} is no run", flags.control));
    return kExitFailure;
  }
  if (answer->status >= 400) {
    const auto* error = find_object(parsed->get_object(), "error");
    const auto why = error ? find_string(*error, "message").value_or("refused") : "refused";
    complain(std::string(why));
    return kExitFailure;
  }
  print_state(parsed->get_object());
  return kExitPass;
}

}  // namespace

void add_lab_control_commands(CLI::App& lab, Invocation& invocation) {
  const auto add = [&](const char* name, const char* help, net::Method method, const char* path) {
    auto* command = lab.add_subcommand(name, help);
    auto flags = std::make_shared<ControlFlags>();
    command->add_option("--control", flags->control, "[HOST:]PORT of the run's control API");
    command->callback(
        [=, &invocation] { invocation.run = [=] { return call_run(*flags, method, path, ""); }; });
  };
  add("status", "What a run that is going on does", net::Method::Get, "");
  add("pause", "Send nothing more until resume", net::Method::Post, "/pause");
  add("resume", "Go on with the plan where it is by now", net::Method::Post, "/resume");
  add("stop", "End the load; the report comes as after Ctrl-C", net::Method::Post, "/stop");
  auto* scale = lab.add_subcommand("scale", "More or less load: 150% of the plan, or 20 people");
  auto flags = std::make_shared<ControlFlags>();
  scale->add_option("load", flags->load, "150% of the plan, or 20 people (externally-controlled)")
      ->required();
  scale->add_option("--control", flags->control, "[HOST:]PORT of the run's control API");
  scale->callback([=, &invocation] {
    invocation.run = [=] {
      const auto body = scale_body(flags->load);
      if (body) return call_run(*flags, net::Method::Post, "/scale", *body);
      complain(
          fmt::format("'{}' is neither a share like 150% nor a number of people", flags->load));
      return static_cast<int>(kExitUsage);
    };
  });
}

}  // namespace chorus::app
