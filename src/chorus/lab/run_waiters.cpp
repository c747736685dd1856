#include "chorus/lab/detail/run_impl.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
constexpr std::size_t kMaxAnswers = 64;
constexpr std::size_t kMaxShown = 20;
}  // namespace

std::span<const Answer> Run::Impl::Waiter::take(std::size_t n) {
  const std::span<const Answer> out(answers.data() + taken, n);
  taken += n;
  return out;
}

void Run::Impl::Waiter::clear() {
  answers.clear();
  taken = 0;
  answered = false;
}

Run::Impl::EditKey Run::Impl::edit_key(const Seat& seat, PlatformMessageId message) {
  const auto room = seat.room ? Ledger::key(seat.room, {})
                              : Ledger::key(PlatformChatId{seat.person.value}, seat.bot);
  return {room.room, room.bot, message.value};
}

void Run::Impl::listen_to_room(Talk& talk) {
  const auto& seat = talk.seat;
  talk.waiter.room = RoomBot(seat.room ? seat.room.value : seat.person.value, seat.bot.value);
  listening[*talk.waiter.room] = &talk.waiter;
}

void Run::Impl::stop_listening(Waiter& waiter) {
  const auto drop = [&](auto& map, const auto& key) {
    const auto found = map.find(key);
    if (found != map.end() && found->second == &waiter) map.erase(found);
  };
  if (waiter.sequence) drop(waiters, *waiter.sequence);
  if (waiter.room) drop(listening, *waiter.room);
  for (const auto& key : waiter.edits) drop(edited, key);
  waiter.sequence.reset();
  waiter.room.reset();
  waiter.edits.clear();
}

void Run::Impl::heard(const sandbox::MessageView& view,
                      const std::optional<Ledger::Attribution>& cause) {
  Waiter* waiter = nullptr;
  if (cause) {
    const auto found = waiters.find(cause->sequence);
    if (found != waiters.end()) waiter = found->second;
  }
  if (waiter == nullptr) {
    const auto found = listening.find(RoomBot(view.room.value, view.from.value));
    if (found == listening.end()) return;
    waiter = found->second;
  }
  waiter->answered = true;
  waiter->changed = loop.now();
  if (waiter->answers.size() < kMaxAnswers) {
    const bool linked = cause && cause->via == Via::Link;
    waiter->answers.push_back({view.id, view.text, linked, loop.now()});
    const auto room = Ledger::key(view.room, view.from);
    const EditKey key(room.room, room.bot, view.id.value);
    edited[key] = waiter;
    waiter->edits.push_back(key);
  }
  waiter->shown.push_back(view.id);
  if (waiter->shown.size() > kMaxShown) waiter->shown.erase(waiter->shown.begin());
  waiter->notify.notify_all();
}

void Run::Impl::on_bot_edit(const sandbox::MessageView& view) {
  if (!loaded) return;
  const auto room = Ledger::key(view.room, view.from);
  ledger.bot_edit(room, view.id, loop.now());
  const auto found = edited.find(EditKey(room.room, room.bot, view.id.value));
  if (found == edited.end()) return;
  auto& waiter = *found->second;
  waiter.changed = loop.now();
  const auto answer = std::ranges::find(waiter.answers, view.id, &Answer::id);
  if (answer != waiter.answers.end()) {
    answer->text = view.text;
  } else if (waiter.answers.size() < kMaxAnswers) {
    waiter.answers.push_back({view.id, view.text, false, loop.now()});  // a pressed button's
    waiter.answered = true;
  }
  std::erase(waiter.shown, view.id);
  waiter.shown.push_back(view.id);
  waiter.notify.notify_all();
}

/// A notice without a text only stops the button's clock.
void Run::Impl::on_button_answered(PlatformUserId bot, PlatformUserId, PlatformChatId room,
                                   std::string_view text, bool) {
  if (!loaded || text.empty()) return;
  const auto found = listening.find(RoomBot(room.value, bot.value));
  if (found == listening.end() || found->second->answers.size() >= kMaxAnswers) return;
  auto& waiter = *found->second;
  waiter.answers.push_back({{}, std::string(text), false, loop.now()});
  waiter.answered = true;
  waiter.changed = loop.now();
  waiter.notify.notify_all();
}

}  // namespace chorus::lab
