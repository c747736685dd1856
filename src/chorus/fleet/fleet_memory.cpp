#include "chorus/fleet/detail/fleet_impl.hpp"
#include "chorus/fleet/platform_traits.hpp"

#include <algorithm>

// What a fleet remembers, and what it holds about a person.
namespace chorus::fleet {

using detail::Bot;
using detail::Room;

namespace {

std::unexpected<Error> no_bot() {
  return fail(ErrorCode::NotFound, "no such bot");
}
std::unexpected<Error> not_read() {
  return fail(ErrorCode::Unavailable, "the bot's memories cannot be read now, or memory is off");
}

bool is_room_of(const Room& room, PlatformUserId person) {
  if (!room.is_private()) return false;
  if (traits_of(room.first().platform).positive_chats_are_private) {
    return room.first().chat.value == person.value;
  }
  return std::ranges::any_of(room.log.lines(),
                             [&](const RoomLine& line) { return line.author == person; });
}

std::size_t lines_of(const Room& room, PlatformUserId person) {
  const auto& lines = room.log.lines();
  if (is_room_of(room, person)) return lines.size();
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const RoomLine& line) { return line.author == person && !line.bot; }));
}

void forget_in(Room& room, PlatformUserId person, const FleetSettings& settings) {
  if (is_room_of(room, person)) {  // theirs as a whole: what the bots said there goes too
    room.log = RoomLog(settings.history_lines, settings.duplicate_window, false);
  } else {
    room.log.forget(person);
  }
  std::erase_if(room.usernames, [&](const auto& entry) { return entry.first == person; });
  room.told.erase(person);
}

}  // namespace

void Fleet::Impl::register_places() {
  core.personal.add({"memories", [this](PlatformUserId person) { return memories.count(person); },
                     [this](PlatformUserId person) { memories.forget(person); }});
  core.personal.add({"room_lines",
                     [this](PlatformUserId person) {
                       std::size_t n = 0;
                       for (const auto& room : core.directory.rooms()) n += lines_of(*room, person);
                       return n;
                     },
                     [this](PlatformUserId person) {
                       for (const auto& room : core.directory.rooms()) {
                         forget_in(*room, person, core.settings);
                       }
                     }});
}

rt::Task<Result<std::vector<Memory>>> Fleet::memories(BotId bot) {
  Bot* known = impl_->core.directory.bot(bot);
  if (known == nullptr) co_return no_bot();
  if (!co_await impl_->memories.ready(known)) co_return not_read();
  co_return impl_->memories.all(bot);
}

rt::Task<Result<Memory>> Fleet::add_memory(BotId bot, Memory memory) {
  Bot* known = impl_->core.directory.bot(bot);
  if (known == nullptr) co_return no_bot();
  if (!co_await impl_->memories.ready(known)) co_return not_read();
  CH_CO_TRY(Memory kept, impl_->memories.add_own(*known, std::move(memory)));
  CH_CO_TRY_VOID(co_await impl_->memories.flush());
  co_return kept;
}

rt::Task<Result<void>> Fleet::remove_memory(BotId bot, MemoryId memory) {
  Bot* known = impl_->core.directory.bot(bot);
  if (known == nullptr) co_return no_bot();
  if (!co_await impl_->memories.ready(known)) co_return not_read();
  CH_CO_TRY_VOID(impl_->memories.remove(bot, memory));
  co_return co_await impl_->memories.flush();
}

rt::Task<Result<std::vector<Recalled>>> Fleet::recall(BotId bot, MemoryViewer viewer,
                                                      std::string text) {
  Bot* known = impl_->core.directory.bot(bot);
  if (known == nullptr) co_return no_bot();
  if (!co_await impl_->memories.ready(known)) co_return not_read();
  co_return impl_->memories.recall(bot, viewer, text);
}

rt::Task<Result<std::uint64_t>> Fleet::forget_person(PlatformUserId person) {
  return impl_->core.personal.erase(person);
}

rt::Task<Result<std::string>> Fleet::export_person(PlatformUserId person) {
  CH_CO_TRY_VOID(co_await impl_->memories.flush());  // the export is read from the store
  co_return co_await impl_->core.personal.export_json(person);
}

}  // namespace chorus::fleet
