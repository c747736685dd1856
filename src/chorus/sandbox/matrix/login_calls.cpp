#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/sandbox/matrix/app_services.hpp"
#include "chorus/sandbox/matrix/call.hpp"

#include <fmt/format.h>

#include <utility>

/// Login, registration, devices.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::string_view kService = "m.login.application_service";

std::string text_of(const json::object& object, std::string_view key) {
  return to_valid_utf8(chorus::find_string(object, key).value_or(""));
}

/// The name that a client gave: a localpart, or the whole id.
Step<std::string> localpart_of_name(const Call& call, std::string_view name) {
  if (!name.starts_with('@')) {
    const auto lower = ascii_lower(name);
    if (!mx::is_localpart(lower)) {
      return std::unexpected(Reply::error(
          400, "M_INVALID_USERNAME", "User ID can only contain characters a-z, 0-9, or '=_-./+'"));
    }
    return lower;
  }
  const auto id = mx::parse_user_id(name);
  if (!id || id->server != call.hub.server_name()) {
    return std::unexpected(
        Reply::invalid(fmt::format("User ID is not one of {}", call.hub.server_name())));
  }
  return id->localpart;
}

std::string caller_address(const Call& call) {
  return call.request.remote.substr(0, call.request.remote.rfind(':'));
}

Reply session_reply(Call& call, User& user, const json::object& body) {
  const auto& device = call.hub.add_device(user, text_of(body, "device_id"),
                                           text_of(body, "initial_device_display_name"));
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("user_id", user.account->wire).field("access_token", device.token);
  w.field("device_id", device.id).field("home_server", call.hub.server_name());
  if (find_bool(body, "refresh_token").value_or(false)) {
    w.field("refresh_token", "syr_" + device.token.substr(4));
  }
  w.end_object();
  return Reply::ok(std::move(out));
}

std::string user_name_of(const json::object& body) {
  if (const auto* identifier = find_object(body, "identifier")) {
    return text_of(*identifier, "user");
  }
  return text_of(body, "user");
}

Step<AppService*> service_of_token(Call& call) {
  if (call.service != nullptr) return call.service;
  return std::unexpected(call.request.headers.get("Authorization").empty() &&
                                 !call.query("access_token")
                             ? Reply::error(401, "M_MISSING_TOKEN", "Missing access token")
                             : Reply::error(401, "M_UNKNOWN_TOKEN", "Unknown access token"));
}

/// Makes the account of a client that came by itself.
Step<User*> add_account(Call& call, std::string localpart, std::string password, bool invited) {
  BotSpec spec;
  spec.username = std::move(localpart);
  auto added = invited ? call.world().self_register(std::move(spec), Platform::Matrix,
                                                    RoomType::Room, Standing::Invited)
                       : call.world().add_bot(std::move(spec), Platform::Matrix);
  if (!added) return std::unexpected(Reply::error(400, "M_UNKNOWN", added.error().message));
  auto& user = call.hub.user_of(**added);
  if (!password.empty()) call.hub.set_password(user, std::move(password));
  return &user;
}

Reply login_by_password(Call& call, const json::object& body) {
  auto name = localpart_of_name(call, user_name_of(body));
  if (!name) return Reply::forbidden("Invalid username or password");
  auto password = text_of(body, "password");
  const auto user_id = mx::UserId{*name, call.hub.server_name()}.to_string();
  const auto now = call.hub.loop().now();
  for (const auto& [limiter, key] : {std::pair(Limiter::LoginAddress, caller_address(call)),
                                     std::pair(Limiter::LoginAccount, user_id)}) {
    if (const auto wait = call.limits.admit(limiter, key, now)) return Reply::limited(*wait);
  }
  if (const auto wait = call.limits.ask(Limiter::LoginFailed, user_id, now)) {
    return Reply::limited(*wait);
  }
  auto* user = call.hub.find_user(user_id);
  if (call.hub.was_removed(user_id)) {
    return Reply::error(403, "M_USER_DEACTIVATED", "This account has been deactivated");
  }
  if (user == nullptr) {
    // A stranger's bot needs no set-up here: whoever logs in is known from then on.
    auto added = add_account(call, *name, std::move(password), true);
    if (!added) return std::move(added).error();
    return session_reply(call, **added, body);
  }
  if (password.empty() || (!user->password.empty() && user->password != password)) {
    (void)call.limits.admit(Limiter::LoginFailed, user_id, now);  // it counts, the answer is 403
    return Reply::forbidden("Invalid username or password");
  }
  return session_reply(call, *user, body);
}

Reply login_by_token(Call& call, const json::object& body) {
  // The token of a login is an access token of the account: there is no other way to get one here.
  const auto session = call.hub.find_session(text_of(body, "token"));
  if (!session) return Reply::forbidden("Invalid login token");
  return session_reply(call, *session->user, body);
}

Reply login_by_service(Call& call, const json::object& body) {
  auto service = service_of_token(call);
  if (!service) return std::move(service).error();
  auto name = localpart_of_name(call, user_name_of(body));
  if (!name) return std::move(name).error();
  const auto user_id = mx::UserId{*name, call.hub.server_name()}.to_string();
  if (!(*service)->owns(user_id)) {
    return Reply::error(400, "M_EXCLUSIVE", "This user ID is not of this application service");
  }
  auto* user = call.hub.find_user(user_id);
  if (user == nullptr) return Reply::forbidden("Invalid username or password");
  return session_reply(call, *user, body);
}

}  // namespace

