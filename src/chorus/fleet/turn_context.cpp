#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/room_lines.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/time_context.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/fleet/wish.hpp"

#include <fmt/format.h>

#include <algorithm>

// What a turn knows before its text is made: the room's lines, memories, time, earlier answers.
namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kExamples = 4;
constexpr std::size_t kExampleLines = 30;  ///< looked through for examples

/// The newest answers of the bot to somebody's line, oldest first. What stands in the history as a
/// neighbour of its answer shows nothing new, so only pairs with something in between count.
void collect_examples(const std::vector<const RoomLine*>& lines, BotId bot,
                      std::vector<PromptExample>& out) {
  const std::size_t first = lines.size() > kExampleLines ? lines.size() - kExampleLines : 0;
  for (std::size_t i = lines.size(); i > first && out.size() < kExamples; --i) {
    const RoomLine& answer = *lines[i - 1];
    if (answer.bot != bot || !answer.reply_to) continue;
    const auto said = std::find_if(lines.begin(), lines.end(), [&](const RoomLine* line) {
      return line->is(answer.owner, *answer.reply_to);
    });
    const bool neighbour = i >= 2 && said == lines.begin() + static_cast<std::ptrdiff_t>(i) - 2;
    if (said == lines.end() || (*said)->bot == bot || neighbour) continue;
    out.push_back({(*said)->text, answer.text});
  }
  std::reverse(out.begin(), out.end());
}

}  // namespace

/// A thread's lines are read for each turn in it: a room's memory holds the newest lines of all its
/// threads, and a thread that few write in would not be among them.
rt::Task<void> Turns::read_thread(std::shared_ptr<TurnJob> job) {
  if (!job->thread) co_return;
  const std::size_t most = core_.settings.history_lines;
  const store::RoomRow face = job->room->face_of(job->bot->row.id);
  auto rows = co_await core_.store.thread_history(face.id, *job->thread, most);
  if (!rows) co_return;  // then what the room's memory holds of it has to do
  job->thread_lines.clear();
  if (rows->size() < most) {  // where a thread hangs on a message, that began it
    auto root = co_await core_.store.find_message(face.id, face.owner, *job->thread);
    if (root && *root) job->thread_lines.push_back(to_line(*std::move(*root), core_.now()));
  }
  for (store::MessageRow& row : *rows) {
    job->thread_lines.push_back(to_line(std::move(row), core_.now()));
  }
}

/// What was said where the job speaks, oldest first. Nothing of one thread is shown in another.
std::vector<const RoomLine*> Turns::lines_of(const TurnJob& job) {
  std::vector<const RoomLine*> out;
  for (const RoomLine& line : job.thread_lines) out.push_back(&line);
  if (!out.empty()) return out;
  for (const RoomLine& line : job.room->log.lines()) {
    if (line.thread == job.thread || (job.thread && line.message == *job.thread)) {
      out.push_back(&line);
    }
  }
  return out;
}

