#include "chorus/fleet/tools/toolbox.hpp"

#include "chorus/base/random.hpp"
#include "chorus/fleet/detail/memories.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/tools/questions.hpp"
#include "chorus/fleet/tools/reminder_time.hpp"
#include "chorus/fleet/tools/reminders.hpp"
#include "chorus/fleet/turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace chorus::fleet::detail {
namespace {

constexpr std::string_view kUnknown = "unknown";

std::unexpected<Error> refused(std::string why) {
  return fail(ErrorCode::InvalidArgument, std::move(why));
}

MemoryViewer viewer_of(const TurnJob& job) {
  return {job.room->face_of(job.bot->row.id).id, job.person()};
}

std::string second_of(WallTime t) {
  return to_iso8601(t).substr(0, 19) + "Z";
}

std::string_view kind_name(store::ChatKind kind) {
  switch (kind) {
    case store::ChatKind::Private:
      return "private chat";
    case store::ChatKind::Group:
    case store::ChatKind::Supergroup:
      return "group";
    case store::ChatKind::Channel:
      return "channel";
  }
  return "group";
}

}  // namespace

std::vector<const ToolSpec*> Toolbox::permitted(const TurnJob& job) const {
  const FleetSettings& settings = core_.settings;
  // Chat that nobody directed at the bot is not a person asking: no call follows from it.
  const bool asked = job.kind == TurnJob::Kind::Answer && job.person_asked && !job.unasked;
  if (settings.tool_rounds == 0 || !asked) return {};
  const auto own = room_tools(job.room->face_of(job.bot->row.id).extra);
  return permitted_tools(own ? *own : settings.tools, settings.memory);
}

rt::Task<ToolUse> Toolbox::run(std::shared_ptr<TurnJob> job, ToolCall call, std::size_t serial) {
  const MonoTime began = core_.now();
  ToolUse use;
  const ToolSpec* tool = find_tool(call.name);
  use.name = tool == nullptr ? kUnknown : tool->name;
  const auto allowed = permitted(*job);
  Result<std::string> result = tool == nullptr ? refused("there is no tool of that name")
                               : std::ranges::find(allowed, tool) == allowed.end()
                                   ? refused("this tool is not permitted here")
                                   : Result<std::string>();
  if (result) {
    auto arguments = decode_arguments(tool->params, call.arguments);
    if (arguments) {
      result = co_await perform(job, tool, *std::move(arguments), serial);
    } else {
      result = std::unexpected(std::move(arguments).error());
    }
  }
  use.ok = result.has_value();
  use.result =
      sanitise_text(use.ok ? *result : "error: " + result.error().message, kLongestToolResult);
  use.call = std::move(call);
  use.took = core_.now() - began;
  core_.metrics.tool_calls[use.ok ? 0 : 1]->add();
  co_return use;
}

rt::Task<Result<std::string>> Toolbox::perform(std::shared_ptr<TurnJob> job, const ToolSpec* tool,
                                               ToolArguments arguments, std::size_t serial) {
  switch (tool->kind) {
    case ToolKind::Remember:
      co_return remember(*job, arguments);
    case ToolKind::Recall:
      co_return recall(*job, arguments);
    case ToolKind::Forget:
      co_return forget(*job, arguments);
    case ToolKind::Remind:
      co_return co_await remind(job, std::move(arguments), serial);
    case ToolKind::ListMembers:
      co_return members(*job);
    case ToolKind::Roll:
      co_return roll(*job, arguments, serial);
    case ToolKind::RoomStatus:
      co_return status(*job);
    case ToolKind::AskUser:
      co_return ask_user(*job, arguments);
  }
  co_return refused("there is no tool of that name");
}

// ------------------------------------------------------------------------------------- memory

Result<std::string> Toolbox::remember(const TurnJob& job, const ToolArguments& arguments) {
  CH_TRY_VOID(core_.memories->note(*job.bot, viewer_of(job).room, job.heard()->line,
                                   *arguments.text("text"), job.heard()->received));
  return "kept";
}

Result<std::string> Toolbox::recall(const TurnJob& job, const ToolArguments& arguments) const {
  const auto found =
      core_.memories->recall(job.bot->row.id, viewer_of(job), *arguments.text("query"));
  std::string out;
  for (const Recalled& one : found) {
    const Memory& memory = one.memory;
    out += fmt::format("{}: {} ({}, {})\n", memory.id, memory.text,
                       memory.person ? "about the person" : "about yourself",
                       to_iso8601(memory.created).substr(0, 10));
  }
  return out.empty() ? "nothing is remembered about that" : out;
}

