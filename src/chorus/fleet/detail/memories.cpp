#include "chorus/fleet/detail/memories.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/memory/memory_extract.hpp"
#include "chorus/fleet/memory/memory_seed.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::fleet::detail {
namespace {

/// In groups a line names the bot that it speaks to; any other account in it is contact data.
std::string without_mention(std::string_view text, std::string_view username) {
  std::string out(text);
  if (username.empty()) return out;
  const std::string mention = "@" + ascii_lower(username);
  for (std::size_t at = ascii_lower(out).find(mention); at != std::string::npos;
       at = ascii_lower(out).find(mention)) {
    out.erase(at, mention.size());
  }
  return std::string(trim(out));
}

}  // namespace

Memories::Memories(Core& core)
    : core_(core), pace_(core.settings.memory_writes_per_hour), wake_(core.loop) {}

DecayRules Memories::decay_rules() const {
  DecayRules rules;
  rules.half_life = core_.settings.memory_half_life;
  return rules;
}

Memories::Mind& Memories::mind_of(BotId bot) {
  auto& mind = minds_[bot];
  if (mind == nullptr) {
    mind = std::make_unique<Mind>(core_.loop, core_.settings.memories_per_bot,
                                  core_.settings.memory_half_life);
  }
  return *mind;
}

const Memories::Mind* Memories::loaded_mind(BotId bot) const {
  const auto it = minds_.find(bot);
  return it == minds_.end() || !it->second->loaded ? nullptr : it->second.get();
}

// --------------------------------------------------------------------------------- in and out

rt::Task<bool> Memories::ready(Bot* bot) {
  const BotId id = bot->row.id;
  if (!core_.settings.memory || bot->removed) co_return false;
  while (true) {
    Mind& mind = mind_of(id);
    if (mind.loaded) co_return true;
    if (!mind.loading) break;
    if (!co_await mind.changed.wait()) co_return false;
    if (bot->removed) co_return false;
  }
  mind_of(id).loading = true;
  const MonoTime began = core_.now();
  auto rows = co_await core_.store.memories_of(id);
  core_.note_store(rows);
  const auto it = minds_.find(id);
  if (it == minds_.end()) co_return false;  // removed meanwhile
  Mind& mind = *it->second;
  mind.loading = false;
  if (rows) fill(mind, *bot, *std::move(rows), began);
  mind.changed.notify_all();
  co_return mind.loaded;
}

void Memories::fill(Mind& mind, Bot& bot, std::vector<store::MemoryRow> rows, MonoTime began) {
  const WallTime now = core_.loop.wall_now();
  const bool first_time = rows.empty();
  for (const store::MemoryRow& row : rows) {
    auto memory = memory_of(row);
    if (!memory || core_.personal.forgotten_since(row.person, began)) continue;
    for (const MemoryId id : mind.index.put(*std::move(memory), now)) lose(bot.row.id, id);
  }
  mind.loaded = true;
  if (first_time) seed(mind, bot);
  tidy(bot.row.id, mind);
}

std::string Memories::card_of(const Bot& bot) {
  std::string card = bot.persona.description;
  for (const auto& interest : bot.persona.interests) card.append(" ").append(interest);
  return card;
}

void Memories::seed(Mind& mind, Bot& bot) {
  for (const MemoryCandidate& found : seeds_of(bot.row.persona)) {
    if (const auto refused = gate_.check_own(found.value, card_of(bot))) {
      core_.metrics.memory_refused[static_cast<std::size_t>(*refused)]->add();
      continue;
    }
    Memory memory;
    memory.id = core_.ids.next<MemoryId>();
    memory.bot = bot.row.id;
    memory.kind = found.kind;
    memory.text = found.text;
    memory.source = MemorySource::Persona;
    memory.confidence = found.confidence;
    memory.created = memory.last_used = core_.loop.wall_now();
    keep(mind, std::move(memory));
  }
}

void Memories::keep(Mind& mind, Memory memory) {
  const Key key{memory.bot, memory.id};
  unwritten_.insert(key);
  core_.metrics.memories_kept.add();
  for (const MemoryId id : mind.index.put(std::move(memory), core_.loop.wall_now())) {
    lose(key.first, id);
  }
  write_soon();
}

void Memories::lose(BotId bot, MemoryId id) {
  unwritten_.erase({bot, id});
  gone_.insert(id);
  write_soon();
}

