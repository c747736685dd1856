#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/targets.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

/// Polls, dice and live locations: content that changes or is drawn. What is only sent is made by
/// `send_content`. Source: reference telegram.md 12; Bot API 10.3, sendPoll, sendDice.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::size_t kPollOptionsMax = 12;

/// Sends content whose members are known. `said` is what people read.
Answer send_made(Call& call, Room& room, Draft draft, std::string said) {
  if (auto options = common_options(call, room, draft); !options) {
    return std::move(options).error();
  }
  if (auto charged = charge(call, room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  draft.kind = MessageKind::Content;
  draft.text = std::move(said);
  const auto& message = call.world.says(room, *call.bot, std::move(draft), call.method);
  return message_answer(call, room, message);
}

/// The member `name` of a message's content, parsed; nullopt when it has none.
std::optional<json::object> content_of(const Message& message, std::string_view name) {
  if (message.kind != MessageKind::Content) return std::nullopt;
  auto parsed = parse_json("{" + message.wire + "}");
  if (!parsed) return std::nullopt;
  const auto* member = find_object(parsed->get_object(), name);
  if (member == nullptr) return std::nullopt;
  return *member;
}

Answer change_content(Call& call, Target target, std::string wire) {
  auto markup = edited_markup(call);
  if (!markup) return std::move(markup).error();
  auto& message = *target.message;
  if (wire == message.wire && *markup == message.markup) return Answer::bad(kNotModified);
  if (auto charged = charge(call, *target.room, SendLimits::Kind::Edit); !charged) {
    return std::move(charged).error();
  }
  message.wire = std::move(wire);
  message.markup = std::move(*markup);
  message.markup_shown = message.markup;
  call.world.edits(*target.room, message);
  return message_answer(call, *target.room, message);
}

}  // namespace

Answer send_poll(Call& call) {
  // Options may be plain texts, as before Bot API 7.3.
  if (auto checked = check_parameters(call, "options"); !checked) return std::move(checked).error();
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  const auto options = parse_json(call.params.get("options"));
  if (!call.params.has("options")) return Answer::bad("parameter \"options\" is required");
  if (!options || !options->is_array()) return Answer::bad("expected an Array of InputPollOption");
  const auto count = options->get_array().size();
  if (count == 0) return Answer::bad("poll must have at least 1 option");
  if (count > kPollOptionsMax) {
    return Answer::bad(fmt::format("poll can't have more than {} options", kPollOptionsMax));
  }
  json::object own;
  own["is_anonymous"] = !call.params.has("is_anonymous") || call.params.get_bool("is_anonymous");
  json::array listed = options->get_array();
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (listed[i].is_string()) listed[i] = json::object{{"text", listed[i]}};
    if (!listed[i].is_object() || !find_string(listed[i].get_object(), "text")) {
      return Answer::bad("can't parse InputPollOption: can't find field \"text\"");
    }
    listed[i].get_object()["persistent_id"] = fmt::format("{}", i);
  }
  own["options"] = std::move(listed);
  own["id"] = fmt::format("{}", drawn_for(**room, "poll") >> 1);
  const auto& poll = *call.dialect.facts().object("Poll");
  Draft draft;
  draft.wire = R"("poll":{)" + shape_for(call, *room, &own).members(poll) + "}";
  return send_made(call, **room, std::move(draft),
                   "[poll] " + std::string(call.params.get("question")));
}

Answer stop_poll(Call& call) {
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto poll = content_of(*target->message, "poll");
  if (!poll) return Answer::bad("message with poll to stop not found");
  if (find_bool(*poll, "is_closed").value_or(false)) {
    return Answer::bad("poll has already been closed");
  }
  (*poll)["is_closed"] = true;
  const auto text = json::serialize(*poll);
  auto answer = change_content(call, *target, R"("poll":)" + text);
  return answer.status == 200 ? Answer::ok(text) : answer;
}

Answer send_dice(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  const auto given = call.params.get("emoji");
  const std::string emoji(given.empty() ? std::string_view("🎲") : given);
  // Source: Bot API, Dice.
  const std::uint64_t sides = emoji == "🎰" ? 64 : emoji == "🏀" || emoji == "⚽" ? 5 : 6;
  const auto drawn = drawn_for(**room, "dice");
  Draft draft;
  draft.wire = R"("dice":)";
  JsonWriter(draft.wire)
      .begin_object()
      .field("emoji", emoji)
      .field("value", static_cast<std::int64_t>(drawn % sides) + 1)
      .end_object();
  return send_made(call, **room, std::move(draft), emoji);
}

Answer edit_live_location(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto place = content_of(*target->message, "location");
  if (!place || find(*place, "live_period") == nullptr) {
    return Answer::bad("message can't be edited");
  }
  // What the call does not name stays as it was.
  const auto& type = *call.dialect.facts().object("Location");
  const auto wire = shaped_members(call, target->room, type.name);
  const auto fresh = parse_json("{" + wire + "}");
  for (const auto& [name, value] : fresh->get_object()) (*place)[name] = value;
  return change_content(call, *target, R"("location":)" + json::serialize(*place));
}

Answer stop_live_location(Call& call) {
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto place = content_of(*target->message, "location");
  if (!place || place->erase("live_period") == 0) return Answer::bad("message can't be edited");
  for (const auto* name : {"heading", "proximity_alert_radius"}) place->erase(name);
  return change_content(call, *target, R"("location":)" + json::serialize(*place));
}

}  // namespace chorus::sandbox::telegram
