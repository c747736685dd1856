#pragma once

#include "chorus/store/rows.hpp"
#include "chorus/store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace chorus::test {

/// The store as plain maps: slow, small, and plainly right. Answers are text, so that one line
/// compares everything a caller can see. A call that fails changes nothing.
class StoreModel {
 public:
  std::string accept(const std::vector<store::InboundUpdate>& updates,
                     const std::optional<store::Cursor>& cursor) {
    const auto saved = *this;
    std::string out;
    for (const auto& update : updates) {
      auto* existing = update.message ? duplicate_of(*update.message) : nullptr;
      const bool edit = update.inbox.kind == store::InboxKind::EditedMessage;
      const auto key = std::pair(update.inbox.bot.value, update.inbox.update_id);
      const bool fresh = !updates_.contains(key);
      const std::int64_t existing_id = existing != nullptr ? existing->id.value : 0;
      const std::int64_t given = update.message && !edit ? update.message->id.value : 0;
      const std::int64_t refers = existing != nullptr ? existing_id : given;
      const bool first = fresh && update.message && existing == nullptr && !edit;
      if (fresh && edit && existing != nullptr) existing->text = update.message->text;
      if (fresh) {
        updates_.insert(key);
        auto row = update.inbox;
        row.message = MessageRowId(refers);
        inbox_[row.id.value] = row;
      }
      if (first) {
        if (messages_.contains(given)) {
          *this = saved;
          return "conflict";
        }
        messages_[given] = *update.message;
      }
      out += fmt::format("[{} {} {}]", fresh ? update.inbox.id.value : 0,
                         fresh ? refers : existing_id, first);
    }
    if (cursor) cursors_[cursor->bot.value] = cursor->next_offset;
    return out;
  }

  std::string put_spend(const std::vector<store::SpendRow>& rows) {
    for (const auto& row : rows) spend_.emplace(row.id.value, row);
    return "ok";
  }

  std::string spend_since(WallTime since, std::chrono::microseconds step) const {
    std::map<std::tuple<std::int64_t, std::string, std::int64_t>, store::SpendTotal> totals;
    for (const auto& [id, row] : spend_) {
      if (row.at < since) continue;
      auto& total = totals[{to_micros(row.at) / step.count(), row.provider, row.bot.value}];
      total.latest = std::max(total.latest, row.at);
      total.provider = row.provider;
      total.bot = row.bot;
      ++total.calls;
      total.prompt_tokens += row.prompt_tokens;
      total.completion_tokens += row.completion_tokens;
      total.cost_micros += row.cost_micros;
    }
    std::string out;
    for (const auto& [key, total] : totals) out += show(total);
    return out;
  }
  static std::string show(const store::SpendTotal& t) {
    return fmt::format("[{} {} {} {} {} {} {}]", to_micros(t.latest), t.provider, t.bot, t.calls,
                       t.prompt_tokens, t.completion_tokens, t.cost_micros);
  }

  std::string finish(const std::vector<store::InboxDone>& done) {
    for (const auto& item : done) {
      if (const auto at = inbox_.find(item.id.value); at != inbox_.end()) {
        at->second.state = item.state;
      }
    }
    return "ok";
  }

  std::string read_inbox(InboxId after, std::size_t limit) const {
    std::string out;
    for (const auto& [id, row] : inbox_) {
      if (row.state != store::InboxState::New || id <= after.value || limit == 0) continue;
      --limit;
      const auto at = messages_.find(row.message.value);
      out += fmt::format("[{} {} {}]", id, row.payload,
                         at == messages_.end() ? "-" : show(at->second));
    }
    return out;
  }

  std::string append_turn(const store::TurnRow& turn, const std::vector<store::OutboxRow>& sends,
                          const std::vector<store::InboxDone>& done) {
    if (turns_.contains(turn.id.value)) return "conflict";
    turns_[turn.id.value] = turn;
    std::string out;
    for (const auto& row : sends) {
      const bool fresh = std::ranges::none_of(
          outbox_, [&](const auto& item) { return item.second.idem_key == row.idem_key; });
      if (fresh) outbox_[row.id.value] = row;
      out += fresh ? '1' : '0';
    }
    finish(done);
    return out;
  }

  std::string recover() {
    std::string out;
    for (auto& [id, row] : outbox_) {
      if (row.state == store::OutboxState::Sending) {
        row.state = store::OutboxState::Unknown;
      } else if (row.state != store::OutboxState::Ready) {
        continue;
      }
      out += show(row);
    }
    return out;
  }

