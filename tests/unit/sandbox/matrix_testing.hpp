#pragma once

#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/door.hpp"

#include "sandbox_testing.hpp"

#include <string>
#include <string_view>

namespace chorus::sandbox::testing {

/// What the homeserver answered.
struct MatrixAnswer {
  int status = 0;
  json::value body;
  net::Headers headers;
  [[nodiscard]] const json::object& object() const { return body.as_object(); }
  [[nodiscard]] std::string text(std::string_view key) const {
    return std::string(find_string(object(), key).value_or(""));
  }
  [[nodiscard]] std::string errcode() const { return text("errcode"); }
};

/// A client of the homeserver: a token and the calls that tests make with it.
class MatrixTest : public SandboxTest {
 protected:
  static net::Request request(net::Method method, std::string target, std::string_view token,
                              std::string body = {}) {
    net::Request made;
    made.method = method;
    made.target = std::move(target);
    made.remote = "127.0.0.1:5000";
    if (!token.empty()) made.headers.add("Authorization", "Bearer " + std::string(token));
    if (!body.empty()) made.headers.add("Content-Type", "application/json");
    made.body = std::move(body);
    return made;
  }
  PendingPtr begin(net::Request made) { return start(box->matrix_handler(), std::move(made)); }
  MatrixAnswer answer(const PendingPtr& pending) {
    step_until([&] { return pending->done(); });
    MatrixAnswer out;
    if (!pending->done()) return out;
    out.status = pending->status();
    out.headers = pending->response->headers;
    if (auto parsed = parse_json(pending->body())) out.body = std::move(*parsed);
    return out;
  }
  MatrixAnswer ask(net::Method method, std::string_view path, std::string_view token,
                   std::string body = {}) {
    return answer(
        begin(request(method, "/_matrix/client/v3/" + std::string(path), token, std::move(body))));
  }
  MatrixAnswer get(std::string_view path, std::string_view token) {
    return ask(net::Method::Get, path, token);
  }
  MatrixAnswer post(std::string_view path, std::string_view token, std::string body = "{}") {
    return ask(net::Method::Post, path, token, std::move(body));
  }
  MatrixAnswer put(std::string_view path, std::string_view token, std::string body = "{}") {
    return ask(net::Method::Put, path, token, std::move(body));
  }

  /// The token of a fresh login.
  std::string login(std::string_view user, std::string_view password = "secret") {
    const auto made = post("login", "",
                           fmt::format(R"({{"type":"m.login.password","identifier":)"
                                       R"({{"type":"m.id.user","user":"{}"}},"password":"{}"}})",
                                       user, password));
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
    return made.text("access_token");
  }
  std::string create_room(std::string_view token,
                          std::string body = R"({"preset":"public_chat"})") {
    const auto made = post("createRoom", token, std::move(body));
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
    return made.text("room_id");
  }
  void join(std::string_view token, std::string_view room_id) {
    EXPECT_EQ(post("join/" + percent_encode(room_id), token).status, 200);
  }
  MatrixAnswer send_text(std::string_view token, std::string_view room_id, std::string_view txn,
                         std::string_view text) {
    return put(fmt::format("rooms/{}/send/m.room.message/{}", percent_encode(room_id), txn), token,
               fmt::format(R"({{"msgtype":"m.text","body":"{}"}})", text));
  }
  std::string sent(std::string_view token, std::string_view room_id, std::string_view txn,
                   std::string_view text) {
    const auto made = send_text(token, room_id, txn, text);
    EXPECT_EQ(made.status, 200) << json::serialize(made.body);
    return made.text("event_id");
  }
  MatrixAnswer sync(std::string_view token, std::string_view since = {},
                    std::string_view more = {}) {
    return get(fmt::format("sync?since={}&{}", since, more), token);
  }
  /// The joined room's part of a sync; an empty object when it is not there.
  static json::object joined(const MatrixAnswer& answer, std::string_view room_id) {
    const auto* rooms = find_object(answer.object(), "rooms");
    const auto* join = rooms == nullptr ? nullptr : find_object(*rooms, "join");
    const auto* room = join == nullptr ? nullptr : find_object(*join, room_id);
    return room == nullptr ? json::object{} : *room;
  }
  static std::vector<json::object> timeline(const MatrixAnswer& answer, std::string_view room_id) {
    std::vector<json::object> out;
    const auto room = joined(answer, room_id);
    const auto* line = find_object(room, "timeline");
    if (line == nullptr) return out;
    for (const auto& event : *find_array(*line, "events")) out.push_back(event.as_object());
    return out;
  }
  static std::vector<std::string> bodies(const std::vector<json::object>& events) {
    std::vector<std::string> out;
    for (const auto& event : events) {
      if (find_string(event, "type") != "m.room.message") continue;
      out.emplace_back(find_string(*find_object(event, "content"), "body").value_or(""));
    }
    return out;
  }
};

}  // namespace chorus::sandbox::testing
