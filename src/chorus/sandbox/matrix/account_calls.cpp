#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/filter.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/sandbox/matrix/call.hpp"
#include "chorus/sandbox/matrix/dialect.hpp"

#include <fmt/format.h>

#include <charconv>

/// Profile, filters, account data, and what the server says of itself.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::size_t kMaxAccountData = 64 * 1024;

Step<void> own(const Call& call, std::string_view user_id) {
  if (call.user_id() == user_id) return {};
  return std::unexpected(Reply::forbidden("Cannot act for other users."));
}

}  // namespace

Reply versions(Call&) {
  return Reply::ok(
      R"({"versions":["r0.0.1","r0.1.0","r0.2.0","r0.3.0","r0.4.0","r0.5.0","r0.6.0","r0.6.1",)"
      R"("v1.1","v1.2","v1.3","v1.4","v1.5","v1.6","v1.7","v1.8","v1.9","v1.10","v1.11"],)"
      R"("unstable_features":{}})");
}

Reply well_known(Call& call) {
  std::string body;
  JsonWriter(body)
      .begin_object()
      .key("m.homeserver")
      .begin_object()
      .field("base_url", fmt::format("http://{}", call.request.headers.get("Host")))
      .end_object()
      .end_object();
  return Reply::ok(std::move(body));
}

Reply capabilities(Call&) {
  return Reply::ok(
      R"({"capabilities":{"m.room_versions":{"default":"11","available":{"10":"stable",)"
      R"("11":"stable"}},"m.change_password":{"enabled":false},)"
      R"("m.set_displayname":{"enabled":true},"m.set_avatar_url":{"enabled":true},)"
      R"("m.3pid_changes":{"enabled":false}}})");
}

Reply push_rules(Call&) {
  return Reply::ok(
      R"({"global":{"override":[],"content":[],"room":[],"sender":[],"underride":[]}})");
}

Reply get_profile(Call& call) {
  const auto* user = call.hub.find_user(call.parts[0]);
  if (user == nullptr) return Reply::not_found("Profile was not found");
  std::string body;
  JsonWriter w(body);
  w.begin_object().field("displayname", user->account->first_name);
  if (!user->avatar.empty()) w.field("avatar_url", user->avatar);
  w.end_object();
  return Reply::ok(std::move(body));
}

Reply get_profile_field(Call& call) {
  const auto* user = call.hub.find_user(call.parts[0]);
  if (user == nullptr) return Reply::not_found("Profile was not found");
  const auto& key = call.parts[1];
  std::string body;
  JsonWriter w(body);
  w.begin_object();
  if (key == "displayname") {
    w.field("displayname", user->account->first_name);
  } else if (key == "avatar_url") {
    if (!user->avatar.empty()) w.field("avatar_url", user->avatar);
  } else {
    return Reply::not_found("No such field");
  }
  w.end_object();
  return Reply::ok(std::move(body));
}

Reply put_profile_field(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto& key = call.parts[1];
  const auto text = chorus::find_string(*body, key);
  if (key != "displayname" && key != "avatar_url") return Reply::not_found("No such field");
  if (!text) return Reply::error(400, "M_MISSING_PARAM", fmt::format("Missing key '{}'", key));
  if (auto fine = charge(call, Limiter::Message); !fine) return fine.error();
  if (key == "displayname") {
    call.world().rename(call.account(), to_valid_utf8(*text));
  } else {
    call.hub.set_avatar(*call.user, to_valid_utf8(*text));
  }
  // Every room that it is in shows the new profile: one event each.
  for (const auto& [id, log] : call.user->rooms) {
    const auto* member = log->room().member(call.account().id);
    if (member == nullptr || !is_present(member->standing) || log->room().deleted) continue;
    call.hub.add(*log, call.account(), std::string(mx::kMember),
                 call.hub.member_content(call.account(), "join"), call.user_id());
  }
  return {};
}

Reply add_filter(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  const auto body = body_of(call);
  if (!body) return body.error();
  if (const auto read = mx::decode_sync_filter(*body); !read) {
    return Reply::bad(read.error().message);
  }
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("filter_id", call.hub.add_filter(*call.user, json::serialize(*body)))
      .end_object();
  return Reply::ok(std::move(out));
}

Reply get_filter(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  std::size_t index = 0;
  const auto& text = call.parts[1];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() ||
      index >= call.user->filters.size()) {
    return Reply::not_found("No such filter");
  }
  return Reply::ok(call.user->filters[index]);
}

namespace {

Reply read_data(Call& call, const std::string& room, const std::string& type) {
  const auto found = call.user->data.find({room, type});
  if (found == call.user->data.end() || found->second.content.empty()) {
    return Reply::not_found("Account data not found");
  }
  return Reply::ok(found->second.content);
}

Reply write_data(Call& call, const std::string& room, const std::string& type) {
  if (type == "m.fully_read" || type == "m.push_rules") {
    return Reply::error(405, "M_BAD_JSON", "Cannot set " + type + " through this API");
  }
  const auto body = body_of(call);
  if (!body) return body.error();
  if (call.request.body.size() > kMaxAccountData) {
    return Reply::error(413, "M_TOO_LARGE", "Account data is too large");
  }
  call.hub.set_data(*call.user, room, type, json::serialize(*body));
  return {};
}

}  // namespace

Reply get_account_data(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  return read_data(call, {}, call.parts[1]);
}

Reply put_account_data(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  return write_data(call, {}, call.parts[1]);
}

Reply get_room_account_data(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  return read_data(call, call.parts[1], call.parts[2]);
}

Reply put_room_account_data(Call& call) {
  if (auto mine = own(call, call.parts[0]); !mine) return mine.error();
  if (auto room = joined_room(call, call.parts[1]); !room) return room.error();
  return write_data(call, call.parts[1], call.parts[2]);
}

}  // namespace chorus::sandbox::matrix
