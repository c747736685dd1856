#pragma once

#include "chorus/base/json.hpp"
#include "chorus/net/http.hpp"
#include "chorus/proto/matrix/errors.hpp"
#include "chorus/sandbox/matrix/event_view.hpp"
#include "chorus/sandbox/matrix/hub.hpp"
#include "chorus/sandbox/matrix/rate_limits.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox::matrix {

class AppService;
class AppServices;

/// Answer of one call.
struct Reply {
  int status = 200;
  std::string body = "{}";
  std::optional<std::chrono::milliseconds> retry_after;
  std::string content_type = "application/json";
  bool counted = true;  ///< false: nobody asked for it any more

  static Reply ok(std::string body) {
    Reply reply;
    reply.body = std::move(body);
    return reply;
  }
  static Reply error(int status, std::string_view errcode, std::string_view text);
  static Reply limited(std::chrono::milliseconds wait);
  static Reply forbidden(std::string_view text) { return error(403, "M_FORBIDDEN", text); }
  static Reply not_found(std::string_view text = "Not found") {
    return error(404, "M_NOT_FOUND", text);
  }
  static Reply bad(std::string_view text) { return error(400, "M_BAD_JSON", text); }
  static Reply invalid(std::string_view text) { return error(400, "M_INVALID_PARAM", text); }
};

/// Result of a step that may already be the answer.
template <class T>
using Step = std::expected<T, Reply>;

/// One call under way. Lives in the frame of the door's handler.
struct Call {
  Hub& hub;
  AppServices& services;
  RateLimits& limits;
  const net::Request& request;
  std::string_view method;              ///< the endpoint's name, as faults and observers know it
  std::vector<std::string> parts = {};  ///< values of `{}` in the path, decoded
  User* user = nullptr;                 ///< who calls (the masqueraded one); null without a token
  std::string device = {};
  AppService* service = nullptr;
  RoomLog* log = nullptr;  ///< the room that the call is about, once known
  MonoTime begun{};

  [[nodiscard]] World& world() const { return hub.world(); }
  [[nodiscard]] Account& account() const { return *user->account; }
  [[nodiscard]] const std::string& user_id() const { return user->account->wire; }
  [[nodiscard]] std::optional<std::string> query(std::string_view name) const {
    return request.query_param(name);
  }
  [[nodiscard]] std::int64_t query_int(std::string_view name, std::int64_t otherwise) const;
  /// The caller as a reader of events, with their rooms and relations.
  [[nodiscard]] Viewer viewer() const {
    return {user, device, to_micros(hub.loop().wall_now()) / 1000, true, true};
  }
  /// Where an event of this call comes from: device, transaction, the time of a service.
  [[nodiscard]] Origin origin(std::string type, std::string content) const;
  /// The key of a transaction id of this call: what it is about, without the user for services.
  [[nodiscard]] std::string txn_key(std::string_view what, std::string_view txn_id) const;
};

/// The body as an object; an empty one counts as `{}`. Errors: M_NOT_JSON, M_BAD_JSON.
Step<json::object> body_of(const Call& call);
/// The room of the path, when the caller is a member. Sets `call.log`. Errors: M_FORBIDDEN.
Step<RoomLog*> joined_room(Call& call, std::string_view room_id);
/// The room, for anyone who has or had a membership.
Step<RoomLog*> known_room(Call& call, std::string_view room_id);
/// Charges a limiter for the caller; the answer is 429. Nothing for those who are exempt.
Step<void> charge(Call& call, Limiter limiter, std::string_view key = {});
/// False for a number with a fraction or exponent anywhere: events hold integers only.
bool has_only_integers(const json::value& value);

using Function = Reply (*)(Call&);

// Endpoints, by file.
Reply versions(Call& call);
Reply well_known(Call& call);
Reply capabilities(Call& call);
Reply push_rules(Call& call);
Reply login_flows(Call& call);
Reply login(Call& call);
Reply register_account(Call& call);
Reply register_available(Call& call);
Reply logout(Call& call);
Reply logout_all(Call& call);
Reply whoami(Call& call);
Reply list_devices(Call& call);
Reply get_device(Call& call);
Reply put_device(Call& call);
Reply delete_device(Call& call);

Reply get_profile(Call& call);
Reply get_profile_field(Call& call);
Reply put_profile_field(Call& call);
Reply add_filter(Call& call);
Reply get_filter(Call& call);
Reply get_account_data(Call& call);
Reply put_account_data(Call& call);
Reply get_room_account_data(Call& call);
Reply put_room_account_data(Call& call);

Reply create_room(Call& call);
Reply join_by_name(Call& call);
Reply join_room(Call& call);
Reply leave_room(Call& call);
Reply invite_user(Call& call);
Reply kick_user(Call& call);
Reply ban_user(Call& call);
Reply unban_user(Call& call);
Reply forget_room(Call& call);
Reply joined_rooms(Call& call);
Reply joined_members(Call& call);
Reply room_members(Call& call);
Reply get_alias(Call& call);
Reply put_alias(Call& call);
Reply delete_alias(Call& call);
Reply public_rooms(Call& call);

Reply send_event(Call& call);
Reply put_state(Call& call);
Reply redact_event(Call& call);
Reply all_state(Call& call);
Reply get_state(Call& call);

Reply room_messages(Call& call);
Reply get_event(Call& call);
Reply event_context(Call& call);
Reply event_relations(Call& call);
Reply room_threads(Call& call);
Reply timestamp_to_event(Call& call);

Reply set_typing(Call& call);
Reply set_receipt(Call& call);
Reply set_read_markers(Call& call);

Reply upload_media(Call& call);
Reply download_media(Call& call);
Reply media_config(Call& call);

Reply keys_upload(Call& call);
Reply keys_query(Call& call);
Reply keys_claim(Call& call);
Reply keys_changes(Call& call);
Reply empty_object(Call& call);
Reply no_such_thing(Call& call);
Reply get_presence(Call& call);
Reply not_simulated(Call& call);

}  // namespace chorus::sandbox::matrix
