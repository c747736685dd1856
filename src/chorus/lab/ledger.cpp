#include "chorus/lab/ledger.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {

/// A bot without links that says the same words again this soon has sent its answer twice.
constexpr Duration kRepeatWindow = std::chrono::seconds(10);
constexpr std::size_t kMaxCandidates = 4096;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t h = a * 0x9E3779B97F4A7C15ULL + b;
  h ^= h >> 32;
  return h * 0xD6E8FEB86659FD93ULL;
}

bool required(const LedgerRecord& record) {
  return record.message.expect.reply == ReplyRule::Required;
}

MonoTime deadline(const LedgerRecord& record) {
  return record.message.intended + record.message.expect.within;
}

std::uint64_t canary_key(Canary canary) {
  return (static_cast<std::uint64_t>(canary.person) << 32U) | canary.message;
}

}  // namespace

std::string_view to_string(Via via) noexcept {
  switch (via) {
    case Via::Link:
      return "link";
    case Via::Canary:
      return "canary";
    case Via::Order:
      return "order";
    case Via::Window:
      return "window";
  }
  return "";
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::Answered:
      return "answered";
    case Outcome::IgnoredOk:
      return "ignored_ok";
    case Outcome::Unanswered:
      return "unanswered";
    case Outcome::Lost:
      return "lost";
    case Outcome::Failed:
      return "failed";
    case Outcome::InFlight:
      return "in_flight";
  }
  return "";
}

bool LedgerCounts::identity_holds() const {
  std::uint64_t sum = 0;
  for (const auto n : outcomes) sum += n;
  return sum == sent;
}

std::size_t Ledger::KeyHash::operator()(const MessageKey& k) const noexcept {
  return mix(mix(static_cast<std::uint64_t>(k.room.room), static_cast<std::uint64_t>(k.room.bot)),
             static_cast<std::uint64_t>(k.id));
}
std::size_t Ledger::KeyHash::operator()(const BotRoom& k) const noexcept {
  return mix(mix(static_cast<std::uint64_t>(k.room.room), static_cast<std::uint64_t>(k.room.bot)),
             static_cast<std::uint64_t>(k.bot));
}

RoomKey Ledger::key(PlatformChatId room, PlatformUserId bot) {
  return {room.value, room.value > 0 ? bot.value : 0};
}

Ledger::Open* Ledger::open_at(std::uint64_t sequence) {
  if (sequence < first_ || sequence - first_ >= open_.size()) return nullptr;
  return &open_[sequence - first_];
}

const LedgerRecord* Ledger::find(std::uint64_t sequence) const {
  if (sequence < first_ || sequence - first_ >= open_.size()) return nullptr;
  return &open_[sequence - first_].record;
}

