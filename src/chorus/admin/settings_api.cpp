#include "chorus/admin/settings_api.hpp"

#include "chorus/admin/json_answer.hpp"

namespace chorus::admin {

using net::Method;
using net::PathParams;
using net::Request;
using net::Response;

namespace {

rt::Task<Response> list(SettingsService* settings) {
  co_return Response::json(200, json::serialize(settings->settings()));
}

rt::Task<Response> show(SettingsService* settings, PathParams params) {
  co_return json_answer(200, settings->setting(params.find("name")->second));
}

rt::Task<Response> set(SettingsService* settings, Request request, PathParams params) {
  auto body = json_body(request);
  if (!body) co_return net::error_response(body.error());
  auto* value = body->if_contains("value");
  if (value == nullptr) {
    co_return net::error_response(
        Error(ErrorCode::InvalidArgument, "send {\"value\": ...} with the new value"));
  }
  co_return json_answer(200, co_await settings->set_setting(params.find("name")->second, *value));
}

rt::Task<Response> reset(SettingsService* settings, PathParams params) {
  co_return json_answer(200, co_await settings->reset_setting(params.find("name")->second));
}

}  // namespace

void add_settings_routes(net::Router& router, SettingsService& settings) {
  SettingsService* port = &settings;
  router.add(Method::Get, "/api/v1/settings",
             [port](const Request&, const PathParams&) { return list(port); });
  router.add(Method::Get, "/api/v1/settings/{name}",
             [port](const Request&, PathParams params) { return show(port, std::move(params)); });
  router.add(Method::Put, "/api/v1/settings/{name}", [port](Request request, PathParams params) {
    return set(port, std::move(request), std::move(params));
  });
  router.add(Method::Delete, "/api/v1/settings/{name}",
             [port](const Request&, PathParams params) { return reset(port, std::move(params)); });
}

}  // namespace chorus::admin
