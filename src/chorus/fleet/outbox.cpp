#include "chorus/fleet/outbox.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::fleet {

SendQueue::SendQueue(Duration age_step) : age_step_(age_step) {
  CH_CHECK(age_step > Duration::zero());
}

MonoTime SendQueue::age_key(const Item& item) const {
  return item.queued_at + age_step_ * static_cast<std::int64_t>(item.priority);
}

std::optional<std::size_t> SendQueue::head_class(const Chat& chat) const {
  std::optional<std::size_t> best;
  for (std::size_t c = 0; c < policy::kPriorities; ++c) {
    if (chat.classes[c].empty()) continue;
    if (!best ||
        age_key(chat.classes[c].front().item) < age_key(chat.classes[*best].front().item)) {
      best = c;
    }
  }
  return best;
}

void SendQueue::unplace(Chat& chat) {
  if (chat.place == Place::Ready) ready_.erase(chat.entry);
  if (chat.place == Place::Waiting) waiting_.erase(chat.entry);
  chat.place = Place::None;
}

void SendQueue::place(PlatformChatId id, Chat& chat, Place where, MonoTime key) {
  unplace(chat);
  chat.place = where;
  chat.entry = {key, ++sequence_, id};
  (where == Place::Ready ? ready_ : waiting_).insert(chat.entry);
}

void SendQueue::place_by_head(PlatformChatId id, Chat& chat, MonoTime now) {
  unplace(chat);
  if (chat.busy) return;
  const auto head = head_class(chat);
  if (!head) return;
  const Item& item = chat.classes[*head].front().item;
  if (item.not_before > now) {
    place(id, chat, Place::Waiting, item.not_before);
  } else {
    place(id, chat, Place::Ready, age_key(item));
  }
}

void SendQueue::push(Item item) {
  Chat& chat = chats_[item.chat];
  const auto c = static_cast<std::size_t>(item.priority);
  const PlatformChatId id = item.chat;
  chat.classes[c].push_back({item, false});
  ++chat.size, ++size_, ++by_class_[c];
  // A chat that waits for time keeps waiting only if its head is still the same one.
  if (chat.size == 1 || head_class(chat) == c) place_by_head(id, chat, last_now_);
}

void SendQueue::push_front(Item item) {
  Chat& chat = chats_[item.chat];
  const auto c = static_cast<std::size_t>(item.priority);
  const PlatformChatId id = item.chat;
  chat.classes[c].push_front({item, false});
  ++chat.size, ++size_, ++by_class_[c];
  place_by_head(id, chat, last_now_);
}

std::optional<SendQueue::Item> SendQueue::take(MonoTime now, const Earliest& earliest) {
  last_now_ = now;
  while (!waiting_.empty() && waiting_.begin()->key <= now) {
    const PlatformChatId id = waiting_.begin()->chat;
    Chat& chat = chats_.find(id)->second;
    place(id, chat, Place::Ready, age_key(chat.classes[*head_class(chat)].front().item));
  }
  while (!ready_.empty()) {
    const PlatformChatId id = ready_.begin()->chat;
    Chat& chat = chats_.find(id)->second;
    const std::size_t c = *head_class(chat);
    Queued& head = chat.classes[c].front();
    const MonoTime permitted = earliest(id);
    const MonoTime due = std::max(permitted, head.item.not_before);
    if (due > now) {
      if (permitted > now && !head.waited_for_limit) {
        head.waited_for_limit = true;
        ++limit_waits_;
      }
      place(id, chat, Place::Waiting, due);
      continue;
    }
    const Item item = head.item;
    chat.classes[c].pop_front();
    --chat.size, --size_, --by_class_[c];
    chat.busy = true;
    unplace(chat);
    return item;
  }
  return std::nullopt;
}

void SendQueue::release(PlatformChatId id) {
  if (const auto moved = moved_.find(id); moved != moved_.end()) id = moved->second;
  const auto it = chats_.find(id);
  if (it == chats_.end()) return;
  it->second.busy = false;
  if (it->second.size == 0) {
    chats_.erase(it);
  } else {
    place_by_head(id, it->second, last_now_);
  }
}

bool SendQueue::cancel(OutboxId id, PlatformChatId chat_id) {
  const auto it = chats_.find(chat_id);
  if (it == chats_.end()) return false;
  Chat& chat = it->second;
  for (std::size_t c = 0; c < policy::kPriorities; ++c) {
    auto& items = chat.classes[c];
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const Queued& q) { return q.item.id == id; });
    if (found == items.end()) continue;
    items.erase(found);
    --chat.size, --size_, --by_class_[c];
    place_by_head(chat_id, chat, last_now_);
    if (chat.size == 0 && !chat.busy) chats_.erase(it);
    return true;
  }
  return false;
}

void SendQueue::migrate(PlatformChatId from, PlatformChatId to) {
  const auto it = chats_.find(from);
  if (it == chats_.end() || from == to) return;
  moved_[from] = to;
  unplace(it->second);
  Chat old = std::move(it->second);
  chats_.erase(it);
  Chat& target = chats_[to];
  target.busy = target.busy || old.busy;
  for (std::size_t c = 0; c < policy::kPriorities; ++c) {
    for (Queued& queued : old.classes[c]) {
      queued.item.chat = to;
      target.classes[c].push_back(std::move(queued));
      ++target.size;
    }
  }
  place_by_head(to, target, last_now_);
}

std::optional<MonoTime> SendQueue::next_due() const {
  if (!ready_.empty()) return MonoTime{};
  if (!waiting_.empty()) return waiting_.begin()->key;
  return std::nullopt;
}

Duration SendQueue::oldest_wait(MonoTime now) const {
  Duration oldest{};
  for (const auto& [id, chat] : chats_) {
    for (const auto& items : chat.classes) {
      if (!items.empty()) oldest = std::max(oldest, now - items.front().item.queued_at);
    }
  }
  return oldest;
}

}  // namespace chorus::fleet
