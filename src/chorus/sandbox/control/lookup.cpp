#include "chorus/sandbox/control/lookup.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chorus::sandbox::control {

namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Account* find_account(const World& world, std::string_view reference, OnPlatform on) {
  Account* account = nullptr;
  const auto colon = reference.find(':');
  if (const auto id = number(reference)) {
    account = world.find_account(PlatformUserId(*id));
  } else if (reference.starts_with('@') && colon != std::string_view::npos) {
    account = world.find_name(Platform::Matrix, reference.substr(1, colon - 1));
    if (account != nullptr && account->wire != reference) account = nullptr;
  } else {
    account = on ? world.find_name(*on, reference) : world.find_name(reference);
  }
  if (account == nullptr || account->removed) return nullptr;
  return on && account->platform != *on ? nullptr : account;
}

}  // namespace

std::optional<std::string> reference(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  if (const auto id = as_int(*value)) return std::to_string(*id);
  return std::nullopt;
}

Result<Account*> find_bot(const World& world, std::string_view reference, OnPlatform on) {
  Account* account = find_account(world, reference, on);
  if (account == nullptr || !account->is_bot) {
    return fail(ErrorCode::NotFound, fmt::format("there is no bot '{}'", reference));
  }
  return account;
}

Result<Account*> find_person(const World& world, std::string_view reference, OnPlatform on) {
  Account* account = find_account(world, reference, on);
  if (account == nullptr || account->is_bot) {
    return fail(ErrorCode::NotFound, fmt::format("there is no person '{}'", reference));
  }
  return account;
}

Result<Account*> find_or_add_person(World& world, std::string_view reference, Platform on) {
  if (auto found = find_person(world, reference, on)) return found;
  if (find_bot(world, reference, on)) {
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' is a bot, not a person", reference));
  }
  if (number(reference) || trim(reference).empty()) {
    return fail(ErrorCode::NotFound, fmt::format("there is no person '{}'", reference));
  }
  PersonSpec spec;
  spec.name = reference;
  spec.first_name = reference;
  return world.add_person(std::move(spec), on);
}

bool may_begin(const World& world, std::string_view reference) {
  const auto parts = split(reference, ':');
  if (parts.size() != 3 || parts[0] != "private") return false;
  const auto bot = find_bot(world, parts[1]);
  return bot && find_person(world, parts[2], (*bot)->platform);
}

Result<Room*> find_room(const World& world, std::string_view reference) {
  if (reference.starts_with("private:")) {
    const auto parts = split(reference, ':');
    if (parts.size() == 3) {
      CH_TRY(const Account* bot, find_bot(world, parts[1]));
      CH_TRY(const Account* person, find_person(world, parts[2], bot->platform));
      if (Room* room = world.find_private(bot->id, person->id)) return room;
    }
    return fail(ErrorCode::NotFound, fmt::format("there is no chat '{}' yet", reference));
  }
  const auto id = number(reference);
  if (reference.starts_with('!')) {
    for (auto* candidate : world.rooms()) {
      if (candidate->wire == reference && !candidate->deleted) return candidate;
    }
  }
  Room* room = id ? world.find_room(PlatformChatId(*id)) : world.find_room_name(reference);
  if (room == nullptr || room->deleted) {
    return fail(ErrorCode::NotFound, fmt::format("there is no room '{}'", reference));
  }
  return room;
}

std::string room_reference(const Room& room) {
  if (!room.is_private()) return std::to_string(room.id.value);
  return fmt::format("private:{}:{}", room.bot->username, room.peer->username);
}

}  // namespace chorus::sandbox::control
