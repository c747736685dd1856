#include "chorus/fleet/room.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/memories.hpp"
#include "chorus/fleet/detail/room_lines.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/inbox.hpp"
#include "chorus/fleet/pacing.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/tools/questions.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <utility>

namespace chorus::fleet::detail {

Room& Rooms::add(store::RoomRow row) {
  Room& room = core_.directory.add_room(std::move(row), core_.settings);
  start_talking(room);
  return room;
}

void Rooms::set_member(Room& room, BotId bot, bool member) {
  if (!core_.directory.set_member(room, bot, member)) return;
  if (member) start_talking(room);
  rt::spawn(core_.scope, "membership", &Rooms::store_membership, this, room.face_of(bot).id, bot,
            member);
}

rt::Task<void> Rooms::store_membership(Rooms* self, RoomId room, BotId bot, bool member) {
  if (!co_await self->core_.store.set_membership(room, bot, member)) {
    // It is learned again from the next update of that chat.
    log::warn("fleet", "membership of bot {} in room {} could not be stored", bot, room);
  }
}

// ------------------------------------------------------------------------------ what was heard

void Rooms::end(const Heard& heard, TurnReason reason) {
  core_.inbox->finish(heard.inbox, store::InboxState::Skipped, reason);
}

void Rooms::hear(Room& room, std::shared_ptr<Heard> heard) {
  room.last_used = core_.now();
  if (room.loaded && room.waiting.empty()) return decide(room, std::move(heard));
  room.waiting.push_back(std::move(heard));  // bounded by the inbox's memory
  if (room.loading) return;
  room.loading = true;
  rt::spawn(core_.scope, "room history", &Rooms::load, this, &room);
}

/// Whoever speaks from now on knows the new text; what was decided on the old one stays decided.
void Rooms::edited(Room& room, store::MessageRow message) {
  // What is being read now may be what stood there before.
  room.edited_while_loading = room.loading;
  for (const auto& heard : room.waiting) {
    if (heard->line.owner == message.owner && heard->line.message == message.message) {
      heard->line.text = message.text;
    }
  }
  // Not in memory: it will be read with its new text.
  (void)room.log.edit(message.owner, message.message, std::move(message.text));
}

/// Memory is bounded: beyond `rooms_in_memory` the private chats that were silent longest are read
/// from the store again when somebody speaks there.
void Rooms::loaded(Room& room) {
  room.loaded = true;
  room.last_used = core_.now();
  if (++in_memory_ <= std::max<std::size_t>(core_.settings.rooms_in_memory, 16)) return;
  std::vector<Room*> idle;
  for (const auto& other : core_.directory.rooms()) {
    const bool busy = std::any_of(other->lanes.begin(), other->lanes.end(),
                                  [](const auto& lane) { return lane.second.running; });
    if (other->loaded && other->is_private() && !busy && other->waiting.empty() &&
        other.get() != &room) {
      idle.push_back(other.get());
    }
  }
  const std::size_t enough = std::min(idle.size(), in_memory_ / 4);
  std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(enough), idle.end(),
                   [](const Room* a, const Room* b) {
                     return a->last_used != b->last_used ? a->last_used < b->last_used
                                                         : a->id() < b->id();
                   });
  for (std::size_t i = 0; i < enough; ++i) {
    idle[i]->log = RoomLog(core_.settings.history_lines, core_.settings.duplicate_window, false);
    idle[i]->loaded = false;
  }
  in_memory_ -= enough;
}

/// Reads what was said before this process knew the room, then decides what has waited.
rt::Task<void> Rooms::load(Rooms* self, Room* room) {
  while (!room->loaded) {
    auto past = co_await self->core_.store.history(room->id(), self->core_.settings.history_lines);
    if (!past) {
      if (!co_await rt::sleep_for(self->core_.loop, self->core_.settings.store_retry)) co_return;
      continue;
    }
    if (std::exchange(room->edited_while_loading, false)) continue;
    for (auto it = past->rbegin(); it != past->rend(); ++it) {
      // What waits here is decided below and comes into the log then.
      const bool waits = std::any_of(room->waiting.begin(), room->waiting.end(),
                                     [&](const auto& h) { return h->line.row == it->id; });
      if (waits) continue;
      room->log.prepend(to_line(std::move(*it), self->core_.now()));
    }
    room->loaded = true;
  }
  self->loaded(*room);
  room->loading = false;
  while (!room->waiting.empty()) {
    auto heard = std::move(room->waiting.front());
    room->waiting.pop_front();
    self->decide(*room, std::move(heard));
  }
}