std::optional<std::uint64_t> Ledger::by_message(RoomKey room, PlatformMessageId id) const {
  const auto found = by_message_.find({room, id.value});
  if (found == by_message_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t Ledger::sent(SentMessage message) {
  const auto sequence = first_ + open_.size();
  ++counts_.sent;
  auto& open = open_.emplace_back();
  open.record.sequence = sequence;
  open.record.message = std::move(message);
  const auto& m = open.record.message;
  by_message_[{m.room, m.id.value}] = sequence;
  if (m.canary) by_canary_[canary_key(*m.canary)] = sequence;
  const bool addressed = m.expect.from_addressed && m.addressed;
  open.queued = addressed
                    ? static_cast<std::uint32_t>(std::ranges::count(m.recipients, m.addressed))
                    : static_cast<std::uint32_t>(m.recipients.size());
  if (required(open.record)) {
    ++counts_.required;
    ++awaiting_;
    open.awaited = true;
    deadlines_.emplace(deadline(open.record), sequence);
    if (m.measured) change_level(open, true, m.accepted);
  }
  // A webhook bot may answer before its 2xx, so whoever must answer is a candidate at once; the
  // others become one when they take the update.
  if (addressed) {
    if (open.queued > 0) candidates_[{m.room, m.addressed.value}].open.push_back(sequence);
  } else if (required(open.record)) {
    for (const auto bot : m.recipients) candidates_[{m.room, bot.value}].open.push_back(sequence);
  }
  if (open_.size() > options_.max_open) close_front(m.accepted);
  return sequence;
}

std::uint64_t Ledger::failed(SentMessage message) {
  const auto sequence = first_ + open_.size();
  ++counts_.sent;
  auto& open = open_.emplace_back();
  open.record.sequence = sequence;
  open.record.message = std::move(message);
  open.record.outcome = Outcome::Failed;
  if (required(open.record)) ++counts_.required;
  return sequence;
}

void Ledger::taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                   Duration waited, MonoTime at) {
  ++counts_.updates_taken;
  const auto room_key = key(room, bot);
  const auto sequence = by_message(room_key, message);
  auto* open = sequence ? open_at(*sequence) : nullptr;
  if (!open) return;
  auto& record = open->record;
  const auto& m = record.message;
  const bool addressed = m.expect.from_addressed && m.addressed;
  const bool candidate_already = addressed ? m.addressed == bot : required(record);
  if (!candidate_already) {
    auto& candidates = candidates_[{room_key, bot.value}].open;
    candidates.push_back(*sequence);
    if (candidates.size() > kMaxCandidates) candidates.pop_front();
  }
  if (addressed && m.addressed != bot) return;
  if (open->queued > 0) --open->queued;
  if (record.taken) return;
  record.taken = at;
  record.waited = waited;
  if (on_taken) on_taken(record);
}

void Ledger::dropped(PlatformUserId bot, PlatformChatId room, PlatformMessageId message) {
  const auto sequence = by_message(key(room, bot), message);
  auto* open = sequence ? open_at(*sequence) : nullptr;
  if (!open) return;
  const auto& m = open->record.message;
  if (m.expect.from_addressed && m.addressed && m.addressed != bot) return;
  if (open->queued > 0) --open->queued;
}

bool Ledger::may_answer(const Open& open, const BotMessage& message) const {
  const auto& m = open.record.message;
  if (open.record.outcome == Outcome::Failed) return false;
  if (message.at - m.accepted > options_.window) return false;
  // Without a link nothing proves that a message in a group answers one that asked for silence.
  if (m.expect.reply == ReplyRule::None && m.room.bot == 0) return false;
  return std::ranges::none_of(open.replies,
                              [&](const Reply& r) { return r.bot == message.bot.value; });
}

std::optional<Ledger::Cause> Ledger::oldest_candidate(const BotMessage& message) {
  const auto found = candidates_.find({message.room, message.bot.value});
  if (found == candidates_.end()) return std::nullopt;
  auto& candidates = found->second;
  std::erase_if(candidates.open, [&](std::uint64_t sequence) {
    const auto* open = open_at(sequence);
    return !open || !may_answer(*open, message);
  });
  const auto must_answer = [&](std::uint64_t sequence) {
    const auto& record = open_at(sequence)->record;
    return required(record) && !record.message.expect.linked &&
           (!record.message.expect.from_addressed || !record.message.addressed ||
            record.message.addressed == message.bot);
  };
  const auto& all = candidates.open;
  const auto first = std::ranges::find_if(all, must_answer);
  if (first != all.end()) {
    const auto n = std::ranges::count_if(all, must_answer);
    return Cause{*first, n == 1 ? Via::Order : Via::Window};
  }
  if (!all.empty()) return Cause{all.front(), all.size() == 1 ? Via::Order : Via::Window};
  return repeated_answer(message, candidates);
}

std::optional<Ledger::Cause> Ledger::repeated_answer(const BotMessage& message,
                                                     const Candidates& candidates) {
  auto* open = candidates.last_answered ? open_at(*candidates.last_answered) : nullptr;
  if (!open) return std::nullopt;
  const auto hash = stable_hash(message.text);
  for (const auto& reply : open->replies) {
    if (reply.bot != message.bot.value) continue;
    const auto age = message.at - reply.at;
    const bool same_words = reply.text_hash == hash && age <= kRepeatWindow;
    // In a private chat what follows an answer is its next part.
    if (same_words || (message.room.bot != 0 && age <= options_.window)) {
      return Cause{*candidates.last_answered, open->record.via};
    }
  }
  return std::nullopt;
}

std::optional<Ledger::Cause> Ledger::cause_of(const BotMessage& message,
                                              std::optional<std::uint64_t> canary) {
  if (message.reply_to) {
    if (const auto sequence = by_message(message.room, *message.reply_to)) {
      return Cause{*sequence, Via::Link};
    }
    // A link to another bot's message, or to nothing known: this is no answer to a person.
    return std::nullopt;
  }
  if (canary && open_at(*canary)->record.message.room == message.room) {
    return Cause{*canary, Via::Canary};
  }
  return oldest_candidate(message);
}

std::optional<Ledger::Attribution> Ledger::bot_message(const BotMessage& message) {
  ++counts_.bot_messages;
  std::optional<std::uint64_t> canary;
  if (!by_canary_.empty()) {
    if (const auto token = find_canary(options_.run_seed, message.text)) {
      const auto found = by_canary_.find(canary_key(*token));
      if (found != by_canary_.end()) canary = found->second;
    }
  }
  const auto cause = cause_of(message, canary);
  if (canary) {
    const auto& owner = open_at(*canary)->record.message;
    const auto* answered = cause ? open_at(cause->first) : nullptr;
    const bool elsewhere = !(owner.room == message.room);
    const bool to_another = answered && answered->record.message.person != owner.person;
    if (elsewhere || to_another) ++counts_.misrouted;
  }
  auto* open = cause ? open_at(cause->first) : nullptr;
  if (!open) {
    ++counts_.unprompted;
    return std::nullopt;
  }
  Attribution out{cause->first, cause->second, false, false};
  reply(*open, message, cause->second, out);
  return out;
}

void Ledger::reply(Open& open, const BotMessage& message, Via via, Attribution& out) {
  ++counts_.attributed[static_cast<std::size_t>(via)];
  auto& record = open.record;
  const auto& expect = record.message.expect;
  const auto hash = stable_hash(message.text);
  std::uint32_t earlier = 0;
  for (const auto& r : open.replies) {
    if (r.bot != message.bot.value) continue;
    ++earlier;
    if (r.text_hash == hash) out.duplicate = true;
  }
  if (out.duplicate) ++counts_.duplicated;
  if (!out.duplicate && expect.max_count > 0 && earlier >= expect.max_count) {
    ++counts_.extra_replies;
  }
  if (expect.reply == ReplyRule::None) ++counts_.spurious;
  constexpr std::size_t kMaxReplies = 64;
  if (open.replies.size() < kMaxReplies) {
    open.replies.push_back({message.bot.value, hash, message.id, message.at});
    by_reply_[{message.room, message.id.value}] = record.sequence;
  }
  ++record.replies;
  auto& candidates = candidates_[{message.room, message.bot.value}];
  candidates.last_answered = record.sequence;

  if (expect.reply == ReplyRule::Required) {
    const bool right_bot = !expect.from_addressed || !record.message.addressed ||
                           record.message.addressed == message.bot;
    if (!right_bot || (expect.linked && via != Via::Link)) return;
  }
  record.completed = message.at;
  if (record.replied) return;
  out.first = true;
  first_reply(open, message, via);
  count_order(open, message, via);
  if (on_reply) on_reply(record);
}

void Ledger::first_reply(Open& open, const BotMessage& message, Via via) {
  auto& record = open.record;
  record.replied = message.at;
  record.replied_by = message.bot;
  record.via = via;
  ++answered_so_far_;
  if (open.in_level) change_level(open, false, message.at);
  stop_awaiting(open);
  if (required(record) && message.at > deadline(record)) {
    record.late = true;
    ++counts_.late_replies;
  }
}

void Ledger::count_order(const Open& open, const BotMessage& message, Via via) {
  if (via != Via::Link && via != Via::Canary) return;
  const auto pair =
      mix(static_cast<std::uint64_t>(message.bot.value),
          mix(static_cast<std::uint64_t>(message.room.room), open.record.message.person));
  auto& newest = newest_answered_[pair];
  if (newest > open.record.sequence + 1) ++counts_.out_of_order;
  newest = std::max(newest, open.record.sequence + 1);
}

void Ledger::change_level(Open& open, bool in, MonoTime at) {
  if (at > level_since_) {
    in_flight_seconds_ += static_cast<double>(level_) * to_seconds(at - level_since_);
    level_since_ = at;
  }
  open.in_level = in;
  in ? ++level_ : --level_;
}

void Ledger::stop_awaiting(Open& open) {
  if (!open.awaited) return;
  open.awaited = false;
  --awaiting_;
}

void Ledger::bot_edit(RoomKey room, PlatformMessageId id, MonoTime at) {
  const auto found = by_reply_.find({room, id.value});
  if (found == by_reply_.end()) return;
  auto* open = open_at(found->second);
  if (open && open->record.completed) open->record.completed = at;
}

bool Ledger::closable(const Open& open, MonoTime now) const {
  const auto& record = open.record;
  if (record.outcome == Outcome::Failed) return true;
  if (record.replied) return now >= *record.replied + options_.linger;
  const bool still_queued = required(record) && !record.taken && open.queued > 0;
  return !still_queued && now >= deadline(record) + options_.linger;
}

Outcome Ledger::decide(const Open& open, MonoTime now) {
  const auto& record = open.record;
  if (record.outcome == Outcome::Failed) return Outcome::Failed;
  if (!required(record)) return record.replied ? Outcome::Answered : Outcome::IgnoredOk;
  if (record.replied) return record.late ? Outcome::Unanswered : Outcome::Answered;
  if (!record.taken) return Outcome::Lost;
  return now >= deadline(record) ? Outcome::Unanswered : Outcome::InFlight;
}

/// Of bots that link their answers nobody ever asks what they could have answered.
void Ledger::forget_candidates(const Open& open) {
  for (const auto bot : open.record.message.recipients) {
    const auto found = candidates_.find({open.record.message.room, bot.value});
    if (found == candidates_.end()) continue;
    auto& waiting = found->second.open;
    while (!waiting.empty() && waiting.front() <= open.record.sequence) waiting.pop_front();
  }
}

void Ledger::close_front(MonoTime now) {
  auto& open = open_.front();
  auto& record = open.record;
  record.outcome = decide(open, now);
  stop_awaiting(open);
  if (open.in_level) {
    // It was never answered, so it has no place in the comparison with the recorded latencies.
    change_level(open, false, std::max(now, level_since_));
    in_flight_seconds_ -= to_seconds(level_since_ - record.message.accepted);
  }
  ++counts_.outcomes[static_cast<std::size_t>(record.outcome)];
  const auto& m = record.message;
  if (record.outcome != Outcome::Failed) by_message_.erase({m.room, m.id.value});
  if (m.canary) by_canary_.erase(canary_key(*m.canary));
  forget_candidates(open);
  for (const auto& r : open.replies) by_reply_.erase({m.room, r.id.value});
  if (on_closed) on_closed(record);
  open_.pop_front();
  ++first_;
}

void Ledger::advance(MonoTime now) {
  while (!deadlines_.empty() && deadlines_.top().first <= now) {
    if (auto* open = open_at(deadlines_.top().second)) stop_awaiting(*open);
    deadlines_.pop();
  }
  while (!open_.empty() && closable(open_.front(), now)) close_front(now);
}

void Ledger::finish(MonoTime now) {
  advance(now);
  while (!open_.empty()) close_front(now);
}

}  // namespace chorus::lab