/// `context` is filled in place: its input points into it.
void Turns::collect(const TurnJob& job, Context& context) const {
  const Heard* heard = job.heard();
  const Room& room = *job.room;
  const BotId bot = job.bot->row.id;
  const auto lines = lines_of(job);
  context.history.reserve(lines.size() + 1);
  bool has_trigger = false;
  const RoomLine* before = nullptr;
  for (const RoomLine* line : lines) {
    context.history.push_back({line->name, line->text, line->bot == bot});
    if (heard != nullptr && line->row == heard->line.row) {
      has_trigger = true;
      if (job.sees_later) continue;
      break;  // what came later is answered later
    }
    if (!has_trigger) before = line;
  }
  if (heard != nullptr && !has_trigger) {  // so much was said since that memory let it go
    context.history.push_back({heard->line.name, heard->line.text, false});
  }
  const WallTime now = core_.loop.wall_now();
  std::optional<Duration> pause;
  if (before != nullptr) {
    const WallTime until = heard != nullptr ? heard->line.date : now;
    if (until > before->date) pause = until - before->date;
  }
  context.time = time_context(now, *job.bot->zone, pause);
  for (const Recalled& r : job.recalled) {
    context.memories.push_back({r.memory.text, static_cast<bool>(r.memory.person)});
  }
  collect_examples(lines, bot, context.examples);
  PromptInput& input = context.input;
  input.persona = &job.bot->persona;
  input.bot_name = job.bot->display_name;
  if (!room.is_private()) input.room_title = room.first().title;
  input.topics = room.topics;
  input.history = context.history;
  input.examples = context.examples;
  input.memories = context.memories;
  input.time = context.time;
  input.thought = job.thought;
  input.self_started = job.kind == TurnJob::Kind::SelfStarted;
  if (job.news) input.news = job.news->title;
  input.question = heard != nullptr ? heard->answers : job.unanswered;
  if (job.target) input.reply_to = {job.target->name, job.target->text, false};
  if (const RoomLine* about = job.about()) input.person_name = about->name;
}

/// Everything but the lines and what is drawn.
GenerationRequest Turns::request_of(const TurnJob& job, const Context& context) const {
  GenerationRequest request;
  // A character may be briefer than the fleet allows, never dearer.
  const Persona& persona = job.bot->persona;
  request.max_tokens =
      std::min(core_.settings.max_tokens, persona.max_tokens.value_or(core_.settings.max_tokens));
  request.temperature = persona.temperature.value_or(core_.settings.llm_temperature);
  request.lane = context.input.self_started ? fleet::Lane::SelfStarted
                 : job.room->is_private()   ? fleet::Lane::Direct
                                            : fleet::Lane::Mention;
  request.timeout = core_.settings.generate_timeout;
  request.turn = job.id;
  request.bot = job.bot->row.id;
  declare_tools(job, request);
  if (const Heard* heard = job.heard()) {
    request.user = fmt::format(
        "{:016x}", stable_hash("person", static_cast<std::uint64_t>(heard->line.author.value)));
  }
  return request;
}

GenerationRequest Turns::request_for(const TurnJob& job, bool second_try,
                                     std::vector<std::string>& secrets) {
  Context context;
  collect(job, context);
  context.input.second_try = second_try && !job.sees_later;
  context.input.length = draw_length(job.bot->persona.length, core_.rng);
  GenerationRequest request = request_of(job, context);
  context.input.tools = request.tools;
  Prompt prompt = build_prompt(context.input, core_.rng);
  secrets = std::move(prompt.secrets);
  request.lines = std::move(prompt.lines);
  request.seed = core_.rng.next();
  return request;
}

GenerationRequest Turns::wish_request(const TurnJob& job) {
  Context context;
  collect(job, context);
  context.input.length = Length::Short;
  GenerationRequest request = request_of(job, context);
  request.tools.clear();
  request.lines = build_wish_prompt(context.input, core_.rng).lines;
  request.seed = core_.rng.next();
  request.max_tokens = std::min(request.max_tokens, kWishTokens);
  request.lane = fleet::Lane::SelfStarted;
  return request;
}

/// The decisions' own random stream is left alone: looking changes nothing.
GenerationRequest Turns::preview(TurnJob& job) const {
  recall(job);
  Context context;
  collect(job, context);
  Rng rng(stable_hash("preview", static_cast<std::uint64_t>(job.bot->row.id.value)));
  context.input.length = draw_length(job.bot->persona.length, rng);
  GenerationRequest request = request_of(job, context);
  context.input.tools = request.tools;
  Prompt prompt = build_prompt(context.input, rng);
  request.lines = std::move(prompt.lines);
  for (ChatLine& line : request.lines) {
    line.text = replace_all(std::move(line.text), prompt.secrets[Prompt::kCanary], "(canary)");
  }
  return request;
}

}  // namespace chorus::fleet::detail