rt::Task<Result<void>> Rooms::ensure_loaded(Room* room) {
  if (!room->loaded && !room->loading) {
    room->loading = true;
    co_await load(this, room);
  }
  if (room->loaded) co_return Result<void>{};
  co_return fail(ErrorCode::Unavailable, "the room's past is being read; ask again");
}

std::optional<TurnReason> Rooms::bar_of(const Bot& bot, const Room& room,
                                        PlatformUserId person) const {
  if (bot.row.state == store::BotState::Disabled) return TurnReason::Disabled;
  if (bot.row.state == store::BotState::Unauthorized) return TurnReason::Unauthorized;
  if (person && core_.directory.is_stopped(bot.row.id, room, person)) {
    return TurnReason::StoppedByPerson;
  }
  if (bot.outgoing.size() >= core_.settings.outbox_per_bot) return TurnReason::OutboxFull;
  if (core_.settings.selector != Selector::Random &&
      core_.sender->earliest(bot, room.face_of(bot.row.id).chat) > core_.now() + kLongestTyping) {
    return TurnReason::LimitReached;
  }
  const std::uint32_t cap = bot.hourly_cap(core_.settings);
  if (cap != 0 && bot.unasked.size() >= cap &&
      core_.now() - bot.unasked[bot.unasked.size() - cap] < std::chrono::hours(1)) {
    return TurnReason::Budget;
  }
  if (!is_active_at(bot.persona.hours, *bot.zone, core_.loop.wall_now())) return TurnReason::Quiet;
  return std::nullopt;
}

std::vector<FloorCandidate> Rooms::candidates(Room& room, const Heard* heard,
                                              bool histories) const {
  std::vector<FloorCandidate> out;
  out.reserve(room.members.size());
  const MonoTime now = core_.now();
  const PlatformUserId person =
      heard != nullptr && !heard->line.from_bot ? heard->line.author : PlatformUserId{};
  for (const BotId id : room.members) {
    const Bot* bot = core_.directory.bot(id);
    if (bot == nullptr || (heard != nullptr && heard->line.bot == id)) continue;
    FloorCandidate c;
    c.bot = id;
    c.user_id = bot->row.user_id;
    c.interests = bot->interests;
    c.expertise = bot->expertise;
    c.talkativeness = bot->persona.talkativeness;
    c.barred = bar_of(*bot, room, person);
    if (histories) {
      c.spoken_last_hour = room.log.spoken_last_hour(id, now);
      if (heard != nullptr) {
        c.pair_turns = room.log.pair_turns(id, heard->line.author, now);
        // Who may not speak anyway is not asked what it knows.
        if (c.barred || core_.settings.selector == Selector::Random) {
          out.push_back(c);
          continue;
        }
        for (const Recalled& r :
             core_.memories->recall(id, {room.face_of(id).id, person}, heard->line.text)) {
          c.remembered = std::max(c.remembered, static_cast<std::uint32_t>(r.terms.size()));
        }
      }
    }
    out.push_back(c);
  }
  return out;
}

bool Rooms::floor_is_taken(const Room& room) const {
  return room.unasked_turns > 0 || core_.now() < room.floor_free_at;
}

void Rooms::remember_asked(Room& room, const Heard& heard, std::span<const BotId> bots) {
  constexpr std::size_t kMost = 256;
  const RoomLine* line = room.log.find(heard.line.owner, heard.line.message);
  const MessageRowId row = line != nullptr ? line->row : heard.line.row;
  for (const BotId bot : bots) room.asked.emplace_back(row, bot);
  while (room.asked.size() > kMost) room.asked.pop_front();
}

