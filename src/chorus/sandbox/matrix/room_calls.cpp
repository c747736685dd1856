#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/sandbox/matrix/call.hpp"
#include "chorus/sandbox/matrix/membership.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

/// Making and naming rooms.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::array<std::string_view, 3> kPresets = {"private_chat", "trusted_private_chat",
                                                      "public_chat"};

std::string text_of(const json::object& object, std::string_view key) {
  return to_valid_utf8(chorus::find_string(object, key).value_or(""));
}

Step<std::vector<Account*>> invitees_of(Call& call, const json::object& body) {
  std::vector<Account*> out;
  const auto* list = find_array(body, "invite");
  if (list == nullptr) return out;
  for (const auto& item : *list) {
    const auto* user =
        item.is_string() ? call.hub.find_user(std::string_view(item.get_string())) : nullptr;
    if (user == nullptr) return std::unexpected(Reply::invalid("Invitee is not a known user"));
    out.push_back(user->account);
  }
  return out;
}

Step<Opening> opening_of(Call& call, const json::object& body) {
  Opening opening;
  const auto version = chorus::find_string(body, "room_version").value_or("11");
  if (version != "10" && version != "11") {
    return std::unexpected(Reply::error(400, "M_UNSUPPORTED_ROOM_VERSION",
                                        "Your homeserver does not support this room version"));
  }
  opening.version = version;
  const bool listed = chorus::find_string(body, "visibility") == "public";
  opening.preset =
      chorus::find_string(body, "preset").value_or(listed ? "public_chat" : "private_chat");
  if (std::ranges::find(kPresets, opening.preset) == kPresets.end()) {
    return std::unexpected(Reply::bad("'" + opening.preset + "' is not a valid preset"));
  }
  if (const auto* content = find_object(body, "creation_content")) {
    opening.creation_content = json::serialize(*content);
  }
  if (const auto* levels = find_object(body, "power_level_content_override")) {
    opening.power_overrides = json::serialize(*levels);
  }
  opening.name = text_of(body, "name");
  opening.topic = text_of(body, "topic");
  if (const auto* states = find_array(body, "initial_state")) {
    for (const auto& item : *states) {
      const auto* state = item.if_object();
      const auto* content = state == nullptr ? nullptr : find_object(*state, "content");
      if (content == nullptr || !chorus::find_string(*state, "type")) {
        return std::unexpected(Reply::bad("initial_state needs type and content"));
      }
      opening.initial_state.push_back(
          {text_of(*state, "type"), text_of(*state, "state_key"), json::serialize(*content)});
    }
  }
  if (const auto name = text_of(body, "room_alias_name"); !name.empty()) {
    opening.alias = fmt::format("#{}:{}", name, call.hub.server_name());
    if (!mx::is_alias(opening.alias)) {
      return std::unexpected(Reply::invalid("Invalid characters in room alias"));
    }
    if (call.hub.find_alias(opening.alias) != nullptr) {
      return std::unexpected(Reply::error(400, "M_ROOM_IN_USE", "Room alias already taken"));
    }
  }
  return opening;
}

}  // namespace

Reply create_room(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  auto opening = opening_of(call, *body);
  if (!opening) return std::move(opening).error();
  auto invitees = invitees_of(call, *body);
  if (!invitees) return std::move(invitees).error();
  if (auto fine = charge(call, Limiter::RoomCreation); !fine) return fine.error();
  if (opening->preset == "trusted_private_chat") opening->trusted = *invitees;
  RoomSpec spec;
  spec.type = RoomType::Room;
  spec.title = opening->name.empty() ? call.account().username + "-room" : opening->name;
  spec.creator = call.account().id;
  call.hub.set_opening(&*opening);
  const auto room = call.world().add_room(std::move(spec), Platform::Matrix);
  call.hub.set_opening(nullptr);
  if (!room) return Reply::error(400, "M_UNKNOWN", room.error().message);
  auto& log = call.hub.log_of(**room);
  call.log = &log;
  const bool direct = find_bool(*body, "is_direct").value_or(false);
  for (auto* invitee : *invitees) invite(call, log, *invitee, {}, direct);
  std::string out;
  JsonWriter(out).begin_object().field("room_id", log.id()).end_object();
  return Reply::ok(std::move(out));
}

Reply get_alias(Call& call) {
  const auto* log = call.hub.find_alias(call.parts[0]);
  if (log == nullptr) {
    return Reply::not_found(fmt::format("Room alias {} not found", call.parts[0]));
  }
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("room_id", log->id()).key("servers").begin_array();
  w.value(call.hub.server_name()).end_array().end_object();
  return Reply::ok(std::move(out));
}

Reply put_alias(Call& call) {
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto& alias = call.parts[0];
  if (!mx::is_alias(alias)) return Reply::invalid("Room alias invalid");
  if (call.hub.find_alias(alias) != nullptr) {
    return Reply::error(409, "M_UNKNOWN", fmt::format("Room alias {} already exists", alias));
  }
  auto log = joined_room(call, text_of(*body, "room_id"));
  if (!log) return std::move(log).error();
  call.hub.set_alias(alias, **log);
  return {};
}

Reply delete_alias(Call& call) {
  auto* log = call.hub.find_alias(call.parts[0]);
  if (log == nullptr) return Reply::not_found();
  if (!log->levels().may_send(call.user_id(), "m.room.canonical_alias", true)) {
    return Reply::forbidden("You don't have permission to delete the alias.");
  }
  call.hub.remove_alias(call.parts[0]);
  return {};
}

Reply public_rooms(Call& call) {
  std::string out;
  JsonWriter w(out);
  std::size_t count = 0;
  w.begin_object().key("chunk").begin_array();
  for (auto* room : call.world().rooms()) {
    if (room->platform != Platform::Matrix || room->deleted) continue;
    const auto& log = call.hub.log_of(*room);
    if (join_rule(log) != "public") continue;
    ++count;
    const auto joined = std::ranges::count_if(
        room->members, [](const auto& m) { return is_present(m.second.standing); });
    w.begin_object().field("room_id", log.id()).field("name", room->title);
    w.field("num_joined_members", joined).field("world_readable", false);
    w.field("guest_can_join", false).field("join_rule", "public").end_object();
  }
  w.end_array().field("total_room_count_estimate", count).end_object();
  return Reply::ok(std::move(out));
}

}  // namespace chorus::sandbox::matrix
