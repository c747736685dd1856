#include "chorus/sandbox/matrix/routes.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace chorus::sandbox::matrix {

namespace {

using net::Method;

constexpr std::string_view kClient = "/_matrix/client/";
constexpr std::string_view kMedia = "/_matrix/media/";

constexpr Route kClientRoutes[] = {
    {Method::Get, "login", "login_flows", Auth::None, login_flows},
    {Method::Post, "login", "login", Auth::Optional, login},
    {Method::Post, "register", "register", Auth::Optional, register_account},
    {Method::Get, "register/available", "register_available", Auth::None, register_available},
    {Method::Post, "logout", "logout", Auth::Account, logout},
    {Method::Post, "logout/all", "logout", Auth::Account, logout_all},
    {Method::Get, "account/whoami", "whoami", Auth::Account, whoami},
    {Method::Get, "devices", "devices", Auth::Account, list_devices},
    {Method::Get, "devices/{}", "devices", Auth::Account, get_device},
    {Method::Put, "devices/{}", "devices", Auth::Account, put_device},
    {Method::Delete, "devices/{}", "devices", Auth::Account, delete_device},
    {Method::Get, "capabilities", "capabilities", Auth::Account, capabilities},
    {Method::Get, "pushrules", "pushrules", Auth::Account, push_rules},
    {Method::Get, "sync", "sync", Auth::Account, nullptr},
    {Method::Post, "appservice/{}/ping", "ping", Auth::Account, nullptr},

    {Method::Get, "profile/{}", "profile", Auth::None, get_profile},
    {Method::Get, "profile/{}/{}", "profile", Auth::None, get_profile_field},
    {Method::Put, "profile/{}/{}", "profile", Auth::Account, put_profile_field},
    {Method::Post, "user/{}/filter", "filter", Auth::Account, add_filter},
    {Method::Get, "user/{}/filter/{}", "filter", Auth::Account, get_filter},
    {Method::Get, "user/{}/account_data/{}", "account_data", Auth::Account, get_account_data},
    {Method::Put, "user/{}/account_data/{}", "account_data", Auth::Account, put_account_data},
    {Method::Get, "user/{}/rooms/{}/account_data/{}", "account_data", Auth::Account,
     get_room_account_data},
    {Method::Put, "user/{}/rooms/{}/account_data/{}", "account_data", Auth::Account,
     put_room_account_data},

    {Method::Post, "createRoom", "createRoom", Auth::Account, create_room},
    {Method::Post, "join/{}", "join", Auth::Account, join_by_name},
    {Method::Get, "joined_rooms", "joined_rooms", Auth::Account, joined_rooms},
    {Method::Get, "publicRooms", "publicRooms", Auth::None, public_rooms},
    {Method::Post, "publicRooms", "publicRooms", Auth::Account, public_rooms},
    {Method::Get, "directory/room/{}", "directory", Auth::None, get_alias},
    {Method::Put, "directory/room/{}", "directory", Auth::Account, put_alias},
    {Method::Delete, "directory/room/{}", "directory", Auth::Account, delete_alias},
    {Method::Post, "rooms/{}/join", "join", Auth::Account, join_room},
    {Method::Post, "rooms/{}/leave", "leave", Auth::Account, leave_room},
    {Method::Post, "rooms/{}/invite", "invite", Auth::Account, invite_user},
    {Method::Post, "rooms/{}/kick", "kick", Auth::Account, kick_user},
    {Method::Post, "rooms/{}/ban", "ban", Auth::Account, ban_user},
    {Method::Post, "rooms/{}/unban", "unban", Auth::Account, unban_user},
    {Method::Post, "rooms/{}/forget", "forget", Auth::Account, forget_room},
    {Method::Get, "rooms/{}/members", "members", Auth::Account, room_members},
    {Method::Get, "rooms/{}/joined_members", "joined_members", Auth::Account, joined_members},

    {Method::Put, "rooms/{}/send/{}/{}", "send", Auth::Account, send_event},
    {Method::Put, "rooms/{}/redact/{}/{}", "redact", Auth::Account, redact_event},
    {Method::Get, "rooms/{}/state", "state", Auth::Account, all_state},
    {Method::Get, "rooms/{}/state/{}", "state", Auth::Account, get_state},
    {Method::Get, "rooms/{}/state/{}/{}", "state", Auth::Account, get_state},
    {Method::Put, "rooms/{}/state/{}", "state", Auth::Account, put_state},
    {Method::Put, "rooms/{}/state/{}/{}", "state", Auth::Account, put_state},
    {Method::Get, "rooms/{}/messages", "messages", Auth::Account, room_messages},
    {Method::Get, "rooms/{}/event/{}", "event", Auth::Account, get_event},
    {Method::Get, "rooms/{}/context/{}", "context", Auth::Account, event_context},
    {Method::Get, "rooms/{}/relations/{}", "relations", Auth::Account, event_relations},
    {Method::Get, "rooms/{}/relations/{}/{}", "relations", Auth::Account, event_relations},
    {Method::Get, "rooms/{}/relations/{}/{}/{}", "relations", Auth::Account, event_relations},
    {Method::Get, "rooms/{}/threads", "threads", Auth::Account, room_threads},
    {Method::Get, "rooms/{}/timestamp_to_event", "timestamp_to_event", Auth::Account,
     timestamp_to_event},
    {Method::Put, "rooms/{}/typing/{}", "typing", Auth::Account, set_typing},
    {Method::Post, "rooms/{}/receipt/{}/{}", "receipt", Auth::Account, set_receipt},
    {Method::Post, "rooms/{}/read_markers", "read_markers", Auth::Account, set_read_markers},
    {Method::Post, "rooms/{}/upgrade", "upgrade", Auth::Account, not_simulated},

    {Method::Get, "media/download/{}/{}", "download", Auth::Account, download_media},
    {Method::Get, "media/download/{}/{}/{}", "download", Auth::Account, download_media},
    {Method::Get, "media/thumbnail/{}/{}", "thumbnail", Auth::Account, download_media},
    {Method::Get, "media/config", "media_config", Auth::Account, media_config},

    {Method::Post, "keys/upload", "keys_upload", Auth::Account, keys_upload},
    {Method::Post, "keys/query", "keys_query", Auth::Account, keys_query},
    {Method::Post, "keys/claim", "keys_claim", Auth::Account, keys_claim},
    {Method::Get, "keys/changes", "keys_changes", Auth::Account, keys_changes},
    {Method::Put, "sendToDevice/{}/{}", "sendToDevice", Auth::Account, empty_object},
    {Method::Get, "room_keys/version", "room_keys", Auth::Account, no_such_thing},
    {Method::Get, "voip/turnServer", "turnServer", Auth::Account, empty_object},
    {Method::Get, "presence/{}/status", "presence", Auth::Account, get_presence},
    {Method::Put, "presence/{}/status", "presence", Auth::Account, empty_object},
    {Method::Post, "refresh", "refresh", Auth::None, not_simulated},
};

constexpr Route kVersions = {Method::Get, "versions", "versions", Auth::None, versions};
constexpr Route kWellKnown = {Method::Get, "client", "well_known", Auth::None, well_known};

constexpr Route kMediaRoutes[] = {
    {Method::Post, "upload", "upload", Auth::Account, upload_media},
    {Method::Get, "download/{}/{}", "download", Auth::None, download_media},
    {Method::Get, "download/{}/{}/{}", "download", Auth::None, download_media},
    {Method::Get, "thumbnail/{}/{}", "thumbnail", Auth::None, download_media},
    {Method::Get, "config", "media_config", Auth::Account, media_config},
};

/// Whether the segments of `path` are those of the pattern; `values` receives what stands for `{}`.
bool matches(std::string_view pattern, std::string_view path,
             std::array<std::string_view, 4>& values, std::size_t& count) {
  count = 0;
  while (true) {
    const auto want_end = pattern.find('/');
    const auto have_end = path.find('/');
    const auto want = pattern.substr(0, want_end);
    const auto have = path.substr(0, have_end);
    if (want == "{}") {
      values[count++] = have;
    } else if (want != have) {
      return false;
    }
    const bool want_more = want_end != std::string_view::npos;
    const bool have_more = have_end != std::string_view::npos;
    if (!want_more || !have_more) return want_more == have_more;
    pattern.remove_prefix(want_end + 1);
    path.remove_prefix(have_end + 1);
  }
}

Found search(std::span<const Route> routes, Method method, std::string_view path) {
  Found found;
  std::array<std::string_view, 4> values;
  std::size_t count = 0;
  for (const auto& route : routes) {
    // Most differ in the first letter: it is looked at before the segments are.
    if (path.empty() || route.pattern.front() != path.front()) continue;
    if (!matches(route.pattern, path, values, count)) continue;
    if (route.method != method && !(method == Method::Head && route.method == Method::Get)) {
      found.wrong_method = true;
      continue;
    }
    found.route = &route;
    for (std::size_t i = 0; i < count; ++i) {
      found.parts.push_back(percent_decode(values[i], false));
    }
    break;
  }
  return found;
}

Found single(const Route& route, Method method) {
  Found found;
  found.wrong_method = route.method != method;
  if (!found.wrong_method) found.route = &route;
  return found;
}

}  // namespace