/// A second copy, brought by a bot that it names and that the first copy was not put to: the bot
/// was not known to be here then, or the process that decided has ended since. In the second case
/// the answer may be there already; its row has the same key, so that it is not written twice.
/// Basic groups have no such key across bots: there, what an earlier process saw counts as decided.
bool Rooms::is_missed(const Room& room, const Heard& heard, const Addressed& addressed) {
  const auto named = [&](BotId bot) {
    return std::find(addressed.bots.begin(), addressed.bots.end(), bot) != addressed.bots.end();
  };
  if (!named(heard.receiver)) return false;
  const RoomLine* line = room.log.find(heard.line.owner, heard.line.message);
  if (line == nullptr || (line->owner && line->from_past)) return false;
  return std::find(room.asked.begin(), room.asked.end(), std::pair(line->row, heard.receiver)) ==
         room.asked.end();
}

/// How long after a person's words an unasked message leaves at the earliest, and how long after
/// its own time at the latest: then it is too late for it.
constexpr Duration kYield = std::chrono::milliseconds(5500);
constexpr Duration kLongestYield = std::chrono::seconds(20);

/// What a bot was about to say unasked is looked at again when a person speaks.
void Rooms::review_unsaid(Room& room) {
  if (!room.unsaid.row) return;
  Bot* bot = core_.directory.bot(room.unsaid.bot);
  if (bot == nullptr || !bot->outgoing.contains(room.unsaid.row)) {
    room.unsaid = {};  // it has left
    return;
  }
  // The baseline takes back only what it began by itself.
  if (core_.settings.selector == Selector::Random && room.unsaid.trigger) return;
  const auto verdict = still_fits(room, room.unsaid.trigger, room.unsaid.text);
  core_.metrics.revalidated[static_cast<std::size_t>(verdict)]->add();
  if (!takes_back(verdict)) {
    // It lets people finish, but does not wait for ever.
    const MonoTime after = core_.now() + kYield;
    if (after <= room.unsaid.due + kLongestYield &&
        core_.sender->postpone(*bot, room.unsaid.row, after)) {
      room.floor_free_at = std::max(room.floor_free_at, after);
      return;
    }
  }
  if (core_.sender->cancel(*bot, room.unsaid.row)) room.floor_free_at = core_.now();
  room.unsaid = {};
}

Revalidation Rooms::still_fits(const Room& room, MessageRowId trigger, std::string_view draft) {
  const RoomLine* line = room.log.find_row(trigger);
  // So much was said since that memory let the trigger go.
  if (trigger && line == nullptr) return Revalidation::TopicMoved;
  std::vector<const RoomLine*> later;
  const auto& lines = room.log.lines();
  for (auto it = lines.rbegin(); it != lines.rend() && &*it != line; ++it) {
    later.push_back(&*it);
    if (line == nullptr) break;  // nobody was answered: the newest line decides
  }
  std::reverse(later.begin(), later.end());
  return revalidate(line, later, draft);
}

void Rooms::note_talk(const Room& room, const RoomLine& line) {
  if (room.is_private()) return;
  core_.talk.note(room.id(), line.author, line.bot, line.from_bot, core_.now());
}

/// One decision for the room about one message.
void Rooms::decide(Room& room, std::shared_ptr<Heard> heard) {
  if (!heard->username.empty()) {
    room.remember_username(heard->line.author, ascii_lower(heard->username));
  }
  // A line that came with the room's past while its update still waited is decided now.
  const bool new_line =
      room.log.add(heard->line) ||
      (heard->first_seen && room.log.take_up(heard->line.owner, heard->line.message));
  if (new_line) note_talk(room, heard->line);
  if (heard->line.bot) return end(*heard, TurnReason::OwnMessage);
  if (new_line && !heard->line.from_bot) person_spoke(room);
  const bool copy = !new_line || !heard->first_seen;
  if (copy && !may_name_receiver(room, *heard)) return end(*heard, TurnReason::DuplicateUpdate);
  Addressed addressed = address(room, *heard);
  if (copy) {
    if (!is_missed(room, *heard, addressed)) return end(*heard, TurnReason::DuplicateUpdate);
    addressed.bots = {heard->receiver};
  }
  address_in_conversation(room, *heard, addressed);
  if (core_.paused || !room.first().enabled) {
    return decide_closed(room, *heard, std::move(addressed));
  }
  if (handle_runtime(room, heard, addressed)) return;
  core_.questions->hear(room, *heard, addressed);
  address_without_name(room, *heard, addressed);
  FloorInput input = floor_input(
      room, heard->line.from_bot ? FloorInput::Kind::Bot : FloorInput::Kind::Person, heard->line);
  input.addressed = addressed;
  const WallTime wall = core_.loop.wall_now();
  input.age = wall > heard->line.date ? Duration(wall - heard->line.date) : Duration{};
  const bool self_selection = addressed.bots.empty();
  const auto able = candidates(room, heard.get(), self_selection);
  input.candidates = able;
  const FloorDecision decision = decide_floor(input, core_.settings, core_.rng.next());
  for (const auto& scored : decision.scores) {
    if (scored.barred == TurnReason::NotMember) std::erase(addressed.bots, scored.bot);
  }
  remember_asked(room, *heard, addressed.bots);
  if (may_think(decision)) return think_first(room, std::move(heard), decision);
  conclude(room, std::move(heard), decision);
}

