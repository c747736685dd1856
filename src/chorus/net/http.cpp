#include "chorus/net/http.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <utility>

namespace chorus::net {

std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Head:
      return "HEAD";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Patch:
      return "PATCH";
    case Method::Delete:
      return "DELETE";
    case Method::Options:
      return "OPTIONS";
    case Method::Other:
      break;
  }
  return "OTHER";
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (iequals_ascii(key, name)) return value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return iequals_ascii(field.first, name); });
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : fields_) {
    if (!iequals_ascii(key, name)) continue;
    for (const std::string_view part : split(value, ',')) {
      if (iequals_ascii(trim(part), token)) return true;
    }
  }
  return false;
}

void Headers::add(std::string name, std::string value) {
  // Most messages carry three to eight fields: one allocation instead of three or four.
  if (fields_.empty()) fields_.reserve(8);
  fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(fields_, [&](const auto& field) { return iequals_ascii(field.first, name); });
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  const auto at = target.find('?');
  if (at == std::string::npos) return {};
  return std::string_view(target).substr(at + 1);
}

std::optional<std::string> Request::query_param(std::string_view name) const {
  const std::string_view text = query();
  if (text.empty()) return std::nullopt;
  for (const std::string_view pair : split(text, '&')) {
    const auto equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    // The usual name needs no decoding; a copy is made only when it may be escaped.
    const bool plain = key.find_first_of("%+") == std::string_view::npos;
    if (plain ? key != name : percent_decode(key, true) != name) continue;
    if (equals == std::string_view::npos) return std::string();
    return percent_decode(pair.substr(equals + 1), true);
  }
  return std::nullopt;
}

namespace {

Response with_type(int status, std::string body, const char* type) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

}  // namespace

Response Response::json(int status, std::string body) {
  return with_type(status, std::move(body), "application/json");
}

Response Response::text(int status, std::string body) {
  return with_type(status, std::move(body), "text/plain; charset=utf-8");
}

Response Response::html(std::string body) {
  return with_type(200, std::move(body), "text/html; charset=utf-8");
}

Response Response::empty(int status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace chorus::net