  std::string claim(const std::vector<OutboxId>& ids) {
    std::string out;
    for (const auto id : ids) {
      const auto at = outbox_.find(id.value);
      const bool mine = at != outbox_.end() && at->second.state == store::OutboxState::Ready;
      if (mine) {
        at->second.state = store::OutboxState::Sending;
        ++at->second.attempts;
      }
      out += mine ? '1' : '0';
    }
    return out;
  }

  std::string settle(const std::vector<store::Settlement>& settlements) {
    const auto saved = *this;
    for (const auto& item : settlements) {
      const auto at = outbox_.find(item.id.value);
      if (at == outbox_.end() || is_final(at->second.state)) continue;
      at->second.state = item.state;
      at->second.not_before = item.not_before;
      at->second.error = item.error;
      if (item.state != store::OutboxState::Sent || !item.message) continue;
      if (auto* existing = duplicate_of(*item.message)) {
        existing->bot = item.message->bot;
        existing->direction = store::Direction::Out;
      } else if (messages_.contains(item.message->id.value)) {
        *this = saved;
        return "conflict";
      } else {
        messages_[item.message->id.value] = *item.message;
      }
    }
    return "ok";
  }

  std::string history(RoomId room, std::size_t limit) const {
    return newest(limit, [&](const store::MessageRow& m) { return m.room == room; });
  }
  std::string recent_by_bot(BotId bot, WallTime since, std::size_t limit) const {
    return newest(limit, [&](const store::MessageRow& m) {
      return bot && m.bot == bot && m.created_at >= since;
    });
  }
  std::string find_message(RoomId room, BotId owner, PlatformMessageId message) const {
    const store::MessageRow* best = nullptr;
    for (const auto& [id, m] : messages_) {
      if (m.room != room || m.owner != owner || m.message != message) continue;
      if (best == nullptr || m.date > best->date) best = &m;
    }
    return best == nullptr ? "-" : show(*best);
  }

