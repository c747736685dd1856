#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/sandbox/model.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox {

/// By what a platform knows a bot: its id (0: the world mints one) and its secret (empty: minted).
struct BotIdentity {
  PlatformUserId id;
  std::string token;
};

/// Somebody's standing in a room became another one; `members` hold the new one already.
struct StandingChange {
  Account& actor;
  Account& subject;
  Standing before = Standing::Left;
  Standing after = Standing::Left;
  /// False: it is taken to have been so before (who speaks in a room is in it). A platform that
  /// writes no history need not tell.
  bool told = true;
  std::string_view wire{};  ///< the platform's own words on it, empty for the plain ones
};

/// Bots in whose queue something was put.
using Recipients = std::vector<PlatformUserId>;

/// One platform in the world: its wire form, its numbering, and who hears of what happens there.
/// The world calls it after each change and knows none of these rules itself; the same platform's
/// front door serves what it made. One thread.
class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual std::string account_wire(const Account& account) const = 0;
  [[nodiscard]] virtual std::string room_wire(const Room& room) const = 0;
  [[nodiscard]] virtual bool has(RoomType type) const = 0;
  /// Who a bot with this token is. Errors: InvalidArgument (not a token of this platform).
  [[nodiscard]] virtual Result<BotIdentity> identify(std::string_view token) const = 0;
  /// The secret of a bot that came without one.
  [[nodiscard]] virtual std::string mint_token(PlatformUserId id) const = 0;
  /// Reads what a person typed: fills text, wire and address. Errors: InvalidArgument.
  virtual Result<void> compose(std::string_view text, Message& message) const = 0;
  /// How a text names this account, so that the platform takes it for a mention.
  [[nodiscard]] virtual std::string mention_of(const Account& account) const = 0;
  /// The data of the inline button of `message` that `wanted` names (its data, or its label);
  /// nullopt when there is none.
  [[nodiscard]] virtual std::optional<std::string> find_button(const Message& message,
                                                               std::string_view wanted) const = 0;
  /// What the message that opens a topic holds; empty: the platform has none.
  [[nodiscard]] virtual std::string topic_wire(std::string_view name) const {
    (void)name;
    return {};
  }
  /// The platform's own spelling of an emoji; empty when it knows no such reaction.
  [[nodiscard]] virtual std::string reaction_emoji(std::string_view emoji) const = 0;
  /// The number of the room's next message, taken.
  virtual std::int64_t take_number(Room& room) const = 0;

  // What happened. `recipients` is null when nobody asks.
  virtual void room_opened(Room& room) = 0;
  virtual void said(Room& room, Message& message, Recipients* recipients) = 0;
  virtual void edited(Room& room, Message& message) = 0;
  virtual void deleted(Room& room, Message& message, Account& by) = 0;
  virtual void pressed(const ButtonPress& press, const Message& message) = 0;
  virtual void reacted(Room& room, Message& message, Account& by, std::string_view before,
                       std::string_view after) = 0;
  /// Somebody outside asks to be let in. Errors: InvalidArgument (the platform or the room has no
  /// such thing), Conflict (it asks already).
  virtual Result<void> asked_to_join(Room& room, Account& by) {
    (void)room, (void)by;
    return fail(ErrorCode::InvalidArgument, "nobody asks to join rooms of this platform");
  }
  virtual void standing_changed(Room& room, const StandingChange& change) = 0;

  /// The world was emptied: accounts, rooms and messages are no more.
  virtual void forgotten() {}

  // State that the platform keeps beside the world's, as records of its own in the journal.
  using RecordSink = std::function<void(std::string_view record)>;
  virtual void write_records(const RecordSink& sink) const { (void)sink; }
  /// False when the record makes no sense. What it refers to was restored before it.
  virtual bool restore(const json::object& record) {
    (void)record;
    return false;
  }
};

}  // namespace chorus::sandbox
