#include "chorus/admin/persona_api.hpp"

#include <charconv>
#include <optional>

namespace chorus::admin {

using net::Method;
using net::PathParams;
using net::Request;
using net::Response;

namespace {

constexpr std::size_t kLargestDocument = 256 * 1024;

template <class T>
Response answer(int status, const Result<T>& result) {
  if (!result) return net::error_response(result.error());
  return Response::json(status, json::serialize(*result));
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

Result<BotId> bot_of(const PathParams& params) {
  const auto id = number(params.find("id")->second);
  if (!id || *id == 0) return fail(ErrorCode::NotFound, "there is no such bot");
  return BotId(*id);
}

/// `current` or nothing is 0.
Result<std::int32_t> version_of(std::string_view text) {
  if (text.empty() || text == "current") return 0;
  const auto value = number(text);
  if (!value || *value == 0 || *value > INT32_MAX) {
    return fail(ErrorCode::InvalidArgument,
                "a version is a number from 1, or 'current' for what the bot lives by");
  }
  return static_cast<std::int32_t>(*value);
}

Result<json::value> body_of(const Request& request) {
  if (request.body.size() > kLargestDocument) {
    return fail(ErrorCode::PayloadTooLarge, "a persona has at most 256 KiB");
  }
  return parse_json(request.body, {}, 16);
}

/// A version named in the body: `{"version": 3}`.
Result<std::int32_t> version_in(const Request& request) {
  CH_TRY(const json::value body, body_of(request));
  const auto given = body.is_object() ? find_int(body.get_object(), "version") : std::nullopt;
  if (!given || *given < 1 || *given > INT32_MAX) {
    return fail(ErrorCode::InvalidArgument, "field 'version' must be a number from 1");
  }
  return static_cast<std::int32_t>(*given);
}

rt::Task<Response> list(PersonaService* personas) {
  co_return answer(200, co_await personas->personas());
}

rt::Task<Response> shipped(PersonaService* personas, PathParams params) {
  co_return answer(200, personas->shipped_persona(params.find("name")->second));
}

rt::Task<Response> lint(PersonaService* personas, Request request) {
  const auto body = body_of(request);
  if (!body) co_return net::error_response(body.error());
  co_return answer(200, personas->lint_persona(*body));
}

rt::Task<Response> versions(PersonaService* personas, PathParams params) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  co_return answer(200, co_await personas->versions(*bot));
}

rt::Task<Response> version(PersonaService* personas, PathParams params) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  const auto wanted = version_of(params.find("version")->second);
  if (!wanted) co_return net::error_response(wanted.error());
  co_return answer(200, co_await personas->version(*bot, *wanted));
}

rt::Task<Response> set(PersonaService* personas, Request request, PathParams params, bool import) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  auto body = body_of(request);
  if (!body) co_return net::error_response(body.error());
  if (import) co_return answer(201, co_await personas->import_persona(*bot, *std::move(body)));
  co_return answer(201, co_await personas->set_persona(*bot, *std::move(body)));
}

rt::Task<Response> diff(PersonaService* personas, PathParams params) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  const auto from = version_of(params.find("from")->second);
  if (!from) co_return net::error_response(from.error());
  const auto to = version_of(params.find("to")->second);
  if (!to) co_return net::error_response(to.error());
  co_return answer(200, co_await personas->diff(*bot, *from, *to));
}

rt::Task<Response> turn_to(PersonaService* personas, Request request, PathParams params,
                           bool rewrite) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  const auto wanted = version_in(request);
  if (!wanted) co_return net::error_response(wanted.error());
  if (rewrite) co_return answer(201, co_await personas->accept_rewrite(*bot, *wanted));
  co_return answer(201, co_await personas->rollback(*bot, *wanted));
}

/// In the body, because what people say does not belong into a URL.
rt::Task<Response> prompt(PersonaService* personas, Request request, PathParams params) {
  const auto bot = bot_of(params);
  if (!bot) co_return net::error_response(bot.error());
  const auto body = body_of(request);
  if (!body) co_return net::error_response(body.error());
  const auto* object = body->if_object();
  const auto room = object != nullptr ? find_string(*object, "room") : std::nullopt;
  if (!room || room->empty()) {
    co_return net::error_response(
        Error(ErrorCode::InvalidArgument, "field 'room' must name a room by id, chat id or title"));
  }
  const auto text = find_string(*object, "text");
  co_return answer(
      200, co_await personas->prompt(*bot, std::string(*room), std::string(text.value_or(""))));
}

}  // namespace

void add_persona_routes(net::Router& router, PersonaService& service) {
  PersonaService* personas = &service;
  router.add(Method::Get, "/api/v1/personas",
             [personas](const Request&, const PathParams&) { return list(personas); });
  router.add(Method::Get, "/api/v1/personas/{name}", [personas](const Request&, PathParams params) {
    return shipped(personas, std::move(params));
  });
  router.add(Method::Post, "/api/v1/personas/lint", [personas](Request request, const PathParams&) {
    return lint(personas, std::move(request));
  });
  const std::string_view base = "/api/v1/bots/{id}/personas";
  router.add(Method::Get, base, [personas](const Request&, PathParams params) {
    return versions(personas, std::move(params));
  });
  router.add(Method::Get, "/api/v1/bots/{id}/personas/{version}",
             [personas](const Request&, PathParams params) {
               return version(personas, std::move(params));
             });
  router.add(
      Method::Get, "/api/v1/bots/{id}/personas/{from}/diff/{to}",
      [personas](const Request&, PathParams params) { return diff(personas, std::move(params)); });
  router.add(Method::Post, "/api/v1/bots/{id}/prompt",
             [personas](Request request, PathParams params) {
               return prompt(personas, std::move(request), std::move(params));
             });
  router.add(Method::Post, base, [personas](Request request, PathParams params) {
    return set(personas, std::move(request), std::move(params), false);
  });
  router.add(Method::Post, "/api/v1/bots/{id}/personas/import",
             [personas](Request request, PathParams params) {
               return set(personas, std::move(request), std::move(params), true);
             });
  router.add(Method::Post, "/api/v1/bots/{id}/personas/rollback",
             [personas](Request request, PathParams params) {
               return turn_to(personas, std::move(request), std::move(params), false);
             });
  router.add(Method::Post, "/api/v1/bots/{id}/personas/accept",
             [personas](Request request, PathParams params) {
               return turn_to(personas, std::move(request), std::move(params), true);
             });
}

}  // namespace chorus::admin