rt::Task<Result<void>> Memories::flush() {
  if (unwritten_.empty() && gone_.empty()) co_return Result<void>{};
  std::vector<store::MemoryRow> rows;
  for (const auto& [bot, id] : unwritten_) {
    const Mind* mind = loaded_mind(bot);
    const Memory* memory = mind == nullptr ? nullptr : mind->index.find(id);
    if (memory != nullptr) rows.push_back(row_of(*memory));
  }
  const std::set<Key> written = std::exchange(unwritten_, {});
  const std::set<MemoryId> deleted = std::exchange(gone_, {});
  auto done = co_await core_.store.put_memories(
      std::move(rows), std::vector<MemoryId>(deleted.begin(), deleted.end()));
  core_.note_store(done);
  if (done || !is_retryable(done.error().code)) co_return done;
  // Again next time, as it then is: a copy kept here could bring back what was forgotten meanwhile.
  for (const Key& key : written) {
    const Mind* mind = loaded_mind(key.first);
    if (mind != nullptr && mind->index.find(key.second) != nullptr) unwritten_.insert(key);
  }
  gone_.insert(deleted.begin(), deleted.end());
  co_return done;
}

rt::Task<void> Memories::keep_writing(Memories* self) {
  Core& core = self->core_;
  while (!core.scope.stopping()) {
    if (!co_await self->wake_.wait()) co_return;
    while (!(self->unwritten_.empty() && self->gone_.empty())) {
      const auto done = co_await self->flush();
      if (done) continue;
      if (!is_retryable(done.error().code)) {
        log::error("fleet", "memories could not be stored: {}", done.error().message);
        break;
      }
      if (!co_await rt::sleep_for(core.loop, core.settings.store_retry)) co_return;
    }
  }
}

// ------------------------------------------------------------------------------ recall and learn

std::vector<Recalled> Memories::recall(BotId bot, const MemoryViewer& viewer,
                                       std::string_view text) const {
  const Mind* mind = loaded_mind(bot);
  if (mind == nullptr || !core_.settings.memory) return {};
  RecallRules rules;
  rules.half_life = core_.settings.memory_half_life;
  return mind->index.recall(text, viewer, rules, core_.loop.wall_now());
}

void Memories::used(BotId bot, std::span<const Recalled> recalled) {
  const auto it = minds_.find(bot);
  if (it == minds_.end()) return;
  const WallTime now = core_.loop.wall_now();
  for (const Recalled& one : recalled) {
    const Memory* known = it->second->index.find(one.memory.id);
    if (one.terms.empty() || known == nullptr) continue;
    Memory memory = *known;
    reinforce(memory, core_.settings.memory_half_life, now);
    unwritten_.insert({bot, memory.id});  // written with the next change: a lost count is no loss
    for (const MemoryId id : it->second->index.put(std::move(memory), now)) lose(bot, id);
  }
}

void Memories::learn(Bot& bot, RoomId room, const RoomLine& line, MonoTime since) {
  if (!core_.settings.memory || bot.removed || !line.author) return;
  const auto it = minds_.find(bot.row.id);
  if (it == minds_.end() || !it->second->loaded) return;
  if (core_.personal.forgotten_since(line.author, since)) return;
  const std::string text = without_mention(line.text, bot.row.username);
  const auto found = extract_memories(text);
  if (found.empty()) return;
  const auto refuse = [&](MemoryRefusal why) {
    core_.metrics.memory_refused[static_cast<std::size_t>(why)]->add();
  };
  if (const auto refused = gate_.check_line(text, line.from_bot)) return refuse(*refused);
  Mind& mind = *it->second;
  for (const MemoryCandidate& candidate : found) {
    if (const auto refused = gate_.check(candidate)) {
      refuse(*refused);
      continue;
    }
    if (!pace_.allow(line.author, core_.now())) return refuse(MemoryRefusal::TooMany);
    keep_candidate(mind, bot, room, line, candidate);
  }
}

void Memories::keep_candidate(Mind& mind, const Bot& bot, RoomId room, const RoomLine& line,
                              const MemoryCandidate& candidate) {
  const WallTime now = core_.loop.wall_now();
  Memory memory;
  memory.id = core_.ids.next<MemoryId>();
  memory.bot = bot.row.id;
  memory.room = room;
  memory.person = line.author;
  memory.kind = candidate.kind;
  memory.text = candidate.text;
  memory.message = line.row;
  memory.confidence = candidate.confidence;
  memory.created = memory.last_used = now;
  if (candidate.keeps) {
    memory.expires = now + std::chrono::floor<std::chrono::microseconds>(*candidate.keeps);
  }
  // Said again, or corrected: the older one ends in the new one.
  std::vector<Memory> same;
  for (const Memory* known : mind.index.of({room, line.author})) {
    if (says_the_same(*known, memory, decay_rules())) same.push_back(*known);
  }
  for (const Memory& older : same) {
    memory = merged(older, memory, decay_rules(), now);
    mind.index.remove(older.id);
    lose(bot.row.id, older.id);
  }
  keep(mind, std::move(memory));
}

