#include "chorus/admin/operations_api.hpp"

#include "chorus/admin/json_answer.hpp"

namespace chorus::admin {

using net::Method;
using net::PathParams;
using net::Request;
using net::Response;

namespace {

/// A name that the body may give: `{"name": "x"}`; an empty body gives none.
Result<std::string> named(const Request& request, std::string_view field) {
  if (request.body.empty()) return std::string();
  CH_TRY(const json::object body, json_body(request));
  const auto* value = find(body, field);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) {
    return fail(ErrorCode::InvalidArgument, "field '" + std::string(field) + "' must be text");
  }
  return std::string(value->get_string());
}

Result<PlatformUserId> person_of(const PathParams& params) {
  const auto id = as_int(json::value(json::string(params.find("id")->second)));
  if (!id || *id <= 0) {
    return fail(ErrorCode::InvalidArgument,
                "a person is named by the platform's numeric id of the account");
  }
  return PlatformUserId(*id);
}

rt::Task<Response> breakers(OperationsService* service) {
  co_return Response::json(200, json::serialize(service->breakers()));
}

rt::Task<Response> reset_breaker(OperationsService* service, Request request) {
  const auto name = named(request, "name");
  if (!name) co_return net::error_response(name.error());
  co_return json_answer(200, service->reset_breaker(*name));
}

rt::Task<Response> reset_llm(OperationsService* service, Request request) {
  const auto provider = named(request, "provider");
  if (!provider) co_return net::error_response(provider.error());
  if (const auto done = service->reset_llm(*provider); !done) {
    co_return net::error_response(done.error());
  }
  co_return Response::json(202, R"({"ok":true})");
}

rt::Task<Response> budgets(OperationsService* service) {
  co_return Response::json(200, json::serialize(service->llm_budgets()));
}

rt::Task<Response> set_budget(OperationsService* service, Request request, PathParams params) {
  auto body = json_body(request);
  if (!body) co_return net::error_response(body.error());
  co_return json_answer(
      200, co_await service->set_llm_budget(params.find("scope")->second, *std::move(body)));
}

rt::Task<Response> reset_budget(OperationsService* service, PathParams params) {
  co_return json_answer(200, co_await service->reset_llm_budget(params.find("scope")->second));
}

rt::Task<Response> conversations(OperationsService* service) {
  co_return Response::json(200, json::serialize(service->conversations()));
}

rt::Task<Response> end_conversation(OperationsService* service, PathParams params) {
  const auto id = as_int(json::value(json::string(params.find("id")->second)));
  if (!id || *id <= 0) {
    co_return net::error_response(
        Error(ErrorCode::InvalidArgument, "a conversation is named by its numeric id"));
  }
  if (const auto done = service->end_conversation(ConversationId(*id)); !done) {
    co_return net::error_response(done.error());
  }
  co_return Response::json(202, R"({"ok":true})");
}

rt::Task<Response> export_person(OperationsService* service, PathParams params) {
  const auto person = person_of(params);
  if (!person) co_return net::error_response(person.error());
  const auto document = co_await service->export_person(*person);
  if (!document) co_return net::error_response(document.error());
  co_return Response::json(200, *document);
}

rt::Task<Response> forget_person(OperationsService* service, PathParams params) {
  const auto person = person_of(params);
  if (!person) co_return net::error_response(person.error());
  const auto rows = co_await service->forget_person(*person);
  if (!rows) co_return net::error_response(rows.error());
  co_return Response::json(200, json::serialize(json::object{{"rows", *rows}}));
}

}  // namespace

void add_operations_routes(net::Router& router, OperationsService& operations) {
  OperationsService* port = &operations;
  const auto add = [&](Method method, std::string_view pattern, auto function) {
    router.add(method, pattern, [port, function](Request request, PathParams params) {
      return function(port, std::move(request), std::move(params));
    });
  };
  add(Method::Get, "/api/v1/breakers",
      [](OperationsService* s, Request, PathParams) { return breakers(s); });
  add(Method::Post, "/api/v1/breakers/reset",
      [](OperationsService* s, Request r, PathParams) { return reset_breaker(s, std::move(r)); });
  add(Method::Post, "/api/v1/llm/reset",
      [](OperationsService* s, Request r, PathParams) { return reset_llm(s, std::move(r)); });
  add(Method::Get, "/api/v1/llm/budgets",
      [](OperationsService* s, Request, PathParams) { return budgets(s); });
  add(Method::Put, "/api/v1/llm/budgets/{scope}",
      [](OperationsService* s, Request r, PathParams p) {
        return set_budget(s, std::move(r), std::move(p));
      });
  add(Method::Delete, "/api/v1/llm/budgets/{scope}",
      [](OperationsService* s, Request, PathParams p) { return reset_budget(s, std::move(p)); });
  add(Method::Get, "/api/v1/conversations",
      [](OperationsService* s, Request, PathParams) { return conversations(s); });
  add(Method::Delete, "/api/v1/conversations/{id}",
      [](OperationsService* s, Request, PathParams p) {
        return end_conversation(s, std::move(p));
      });
  add(Method::Get, "/api/v1/people/{id}",
      [](OperationsService* s, Request, PathParams p) { return export_person(s, std::move(p)); });
  add(Method::Delete, "/api/v1/people/{id}",
      [](OperationsService* s, Request, PathParams p) { return forget_person(s, std::move(p)); });
}

}  // namespace chorus::admin
