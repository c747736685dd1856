#include "chorus/sandbox/matrix/door.hpp"

#include "chorus/base/text.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/fault_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr const char* kMark = "X-Chorus-Sandbox";
constexpr Duration kTypingSweep = std::chrono::seconds(5);  // Source: reference matrix.md, typing
constexpr std::string_view kBearer = "Bearer ";

net::Response with_headers(Reply reply) {
  net::Response response;
  response.status = reply.status;
  response.body = std::move(reply.body);
  response.headers.add("Content-Type", std::move(reply.content_type));
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  response.headers.add("Access-Control-Allow-Headers",
                       "X-Requested-With, Content-Type, Authorization");
  response.headers.add(kMark, "1");
  if (reply.retry_after) {
    response.headers.add("Retry-After", mx::retry_after_header(*reply.retry_after));
  }
  return response;
}

net::Response gone() {
  auto response = net::Response::empty(499);
  response.close = true;
  return response;
}

/// The token of a request: header first, then the query.
/// The room that the path names, whoever may see it.
RoomLog* room_of(const Call& call) {
  for (const auto& part : call.parts) {
    if (auto* log = call.hub.find_log(part)) return log;
  }
  return nullptr;
}

std::string token_of(const net::Request& request) {
  const auto header = request.headers.get("Authorization");
  if (header.starts_with(kBearer)) return std::string(trim(header.substr(kBearer.size())));
  return request.query_param("access_token").value_or("");
}

}  // namespace

