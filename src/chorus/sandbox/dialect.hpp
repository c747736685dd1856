#pragma once

#include "chorus/base/error.hpp"
#include "chorus/sandbox/model.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox {

enum class ServiceKind : std::uint8_t { Joined, Left, TitleChanged };

/// One platform's wire form of what happens in the world. The world calls it; it never changes the
/// world. Its bodies are opaque to the world: the same platform's front door sends them.
class Dialect {
 public:
  virtual ~Dialect() = default;
  [[nodiscard]] virtual std::string account_wire(const Account& account) const = 0;
  [[nodiscard]] virtual std::string room_wire(const Room& room) const = 0;
  /// Reads what a person typed: fills text, wire and address. Errors: InvalidArgument.
  virtual Result<void> compose(std::string_view text, Message& message) const = 0;
  /// The data of the inline button of `message` that `wanted` names (its data, or its label);
  /// nullopt when there is none.
  [[nodiscard]] virtual std::optional<std::string> find_button(const Message& message,
                                                               std::string_view wanted) const = 0;
  /// Content members of a service message about `subject`.
  [[nodiscard]] virtual std::string service_wire(ServiceKind kind, const Account& subject,
                                                 std::string_view text) const = 0;

  /// True when every viewer gets the same bytes for this message, so that one body serves all.
  [[nodiscard]] virtual bool same_for_all(const Room& room, const Message& message) const = 0;
  [[nodiscard]] virtual std::string message_event(EventKind kind, const Room& room,
                                                  const Message& message,
                                                  const Account& viewer) const = 0;
  [[nodiscard]] virtual std::string button_event(const ButtonPress& press,
                                                 const Message& message) const = 0;
  [[nodiscard]] virtual std::string membership_event(EventKind kind, const Room& room,
                                                     const Account& actor, const Account& subject,
                                                     Standing before, Standing after,
                                                     WallTime at) const = 0;
  /// The platform's own spelling of an emoji that a person reacts with.
  [[nodiscard]] virtual std::string reaction_emoji(std::string_view emoji) const = 0;
  [[nodiscard]] virtual std::string reaction_event(const Room& room, PlatformMessageId seen,
                                                   const Account& person, std::string_view before,
                                                   std::string_view after, WallTime at) const = 0;
};

}  // namespace chorus::sandbox
