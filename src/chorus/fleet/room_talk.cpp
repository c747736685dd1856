#include "chorus/base/text.hpp"
#include "chorus/fleet/reply_target.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <utility>

// What nobody asked for: reactions, what our bots say to each other, talk that a room begins
// itself.
namespace chorus::fleet::detail {
namespace {

bool is_open_question(std::string_view text) {
  return text.find('?') != std::string_view::npos;
}

}  // namespace

/// Sometimes an emoji instead of words, when a person said something and nobody answers.
void Rooms::maybe_react(Room& room, const std::shared_ptr<Heard>& heard,
                        const FloorDecision& decision) {
  if ((room.reactions_refused && !core_.settings.reaction_as_message) || heard->line.from_bot ||
      is_open_question(heard->line.text)) {
    return;
  }
  if (decision.reason != TurnReason::Nobody && decision.reason != TurnReason::YieldToPeople) return;
  Rng rng(decision.seed ^ 0x7265616374ULL);
  std::vector<BotId> able;
  for (const auto& scored : decision.scores) {
    if (!scored.barred || *scored.barred == TurnReason::JustSpoke) able.push_back(scored.bot);
  }
  if (able.empty()) return;
  Bot* bot = core_.directory.any_bot(able[rng.below(able.size())]);
  const double share = bot->persona.habits.reaction.value_or(core_.settings.reaction_probability);
  if (!rng.chance(share)) return;
  auto job = std::make_shared<TurnJob>();
  job->kind = TurnJob::Kind::Reaction;
  job->bot = bot;
  job->room = &room;
  job->thread = heard->line.thread;
  job->trigger = std::make_shared<Trigger>();
  job->trigger->heard = heard;
  job->trigger->open = 2;  // the recorded silence ends the update, not the reaction
  job->decision = R"({"by":"reaction"})";
  job->decided_at = core_.now();
  core_.turns->start(std::move(job));
}

// ------------------------------------------------------------------------------- our own lines

/// Our bots hear each other here, not through the platform: only who is named may answer.
void Rooms::said(Room& room, RoomLine line) {
  auto heard = std::make_shared<Heard>();
  heard->line = line;
  if (!room.log.add(std::move(line))) return;
  note_talk(room, heard->line);
  note_thread(room, heard->line);
  if (room.is_private() || room.members.size() < 2) return;
  const std::string& text = heard->line.text;
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() &&
           (text[end] == '_' || (text[end] >= '0' && text[end] <= '9') ||
            (text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z'))) {
      ++end;
    }
    if (end > at + 1) heard->mentions.push_back(text.substr(at + 1, end - at - 1));
  }
  FloorInput input = floor_input(room, FloorInput::Kind::Bot, heard->line);
  input.addressed = address(room, *heard);
  std::erase(input.addressed.bots, heard->line.bot);
  if (input.addressed.bots.empty()) return;
  const auto able = candidates(room, heard.get(), true);
  input.candidates = able;
  const FloorDecision decision = decide_floor(input, core_.settings, core_.rng.next());
  if (decision.chosen.empty()) {
    return core_.turns->record_silence(room, heard.get(), decision);
  }
  give_turns(room, heard, decision, false);
}

/// Bots among themselves talk for 3 messages or a few more, then the room rests.
void Rooms::note_thread(Room& room, const RoomLine& line) {
  const std::uint32_t most = core_.settings.thread_most;
  if (most == 0 || core_.settings.loop_soft == 0 || room.is_private()) return;
  if (line.reply_to) {
    const RoomLine* parent = room.log.find(line.owner, *line.reply_to);
    if (parent == nullptr || !parent->from_bot) return;  // a person is answered
  }
  const std::uint32_t least = std::min<std::uint32_t>(3, most);
  if (room.thread_limit == 0) {
    room.thread_limit = least + static_cast<std::uint32_t>(core_.rng.below(most - least + 1));
  }
  if (++room.thread_said < room.thread_limit) return;
  room.thread_said = 0;
  room.thread_limit = 0;
  const double shortest = to_seconds(core_.settings.thread_rest);
  room.rests_until = core_.now() + from_seconds(core_.rng.uniform(shortest, 3 * shortest));
}

// --------------------------------------------------------------------------- self-started talk

void Rooms::start_talking(Room& room) {
  if (core_.settings.talk_interval <= Duration::zero() || room.talks || room.is_private() ||
      !core_.running) {
    return;
  }
  room.talks = true;
  rt::spawn(core_.scope, "room talk", &Rooms::talk, this, &room);
}

void Rooms::talk_interval_changed() {
  talk_changed_.notify_all();
  for (const auto& room : core_.directory.rooms()) start_talking(*room);
}

/// The pauses are exponential around the mean of all members together, so that a room of many bots
/// is as lively as its bots are, and no two rooms keep step.
rt::Task<void> Rooms::talk(Rooms* self, Room* room) {
  Core& core = self->core_;
  Rng rng = core.rng.fork("talk", static_cast<std::uint64_t>(room->id().value));
  while (!core.scope.stopping()) {
    if (core.settings.talk_interval <= Duration::zero()) {  // an operator has ended it
      room->talks = false;
      co_return;
    }
    const double members = std::max<double>(1, static_cast<double>(room->members.size()));
    const double mean = to_seconds(core.settings.talk_interval) / members;
    const double pause = std::clamp(rng.exponential(mean), mean / 20, mean * 5);
    const auto woken = co_await self->talk_changed_.wait_until(core.now() + from_seconds(pause));
    if (woken == rt::Notify::Woken::Cancelled || core.stopping) co_return;
    if (woken == rt::Notify::Woken::Notified) continue;
    if (!room->loaded) {
      if (room->loading) continue;
      room->loading = true;
      co_await load(self, room);
      continue;
    }
    self->decide_timer(*room);
  }
}

void Rooms::decide_timer(Room& room) {
  // One unasked turn at a time: a slow generator must not pile up talk.
  if (floor_is_taken(room)) return;
  // A question of a person that nobody took up is the first thing to talk about.
  const RoomLine* about = room.log.open_question();
  const bool open = about != nullptr;
  if (!open && !room.log.lines().empty()) about = &room.log.lines().back();
  static const RoomLine kNothing;
  FloorInput input =
      floor_input(room, FloorInput::Kind::Timer, about != nullptr ? *about : kNothing);
  if (open) input.question_age = core_.now() - about->at;
  const auto able = candidates(room, nullptr, true);
  input.candidates = able;
  const FloorDecision decision = decide_floor(input, core_.settings, core_.rng.next());
  if (may_think(decision)) return think_first(room, nullptr, decision);
  conclude_timer(room, decision);
}

/// An emoji on one of the last ten messages, where the bot has that habit; nullptr: words.
std::shared_ptr<TurnJob> Rooms::short_reaction(Room& room, Bot& bot, Rng& rng) const {
  constexpr std::size_t kLooked = 10;
  const double share =
      bot.persona.habits.short_reaction.value_or(core_.settings.short_reaction_probability);
  if (room.reactions_refused && !core_.settings.reaction_as_message) return nullptr;
  if (!rng.chance(share)) return nullptr;
  std::vector<const RoomLine*> targets;
  const auto& lines = room.log.lines();
  for (auto it = lines.rbegin(); it != lines.rend() && targets.size() < kLooked; ++it) {
    const bool stopped = core_.directory.is_stopped(bot.row.id, room, it->author);
    if (it->bot != bot.row.id && it->message && !stopped) targets.push_back(&*it);
  }
  if (targets.empty()) return nullptr;
  auto job = std::make_shared<TurnJob>();
  job->kind = TurnJob::Kind::Reaction;
  job->unasked = true;
  job->bot = &bot;
  job->room = &room;
  job->target = *targets[rng.below(targets.size())];
  return job;
}

/// Whether what a bot begins by itself is a reply, to what, and whether it names whom it answers.
void Rooms::choose_target(TurnJob& job, Rng& rng) const {
  const Room& room = *job.room;
  const Bot& bot = *job.bot;
  const auto& lines = room.log.lines();
  if (lines.empty()) return;
  const double to_people = bot.persona.habits.reply.value_or(core_.settings.reply_probability);
  const bool replies =
      rng.chance(lines.back().from_bot ? core_.settings.reply_to_bots_probability : to_people);
  if (!replies) return;
  const ReplyView view{.bot = bot.row.id,
                       .folded_name = bot.folded_name,
                       .username = bot.row.username,
                       .interests = bot.interests,
                       .expertise = bot.expertise,
                       .topics = room.topic_words,
                       .empathy = bot.persona.emotion.empathy};
  auto scores = score_reply_targets(room.log, view, core_.now());
  std::erase_if(scores, [&](const ReplyScore& s) {
    return core_.directory.is_stopped(bot.row.id, room, s.line->author);
  });
  JsonWriter w(job.reply_scores);
  write_reply_scores(w, scores);
  const ReplyScore* target = draw_reply_target(scores, rng);
  if (target == nullptr) return;
  job.target = *target->line;
  job.thread = target->line->thread;
  const double mentions = bot.persona.habits.mention.value_or(core_.settings.mention_probability);
  if (!rng.chance(mentions)) return;
  if (const Bot* other = core_.directory.bot(target->line->bot)) {
    job.mention = ascii_lower(other->row.username);
    return;
  }
  const auto known =
      std::find_if(room.usernames.begin(), room.usernames.end(),
                   [&](const auto& entry) { return entry.first == target->line->author; });
  if (known != room.usernames.end()) job.mention = known->second;
}

void Rooms::conclude_timer(Room& room, const FloorDecision& decision) {
  if (decision.chosen.empty()) return core_.turns->record_silence(room, nullptr, decision);
  Bot& bot = *core_.directory.any_bot(decision.chosen.front());
  Rng rng(decision.seed ^ 0x62656769ULL);
  std::shared_ptr<TurnJob> job = short_reaction(room, bot, rng);
  if (job == nullptr) {
    job = std::make_shared<TurnJob>();
    job->kind = TurnJob::Kind::SelfStarted;
    job->bot = &bot;
    job->room = &room;
    job->thought = decision.thought;
    choose_target(*job, rng);
    job->looks_for_news =
        !job->target && core_.news != nullptr && rng.chance(core_.settings.news_probability);
  }
  job->decision = decision.to_json();
  job->decided_at = core_.now();
  core_.turns->start(std::move(job));
}

/// A person's line starts everything anew that bots had among themselves.
void Rooms::person_spoke(Room& room) {
  review_unsaid(room);
  room.thread_said = 0;
  room.rests_until = {};
  if (!room.is_private()) core_.wishes.person_spoke();
}

}  // namespace chorus::fleet::detail