Result<void> Memories::note(Bot& bot, RoomId room, const RoomLine& line, std::string_view text,
                            MonoTime since) {
  const auto it = minds_.find(bot.row.id);
  if (it == minds_.end() || !it->second->loaded || bot.removed || !line.author) {
    return fail(ErrorCode::Unavailable, "memory cannot be used now");
  }
  const std::string said = without_mention(line.text, bot.row.username);
  MemoryCandidate candidate;
  candidate.kind = MemoryKind::UserNote;
  candidate.value = text;
  candidate.text = "asked to keep in mind: " + candidate.value;
  auto refused = gate_.check_line(said, line.from_bot);
  if (!refused) refused = gate_.check(candidate);
  if (!refused && !pace_.allow(line.author, core_.now())) refused = MemoryRefusal::TooMany;
  if (refused) {
    core_.metrics.memory_refused[static_cast<std::size_t>(*refused)]->add();
    return fail(ErrorCode::InvalidArgument,
                fmt::format("this is not kept: {}", to_string(*refused)));
  }
  if (core_.personal.forgotten_since(line.author, since)) {
    return fail(ErrorCode::InvalidArgument, "the person asked to be forgotten");
  }
  // What others said or what a model makes up is no statement of this person about themselves.
  const auto theirs = memory_terms(said);
  const auto wanted = memory_terms(text);
  const auto common = std::ranges::count_if(
      wanted, [&](std::uint64_t term) { return std::ranges::binary_search(theirs, term); });
  if (wanted.empty() || 2 * common < std::ranges::ssize(wanted)) {
    return fail(ErrorCode::InvalidArgument, "the person did not say this in their last message");
  }
  keep_candidate(*it->second, bot, room, line, candidate);
  return {};
}

Result<void> Memories::forget_one(BotId bot, const MemoryViewer& viewer, MemoryId id) {
  const auto it = minds_.find(bot);
  const Memory* memory = it == minds_.end() ? nullptr : it->second->index.find(id);
  const bool theirs = memory != nullptr && memory->person && memory->person == viewer.person &&
                      (!memory->room || memory->room == viewer.room);
  if (!theirs) return fail(ErrorCode::NotFound, "there is no such memory about the person here");
  return remove(bot, id);
}

Result<Memory> Memories::add_own(Bot& bot, Memory memory) {
  Mind& mind = mind_of(bot.row.id);
  if (!mind.loaded) return fail(ErrorCode::Unavailable, "the bot's memories are not read yet");
  if (const auto refused = gate_.check_own(memory.text, card_of(bot))) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("this is not kept: {}", to_string(*refused)));
  }
  memory.id = core_.ids.next<MemoryId>();
  memory.bot = bot.row.id;
  memory.source = MemorySource::Operator;
  memory.created = memory.last_used = core_.loop.wall_now();
  const MemoryId id = memory.id;
  keep(mind, std::move(memory));
  const Memory* kept = mind.index.find(id);
  if (kept == nullptr) return fail(ErrorCode::Conflict, "the bot's memory is full");
  return *kept;
}

Result<void> Memories::remove(BotId bot, MemoryId id) {
  const auto it = minds_.find(bot);
  if (it == minds_.end() || !it->second->index.remove(id)) {
    return fail(ErrorCode::NotFound, "no such memory");
  }
  lose(bot, id);
  return {};
}

// ------------------------------------------------------------------------------------ the end

void Memories::forget(PlatformUserId person) {
  for (const auto& [bot, mind] : minds_) {
    // The store deletes them by person.
    for (const MemoryId id : mind->index.erase(person)) unwritten_.erase({bot, id});
  }
  pace_.forget(person);
}

std::size_t Memories::count(PlatformUserId person) const {
  std::size_t n = 0;
  for (const auto& [bot, mind] : minds_) {
    for (const Memory& memory : mind->index.all()) n += memory.person == person ? 1 : 0;
  }
  return n;
}

void Memories::drop(BotId bot) {
  minds_.erase(bot);
  std::erase_if(unwritten_, [&](const Key& key) { return key.first == bot; });
}

std::vector<Memory> Memories::all(BotId bot) const {
  const Mind* mind = loaded_mind(bot);
  return mind == nullptr ? std::vector<Memory>{} : mind->index.all();
}

void Memories::tidy(BotId bot, Mind& mind) {
  const TidyUp done = tidy_up(mind.index.all(), decay_rules(), core_.loop.wall_now());
  for (const MemoryId id : done.gone) {
    mind.index.remove(id);
    lose(bot, id);
  }
  for (const Memory& memory : done.changed) {
    unwritten_.insert({bot, memory.id});
    for (const MemoryId id : mind.index.put(memory, core_.loop.wall_now())) lose(bot, id);
  }
  core_.metrics.memories_forgotten.add(done.gone.size());
  if (!unwritten_.empty()) write_soon();
}

rt::Task<void> Memories::keep_tidy(Memories* self) {
  Core& core = self->core_;
  while (core.settings.memory &&
         co_await rt::sleep_for(core.loop, core.settings.memory_tidy_interval)) {
    for (const auto& [bot, mind] : self->minds_) {
      if (mind->loaded) self->tidy(bot, *mind);
    }
    self->write_soon();
  }
}

}  // namespace chorus::fleet::detail
