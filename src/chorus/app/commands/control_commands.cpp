#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/http_call.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/units.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace chorus::app {

namespace {

/// A call to the running `chorus serve`; the answer's JSON, or the exit code after a complaint.
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

std::int64_t number(const json::object& object, std::string_view group, std::string_view name) {
  const auto* inner = find_object(object, group);
  return inner != nullptr ? find_int(*inner, name).value_or(0) : 0;
}

void print_bots(const json::array& bots, const Terminal& t) {
  for (const auto& entry : bots) {
    const auto& bot = entry.as_object();
    const auto state = find_string(bot, "state").value_or("");
    const std::string shown = state == "active"         ? t.green(state)
                              : state == "unauthorized" ? t.red(state)
                                                        : t.yellow(state);
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
    std::printf("  %-24s @%-28s %s  queued %ld%s\n",
                std::string(find_string(bot, "name").value_or("")).c_str(),
                std::string(find_string(bot, "username").value_or("-")).c_str(), shown.c_str(),
                long(find_int(bot, "queued").value_or(0)), more.c_str());
  }
}

std::string budget_text(const json::object& of, const char* field) {
  std::string out;
  const auto* budget = find_array(of, field);
  if (budget == nullptr) return out;
  for (const auto& entry : *budget) {
    const auto& one = entry.as_object();
    out += fmt::format("  {:g} of {:g} {} per {}", find_double(one, "used").value_or(0),
                       find_double(one, "most").value_or(0), find_string(one, "unit").value_or(""),
                       find_string(one, "period").value_or(""));
  }
  return out;
}

void print_llm(const json::object& status, const Terminal& t) {
  const auto* llm = find_array(status, "llm");
  if (llm == nullptr) return;
  for (const auto& entry : *llm) {
    const auto& provider = entry.as_object();
    const auto why = find_string(provider, "unusable").value_or("");
    std::string today;
    if (const auto* spent = find_object(provider, "today");
        spent != nullptr && find_int(*spent, "calls").value_or(0) > 0) {
      today = fmt::format("  today {} calls, {} tokens, {:.4f} money",
                          find_int(*spent, "calls").value_or(0),
                          find_int(*spent, "prompt_tokens").value_or(0) +
                              find_int(*spent, "completion_tokens").value_or(0),
                          find_double(*spent, "cost").value_or(0));
    }
    std::printf("  llm     %s %s%s%s%s\n",
                std::string(find_string(provider, "name").value_or("")).c_str(),
                std::string(find_string(provider, "model").value_or("")).c_str(), today.c_str(),
                budget_text(provider, "budget").c_str(),
                why.empty() ? "" : t.red(fmt::format("  not used: {}", why)).c_str());
  }
  if (const auto all = budget_text(status, "llm_budget"); !all.empty()) {
    std::printf("  llm     all of them%s\n", all.c_str());
  }
}

void print_caches(const json::object& status) {
  const auto* caches = find_array(status, "caches");
  if (caches == nullptr) return;
  for (const auto& entry : *caches) {
    const auto& cache = entry.as_object();
    const auto count = [&](const char* field) { return long(find_int(cache, field).value_or(0)); };
    std::printf("  cache   %s %s, %ld held, %ld hits, %ld misses, %ld evicted, %ld invalidated\n",
                std::string(find_string(cache, "name").value_or("")).c_str(),
                std::string(find_string(cache, "policy").value_or("")).c_str(), count("entries"),
                count("hits") + count("negative_hits"), count("misses"), count("evicted"),
                count("invalidated"));
  }
}

int print_status(const ServeFlags& flags, bool as_json) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/status", "");
  if (!answer) return answer.error();
  if (as_json) {
    std::fputs(pretty_json(*answer).c_str(), stdout);
    return kExitPass;
  }
  const Terminal t = Terminal::detect();
  const auto& s = answer->as_object();
  const bool paused = find_bool(s, "paused").value_or(false);
  std::printf("chorus %s, %s, up %s\n", std::string(find_string(s, "version").value_or("")).c_str(),
              paused ? t.yellow("paused").c_str() : t.green("running").c_str(),
              format_duration(from_seconds(find_double(s, "uptime_s").value_or(0))).c_str());
  std::printf("  inbox   %ld taken in, %ld waiting\n", long(number(s, "store", "inbox_total")),
              long(number(s, "store", "inbox_new")));
  std::printf("  turns   %ld under way, %ld waiting, %ld decided\n",
              long(number(s, "turns", "under_way")), long(number(s, "turns", "waiting")),
              long(number(s, "store", "turns")));
  std::printf("  outbox  %ld queued, %ld sent, %ld unknown, %ld dead\n",
              long(number(s, "outbox", "queued")), long(number(s, "store", "outbox_sent")),
              long(number(s, "store", "outbox_unknown")), long(number(s, "store", "outbox_dead")));
  print_llm(s, t);
  print_caches(s);
  if (const auto* bots = find_array(s, "bots")) {
    std::printf("%zu bots\n", bots->size());
    print_bots(*bots, t);
  }
  return kExitPass;
}

