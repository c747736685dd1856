#include "chorus/base/check.hpp"
#include "chorus/lab/detail/archive.hpp"
#include "chorus/lab/ledger.hpp"

// The account across the end of a process: what a checkpoint keeps of it, and how it goes on.
namespace chorus::lab {

void archive(detail::Archive& archive, LedgerCounts& c) {
  archive("sent", c.sent);
  archive("outcomes", c.outcomes);
  archive("duplicated", c.duplicated);
  archive("out_of_order", c.out_of_order);
  archive("spurious", c.spurious);
  archive("misrouted", c.misrouted);
  archive("extra_replies", c.extra_replies);
  archive("late_replies", c.late_replies);
  archive("required", c.required);
  archive("bot_messages", c.bot_messages);
  archive("unprompted", c.unprompted);
  archive("updates_taken", c.updates_taken);
  archive("attributed", c.attributed);
}

void archive(detail::Archive& archive, LedgerBalance& balance) {
  archive("counts", balance.counts);
  archive("in_flight_seconds", balance.in_flight_seconds);
  archive("next_sequence", balance.next_sequence);
  archive("answered", balance.answered);
}

LedgerBalance Ledger::balance(MonoTime now, std::vector<LedgerRecord>& open) const {
  LedgerBalance out{counts_, in_flight_seconds_, first_ + open_.size(), answered_so_far_};
  if (now > level_since_) {
    out.in_flight_seconds += static_cast<double>(level_) * to_seconds(now - level_since_);
  }
  const auto level_until = std::max(now, level_since_);
  for (const auto& entry : open_) {
    auto& record = open.emplace_back(entry.record);
    const auto& m = record.message;
    record.outcome = decide(entry, now);
    // The platform still holds it for the bot: nobody has lost it yet.
    const bool has_time = now < m.intended + m.expect.within;
    if (record.outcome == Outcome::Lost && has_time) record.outcome = Outcome::InFlight;
    ++out.counts.outcomes[static_cast<std::size_t>(record.outcome)];
    if (entry.in_level) out.in_flight_seconds -= to_seconds(level_until - m.accepted);
  }
  return out;
}

void Ledger::carry_on(const LedgerBalance& balance) {
  CH_CHECK(open_.empty() && counts_.sent == 0);
  counts_ = balance.counts;
  in_flight_seconds_ = balance.in_flight_seconds;
  first_ = balance.next_sequence;
  answered_so_far_ = balance.answered;
}

std::size_t Ledger::held() const {
  std::size_t n = open_.size() + deadlines_.size() + by_message_.size() + by_reply_.size() +
                  by_canary_.size() + newest_answered_.size();
  for (const auto& [key, candidates] : candidates_) n += 1 + candidates.open.size();
  return n;
}

}  // namespace chorus::lab
