#include "chorus/sandbox/telegram/validated.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::sandbox::telegram {

namespace {

std::optional<json::value> given_parameter(const Call& call, std::string_view name) {
  const auto text = call.params.get(name);
  if (text.empty()) return std::nullopt;
  if (text.front() == '{' || text.front() == '[') {
    if (auto parsed = parse_json(text)) return std::move(*parsed);
  }
  return json::value(text);
}

/// A bot without a chat stands in for it where the shape needs one.
std::string own_chat(const Account& bot) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("id", bot.id.value)
      .field("type", "private")
      .field("first_name", bot.first_name)
      .end_object();
  return out;
}

/// The chat, the user and the message that the parameters name, as far as the method has them.
Step<Room*> check_named(Call& call, const ApiMethod& method) {
  Room* room = nullptr;
  if (method.parameter("chat_id") != nullptr && !call.params.get("chat_id").empty()) {
    const bool writes = method.name.starts_with("send") || method.name.starts_with("edit");
    auto found = resolve_chat(call, writes ? Access::Write : Access::Read);
    if (!found) return found;
    room = *found;
  }
  if (method.parameter("user_id") != nullptr && !call.params.get("user_id").empty()) {
    if (auto user = user_of(call); !user) return std::unexpected(std::move(user).error());
  }
  const bool by_id = method.parameter("message_id") != nullptr && room != nullptr &&
                     !call.params.get("message_id").empty();
  if (by_id && message_of(call, *room) == nullptr) {
    return std::unexpected(Answer::bad("MESSAGE_ID_INVALID"));
  }
  return room;
}

bool may_return(const ApiType& type, std::string_view name) {
  if (type.kind == ApiType::Kind::Named) return type.name == name;
  return type.kind == ApiType::Kind::Union &&
         std::ranges::any_of(type.parts, [&](const ApiType& part) { return part.name == name; });
}

std::string text_answer(const Call& call, const ApiMethod& method) {
  std::string out;
  if (method.name.ends_with("Token")) {
    // The form of a token, of a bot that does not exist.
    const auto secret = stable_hash(method.name, static_cast<std::uint64_t>(call.bot_id.value));
    append_json_string(out, fmt::format("{}:{:016x}{:016x}AAA", call.params.get("user_id"), secret,
                                        stable_hash("token", secret)));
  } else {
    append_json_string(out, fmt::format("https://sandbox.invalid/{}/{:016x}", call.method,
                                        stable_hash(method.name, call.world.counters().calls)));
  }
  return out;
}

}  // namespace

ApiShape shape_for(Call& call, const Room* room, const json::object* own) {
  const auto* user = call.world.find_account(
      PlatformUserId(call.params.find_int("user_id").value_or(call.bot_id.value)));
  ApiShape::Parts parts{.facts = call.dialect.facts(),
                        .given = [&call, own](std::string_view name) -> std::optional<json::value> {
                          if (own != nullptr) {
                            if (const auto* value = find(*own, name)) return *value;
                          }
                          return given_parameter(call, name);
                        },
                        .user = user != nullptr ? user->wire : call.bot->wire,
                        .chat = room != nullptr ? room->wire : own_chat(*call.bot),
                        .now = to_unix_seconds(call.world.clock().wall_now()),
                        .salt = stable_hash(call.method, call.world.counters().calls)};
  return ApiShape(std::move(parts));
}

std::string shaped_members(Call& call, const Room* room, std::string_view object,
                           std::span<const std::string_view> skip) {
  const auto* known = call.dialect.facts().object(object);
  return known == nullptr ? std::string() : shape_for(call, room).members(*known, skip);
}

std::string content_name(std::string_view method) {
  std::string out;
  for (const char c : method.substr(std::string_view("send").size())) {
    if (c >= 'A' && c <= 'Z') {
      if (!out.empty()) out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

Answer answer_validated(Call& call) {
  ++call.world.counters().validated_only;
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  const auto& method = *call.dialect.facts().method(call.method);
  auto room = check_named(call, method);
  if (!room) return std::move(room).error();
  if (may_return(method.returns, "Message")) {
    auto* message = *room == nullptr ? nullptr : message_of(call, **room);
    if (message != nullptr) return message_answer(call, **room, *message);
    if (method.returns.kind == ApiType::Kind::Union) return Answer::yes();
  }
  if (method.returns.kind == ApiType::Kind::Text) return Answer::ok(text_answer(call, method));
  return Answer::ok(shape_for(call, *room).make(method.returns, {}));
}

Answer send_content(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  Draft draft;
  if (auto options = common_options(call, **room, draft); !options) {
    return std::move(options).error();
  }
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  const auto& facts = call.dialect.facts();
  const auto name = content_name(facts.method(call.method)->name);
  const auto* member = facts.object("Message")->field(name);
  json::object own;
  if (const auto given = given_parameter(call, name); given && given->is_object()) {
    own = given->get_object();
  }
  draft.kind = MessageKind::Content;
  draft.text = fmt::format("[{}]", name);
  append_json_key(draft.wire, name, false);
  draft.wire += shape_for(call, *room, &own).make(member->type, name);
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

}  // namespace chorus::sandbox::telegram