int post(const ServeFlags& flags, const std::string& action, const char* done) {
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/" + action, "{}");
  if (!answer) return answer.error();
  std::printf("%s\n", done);
  return kExitPass;
}

int list_bots(const ServeFlags& flags) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/status", "");
  if (!answer) return answer.error();
  if (const auto* bots = find_array(answer->as_object(), "bots")) {
    print_bots(*bots, Terminal::detect());
  }
  return kExitPass;
}

/// Id of the bot with that name or id.
std::expected<std::string, int> bot_id(const ServeFlags& flags, const std::string& wanted) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/bots", "");
  if (!answer) return std::unexpected(answer.error());
  std::vector<std::string> names;
  for (const auto& entry : answer->as_array()) {
    const auto& bot = entry.as_object();
    const std::string id = std::to_string(find_int(bot, "id").value_or(0));
    names.emplace_back(find_string(bot, "name").value_or(""));
    if (id == wanted || names.back() == wanted) return id;
  }
  complain(fmt::format("there is no bot '{}' (chorus bots list shows them)", wanted));
  return std::unexpected(kExitFailure);
}

int add_bot(const ServeFlags& flags, const std::string& name, const std::string& token_file,
            const std::string& persona) {
  std::string token;
  std::FILE* in = token_file == "-" ? stdin : std::fopen(token_file.c_str(), "r");
  char buffer[512];
  if (in == nullptr || std::fgets(buffer, sizeof buffer, in) == nullptr) {
    complain(fmt::format("cannot read a token from {}", token_file));
    return kExitFailure;
  }
  if (in != stdin) std::fclose(in);
  token = buffer;
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  json::object body{{"name", name}, {"token", token}};
  if (!persona.empty()) body["persona"] = persona;
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/bots", json::serialize(body));
  if (!answer) return answer.error();
  std::printf("added %s (%s)\n", name.c_str(),
              std::string(find_string(answer->as_object(), "state").value_or("")).c_str());
  return kExitPass;
}

int change_bot(const ServeFlags& flags, const std::string& wanted, net::Method method,
               const std::string& body, const char* done) {
  const auto id = bot_id(flags, wanted);
  if (!id) return id.error();
  const auto answer = call_serve(flags, method, "/api/v1/bots/" + *id, body);
  if (!answer) return answer.error();
  std::printf("%s %s\n", done, wanted.c_str());
  return kExitPass;
}

}  // namespace

void add_control_commands(CLI::App& root, Invocation& invocation) {
  auto* status = root.add_subcommand("status", "What the running fleet does");
  auto status_flags = add_serve_flags(*status);
  auto as_json = std::make_shared<bool>(false);
  status->add_flag("--json", *as_json, "The whole status as JSON");
  status->callback(
      [=, &invocation] { invocation.run = [=] { return print_status(*status_flags, *as_json); }; });
  const auto add = [&](const char* name, const char* help, const char* done) {
    auto* command = root.add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    command->callback(
        [=, &invocation] { invocation.run = [=] { return post(*flags, name, done); }; });
  };
  add("pause", "The running fleet falls silent; updates are still taken in", "paused");
  add("resume", "The running fleet speaks again", "resumed");
  add("stop", "The running fleet finishes what it has begun and ends", "stopping");
}

void add_bots_commands(CLI::App& root, Invocation& invocation) {
  auto* bots = root.add_subcommand("bots", "The bots of the running fleet");
  bots->require_subcommand(1);
  auto* list = bots->add_subcommand("list", "All bots and their state");
  auto list_flags = add_serve_flags(*list);
  list->callback([=, &invocation] { invocation.run = [=] { return list_bots(*list_flags); }; });

  auto* add = bots->add_subcommand("add", "Add a bot");
  auto add_flags = add_serve_flags(*add);
  struct Added {
    std::string name, token_file, persona;
  };
  auto added = std::make_shared<Added>();
  add->add_option("name", added->name, "Name of the bot")->required();
  add->add_option("--token-file", added->token_file, "File with its token, - for standard input")
      ->required();
  add->add_option("--persona", added->persona, "trader, analyst, enthusiast or helper");
  add->callback([=, &invocation] {
    invocation.run = [=] {
      return add_bot(*add_flags, added->name, added->token_file, added->persona);
    };
  });
  const auto change = [&](const char* name, const char* help, net::Method method, const char* body,
                          const char* done) {
    auto* command = bots->add_subcommand(name, help);
    auto flags = add_serve_flags(*command);
    auto wanted = std::make_shared<std::string>();
    command->add_option("bot", *wanted, "Name or id")->required();
    command->callback([=, &invocation] {
      invocation.run = [=] { return change_bot(*flags, *wanted, method, body, done); };
    });
  };
  change("enable", "Let a bot speak", net::Method::Patch, R"({"is_enabled":true})", "enabled");
  change("disable", "Keep a bot silent", net::Method::Patch, R"({"is_enabled":false})", "disabled");
  change("remove", "Forget a bot", net::Method::Delete, "", "removed");
}

}  // namespace chorus::app