Found find_route(Method method, std::string_view path) {
  if (path == "/.well-known/matrix/client") return single(kWellKnown, method);
  if (path == "/_matrix/client/versions") return single(kVersions, method);
  const bool client = path.starts_with(kClient);
  if (!client && !path.starts_with(kMedia)) return {};
  path.remove_prefix(client ? kClient.size() : kMedia.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const auto version = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  if (version != "v3" && version != "r0" && version != "v1" && version != "unstable") return {};
  const std::span<const Route> routes =
      client ? std::span<const Route>(kClientRoutes) : std::span<const Route>(kMediaRoutes);
  auto found = search(routes, method, path);
  if (found.route == nullptr && path.ends_with('/')) {
    // `state/m.room.name/` names the empty key; `pushrules/` is `pushrules`.
    path.remove_suffix(1);
    auto shorter = search(routes, method, path);
    shorter.wrong_method = shorter.wrong_method || found.wrong_method;
    return shorter;
  }
  return found;
}

bool is_endpoint(std::string_view name) {
  const auto named = [&](const Route& route) { return iequals_ascii(route.name, name); };
  return std::ranges::any_of(kClientRoutes, named) || std::ranges::any_of(kMediaRoutes, named) ||
         named(kVersions) || named(kWellKnown);
}

}  // namespace chorus::sandbox::matrix
