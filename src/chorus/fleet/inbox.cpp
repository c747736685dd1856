#include "chorus/fleet/inbox.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/room_lines.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kReadBatch = 500;
constexpr std::size_t kFinishBatch = 1000;
/// How long ends are gathered: nobody waits for them, and the store writes many for the price of
/// few. Short, because a restart decides again what was not written.
constexpr Duration kGather = std::chrono::milliseconds(10);

}  // namespace

Inbox::Inbox(Core& core) : core_(core), wake_reader_(core.loop), wake_writer_(core.loop) {}

// ------------------------------------------------------------------------------- to the rooms

void Inbox::deliver(store::InboxRow inbox, std::optional<store::MessageRow> message,
                    InboxPayload payload, bool first_seen) {
  switch (inbox.kind) {
    case store::InboxKind::Message:
      if (!message) return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
      return deliver_message(inbox, std::move(*message), std::move(payload), first_seen);
    case store::InboxKind::EditedMessage:
      // None: the line was never here, or retention took it; there is no context to correct.
      if (Room* room = core_.directory.room(inbox.room); room != nullptr && message) {
        core_.rooms->edited(*room, std::move(*message));
      }
      return finish(inbox.id, store::InboxState::Done, TurnReason::Edited);
    case store::InboxKind::Callback:
      return deliver_callback(inbox, payload);
    case store::InboxKind::Membership:
      return deliver_membership(inbox, payload);
    case store::InboxKind::Reaction:
    case store::InboxKind::Other:
      break;
  }
  finish(inbox.id, store::InboxState::Skipped, TurnReason::Other);
}

void Inbox::deliver_message(const store::InboxRow& inbox, store::MessageRow message,
                            InboxPayload payload, bool first_seen) {
  Room* room = core_.directory.room(message.room);
  if (room == nullptr) return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
  const WallTime wall = core_.loop.wall_now();
  core_.metrics.inbox_lag.record(
      wall > message.date ? static_cast<std::uint64_t>(Duration(wall - message.date).count()) : 0);
  auto heard = std::make_shared<Heard>();
  heard->inbox = inbox.id;
  heard->receiver = inbox.bot;
  heard->received = core_.now();
  heard->line = to_line(std::move(message), core_.now());
  heard->mentions = std::move(payload.mentions);
  heard->mentioned_users = std::move(payload.mentioned_users);
  heard->reply_to_user = payload.reply_to_user;
  heard->command = std::move(payload.command);
  heard->command_target = std::move(payload.command_target);
  heard->username = std::move(payload.username);
  heard->language = std::move(payload.language);
  heard->first_seen = first_seen;
  core_.rooms->hear(*room, std::move(heard));
}

void Inbox::deliver_callback(const store::InboxRow& inbox, const InboxPayload& payload) {
  Bot* bot = core_.directory.bot(inbox.bot);
  if (bot == nullptr || payload.callback_id.empty()) {
    return finish(inbox.id, store::InboxState::Skipped, TurnReason::Malformed);
  }
  core_.turns->answer_callback(*bot, inbox.room, inbox.id, payload.callback_id);
}

void Inbox::deliver_membership(const store::InboxRow& inbox, const InboxPayload& payload) {
  if (Room* room = core_.directory.room(inbox.room)) {
    core_.rooms->set_member(*room, inbox.bot, is_member(payload.member_status));
  }
  finish(inbox.id, store::InboxState::Done, TurnReason::Other);
}

// --------------------------------------------------------------------------- reading again

rt::Task<void> Inbox::keep_reading() {
  while (!core_.scope.stopping()) {
    if (!backlog_ || in_memory_.size() > core_.settings.inbox_memory / 2) {
      if (!co_await wake_reader_.wait()) co_return;
      continue;
    }
    if (co_await read_some()) continue;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

/// One batch of undone rows. False: the store cannot be read now.
rt::Task<bool> Inbox::read_some() {
  const std::uint64_t deferred_before = deferred_;
  reading_ = true;
  auto items = co_await core_.store.read_inbox(read_up_to_, kReadBatch);
  reading_ = false;
  const auto finished_meanwhile = std::move(finished_while_reading_);
  finished_while_reading_.clear();
  core_.note_store(items);
  if (!items) co_return false;
  for (store::InboxItem& item : *items) {
    if (in_memory_.size() >= core_.settings.inbox_memory) co_return true;  // goes on from here
    read_up_to_ = item.inbox.id;
    if (finished_meanwhile.contains(item.inbox.id)) continue;
    if (!in_memory_.insert(item.inbox.id).second) continue;
    InboxPayload payload = read_payload(item.inbox.payload);
    deliver(std::move(item.inbox), std::move(item.message), std::move(payload), true);
  }
  // The end is reached when nothing was put behind it while we read.
  if (items->size() < kReadBatch && deferred_ == deferred_before) backlog_ = false;
  co_return true;
}

// --------------------------------------------------------------------------------- the end

void Inbox::finish(InboxId id, store::InboxState state, TurnReason reason) {
  core_.metrics.turn(reason);
  ends_.push_back({{id, state, std::string(to_string(reason))}, std::nullopt});
  wake_writer_.notify_one();
}

void Inbox::finish_silent(InboxId id, TurnReason reason, store::TurnRow decision) {
  // Without an update nothing waits for it; a store that is gone must not fill the memory.
  if (!id && ends_.size() >= core_.settings.inbox_memory) return;
  ends_.push_back(
      {{id, store::InboxState::Skipped, std::string(to_string(reason))}, std::move(decision)});
  wake_writer_.notify_one();
}

void Inbox::finished(InboxId id) {
  in_memory_.erase(id);
  if (reading_) finished_while_reading_.insert(id);
  if (backlog_ && in_memory_.size() <= core_.settings.inbox_memory / 2) wake_reader_.notify_one();
}

rt::Task<void> Inbox::keep_finishing() {
  while (!core_.scope.stopping()) {
    if (ends_.empty()) {
      if (!co_await wake_writer_.wait()) co_return;
      continue;
    }
    if (ends_.size() < kFinishBatch && !co_await rt::sleep_for(core_.loop, kGather)) co_return;
    if (co_await write_ends()) continue;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

rt::Task<void> Inbox::flush() {
  while (!ends_.empty()) {
    if (!co_await write_ends())
      co_return;  // the rows stay undone and are taken up at the next start
  }
}

rt::Task<bool> Inbox::write_ends() {
  std::vector<store::TurnRow> decisions;
  std::vector<store::InboxDone> updates;
  const std::size_t size = std::min(ends_.size(), kFinishBatch);
  const auto end_of_batch = ends_.begin() + static_cast<std::ptrdiff_t>(size);
  std::vector<End> batch(std::make_move_iterator(ends_.begin()),
                         std::make_move_iterator(end_of_batch));
  ends_.erase(ends_.begin(), end_of_batch);
  updates.reserve(size);
  for (const End& end : batch) {
    if (end.decision) decisions.push_back(*end.decision);
    if (end.update.id) updates.push_back(end.update);
  }
  const auto written =
      co_await core_.store.append_silences(std::move(decisions), std::move(updates));
  core_.note_store(written);
  if (!written) {
    ends_.insert(ends_.begin(), std::make_move_iterator(batch.begin()),
                 std::make_move_iterator(batch.end()));
    co_return false;
  }
  for (const End& end : batch) {
    if (end.update.id) finished(end.update.id);
  }
  core_.metrics.inbox_in_memory.set(static_cast<double>(in_memory_.size()));
  co_return true;
}

}  // namespace chorus::fleet::detail
