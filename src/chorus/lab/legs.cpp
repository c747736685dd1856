#include "chorus/lab/legs.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {

/// So long an update that is not followed may still be worked on.
constexpr Duration kOtherWork = std::chrono::seconds(30);

/// Calls that put a message into the room, by the platforms' names of them.
bool makes_message(std::string_view method) {
  if (method == "sendchataction" || method == "sendChatAction") return false;
  return method.starts_with("send") || method.starts_with("copy") || method.starts_with("forward");
}

}  // namespace

std::string_view to_string(Leg leg) noexcept {
  switch (leg) {
    case Leg::Queue:
      return "queue";
    case Leg::React:
      return "react";
    case Leg::Work:
      return "work";
    case Leg::Send:
      return "send";
  }
  return "";
}

std::string_view title_of(Leg leg) noexcept {
  switch (leg) {
    case Leg::Queue:
      return "waiting for the bot to fetch it";
    case Leg::React:
      return "fetched until its first call";
    case Leg::Work:
      return "first call until it sends";
    case Leg::Send:
      return "first try to send until stored";
  }
  return "";
}

std::size_t Legs::PlaceHash::operator()(const Place& p) const noexcept {
  const auto a = static_cast<std::uint64_t>(p.room) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(a ^ (static_cast<std::uint64_t>(p.bot) + (a >> 29U)));
}

void Legs::sent(std::uint64_t sequence, const SentMessage& message) {
  if (message.expect.reply != ReplyRule::Required || open_.size() >= kMaxOpen) return;
  PlatformUserId bot;
  if (message.expect.from_addressed && message.addressed) {
    bot = message.addressed;
  } else if (message.recipients.size() == 1) {
    bot = message.recipients.front();
  } else {
    return;
  }
  auto& open = open_[sequence];
  open.bot = bot;
  open.room = message.room;
  open.accepted = message.accepted;
  auto& here = unanswered_[place(bot, message.room.room)];
  here.push_back(sequence);
  if (here.size() < 2) return;
  for (const auto other : here) open_.at(other).alone = false;
}

void Legs::taken(std::uint64_t sequence, PlatformUserId bot, Duration exchange, bool webhook,
                 MonoTime at) {
  const auto found = open_.find(sequence);
  if (found == open_.end()) return taken_other(at);
  auto& open = found->second;
  if (open.bot != bot || open.handed_out) return;
  const auto handed = std::max(open.accepted, webhook ? at - exchange : at);
  open.handed_out = handed;
  if (open.first_call && *open.first_call < handed) open.first_call.reset();
  if (open.first_send && *open.first_send < handed) open.first_send.reset();
  if (open.answered) {
    const auto record = std::move(*open.answered);
    emit(record, open);
    open_.erase(found);
    return;
  }
  open.working = true;
  ++working_;
  only_worker_ += sequence;
  if (working_ == 1) alone_since_ = handed;
}

void Legs::taken_other(MonoTime at) {
  other_until_ = at + kOtherWork;
}

void Legs::call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room,
                      MonoTime at) {
  if (!room) return;
  const auto found = unanswered_.find(place(bot, room.value));
  if (found == unanswered_.end()) return;
  auto& open = open_.at(found->second.front());
  if (!open.alone) return;
  if (!open.first_call) open.first_call = at;
  if (!open.first_send && makes_message(method)) open.first_send = at;
}

void Legs::llm_call(Duration total, MonoTime at) {
  const auto begin = at - total;
  const bool sure = working_ == 1 && alone_since_ <= begin && other_until_ <= begin;
  if (!sure) {
    ++counts_.llm_unknown;
    return;
  }
  ++counts_.llm_calls;
  auto& open = open_.at(only_worker_);
  open.llm = open.llm.value_or(Duration::zero()) + total;
  if (!open.first_call || begin < *open.first_call) open.first_call = begin;
}

void Legs::stop_working(Open& open, MonoTime at) {
  if (!open.working) return;
  open.working = false;
  --working_;
  if (working_ == 1) alone_since_ = at;
}

void Legs::leave(std::uint64_t sequence, const Open& open) {
  const auto here = unanswered_.find(place(open.bot, open.room.room));
  if (here == unanswered_.end()) return;
  std::erase(here->second, sequence);
  if (here->second.empty()) unanswered_.erase(here);
}

void Legs::replied(const LedgerRecord& record) {
  const auto found = open_.find(record.sequence);
  if (found == open_.end()) return;
  auto& open = found->second;
  if (record.replied_by != open.bot) return;
  leave(record.sequence, open);
  if (open.working) only_worker_ -= record.sequence;
  stop_working(open, *record.replied);
  if (!open.handed_out) {
    open.answered = record;  // a webhook bot answers before its 2xx
    return;
  }
  emit(record, open);
  open_.erase(found);
}

void Legs::closed(const LedgerRecord& record) {
  const auto found = open_.find(record.sequence);
  if (found == open_.end()) return;
  auto& open = found->second;
  leave(record.sequence, open);
  if (open.working) only_worker_ -= record.sequence;
  // The message is given up long after; nothing is known of when its work ended.
  stop_working(open, record.message.accepted + record.message.expect.within);
  open_.erase(found);
}

void Legs::emit(const LedgerRecord& record, const Open& open) {
  const bool measured = record.message.measured;
  if (measured) ++counts_.replies;
  const auto replied = *record.replied;
  const auto handed = std::min(*open.handed_out, replied);
  LegTimes out;
  out.queue = handed - open.accepted;
  if (open.alone) {
    const auto clamp = [&](const std::optional<MonoTime>& at, MonoTime otherwise) {
      return at ? std::clamp(*at, handed, replied) : otherwise;
    };
    const auto tried = clamp(open.first_send, replied);
    const auto first = std::min(clamp(open.first_call, tried), tried);
    LegTimes::Split split;
    split.react = first - handed;
    split.work = tried - first;
    if (open.first_send) split.send = replied - tried;
    split.llm = open.llm;
    out.split = split;
    if (measured) ++counts_.split;
  }
  if (on_legs) on_legs(record, out);
}

}  // namespace chorus::lab
