#include "chorus/app/settings_service.hpp"

#include "chorus/app/terminal.hpp"
#include "chorus/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::app {

namespace {

using config::Kind;
using config::Setting;
using config::Takes;

constexpr std::string_view kStoredPrefix = "setting.";

json::object describe(const Setting& setting) {
  json::object out{{"name", setting.name},
                   {"default", config::to_json(setting, setting.fallback)},
                   {"kind", config::to_string(setting.kind)},
                   {"unit", setting.range.unit},
                   {"allowed", config::allowed(setting)},
                   {"group", setting.group},
                   {"description", setting.what},
                   {"takes", setting.takes == Takes::AtOnce ? "at_once" : "at_start"},
                   {"variable", setting.variable},
                   {"key", setting.key}};
  json::array choices;
  for (const auto& choice : setting.choices) choices.emplace_back(choice);
  out["choices"] = std::move(choices);
  return out;
}

}  // namespace

std::map<std::string, std::string> stored_settings(
    const std::vector<std::pair<std::string, std::string>>& rows) {
  std::map<std::string, std::string> out;
  for (const auto& [key, text] : rows) {
    if (!key.starts_with(kStoredPrefix)) continue;
    const std::string name = key.substr(kStoredPrefix.size());
    const auto* row = service_settings_table().find(name);
    if (row == nullptr || row->setting.kind == Kind::Secret) {
      log::warn("serve", "the stored setting {} is not known any more and does not count", name);
      continue;
    }
    auto value = config::check(row->setting, text);
    if (!value) {
      log::warn("serve", "the stored setting {} does not count: {}", name, value.error().message);
      continue;
    }
    out.emplace(name, *std::move(value));
  }
  return out;
}

GivenSettings given_settings(const ServeConfig& config,
                             const std::vector<std::pair<std::string, std::string>>& rows) {
  GivenSettings out;
  out.given = config.settings;
  out.fixed = config.fixed_settings;
  out.stored = stored_settings(rows);
  for (const auto& setting : process_settings()) {
    const auto origin = std::ranges::find(config.origins, setting.name, &ServeConfig::Origin::name);
    if (origin == config.origins.end()) continue;
    out.process.emplace_back(setting, std::pair(origin->value, origin->source));
  }
  return out;
}

Result<ServiceSettings> settings_at_start(const GivenSettings& given) {
  ServiceSettings out;
  const auto& table = service_settings_table();
  CH_TRY_VOID(table.apply(given.given, out));
  for (const auto& [name, value] : given.stored) {
    if (!given.fixed.contains(name)) CH_TRY_VOID(table.apply(name, value, out));
  }
  return out;
}

SettingsService::SettingsService(store::Store& store, ServiceSettings running, GivenSettings given)
    : store_(store), running_(std::move(running)), given_(std::move(given)) {}

std::pair<std::string, std::string> SettingsService::wanted(const Row& row) const {
  const std::string& name = row.setting.name;
  const auto given = given_.given.find(name);
  const auto text = [&](const std::string& value) {
    return config::check(row.setting, value).value_or(row.setting.fallback);
  };
  if (const auto fixed = given_.fixed.find(name); fixed != given_.fixed.end()) {
    return {text(given->second), fixed->second};
  }
  if (const auto stored = given_.stored.find(name); stored != given_.stored.end()) {
    return {stored->second, "stored"};
  }
  if (given != given_.given.end()) return {text(given->second), "file"};
  return {row.setting.fallback, "default"};
}

json::object SettingsService::show(const Row& row) const {
  const auto [value, source] = wanted(row);
  json::object out = describe(row.setting);
  const bool secret = row.setting.kind == Kind::Secret;
  ServiceSettings then;
  row.put(value, then);
  out["value"] = config::to_json(row.setting, value);
  out["source"] = source;
  out["changeable"] = !secret && !given_.fixed.contains(row.setting.name);
  out["needs_restart"] = !secret && row.get(running_) != row.get(then);
  return out;
}

json::array SettingsService::settings() const {
  json::array out;
  for (const auto& row : service_settings_table().rows()) out.push_back(show(row));
  for (const auto& [setting, origin] : given_.process) {
    json::object one = describe(setting);
    one["value"] = origin.first;  // masked already
    one["source"] = origin.second;
    one["changeable"] = false;
    one["needs_restart"] = false;
    out.push_back(std::move(one));
  }
  return out;
}

Error SettingsService::unknown(const std::string& name) const {
  auto names = service_settings_table().names();
  for (const auto& [setting, origin] : given_.process) names.push_back(setting.name);
  return Error(ErrorCode::NotFound, config::unknown_setting(name, names).message);
}

Result<json::object> SettingsService::setting(const std::string& name) const {
  if (const auto* row = service_settings_table().find(name)) return show(*row);
  for (auto& one : settings()) {
    if (find_string(one.get_object(), "name") == name) return std::move(one.get_object());
  }
  return std::unexpected(unknown(name));
}

Result<const SettingsService::Row*> SettingsService::changeable(const std::string& name) const {
  const Row* row = service_settings_table().find(name);
  if (row == nullptr) {
    if (!setting(name)) return std::unexpected(unknown(name));
    return fail(ErrorCode::Conflict,
                fmt::format("{} belongs to the process: change its flag, its variable or "
                            "chorus.yaml, and start again",
                            name));
  }
  if (row->setting.kind == Kind::Secret) {
    return fail(ErrorCode::Conflict,
                fmt::format("{} is a secret and is never stored: set {}, or {} of chorus.yaml to "
                            "env:NAME or file:PATH, and start again",
                            name, row->setting.variable, row->setting.key));
  }
  if (const auto fixed = given_.fixed.find(name); fixed != given_.fixed.end()) {
    return fail(ErrorCode::Conflict, fmt::format("{} is given by {}, which comes before what is "
                                                 "stored: change or unset it there",
                                                 name, fixed->second));
  }
  return row;
}

void SettingsService::take(const Row& row) {
  if (row.setting.takes != Takes::AtOnce) return;
  row.put(wanted(row).first, running_);
  if (hook_) hook_(running_);
}

rt::Task<Result<json::object>> SettingsService::set_setting(std::string name, json::value value) {
  CH_CO_TRY(const Row* row, changeable(name));
  CH_CO_TRY(const std::string text, config::text_of(value));
  auto checked = config::check(row->setting, text);
  if (!checked) {
    co_return fail(ErrorCode::InvalidArgument,
                   fmt::format("{}: {}", name, checked.error().message));
  }
  CH_CO_TRY_VOID(co_await store_.set_setting(std::string(kStoredPrefix) + name, *checked));
  given_.stored.insert_or_assign(name, *std::move(checked));
  take(*row);
  log::info("serve", "setting {} is {} now{}", name, printable_line(wanted(*row).first),
            row->setting.takes == Takes::AtOnce ? "" : " (from the next start on)");
  co_return show(*row);
}

rt::Task<Result<json::object>> SettingsService::reset_setting(std::string name) {
  CH_CO_TRY(const Row* row, changeable(name));
  CH_CO_TRY_VOID(co_await store_.set_setting(std::string(kStoredPrefix) + name, std::nullopt));
  given_.stored.erase(name);
  take(*row);
  co_return show(*row);
}

}  // namespace chorus::app