  std::string counts() const {
    std::map<store::OutboxState, int> states;
    for (const auto& [id, row] : outbox_) ++states[row.state];
    const auto in = std::ranges::count_if(
        messages_, [](const auto& m) { return m.second.direction == store::Direction::In; });
    const auto fresh = std::ranges::count_if(
        inbox_, [](const auto& i) { return i.second.state == store::InboxState::New; });
    using enum store::OutboxState;
    return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", inbox_.size(), fresh, in,
                       messages_.size() - static_cast<std::size_t>(in), turns_.size(),
                       states[Ready], states[Sending], states[Sent], states[Unknown], states[Dead],
                       states[Cancelled]);
  }
  std::string cursors() const {
    std::string out;
    for (const auto& [bot, next] : cursors_) out += fmt::format("[{} {}]", bot, next);
    return out;
  }

  std::string prune(WallTime now, const store::Store::Retention& keep, std::size_t batch) {
    std::size_t deleted = 0;
    const auto before = [now](Duration age) {
      return now - std::chrono::duration_cast<std::chrono::microseconds>(age);
    };
    deleted += drop_first(inbox_, batch, [&](const store::InboxRow& r) {
      const bool old = r.received_at < before(keep.inbox);
      if (old) updates_.erase({r.bot.value, r.update_id});
      return old;
    });
    for (const auto way : {store::Direction::In, store::Direction::Out}) {
      deleted += drop(
          messages_, batch - deleted, message_order, before(keep.messages),
          [way](const store::MessageRow& m) { return m.direction == way; }, [](const auto&) {});
    }
    deleted += drop_first(turns_, batch - deleted,
                          [&](const store::TurnRow& r) { return r.at < before(keep.turns); });
    using enum store::OutboxState;
    for (const auto state : {Sent, Dead, Cancelled}) {
      deleted += drop(
          outbox_, batch - deleted, [](const store::OutboxRow& r) { return r.created_at; },
          before(keep.outbox), [state](const store::OutboxRow& r) { return r.state == state; },
          [](const auto&) {});
    }
    return fmt::format("{}", deleted);
  }

  std::string put_memories(const std::vector<store::MemoryRow>& memories,
                           const std::vector<MemoryId>& gone) {
    for (const auto& m : memories) memories_[m.id.value] = m;
    for (const MemoryId id : gone) memories_.erase(id.value);
    return "ok";
  }
  std::string memories_of(BotId bot) const {
    std::string out;
    for (const auto& [id, m] : memories_) {
      if (m.bot == bot) out += show(m);
    }
    return out;
  }

  /// The number of rows is not compared: which of them were empty already is the engine's matter.
  std::string forget(PlatformUserId person) {
    for (auto& [id, row] : inbox_) {
      const auto at = messages_.find(row.message.value);
      const bool theirs = at != messages_.end() && at->second.author == person &&
                          at->second.direction == store::Direction::In;
      if (row.person == person || theirs) row.payload.clear();
    }
    std::erase_if(messages_, [&](const auto& item) {
      return item.second.author == person && item.second.direction == store::Direction::In;
    });
    std::erase_if(memories_, [&](const auto& item) { return item.second.person == person; });
    return "ok";
  }
  std::string export_person(PlatformUserId person) const {
    std::string out;
    std::vector<const store::MessageRow*> said;
    for (const auto& [id, m] : messages_) {
      if (m.author == person && m.direction == store::Direction::In) said.push_back(&m);
    }
    std::ranges::sort(said, {},
                      [](const auto* m) { return std::pair(m->created_at, m->id.value); });
    for (const auto* m : said) out += show(*m);
    for (const auto& [id, m] : memories_) {
      if (m.person == person) out += show(m);
    }
    return out;
  }

  static std::string show(const store::MemoryRow& m) {
    return fmt::format("<{} {} {} {} {}>", m.id, m.bot, m.person, m.text, m.uses);
  }
  static std::string show(const store::MessageRow& m) {
    return fmt::format("({} {} {} {} {} {} {} {} {})", m.id, m.room, m.owner, m.bot, m.author,
                       m.message, static_cast<int>(m.direction), m.text, to_micros(m.created_at));
  }
  static std::string show(const store::OutboxRow& r) {
    return fmt::format("({} {} {} {} {} {} {})", r.id, static_cast<int>(r.state), r.attempts,
                       r.idem_key, r.text, r.error, to_micros(r.not_before));
  }

 private:
  static bool is_final(store::OutboxState state) {
    using enum store::OutboxState;
    return state == Sent || state == Dead || state == Cancelled;
  }
  static std::tuple<WallTime, std::int64_t, std::int64_t> message_order(
      const store::MessageRow& m) {
    // Incoming lines of one instant go by room and author, outgoing ones by id.
    if (m.direction == store::Direction::Out) return {m.created_at, 0, 0};
    return {m.created_at, m.room.value, m.author.value};
  }
  static WallTime time_of(WallTime t) { return t; }
  static WallTime time_of(const std::tuple<WallTime, std::int64_t, std::int64_t>& key) {
    return std::get<0>(key);
  }

  store::MessageRow* duplicate_of(const store::MessageRow& like) {
    for (auto& [id, m] : messages_) {
      if (m.room == like.room && m.owner == like.owner && m.message == like.message &&
          m.date == like.date) {
        return &m;
      }
    }
    return nullptr;
  }

  template <class Wanted>
  std::string newest(std::size_t limit, Wanted wanted) const {
    std::vector<const store::MessageRow*> rows;
    for (const auto& [id, m] : messages_) {
      if (wanted(m)) rows.push_back(&m);
    }
    std::ranges::sort(rows, {},
                      [](const auto* m) { return std::pair(m->created_at, m->id.value); });
    if (rows.size() > limit) rows.erase(rows.begin(), rows.end() - static_cast<long>(limit));
    std::string out;
    for (const auto* m : rows) out += show(*m);
    return out;
  }

  /// Deletes what is old of the first `limit` rows.
  template <class Rows, class Old>
  static std::size_t drop_first(Rows& rows, std::size_t limit, Old old) {
    std::size_t dropped = 0;
    for (auto at = rows.begin(); at != rows.end() && limit-- > 0;) {
      const bool goes = old(at->second);
      at = goes ? rows.erase(at) : std::next(at);
      dropped += goes ? 1 : 0;
    }
    return dropped;
  }

  /// Deletes the oldest rows by `order`, at most `limit`.
  template <class Rows, class Order, class Wanted, class Also>
  static std::size_t drop(Rows& rows, std::size_t limit, Order order, WallTime before,
                          Wanted wanted, Also also) {
    std::vector<typename Rows::iterator> old;
    for (auto at = rows.begin(); at != rows.end(); ++at) {
      if (wanted(at->second) && time_of(order(at->second)) < before) old.push_back(at);
    }
    std::ranges::sort(old, {},
                      [&](const auto& at) { return std::pair(order(at->second), at->first); });
    if (old.size() > limit) old.resize(limit);
    for (const auto& at : old) {
      also(at->second);
      rows.erase(at);
    }
    return old.size();
  }

  std::map<std::int64_t, store::InboxRow> inbox_;
  std::set<std::pair<std::int64_t, std::int64_t>> updates_;
  std::map<std::int64_t, store::MessageRow> messages_;
  std::map<std::int64_t, store::TurnRow> turns_;
  std::map<std::int64_t, store::OutboxRow> outbox_;
  std::map<std::int64_t, std::int64_t> cursors_;
  std::map<std::int64_t, store::MemoryRow> memories_;
  std::map<std::int64_t, store::SpendRow> spend_;
};

}  // namespace chorus::test
