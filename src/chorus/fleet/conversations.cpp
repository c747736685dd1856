#include "chorus/fleet/conversations.hpp"

#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <string_view>

namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kMostPerRoom = 16;  ///< of one person
constexpr std::size_t kLinesKept = 16;
constexpr int kMostUp = 8;  ///< replies followed upwards
constexpr std::string_view kWorking = "working";
constexpr std::string_view kWaiting = "waiting";

/// The line, or what it replies to, is one that the person said in it.
bool is_in_chain(const Conversation& conversation, const RoomLog& log, const RoomLine& line) {
  const auto has = [&](MessageRowId row) {
    return std::find(conversation.lines.begin(), conversation.lines.end(), row) !=
           conversation.lines.end();
  };
  const RoomLine* at = &line;
  for (int i = 0; i <= kMostUp && at != nullptr; ++i) {
    if (has(at->row)) return true;
    if (!at->reply_to) return false;
    at = log.find(at->owner, *at->reply_to);
  }
  return false;
}

bool goes_on_here(const Conversation& conversation, const Room& room, const RoomLine& line,
                  std::optional<PlatformMessageId> thread) {
  if (conversation.thread != thread) return false;
  return room.is_private() || thread || is_in_chain(conversation, room.log, line);
}

}  // namespace

template <class Each>
void Conversations::each_of(const Room& room, PlatformUserId person, BotId bot, Each each) const {
  for (auto it = by_place_.lower_bound({room.id(), person, bot, ConversationId{}});
       it != by_place_.end(); ++it) {
    const auto& [at, who, with, id] = it->first;
    if (at != room.id() || who != person || (bot && with != bot)) return;
    each(*it->second);
  }
}

Conversation* Conversations::find(ConversationId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second.get();
}

Conversation* Conversations::of(const Room& room, const RoomLine& line, BotId bot,
                                std::optional<PlatformMessageId> thread) const {
  Conversation* found = nullptr;
  each_of(room, line.author, bot, [&](Conversation& c) {
    if (found == nullptr && goes_on_here(c, room, line, thread)) found = &c;
  });
  return found;
}

Conversation* Conversations::going_on(const Room& room, const RoomLine& line) const {
  Conversation* newest = nullptr;
  each_of(room, line.author, {}, [&](Conversation& c) {
    if (!goes_on_here(c, room, line, line.thread)) return;
    if (newest == nullptr || c.last_activity_at > newest->last_activity_at) newest = &c;
  });
  return newest;
}

std::vector<Conversation*> Conversations::of_person(PlatformUserId person, const Room* room) const {
  std::vector<Conversation*> out;
  if (room != nullptr) {
    each_of(*room, person, {}, [&](Conversation& c) { out.push_back(&c); });
    return out;
  }
  for (const auto& [key, conversation] : by_place_) {
    if (conversation->person == person) out.push_back(conversation);
  }
  return out;
}

std::vector<const Conversation*> Conversations::all() const {
  std::vector<const Conversation*> out;
  out.reserve(by_place_.size());
  for (const auto& [key, conversation] : by_place_) out.push_back(conversation);
  return out;
}

Conversation* Conversations::surplus(const Room& room, PlatformUserId person) const {
  Conversation* oldest = nullptr;
  std::size_t count = 0;
  each_of(room, person, {}, [&](Conversation& c) {
    ++count;
    if (c.working) return;
    if (oldest == nullptr || c.last_activity_at < oldest->last_activity_at) oldest = &c;
  });
  return count >= kMostPerRoom ? oldest : nullptr;
}

// ------------------------------------------------------------------------------------- changes

Conversation& Conversations::add(std::unique_ptr<Conversation> conversation) {
  Conversation& added = *conversation;
  by_place_[key_of(added)] = &added;
  by_id_[added.id] = std::move(conversation);
  return added;
}

void Conversations::changed(ConversationId id) {
  changed_.insert(id);
  wake_.notify_one();
}

