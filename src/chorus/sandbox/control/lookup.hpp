#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/sandbox/world.hpp"

#include <optional>
#include <string>
#include <string_view>

/// How the control API names things: by id or by name. A private chat is `private:BOT:PERSON`.
namespace chorus::sandbox::control {

/// Text of a member that is a string or an integer; nullopt when absent or of another kind.
std::optional<std::string> reference(const json::object& object, std::string_view key);

/// Errors: NotFound with what was looked for.
/// Without a platform a name means the first platform that has it; `@name:server` is Matrix's.
using OnPlatform = std::optional<Platform>;
Result<Account*> find_bot(const World& world, std::string_view reference, OnPlatform on = {});
Result<Account*> find_person(const World& world, std::string_view reference, OnPlatform on = {});
/// An unknown name (not a number) makes that person.
Result<Account*> find_or_add_person(World& world, std::string_view reference, Platform on);
/// True for `private:BOT:PERSON` of two that exist: their chat begins with its first message.
bool may_begin(const World& world, std::string_view reference);
Result<Room*> find_room(const World& world, std::string_view reference);

/// The id as the API shows it: a number, or `private:BOT:PERSON`.
std::string room_reference(const Room& room);

}  // namespace chorus::sandbox::control
