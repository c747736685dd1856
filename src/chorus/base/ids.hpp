#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace chorus {

/// A 64-bit identifier that cannot be mixed up with another kind. 0 means "none".
template <class Tag>
struct Id {
  std::int64_t value = 0;

  constexpr Id() = default;
  constexpr explicit Id(std::int64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

// Our own ids: made before the insert (base/id_source.hpp), ordered by time.
using BotId = Id<struct BotTag>;
using RoomId = Id<struct RoomTag>;
using PersonId = Id<struct PersonTag>;
using MessageRowId = Id<struct MessageRowTag>;
using InboxId = Id<struct InboxTag>;
using TurnId = Id<struct TurnTag>;
using OutboxId = Id<struct OutboxTag>;
using ConversationId = Id<struct ConversationTag>;
using SpendId = Id<struct SpendTag>;

// Ids of a platform. Telegram's are numbers; another platform's text ids are interned by its
// adapter.
using PlatformUserId = Id<struct PlatformUserTag>;
using PlatformChatId = Id<struct PlatformChatTag>;
using PlatformMessageId = Id<struct PlatformMessageTag>;

}  // namespace chorus

template <class Tag>
struct std::hash<chorus::Id<Tag>> {
  std::size_t operator()(chorus::Id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};

template <class Tag>
struct fmt::formatter<chorus::Id<Tag>> : fmt::formatter<std::int64_t> {
  template <class Context>
  auto format(chorus::Id<Tag> id, Context& context) const {
    return fmt::formatter<std::int64_t>::format(id.value, context);
  }
};