MatrixDoor::MatrixDoor(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      hub_(parts.loop, parts.world, options_.server_name),
      dialect_(hub_),
      services_(parts.loop, hub_, parts.faults, parts.services),
      limits_(options_.profile),
      scope_(parts.loop),
      calls_(parts.metrics.counter("chorus_sandbox_matrix_calls_total",
                                   "Client-server API calls of bots")) {
  dialect_.set_services(services_);
  parts_.world.set_dialect(Platform::Matrix, dialect_);
  parts_.world.on_new_account(Platform::Matrix, [this](Account& account) {
    (void)hub_.user_of(account);  // known by its id and its token from now on
  });
  parts_.world.on_removed_account(Platform::Matrix,
                                  [this](Account& account) { hub_.wake(hub_.user_of(account)); });
}

MatrixDoor::~MatrixDoor() {
  parts_.world.on_new_account(Platform::Matrix, {});
  parts_.world.on_removed_account(Platform::Matrix, {});
}

rt::Task<void> MatrixDoor::stop(Duration grace) {
  stopping_ = true;
  hub_.wake_all();
  co_await services_.stop(grace);
  co_await scope_.close();
}

bool MatrixDoor::is_connected(const Account& bot) const {
  const auto* user = hub_.find_user(bot.wire);
  return user != nullptr && user->ready;
}

Step<void> MatrixDoor::masquerade(Call& call, AppService& service) {
  call.service = &service;
  const auto user_id = call.query("user_id");
  call.user = user_id ? hub_.find_user(*user_id) : service.sender();
  if (user_id && !service.owns(*user_id)) {
    return std::unexpected(Reply::forbidden(
        fmt::format("Application service cannot masquerade as this user ({}).", *user_id)));
  }
  if (call.user == nullptr) {
    return std::unexpected(Reply::forbidden("Application service has not registered this user"));
  }
  if (const auto device = call.query("device_id")) {
    if (!call.user->devices.contains(*device)) {
      return std::unexpected(Reply::error(400, "M_UNKNOWN_DEVICE", "Unknown device"));
    }
    call.device = *device;
  }
  return {};
}

Step<void> MatrixDoor::authenticate(Call& call, Auth auth) {
  if (auth == Auth::None) return {};
  const auto token = token_of(call.request);
  if (auto* service = services_.find_token(token)) {
    if (auth == Auth::Account) return masquerade(call, *service);
    call.service = service;
    return {};
  }
  if (auth == Auth::Optional) return {};
  if (token.empty()) {
    return std::unexpected(Reply::error(401, "M_MISSING_TOKEN", "Missing access token"));
  }
  const auto session = hub_.find_session(token);
  if (!session) {
    return std::unexpected(Reply::error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed."));
  }
  call.user = session->user;
  call.device = session->device;
  return {};
}

void MatrixDoor::note_ready(Call& call) {
  if (call.user->ready || (call.service == nullptr && call.method != "sync")) return;
  call.user->ready = true;
  if (!call.account().is_bot) return;
  parts_.world.tell([&](Observer& o) { o.on_bot_ready(call.account().id); });
}

rt::Task<net::Response> MatrixDoor::handle(net::Request request) {
  if (request.method == net::Method::Options) co_return with_headers({});
  auto found = find_route(request.method, request.path());
  if (found.route == nullptr) {
    co_return with_headers(found.wrong_method
                               ? Reply::error(405, "M_UNRECOGNIZED", "Unrecognized request")
                               : Reply::error(404, "M_UNRECOGNIZED", "Unrecognized request"));
  }
  const auto& route = *found.route;
  Call call{hub_, services_, limits_, request, route.name, std::move(found.parts)};
  call.begun = parts_.loop.now();
  if (auto known = authenticate(call, route.auth); !known) {
    ++parts_.world.counters().statuses[known.error().status];
    parts_.world.tell([&](Observer& o) {
      if (known.error().status == 401) o.on_unauthorized(stable_hash(token_of(request)));
    });
    co_return with_headers(std::move(known).error());
  }
  if (call.user != nullptr) note_ready(call);
  if (!parts_.faults.empty() || parts_.world.observed()) {
    auto* log = room_of(call);
    const auto room = log != nullptr ? log->room().id : PlatformChatId();
    const auto bot = call.user != nullptr ? call.account().id : PlatformUserId(0);
    if (bot) parts_.world.tell([&](Observer& o) { o.on_call_begun(bot, call.method, room); });
    const auto fault = parts_.faults.hit({"matrix", call.method, bot, room}, parts_.loop.now());
    if (fault) co_return co_await with_fault(*fault, route, call);
  }
  // Most endpoints answer at once: they need no frame of their own.
  if (route.function != nullptr) {
    auto reply = route.function(call);
    if (route.name == "typing") sweep_typing_later();
    if (reply.status != 429) co_return respond(call, std::move(reply));
    const auto kept = call.user != nullptr ? call.user->shared_from_this() : nullptr;
    co_return co_await finish(call, std::move(reply));
  }
  // The world may be emptied while the call waits.
  const auto kept = call.user != nullptr ? call.user->shared_from_this() : nullptr;
  auto reply = co_await perform(route, call);
  co_return co_await finish(call, std::move(reply));
}

rt::Task<Reply> MatrixDoor::perform(const Route& route, Call& call) {
  if (route.function != nullptr) co_return route.function(call);
  if (route.name == "sync") co_return co_await sync(call);
  co_return co_await ping(call);
}

rt::Task<net::Response> MatrixDoor::finish(Call& call, Reply reply) {
  if (reply.status == 429 && !co_await rt::sleep_for(parts_.loop, options_.limited_pause)) {
    co_return gone();
  }
  co_return respond(call, std::move(reply));
}

net::Response MatrixDoor::respond(Call& call, Reply reply) {
  if (reply.counted) {
    calls_.add();
    auto& counters = parts_.world.counters();
    ++counters.calls;
    ++counters.statuses[reply.status];
    counters.by_method.add("matrix", call.method, reply.status, parts_.loop.now() - call.begun);
    if (call.user != nullptr && !call.user->gone && parts_.world.observed()) {
      const auto bot = call.account().id;
      const auto room = call.log != nullptr ? call.log->room().id : PlatformChatId(0);
      const auto wait = reply.retry_after
                            ? std::chrono::ceil<std::chrono::seconds>(*reply.retry_after).count()
                            : 0;
      parts_.world.tell([&](Observer& o) {
        if (reply.status == 501) return o.on_not_simulated(bot, call.method);
        o.on_call(bot, call.method, reply.status, room, static_cast<int>(wait));
        if (call.method == "send") {
          o.on_send(bot, room, stable_hash(call.request.body), reply.status);
        }
      });
    }
  }
  return with_headers(std::move(reply));
}

rt::Task<net::Response> MatrixDoor::with_fault(FaultAction fault, const Route& route, Call& call) {
  const auto user = call.user != nullptr ? call.user->shared_from_this() : nullptr;
  if (fault.latency && !co_await rt::sleep_for(parts_.loop, parts_.faults.draw(*fault.latency))) {
    co_return gone();
  }
  if (fault.drop == FaultAction::Drop::Before) {
    auto response = gone();
    response.drop = true;
    co_return response;
  }
  if (fault.loss == FaultAction::Loss::Request) co_return co_await never_answer(&parts_.loop);
  if (user && (user->gone || user->account->removed)) {
    co_return with_headers(Reply::error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed."));
  }
  call.log = room_of(call);
  if (fault.status == 429) {
    co_return respond(
        call, Reply::limited(std::chrono::seconds(std::max<std::int64_t>(1, fault.retry_after))));
  }
  if (fault.status != 0) {
    co_return respond(call,
                      Reply::error(fault.status, fault.code.empty() ? "M_UNKNOWN" : fault.code,
                                   fault.description));
  }
  auto reply = co_await perform(route, call);
  auto response = respond(call, std::move(reply));
  if (fault.loss == FaultAction::Loss::Answer) co_return co_await never_answer(&parts_.loop);
  spoil(response, fault, parts_.loop);
  co_return response;
}

rt::Task<Reply> MatrixDoor::ping(Call& call) {
  // Source: specification, application service API ("Pinging").
  const auto found = services_.all().find(call.parts[0]);
  if (found == services_.all().end() || call.service != found->second.get()) {
    co_return Reply::forbidden("This token is not the one of this application service");
  }
  if (call.service->registration().url.empty()) {
    co_return Reply::error(400, "M_URL_NOT_SET", "The application service has no URL");
  }
  const auto body = body_of(call);
  if (!body) co_return body.error();
  const auto began = parts_.loop.now();
  const int status = co_await services_.ping(
      call.service, std::string(chorus::find_string(*body, "transaction_id").value_or("")));
  if (status == 0) co_return Reply::error(502, "M_CONNECTION_FAILED", "It cannot be reached");
  if (status != 200) {
    co_return Reply::error(502, "M_BAD_STATUS", fmt::format("It answered {}", status));
  }
  co_return Reply::ok(fmt::format(R"({{"duration_ms":{}}})",
                                  static_cast<std::int64_t>(to_millis(parts_.loop.now() - began))));
}

void MatrixDoor::sweep_typing_later() {
  if (sweeping_ || stopping_) return;
  sweeping_ = true;
  rt::spawn(scope_, "typing", &MatrixDoor::sweep_typing, this);
}

rt::Task<void> MatrixDoor::sweep_typing(MatrixDoor* door) {
  bool more = true;
  while (more && co_await rt::sleep_for(door->parts_.loop, kTypingSweep)) {
    more = door->hub_.expire_typing();
  }
  door->sweeping_ = false;
}

}  // namespace chorus::sandbox::matrix
