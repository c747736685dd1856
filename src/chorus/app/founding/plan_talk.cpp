#include "chorus/app/founding/founding_values.hpp"
#include "chorus/app/founding/plan_builder.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

// Chats, what was said in them, and what bots keep in mind.
namespace chorus::app {

std::optional<PlatformChatId> founding_chat(const json::object& chat) {
  const auto* value = find(chat, "chat_id");
  const auto number = value == nullptr ? std::nullopt : as_int(*value);
  return number && *number != 0 ? std::optional(PlatformChatId(*number)) : std::nullopt;
}

std::optional<std::pair<PlatformMessageId, WallTime>> founding_line(const json::object& message) {
  const auto id = find_int(message, "id");
  const auto date = founding_time(message, "created_at");
  if (!id || *id <= 0 || !date) return std::nullopt;
  // A line without the platform's number gets one that no platform gives.
  const auto number = find_int(message, "telegram_message_id").value_or(-*id);
  return std::pair{PlatformMessageId(number), *date};
}

namespace founding_detail {

namespace {

constexpr std::int64_t kFirstSupergroup = -1'000'000'000'000;

store::ChatKind kind_of(PlatformChatId chat) {
  if (chat.value > 0) return store::ChatKind::Private;
  return chat.value <= kFirstSupergroup ? store::ChatKind::Supergroup : store::ChatKind::Group;
}

std::unexpected<Error> left(std::string why) {
  return fail(ErrorCode::InvalidArgument, std::move(why));
}

/// A number below zero that is the same in every run: updates of a platform count from above zero.
std::int64_t update_number(const store::MessageRow& line) {
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const auto part : {line.room.value, line.message.value, to_micros(line.date)}) {
    for (int shift = 0; shift < 64; shift += 8) {
      hash = (hash ^ ((static_cast<std::uint64_t>(part) >> shift) & 0xff)) * 1099511628211ULL;
    }
  }
  return -static_cast<std::int64_t>(hash >> 1) - 1;
}

bool is_incoming(const json::object& row, const json::object& about) {
  return find_bool(about, "is_incoming").value_or(find(about, "from_user_id") != nullptr) ||
         !find_int(row, "bot_id");
}

json::object about_of(const json::object& row) {
  const auto value = founding_json(row, "msg_metadata");
  return value.is_object() ? value.get_object() : json::object();
}

}  // namespace

RoomId PlanBuilder::room(const json::object& row, PlatformChatId chat, store::ChatKind kind,
                         BotId owner, bool& fresh) {
  for (const auto& there : present_.snapshot.rooms) {
    if (there.platform == store::Platform::Telegram && there.owner == owner && there.chat == chat) {
      return there.id;
    }
  }
  fresh = true;
  store::RoomRow made;
  made.id = ids_.next<RoomId>();
  made.chat = chat;
  made.owner = owner;
  made.kind = kind;
  made.title = founding_text(row, "title");
  made.enabled = founding_flag(row, "is_enabled", true);
  const auto topics = founding_json(row, "topics");
  made.extra = json::serialize(json::object{
      {"chat_id", std::to_string(chat.value)},
      {"topics", topics.is_array() ? topics.get_array() : json::array()},
  });
  made.created_at = founding_time(row, "created_at").value_or(options_.now);
  plan_.rooms.push_back(std::move(made));
  return plan_.rooms.back().id;
}

void PlanBuilder::chat(const json::object& row) {
  const auto id = find_int(row, "id");
  const auto chat = founding_chat(row);
  const std::string name = founding_text(row, "title");
  const auto leave = [&](const char* why) { plan_.tally.add("chats", Fate::Left, name, why); };
  if (!id || !chat) return leave("its chat id is no number");
  for (const auto& [other, known] : chats_) {
    if (known.chat == *chat) return leave("another row has the same chat");
  }
  KnownChat known{*chat, kind_of(*chat), {}};
  bool fresh = false;
  if (known.kind == store::ChatKind::Supergroup) {
    known.rooms[BotId()] = room(row, *chat, known.kind, BotId(), fresh);
  } else {
    // Message numbers of these belong to each bot, so there is a room for each that spoke.
    for (const BotId bot : heard_[*id]) {
      known.rooms[bot] = room(row, *chat, known.kind, bot, fresh);
    }
    if (known.rooms.empty()) {
      return leave(
          "a private chat or small group is kept for each bot, and no row says which bot "
          "was in it; it appears with the next message");
    }
  }
  chats_.emplace(*id, std::move(known));
  plan_.tally.add("chats", fresh ? Fate::Taken : Fate::Present, name, "");
}

void PlanBuilder::chats() {
  for (const auto& message : tables_.of("messages")) {
    const auto bot = bots_.find(find_int(message, "bot_id").value_or(0));
    if (bot == bots_.end()) continue;
    heard_[find_int(message, "chat_db_id").value_or(0)].insert(bot->second.id);
  }
  for (const auto& row : tables_.of("chats")) chat(row);
}

Result<store::MessageRow> PlanBuilder::line_of(const json::object& row) const {
  const auto chat = chats_.find(find_int(row, "chat_db_id").value_or(0));
  if (chat == chats_.end()) return left("its chat is not known or left out");
  const auto line = founding_line(row);
  if (!line) return left("its id or date cannot be read");
  store::MessageRow out;
  std::tie(out.message, out.date) = *line;
  if (out.date < options_.now - options_.keep) {
    return left("older than 30 days: the room log keeps no more");
  }
  out.created_at = out.date;
  out.text = founding_text(row, "text");
  if (trim(out.text).empty()) return left("it has no text");
  const json::object about = about_of(row);
  const auto bot = bots_.find(find_int(row, "bot_id").value_or(0));
  if (is_incoming(row, about)) {
    out.author = PlatformUserId(find_int(about, "from_user_id").value_or(0));
    if (!out.author) return left("nothing says who said it: neither a bot nor a person");
    out.author_name = std::string(find_string(about, "username").value_or(""));
  } else {
    if (bot == bots_.end()) return left("its bot is left out");
    out.direction = store::Direction::Out;
    out.bot = bot->second.id;
    out.author = PlatformUserId(bot->second.account);
    out.author_name = bot->second.name;
    out.author_is_bot = true;
  }
  if (const auto answered = find_int(row, "reply_to_message_id")) {
    out.reply_to = PlatformMessageId(*answered);
  }
  const auto& rooms = chat->second.rooms;
  auto room = rooms.find(BotId());
  if (room == rooms.end() && bot != bots_.end()) room = rooms.find(bot->second.id);
  if (room == rooms.end() && rooms.size() == 1) room = rooms.begin();
  if (room == rooms.end()) return left("nothing says which of the chat's bots heard it");
  out.owner = room->first;
  out.room = room->second;
  return out;
}

void PlanBuilder::message(const json::object& row) {
  const std::string name = founding_text(row, "id");
  auto line = line_of(row);
  if (!line) return plan_.tally.add("messages", Fate::Left, name, line.error().message);
  const auto chat = chats_.at(*find_int(row, "chat_db_id")).chat;
  const LineKey key{chat, line->owner, line->message};
  if (!lines_.insert(key).second) {
    return plan_.tally.add("messages", Fate::Left, name,
                           "the same message again: several bots heard it");
  }
  if (present_.lines.contains(key)) return plan_.tally.add("messages", Fate::Present, name, "");
  line->id = ids_.next<MessageRowId>();
  store::InboundUpdate update;
  update.inbox.id = ids_.next<InboxId>();
  update.inbox.bot = line->bot ? line->bot : line->owner;
  update.inbox.update_id = update_number(*line);
  update.inbox.room = line->room;
  update.inbox.message = line->id;
  update.inbox.state = store::InboxState::Done;  // nobody is to answer it now
  if (line->direction == store::Direction::In) update.inbox.person = line->author;
  update.inbox.received_at = line->date;
  update.message = *std::move(line);
  plan_.messages.push_back(std::move(update));
  plan_.tally.add("messages", Fate::Taken, name, "");
}

void PlanBuilder::messages() {
  const auto& rows = tables_.of("messages");
  const auto total = tables_.totals.find("messages");
  if (total != tables_.totals.end() && total->second > rows.size()) {
    plan_.tally.add("messages", Fate::Left, "",
                    fmt::format("older than the newest {}", kMostFoundingMessages),
                    total->second - rows.size());
  }
  for (const auto& row : rows) message(row);
}

Result<store::MemoryRow> PlanBuilder::memory_of(const json::object& row) const {
  const auto bot = bots_.find(find_int(row, "bot_id").value_or(0));
  if (bot == bots_.end()) return left("its bot is left out");
  const auto kind = fleet::memory_kind_of(founding_text(row, "memory_type"));
  if (!kind) return left("its type is not known here");
  fleet::Memory memory;
  memory.kind = *kind;
  memory.bot = bot->second.id;
  memory.text = std::string(trim(founding_text(row, "content")));
  if (memory.text.empty()) return left("it has no text");
  if (code_point_count(memory.text) > fleet::kLongestMemory) {
    return left(fmt::format("longer than {} characters", fleet::kLongestMemory));
  }
  if (const auto refused = gate_.check_own(memory.text, bot->second.card)) {
    return left(fmt::format("the gate of memories refuses it: {}", fleet::to_string(*refused)));
  }
  memory.source = fleet::MemorySource::Operator;
  memory.strength = std::clamp(find_double(row, "relevance_score").value_or(1.0), 0.05, 1.0);
  memory.uses = std::max<std::int64_t>(find_int(row, "usage_count").value_or(0), 0);
  memory.created = founding_time(row, "created_at").value_or(options_.now);
  memory.last_used = founding_time(row, "last_used_at").value_or(memory.created);
  return fleet::row_of(memory);
}

void PlanBuilder::memory(const json::object& row) {
  const std::string name = founding_text(row, "id");
  const auto leave = [&](std::string why) {
    plan_.tally.add("bot_memories", Fate::Left, name, std::move(why));
  };
  auto kept = memory_of(row);
  if (!kept) return leave(kept.error().message);
  if (!remembered_.emplace(kept->bot, kept->kind, kept->text).second) {
    return leave("the same memory stands there twice");
  }
  const auto there = present_.memories.find(kept->bot);
  std::size_t held = 0;
  if (there != present_.memories.end()) {
    held = there->second.size();
    for (const auto& one : there->second) {
      if (one.kind == kept->kind && one.text == kept->text) {
        return plan_.tally.add("bot_memories", Fate::Present, name, "");
      }
    }
  }
  const auto of_bot = [&](const auto& one) { return one.bot == kept->bot; };
  held += static_cast<std::size_t>(std::ranges::count_if(plan_.memories, of_bot));
  if (held >= fleet::kMemoriesPerBot) {
    return leave(fmt::format("a bot keeps at most {}", fleet::kMemoriesPerBot));
  }
  kept->id = ids_.next<MemoryId>();
  plan_.memories.push_back(*std::move(kept));
  plan_.tally.add("bot_memories", Fate::Taken, name, "");
}

void PlanBuilder::memories() {
  for (const auto& row : tables_.of("bot_memories")) memory(row);
}

}  // namespace founding_detail

}  // namespace chorus::app
