#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_call.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/settings_docs.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>

namespace chorus::app {

namespace {

std::string text(const json::object& setting, std::string_view field) {
  return std::string(find_string(setting, field).value_or(""));
}

/// A value as it is written on a command line.
std::string value_text(const json::object& setting, std::string_view field) {
  const auto* value = find(setting, field);
  if (value == nullptr || value->is_null()) return "";
  if (text(setting, "kind") == "secret" && value->is_bool()) return "(set)";
  if (value->is_string()) return std::string(value->get_string());
  return value->is_double() ? fmt::format("{}", value->get_double()) : json::serialize(*value);
}

std::string path_of(const std::string& name) {
  return "/api/v1/settings/" + percent_encode(name);
}

void print_line(const json::object& setting, const Terminal& t) {
  const std::string value = value_text(setting, "value");
  std::string more = text(setting, "source");
  if (find_bool(setting, "needs_restart").value_or(false)) more += ", needs a restart";
  std::printf("  %-30s %-28s %s\n", text(setting, "name").c_str(),
              printable_line(value.empty() ? "-" : value).c_str(),
              more == "default" ? t.dim(more).c_str() : more.c_str());
}

int list(const ServeFlags& flags, bool changed, bool as_json) {
  const auto answer = call_serve(flags, net::Method::Get, "/api/v1/settings", "");
  if (!answer) return answer.error();
  if (as_json) {
    std::fputs(pretty_json(*answer).c_str(), stdout);
    return kExitPass;
  }
  const Terminal t = Terminal::detect();
  std::string group;
  for (const auto& entry : answer->as_array()) {
    const auto& setting = entry.as_object();
    if (changed && text(setting, "source") == "default") continue;
    if (text(setting, "group") != group) {
      group = text(setting, "group");
      std::printf("%s\n", group.c_str());
    }
    print_line(setting, t);
  }
  return kExitPass;
}

void print_one(const json::object& setting) {
  const std::string value = value_text(setting, "value");
  std::printf("%s = %s\n", text(setting, "name").c_str(), printable_line(value).c_str());
  std::printf("  %s\n", text(setting, "description").c_str());
  std::printf("  allowed  %s\n", text(setting, "allowed").c_str());
  const std::string fallback = value_text(setting, "default");
  std::printf("  default  %s\n", fallback.empty() ? "-" : fallback.c_str());
  std::printf("  from     %s\n", text(setting, "source").c_str());
  const std::string key = text(setting, "key");
  std::printf("  also     %s%s%s\n", text(setting, "variable").c_str(), key.empty() ? "" : ", ",
              key.empty() ? "" : (key + " in chorus.yaml").c_str());
  std::printf("  takes    %s\n",
              text(setting, "takes") == "at_once" ? "effect at once" : "effect at the next start");
  if (find_bool(setting, "needs_restart").value_or(false)) {
    std::printf("the running process goes by another value: it needs a restart\n");
  }
}

int get(const ServeFlags& flags, const std::string& name) {
  const auto answer = call_serve(flags, net::Method::Get, path_of(name), "");
  if (!answer) return answer.error();
  print_one(answer->as_object());
  return kExitPass;
}

int tell_change(const std::expected<json::value, int>& answer) {
  if (!answer) return answer.error();
  const auto& setting = answer->as_object();
  const std::string value = value_text(setting, "value");
  std::printf("%s = %s (%s)\n", text(setting, "name").c_str(), printable_line(value).c_str(),
              find_bool(setting, "needs_restart").value_or(false)
                  ? "kept; needs a restart of chorus serve"
              : text(setting, "takes") == "at_once" ? "counts from now"
                                                    : "as it was");
  return kExitPass;
}

int set(const ServeFlags& flags, const std::string& name, const std::string& value) {
  return tell_change(call_serve(flags, net::Method::Put, path_of(name),
                                json::serialize(json::object{{"value", value}})));
}

int reset(const ServeFlags& flags, const std::string& name) {
  return tell_change(call_serve(flags, net::Method::Delete, path_of(name), ""));
}

}  // namespace

void add_settings_commands(CLI::App& root, Invocation& invocation) {
  auto* settings = root.add_subcommand("settings", "The settings of the running fleet");
  settings->require_subcommand(1);
  struct Asked {
    std::string name, value;
    bool changed = false, as_json = false;
  };
  auto asked = std::make_shared<Asked>();

  auto* all = settings->add_subcommand("list", "All settings, their values, where they come from");
  auto list_flags = add_serve_flags(*all);
  all->add_flag("--changed", asked->changed, "Only those that are not at their default");
  all->add_flag("--json", asked->as_json, "As the API gives them");
  all->callback([=, &invocation] {
    invocation.run = [=] { return list(*list_flags, asked->changed, asked->as_json); };
  });
  auto* one = settings->add_subcommand("get", "One setting, and what is allowed");
  auto get_flags = add_serve_flags(*one);
  one->add_option("name", asked->name, "Name of the setting")->required();
  one->callback(
      [=, &invocation] { invocation.run = [=] { return get(*get_flags, asked->name); }; });
  auto* change = settings->add_subcommand("set", "Change a setting; it outlives a restart");
  auto set_flags = add_serve_flags(*change);
  change->add_option("name", asked->name, "Name of the setting")->required();
  change->add_option("value", asked->value, "Its new value")->required();
  change->callback([=, &invocation] {
    invocation.run = [=] { return set(*set_flags, asked->name, asked->value); };
  });
  auto* back = settings->add_subcommand("reset", "Forget the stored value");
  auto reset_flags = add_serve_flags(*back);
  back->add_option("name", asked->name, "Name of the setting")->required();
  back->callback(
      [=, &invocation] { invocation.run = [=] { return reset(*reset_flags, asked->name); }; });
  auto* docs = settings->add_subcommand("docs", "The reference of all settings, as Markdown");
  docs->callback([&invocation] {
    invocation.run = [] {
      std::fputs(settings_docs().c_str(), stdout);
      return kExitPass;
    };
  });
}

}  // namespace chorus::app