/// What a decision leads to, about a message.
void Rooms::conclude(Room& room, std::shared_ptr<Heard> heard, const FloorDecision& decision) {
  if (decision.chosen.empty()) {
    maybe_react(room, heard, decision);
    return core_.turns->record_silence(room, heard.get(), decision);
  }
  give_turns(room, heard, decision, !heard->line.from_bot);
}

/// What the floor must know of a room, whatever made it decide.
FloorInput Rooms::floor_input(Room& room, FloorInput::Kind kind, const RoomLine& line) {
  const MonoTime now = core_.now();
  FloorInput input;
  input.kind = kind;
  input.text = line.text;
  input.private_chat = room.is_private();
  input.paused = core_.paused;
  input.room_enabled = room.first().enabled;
  input.floor_taken = floor_is_taken(room);
  const RoomLine* own = room.log.find_row(line.row);
  if (own != nullptr && kind != FloorInput::Kind::Timer) input.depth = own->depth;
  if (input.private_chat) return input;
  input.room = room.log.facts(now);
  input.novelty = room.log.novelty();
  // A timer begins something; only what is said to a thread is one more reply in it.
  if (kind == FloorInput::Kind::Person) input.bot_replies = room.log.bot_replies(line);
  input.question_to_all = kind == FloorInput::Kind::Person && is_question_to_all(line.text);
  input.resting = now < room.rests_until;
  input.room_unasked = room.unasked.count(now);
  input.fleet_unasked = core_.unasked.count(now);
  return input;
}

/// Nobody may speak here now, so nobody looks at who could; the decision is stored all the same,
/// and other copies of the message find it made.
void Rooms::decide_closed(Room& room, const Heard& heard, Addressed addressed) {
  FloorInput input;
  input.paused = core_.paused;
  input.room_enabled = room.first().enabled;
  input.addressed = std::move(addressed);
  const FloorDecision decision = decide_floor(input, core_.settings, core_.rng.next());
  remember_asked(room, heard, input.addressed.bots);
  core_.turns->record_silence(room, &heard, decision);
}

/// In whose thread the answer to a line stands; `asked`: it names a bot of ours.
std::optional<PlatformMessageId> Rooms::answer_thread(const Room& room, const RoomLine& line,
                                                      bool asked) {
  const bool begins = asked && !room.is_private() && !line.thread &&
                      traits_of(room.first().platform).questions_begin_threads;
  return begins ? line.message : line.thread;
}

void Rooms::give_turns(Room& room, const std::shared_ptr<Heard>& heard,
                       const FloorDecision& decision, bool person_asked) {
  auto trigger = std::make_shared<Trigger>();
  trigger->heard = heard;
  trigger->open = static_cast<int>(decision.chosen.size());
  const std::string detail = decision.to_json();
  const bool unasked =
      decision.by == AddressedBy::Nothing || decision.by == AddressedBy::OpenQuestion;
  const auto thread = answer_thread(room, heard->line, person_asked && !unasked);
  for (const BotId id : decision.chosen) {
    auto job = std::make_shared<TurnJob>();
    job->bot = core_.directory.any_bot(id);
    job->room = &room;
    job->thread = thread;
    job->trigger = trigger;
    job->person_asked = person_asked;
    job->unasked = unasked;
    job->decision = detail;
    job->thought = decision.thought;
    job->decided_at = core_.now();
    core_.turns->start(std::move(job));
  }
}

}  // namespace chorus::fleet::detail
