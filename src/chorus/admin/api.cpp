#include "chorus/admin/api.hpp"

#include "chorus/admin/founding_json.hpp"
#include "chorus/admin/operations_api.hpp"
#include "chorus/admin/persona_api.hpp"
#include "chorus/admin/settings_api.hpp"
#include "chorus/base/json_writer.hpp"

#include <charconv>

namespace chorus::admin {

using net::Method;
using net::PathParams;
using net::Request;
using net::Response;

namespace {

Result<BotId> bot_id(const PathParams& params) {
  const auto& text = params.find("id")->second;
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) {
    return fail(ErrorCode::NotFound, "there is no such bot");
  }
  return BotId(value);
}

/// The answer of an operation whose value `encode` turns into JSON.
template <class T, class Encode>
Response answer(int status, const Result<T>& result, Encode encode) {
  if (!result) return net::error_response(result.error());
  return Response::json(status, encode(*result));
}

bool is_public(const Request& request, bool loopback) {
  const std::string_view path = request.path();
  if (path.starts_with("/webhook/")) return true;  // carries its own secret
  if (request.method != Method::Get && request.method != Method::Head) return false;
  return path == "/healthz" || path == "/queue/stats" || (path == "/metrics" && loopback);
}

}  // namespace

struct Api::Impl {
  Impl(FleetService& f, KeyCheck& k, net::Handler& webhooks, metrics::Registry& m, Options o)
      : fleet(f), keys(k), metrics(m), options(o) {
    router.mount("/webhook/", webhooks);
    add_founding();
    add_v1();
    if (options.personas != nullptr) add_persona_routes(router, *options.personas);
    if (options.settings != nullptr) add_settings_routes(router, *options.settings);
    if (options.operations != nullptr) add_operations_routes(router, *options.operations);
  }

  void add_founding();
  void add_v1();
  rt::Task<Response> create_bot(Request request, PathParams);
  rt::Task<Response> patch_bot(Request request, PathParams params);
  rt::Task<Response> delete_bot(Request, PathParams params);
  rt::Task<Response> create_chat(Request request, PathParams);
  rt::Task<Response> enable_chat(Request request, PathParams params);
  rt::Task<Response> set_room_tools(Request request, PathParams params);
  rt::Task<Response> room_tools(Request request, PathParams params);
  rt::Task<Response> status(Request, PathParams);
  rt::Task<Response> disclosures(Request, PathParams);

  /// A route whose answer needs no waiting.
  template <class F>
  void add_plain(Method method, std::string_view pattern, F function) {
    router.add(method, pattern,
               [function](const Request&, const PathParams&) { return net::ready(function()); });
  }
  rt::Task<Response> handle_with_key(Request request);
  template <class M>
  void add(Method method, std::string_view pattern, M member) {
    router.add(method, pattern, [this, member](Request request, PathParams params) {
      return (this->*member)(std::move(request), std::move(params));
    });
  }

  FleetService& fleet;
  KeyCheck& keys;
  metrics::Registry& metrics;
  Options options;
  net::Router router;
};

void Api::Impl::add_founding() {
  add(Method::Post, "/bots", &Impl::create_bot);
  add(Method::Patch, "/bots/{id}", &Impl::patch_bot);
  add(Method::Delete, "/bots/{id}", &Impl::delete_bot);
  add(Method::Post, "/chats", &Impl::create_chat);
  add_plain(Method::Get, "/bots",
            [this] { return Response::json(200, encode_bots(fleet.bots())); });
  add_plain(Method::Get, "/chats",
            [this] { return Response::json(200, encode_chats(fleet.chats())); });
  add_plain(Method::Get, "/queue/stats",
            [this] { return Response::json(200, encode_queue_stats(fleet.queue_stats())); });
  add_plain(Method::Get, "/healthz", [this] {
    const Health health = fleet.health();
    std::string text;
    JsonWriter out(text);
    out.begin_object().field("ok", health.ok).field("status", health.ok ? "healthy" : "unhealthy");
    out.key("checks").raw(json::serialize(health.checks)).end_object();
    return Response::json(health.ok ? 200 : 503, text);
  });
  add_plain(Method::Get, "/metrics", [this] {
    Response response = Response::text(200, metrics.prometheus_text());
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
  });
}

void Api::Impl::add_v1() {
  add(Method::Get, "/api/v1/status", &Impl::status);
  add(Method::Get, "/api/v1/disclosures.csv", &Impl::disclosures);
  add(Method::Post, "/api/v1/bots", &Impl::create_bot);
  add(Method::Patch, "/api/v1/bots/{id}", &Impl::patch_bot);
  add(Method::Delete, "/api/v1/bots/{id}", &Impl::delete_bot);
  add_plain(Method::Get, "/api/v1/bots",
            [this] { return Response::json(200, encode_bots(fleet.bots())); });
  const auto act = [this](std::string_view pattern, void (FleetService::*action)()) {
    add_plain(Method::Post, pattern, [this, action] {
      (fleet.*action)();
      return Response::json(202, R"({"ok":true})");
    });
  };
  add_plain(Method::Get, "/api/v1/rooms",
            [this] { return Response::json(200, encode_chats(fleet.chats())); });
  add(Method::Patch, "/api/v1/rooms/{id}", &Impl::enable_chat);
  add(Method::Get, "/api/v1/rooms/{id}/tools", &Impl::room_tools);
  add(Method::Put, "/api/v1/rooms/{id}/tools", &Impl::set_room_tools);
  act("/api/v1/pause", &FleetService::pause);
  act("/api/v1/resume", &FleetService::resume);
  act("/api/v1/stop", &FleetService::stop);
}

