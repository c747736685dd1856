#include "chorus/policy/send_limiter.hpp"

#include "chorus/base/check.hpp"
#include "chorus/policy/detail/flat_index.hpp"
#include "chorus/policy/detail/slab.hpp"
#include "chorus/policy/send_window.hpp"

#include <algorithm>

namespace chorus::policy {
namespace {

using detail::FlatIndex;

/// Everything that can delay a send on one key. A bot's own limits stand under chat 0, a room's
/// over all bots under bot 0.
struct Entry {
  BotId bot;
  PlatformChatId chat;
  bool used = false;
  std::optional<SlidingWindow> window;
  std::optional<TokenBucket> bucket;
  Freeze freeze;

  [[nodiscard]] MonoTime earliest(MonoTime now) const {
    MonoTime at = freeze.earliest(now);
    if (window) at = std::max(at, window->earliest(now));
    if (bucket) at = std::max(at, bucket->earliest(now));
    return at;
  }
  [[nodiscard]] bool as_new(MonoTime now) const {
    return freeze.as_new(now) && (!window || window->as_new(now)) &&
           (!bucket || bucket->as_new(now));
  }
};

std::uint64_t hash_of(BotId bot, PlatformChatId chat) {
  return detail::mix64(
      detail::mix64(static_cast<std::uint64_t>(bot.value) + 0x9e3779b97f4a7c15ULL) ^
      static_cast<std::uint64_t>(chat.value));
}

}  // namespace

SendLimits SendLimits::of(SendProfile profile) {
  using std::chrono::seconds;
  SendLimits limits;
  if (profile == SendProfile::Off) return limits;
  limits.per_bot = WindowSpec{30, seconds(1)};
  limits.per_group = WindowSpec{20, seconds(60)};
  limits.per_private = BucketSpec{1.0, 3};
  if (profile == SendProfile::Founding) {
    limits.fleet = WindowSpec{30, seconds(1)};
    limits.per_room = WindowSpec{20, seconds(60)};
  }
  return limits;
}

struct SendLimiter::Impl {
  SendLimits limits;
  detail::Slab<Entry> entries;
  FlatIndex index;
  std::optional<SlidingWindow> fleet;
  std::uint32_t hand = 0;

  [[nodiscard]] std::uint32_t slot_of(BotId bot, PlatformChatId chat) const {
    return index.find(hash_of(bot, chat), [&](std::uint32_t slot) {
      return entries[slot].bot == bot && entries[slot].chat == chat;
    });
  }
  [[nodiscard]] const Entry* find(BotId bot, PlatformChatId chat) const {
    const std::uint32_t slot = slot_of(bot, chat);
    return slot == FlatIndex::kNone ? nullptr : &entries[slot];
  }
  Entry& make(BotId bot, PlatformChatId chat) {
    if (const std::uint32_t slot = slot_of(bot, chat); slot != FlatIndex::kNone) {
      return entries[slot];
    }
    const std::uint32_t slot = entries.claim();
    Entry& entry = entries[slot];
    entry = Entry{};
    entry.bot = bot;
    entry.chat = chat;
    entry.used = true;
    index.insert(hash_of(bot, chat), slot);
    return entry;
  }

  static void record(Entry& entry, const WindowSpec& spec, MonoTime t) {
    if (!entry.window) entry.window.emplace(spec.n, spec.period);
    entry.window->record(t);
  }
  void account(const SendKey& key, MonoTime t) {
    const std::size_t keys_before = index.size();
    record_all(key, t);
    sweep(keys_before, t);
  }
  void record_all(const SendKey& key, MonoTime t) {
    if (fleet) fleet->record(t);
    if (limits.per_bot) record(make(key.bot, {}), *limits.per_bot, t);
    if (limits.per_room) record(make({}, key.chat), *limits.per_room, t);
    if (key.kind == ChatKind::Group) {
      if (limits.per_group) record(make(key.bot, key.chat), *limits.per_group, t);
    } else if (limits.per_private) {
      Entry& entry = make(key.bot, key.chat);
      if (!entry.bucket) entry.bucket.emplace(limits.per_private->rate, limits.per_private->burst);
      entry.bucket->record(t);
    }
  }

  /// Looks at twice the keys that the send added and one more, so that garbage cannot pile up.
  void sweep(std::size_t keys_before, MonoTime now) {
    const std::size_t steps = 2 * (index.size() - keys_before) + 1;
    for (std::size_t i = 0; i < steps && entries.extent() > 0; ++i) {
      hand = hand + 1 >= entries.extent() ? 0 : hand + 1;
      Entry& entry = entries[hand];
      if (!entry.used || !entry.as_new(now)) continue;
      index.erase(hash_of(entry.bot, entry.chat), hand);
      entry = Entry{};
      entries.release(hand);
    }
  }
};

SendLimiter::SendLimiter(SendLimits limits) : impl_(std::make_unique<Impl>()) {
  set_limits(limits);
}
SendLimiter::~SendLimiter() = default;

MonoTime SendLimiter::earliest(const SendKey& key, MonoTime now) const {
  MonoTime at = impl_->fleet ? impl_->fleet->earliest(now) : now;
  const Entry* const holders[] = {impl_->find(key.bot, {}), impl_->find(key.bot, key.chat),
                                  impl_->limits.per_room ? impl_->find({}, key.chat) : nullptr};
  for (const Entry* entry : holders) {
    if (entry) at = std::max(at, entry->earliest(now));
  }
  return at;
}

void SendLimiter::commit(const SendKey& key, MonoTime now) {
  CH_DCHECK(earliest(key, now) <= now);
  impl_->account(key, now);
}

bool SendLimiter::reserve(const SendKey& key, MonoTime now) {
  if (earliest(key, now) > now) return false;
  impl_->account(key, now);
  return true;
}

void SendLimiter::remember(const SendKey& key, MonoTime sent_at) {
  impl_->account(key, sent_at);
}

void SendLimiter::freeze(const SendKey& key, MonoTime until) {
  impl_->make(key.bot, key.chat).freeze.freeze(until);
}

void SendLimiter::freeze(BotId bot, MonoTime until) {
  impl_->make(bot, {}).freeze.freeze(until);
}

std::optional<MonoTime> SendLimiter::frozen_until(const SendKey& key, MonoTime now) const {
  const Entry* entry = impl_->find(key.bot, key.chat);
  if (!entry || entry->freeze.as_new(now)) return std::nullopt;
  return entry->freeze.until();
}

std::optional<MonoTime> SendLimiter::frozen_until(BotId bot, MonoTime now) const {
  return frozen_until(SendKey{bot, {}, ChatKind::Group}, now);
}

void SendLimiter::thaw(const SendKey& key) {
  const std::uint32_t slot = impl_->slot_of(key.bot, key.chat);
  if (slot != FlatIndex::kNone) impl_->entries[slot].freeze.thaw();
}

void SendLimiter::thaw(BotId bot) {
  thaw(SendKey{bot, {}, ChatKind::Group});
}

void SendLimiter::set_limits(SendLimits limits) {
  impl_->limits = limits;
  impl_->fleet.reset();
  if (limits.fleet) impl_->fleet.emplace(limits.fleet->n, limits.fleet->period);
  for (std::uint32_t slot = 0; slot < impl_->entries.extent(); ++slot) {
    impl_->entries[slot].window.reset();
    impl_->entries[slot].bucket.reset();
  }
}

const SendLimits& SendLimiter::limits() const {
  return impl_->limits;
}
std::size_t SendLimiter::keys() const {
  return impl_->index.size();
}

}  // namespace chorus::policy
