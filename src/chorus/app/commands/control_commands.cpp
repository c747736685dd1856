#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/units.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace chorus::app {

namespace {

int print_disclosures(const ServeFlags& flags) {
  const auto csv = call_serve_raw(flags, net::Method::Get, "/api/v1/disclosures.csv", "");
  if (!csv) return csv.error();
  std::fwrite(csv->data(), 1, csv->size(), stdout);
  return kExitPass;
}

std::int64_t number(const json::object& object, std::string_view group, std::string_view name) {
  const auto* inner = find_object(object, group);
  return inner != nullptr ? find_int(*inner, name).value_or(0) : 0;
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
      today = fmt::format("  today {}, {} tokens, {:.4f} money",
                          counted(find_int(*spent, "calls").value_or(0), "call"),
                          find_int(*spent, "prompt_tokens").value_or(0) +
                              find_int(*spent, "completion_tokens").value_or(0),
                          find_double(*spent, "cost").value_or(0));
    }
    std::string refused;
    if (const auto* calls = find_object(provider, "calls");
        calls != nullptr && find_int(*calls, "refused").value_or(0) > 0) {
      refused = t.yellow(fmt::format("  {} refused since the start, the last: {}",
                                     counted(find_int(*calls, "refused").value_or(0), "call"),
                                     find_string(provider, "refused_why").value_or("")));
    }
    std::printf("  llm     %s %s%s%s%s%s\n",
                std::string(find_string(provider, "name").value_or("")).c_str(),
                std::string(find_string(provider, "model").value_or("")).c_str(), today.c_str(),
                budget_text(provider, "budget").c_str(), refused.c_str(),
                why.empty() ? "" : t.red(fmt::format("  not used: {}", why)).c_str());
  }
  if (const auto all = budget_text(status, "llm_budget"); !all.empty()) {
    std::printf("  llm     all of them%s\n", all.c_str());
  }
}

/// `  hour    99.5 % of 1,204 decisions and 100.0 % of 310 sends without an error`.
void print_last_hour(const json::object& status) {
  const auto* hour = find_object(status, "last_hour");
  if (hour == nullptr) return;
  const auto part = [&](const char* of, const char* noun) -> std::string {
    const auto* tally = find_object(*hour, of);
    const auto success = tally != nullptr ? find_double(*tally, "success") : std::nullopt;
    if (!success) return fmt::format("no {}s", noun);
    return fmt::format(
        "{:.1f} % of {}", *success * 100,
        counted(find_int(*tally, "ok").value_or(0) + find_int(*tally, "error").value_or(0), noun));
  };
  std::printf("  hour    %s and %s without an error\n", part("ticks", "decision").c_str(),
              part("sends", "send").c_str());
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
  std::printf("  talks   %ld of %ld slots held, %ld people wait for one, %ld wait for the person\n",
              long(number(s, "conversations", "live")), long(number(s, "conversations", "most")),
              long(number(s, "conversations", "queued")),
              long(number(s, "conversations", "waiting")));
  print_last_hour(s);
  print_llm(s, t);
  print_caches(s);
  if (const auto* bots = find_array(s, "bots")) {
    std::printf("%s\n", counted(static_cast<std::int64_t>(bots->size()), "bot").c_str());
    print_bots(*bots);
  }
  return kExitPass;
}

int post(const ServeFlags& flags, const std::string& action, const char* done) {
  const auto answer = call_serve(flags, net::Method::Post, "/api/v1/" + action, "{}");
  if (!answer) return answer.error();
  std::printf("%s\n", done);
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
  auto* disclosures =
      root.add_subcommand("disclosures", "Who was told when that they write with a bot, as CSV");
  auto disclosures_flags = add_serve_flags(*disclosures);
  disclosures->callback(
      [=, &invocation] { invocation.run = [=] { return print_disclosures(*disclosures_flags); }; });
  add("stop", "The running fleet finishes what it has begun and ends", "stopping");
}

}  // namespace chorus::app