rt::Task<Response> Api::Impl::create_bot(Request request, PathParams) {
  auto bot = decode_bot_create(request.body);
  if (!bot) co_return net::error_response(bot.error());
  // The founding route stores any token unasked; ours verifies it first.
  bot->founding = request.path() == "/bots";
  co_return answer(201, co_await fleet.create_bot(std::move(*bot)), encode_bot);
}

rt::Task<Response> Api::Impl::patch_bot(Request request, PathParams params) {
  const auto id = bot_id(params);
  if (!id) co_return net::error_response(id.error());
  auto patch = decode_bot_patch(request.body);
  if (!patch) co_return net::error_response(patch.error());
  co_return answer(200, co_await fleet.patch_bot(*id, std::move(*patch)), encode_bot);
}

rt::Task<Response> Api::Impl::delete_bot(Request, PathParams params) {
  const auto id = bot_id(params);
  if (!id) co_return net::error_response(id.error());
  const auto removed = co_await fleet.remove_bot(*id);
  co_return removed ? Response::empty(204) : net::error_response(removed.error());
}

rt::Task<Response> Api::Impl::create_chat(Request request, PathParams) {
  auto chat = decode_chat_create(request.body);
  if (!chat) co_return net::error_response(chat.error());
  co_return answer(201, co_await fleet.create_chat(std::move(*chat)), encode_chat);
}

rt::Task<Response> Api::Impl::enable_chat(Request request, PathParams params) {
  const auto enabled = decode_chat_enabled(request.body);
  if (!enabled) co_return net::error_response(enabled.error());
  co_return answer(200, co_await fleet.enable_chat(params.find("id")->second, *enabled),
                   encode_chat);
}

namespace {

Response tools_answer(const Result<std::vector<std::string>>& tools) {
  if (!tools) return net::error_response(tools.error());
  return Response::json(200, json::serialize(json::object{{"tools", json::value_from(*tools)}}));
}

/// `{"tools": ["roll"]}`, or null for the fleet's own list.
Result<std::optional<std::vector<std::string>>> decode_tools(std::string_view body) {
  const auto document = parse_json(body, {}, 8);
  const auto* object = document ? document->if_object() : nullptr;
  const auto* tools = object != nullptr ? find(*object, "tools") : nullptr;
  if (tools != nullptr && tools->is_null()) return std::nullopt;
  const auto* list = tools != nullptr ? tools->if_array() : nullptr;
  std::vector<std::string> names;
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    const auto* name = (*list)[i].if_string();
    if (name == nullptr) list = nullptr;
    if (name != nullptr) names.emplace_back(name->data(), name->size());
  }
  if (list == nullptr) {
    return fail(ErrorCode::InvalidArgument, "expected {\"tools\": [names]} or {\"tools\": null}");
  }
  return names;
}

}  // namespace

rt::Task<Response> Api::Impl::room_tools(Request, PathParams params) {
  co_return tools_answer(fleet.room_tools(params.find("id")->second));
}

rt::Task<Response> Api::Impl::set_room_tools(Request request, PathParams params) {
  auto tools = decode_tools(request.body);
  if (!tools) co_return net::error_response(tools.error());
  co_return tools_answer(
      co_await fleet.set_room_tools(params.find("id")->second, *std::move(tools)));
}

rt::Task<Response> Api::Impl::status(Request, PathParams) {
  co_return Response::json(200, json::serialize(co_await fleet.status()));
}

rt::Task<Response> Api::Impl::disclosures(Request, PathParams) {
  auto csv = co_await fleet.disclosures();
  if (!csv) co_return net::error_response(csv.error());
  Response response = Response::text(200, *std::move(csv));
  response.headers.set("Content-Type", "text/csv; charset=utf-8");
  response.headers.set("Content-Disposition", "attachment; filename=\"disclosures.csv\"");
  co_return response;
}

Api::Api(FleetService& fleet, KeyCheck& keys, net::Handler& webhooks, metrics::Registry& metrics,
         Options options)
    : impl_(std::make_unique<Impl>(fleet, keys, webhooks, metrics, options)) {}
Api::~Api() = default;

rt::Task<Response> Api::Impl::handle_with_key(Request request) {
  const std::string_view key = request.headers.get("X-API-Key");
  if (key.empty() || !co_await keys.role_of(Secret(std::string(key)))) {
    co_return net::error_response(
        Error(ErrorCode::Unauthenticated, "send the admin key in the header X-API-Key"));
  }
  co_return co_await router.handle(std::move(request));
}

rt::Task<Response> Api::handle(Request request) {
  if (is_public(request, impl_->options.loopback)) return impl_->router.handle(std::move(request));
  return impl_->handle_with_key(std::move(request));
}

}  // namespace chorus::admin