Conversation& Conversations::begin(ConversationId id, Room& room, BotId bot, const RoomLine& line,
                                   std::optional<PlatformMessageId> thread) {
  auto made = std::make_unique<Conversation>();
  made->id = id;
  made->bot = bot;
  made->room = &room;
  made->person = line.author;
  made->thread = thread;
  made->started_at = core_.loop.wall_now();
  return add(std::move(made));
}

void Conversations::goes_on(Conversation& conversation, MessageRowId line) {
  auto& lines = conversation.lines;
  if (lines.empty() || lines.back() != line) lines.push_back(line);
  if (lines.size() > kLinesKept) lines.erase(lines.begin() + 1);  // the first is what it hangs on
  conversation.working = true;
  conversation.last_activity_at = core_.loop.wall_now();
  changed(conversation.id);
}

void Conversations::rests(Conversation& conversation) {
  conversation.working = false;
  conversation.last_activity_at = core_.loop.wall_now();
  changed(conversation.id);
}

void Conversations::rename(Conversation& conversation, ConversationId id) {
  changed(conversation.id);
  by_place_.erase(key_of(conversation));
  auto node = by_id_.extract(conversation.id);
  conversation.id = id;
  node.key() = id;
  by_id_.insert(std::move(node));
  by_place_[key_of(conversation)] = &conversation;
  changed(id);
}

void Conversations::drop(ConversationId id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  by_place_.erase(key_of(*it->second));
  by_id_.erase(it);
  changed_.erase(id);
}

void Conversations::end(ConversationId id) {
  if (!by_id_.contains(id)) return;
  drop(id);
  changed(id);
}

Conversation* Conversations::restore(const store::ConversationRow& row) {
  Room* room = core_.directory.room(row.room);
  if (room == nullptr || core_.directory.bot(row.bot) == nullptr) {
    changed(row.id);
    return nullptr;
  }
  auto made = std::make_unique<Conversation>();
  made->id = row.id;
  made->bot = row.bot;
  made->room = room;
  made->person = row.person;
  if (row.thread) made->thread = row.thread;
  made->started_at = row.started_at;
  made->last_activity_at = row.last_activity_at;
  made->lines.push_back(row.first);
  if (row.newest != row.first) made->lines.push_back(row.newest);
  return &add(std::move(made));
}

// --------------------------------------------------------------------------------- in the store

rt::Task<bool> Conversations::write() {
  const std::set<ConversationId> ids = std::exchange(changed_, {});
  std::vector<store::ConversationRow> rows;
  std::vector<ConversationId> ended;
  for (const ConversationId id : ids) {
    const Conversation* c = find(id);
    if (c == nullptr) {
      ended.push_back(id);
      continue;
    }
    store::ConversationRow row;
    row.id = id;
    row.room = c->room->face_of(c->bot).id;
    row.bot = c->bot;
    row.person = c->person;
    row.state = c->working ? kWorking : kWaiting;
    row.started_at = c->started_at;
    row.last_activity_at = c->last_activity_at;
    row.thread = c->thread.value_or(PlatformMessageId{});
    row.first = c->lines.front();
    row.newest = c->lines.back();
    rows.push_back(std::move(row));
  }
  const auto written = co_await core_.store.put_conversations(std::move(rows), std::move(ended));
  core_.note_store(written);
  if (written) co_return true;
  changed_.insert(ids.begin(), ids.end());
  co_return false;
}

rt::Task<void> Conversations::keep_writing() {
  while (!core_.scope.stopping()) {
    if (changed_.empty()) {
      if (!co_await wake_.wait()) co_return;
      continue;
    }
    if (co_await write()) continue;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

rt::Task<void> Conversations::flush() {
  // What is not written is as it was before: at worst a line has to name the bot once more.
  if (!changed_.empty()) (void)co_await write();
}

}  // namespace chorus::fleet::detail