Reply login_flows(Call&) {
  return Reply::ok(R"({"flows":[{"type":"m.login.password"},{"type":"m.login.token"},)"
                   R"({"type":"m.login.application_service"}]})");
}

Reply login(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto type = text_of(*body, "type");
  if (type == "m.login.password") return login_by_password(call, *body);
  if (type == "m.login.token") return login_by_token(call, *body);
  if (type == kService) return login_by_service(call, *body);
  return Reply::error(400, "M_UNKNOWN", "Unknown login type " + type);
}

Reply register_account(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  if (call.query("kind") == "guest") {
    return Reply::error(403, "M_GUEST_ACCESS_FORBIDDEN", "Guest access is disabled");
  }
  const bool by_service = text_of(*body, "type") == kService;
  auto name = text_of(*body, "username");
  if (name.empty()) name = ascii_lower(call.world().mint_secret().substr(2, 12));
  auto localpart = localpart_of_name(call, name);
  if (!localpart) {
    return Reply::error(400, "M_INVALID_USERNAME",
                        "User ID can only contain characters a-z, 0-9, or '=_-./+'");
  }
  const auto user_id = mx::UserId{*localpart, call.hub.server_name()}.to_string();
  if (by_service) {
    auto service = service_of_token(call);
    if (!service) return std::move(service).error();
    if (!(*service)->owns(user_id)) {
      return Reply::error(400, "M_EXCLUSIVE", "This user ID is not of this application service");
    }
  } else if (call.services.is_exclusive(user_id)) {
    return Reply::error(400, "M_EXCLUSIVE", "This user ID is reserved by an application service.");
  }
  if (call.hub.find_user(user_id) != nullptr ||
      call.world().find_name(Platform::Matrix, *localpart) != nullptr) {
    return Reply::error(400, "M_USER_IN_USE", "User ID already taken.");
  }
  if (!by_service) {
    const auto wait =
        call.limits.admit(Limiter::Registration, caller_address(call), call.hub.loop().now());
    if (wait) return Reply::limited(*wait);
    if (find_object(*body, "auth") == nullptr) {
      Reply reply;
      reply.status = 401;
      reply.body = fmt::format(
          R"({{"session":"{}","flows":[{{"stages":["m.login.dummy"]}}],"params":{{}}}})",
          call.world().mint_secret());
      return reply;
    }
  }
  auto user = add_account(call, *localpart, text_of(*body, "password"), false);
  if (!user) return std::move(user).error();
  if (find_bool(*body, "inhibit_login").value_or(false)) {
    std::string out;
    JsonWriter(out).begin_object().field("user_id", user_id).end_object();
    return Reply::ok(std::move(out));
  }
  return session_reply(call, **user, *body);
}

Reply register_available(Call& call) {
  auto name = localpart_of_name(call, call.query("username").value_or(""));
  if (!name) return std::move(name).error();
  if (call.world().find_name(Platform::Matrix, *name) != nullptr) {
    return Reply::error(400, "M_USER_IN_USE", "User ID already taken.");
  }
  return Reply::ok(R"({"available":true})");
}

Reply logout(Call& call) {
  call.hub.remove_device(*call.user, std::string(call.device));
  return {};
}

Reply logout_all(Call& call) {
  while (!call.user->devices.empty()) {
    call.hub.remove_device(*call.user, std::string(call.user->devices.begin()->first));
  }
  return {};
}

Reply whoami(Call& call) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("user_id", call.user_id()).field("is_guest", false);
  if (!call.device.empty()) w.field("device_id", call.device);
  w.end_object();
  return Reply::ok(std::move(out));
}

namespace {

void write_device(JsonWriter& w, const Device& device) {
  w.begin_object().field("device_id", device.id).field("display_name", device.name).end_object();
}

}  // namespace

Reply list_devices(Call& call) {
  std::string out;
  JsonWriter w(out);
  w.begin_object().key("devices").begin_array();
  for (const auto& [id, device] : call.user->devices) write_device(w, device);
  w.end_array().end_object();
  return Reply::ok(std::move(out));
}

Reply get_device(Call& call) {
  const auto found = call.user->devices.find(call.parts[0]);
  if (found == call.user->devices.end()) return Reply::not_found("No device found");
  std::string out;
  JsonWriter w(out);
  write_device(w, found->second);
  return Reply::ok(std::move(out));
}

Reply put_device(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto found = call.user->devices.find(call.parts[0]);
  if (found == call.user->devices.end()) return Reply::not_found("No device found");
  call.hub.add_device(*call.user, call.parts[0], text_of(*body, "display_name"),
                      std::string(found->second.token));
  return {};
}

Reply delete_device(Call& call) {
  if (!call.user->devices.contains(call.parts[0])) return Reply::not_found("No device found");
  call.hub.remove_device(*call.user, call.parts[0]);
  return {};
}

}  // namespace chorus::sandbox::matrix