Result<std::string> Toolbox::forget(const TurnJob& job, const ToolArguments& arguments) {
  CH_TRY_VOID(core_.memories->forget_one(job.bot->row.id, viewer_of(job),
                                         MemoryId(*arguments.whole("memory"))));
  return "forgotten";
}

// ---------------------------------------------------------------------------------- reminders

rt::Task<Result<std::string>> Toolbox::remind(std::shared_ptr<TurnJob> job, ToolArguments arguments,
                                              std::size_t serial) {
  const BotId bot = job->bot->row.id;
  const RoomId room = viewer_of(*job).room;
  const std::string_view action = arguments.text("action").value_or("set");
  if (action == "list") {
    CH_CO_TRY(const auto rows, co_await core_.reminders->of(bot, room, job->person()));
    std::string out;
    for (const auto& row : rows) {
      out += fmt::format("{}: at {}: {}\n", row.number, second_of(row.due), row.text);
    }
    co_return out.empty() ? "no reminders are set in this chat" : out;
  }
  if (action == "cancel") {
    const auto number = arguments.whole("number");
    if (!number) co_return refused("'number' is missing: list gives it");
    CH_CO_TRY(const auto gone, co_await core_.reminders->cancel(
                                   bot, room, job->person(), static_cast<std::int32_t>(*number)));
    if (!gone) co_return refused("the person has no reminder of that number in this chat");
    co_return std::string("cancelled");
  }
  const auto text = arguments.text("text");
  if (!text) co_return refused("'text' is missing");
  CH_CO_TRY(const WallTime due, reminder_time(arguments.whole("in_seconds"), arguments.text("at"),
                                              core_.loop.wall_now()));
  store::ReminderRow row;
  row.key = fmt::format("m{:x}-{:x}-{}", job->heard()->line.row.value, bot.value, serial);
  row.bot = bot;
  row.room = room;
  row.person = job->person();
  row.text = *text;
  row.reply_to = reply_target(*job);
  row.thread = job->thread;
  row.due = due;
  CH_CO_TRY(const auto kept, co_await core_.reminders->put(std::move(row)));
  co_return fmt::format("reminder {} is set for {}", kept.number, second_of(due));
}

/// The turn ends with the question (Turns::generate_with_tools).
Result<std::string> Toolbox::ask_user(TurnJob& job, const ToolArguments& arguments) {
  if (!job.question.empty() || !core_.questions->may_ask(*job.room, job.person())) {
    return refused("another question waits for this person's answer");
  }
  job.question = question_text(*arguments.text("question"), arguments.texts("choices"));
  return "the person is asked";
}

// ---------------------------------------------------------------------------------- the room

/// Whom everybody in the room can see anyway.
std::string Toolbox::members(const TurnJob& job) const {
  constexpr std::size_t kMost = 40;
  std::string out = "bots:";
  for (const BotId id : job.room->members) {
    const Bot* bot = core_.directory.bot(id);
    if (bot != nullptr) out += fmt::format(" {};", sanitise_name(bot->display_name));
  }
  std::set<std::string> people;  // in order, so that the same room gives the same text
  for (const RoomLine& line : job.room->log.lines()) {
    if (!line.from_bot && people.size() < kMost) people.insert(sanitise_name(line.name));
  }
  out += "\npeople who spoke lately:";
  for (const std::string& name : people) out += fmt::format(" {};", name);
  return out;
}

std::string Toolbox::status(const TurnJob& job) const {
  const Room& room = *job.room;
  const auto facts = room.log.facts(core_.now());
  std::string out = fmt::format("{}, {} bots", kind_name(room.first().kind), room.members.size());
  if (room.is_private()) return out;
  out += fmt::format("; messages in the last hour: {}; of people in the last minute: {}",
                     facts.utterances_last_hour, facts.people_per_minute);
  return out;
}

/// From the turn, not from the stream that decisions are drawn from: looking changes nothing else.
std::string Toolbox::roll(const TurnJob& job, const ToolArguments& arguments, std::size_t serial) {
  const auto count = arguments.whole("count").value_or(1);
  const auto sides = arguments.whole("sides").value_or(6);
  Rng rng(stable_hash("roll", static_cast<std::uint64_t>(job.id.value) + serial));
  std::int64_t sum = 0;
  std::string out;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto pips = rng.between(1, sides);
    sum += pips;
    out += fmt::format("{}{}", out.empty() ? "" : " + ", pips);
  }
  return count == 1 ? out : fmt::format("{} = {}", out, sum);
}

}  // namespace chorus::fleet::detail
