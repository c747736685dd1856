#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace chorus::store::detail {

namespace {

constexpr char kCountInbox[] = "SELECT count(*) FROM inbox";
constexpr char kCountInboxNew[] = "SELECT count(*) FROM inbox WHERE state = 1";
constexpr char kCountTurns[] = "SELECT count(*) FROM turns";
constexpr char kCountAllOutbox[] = "SELECT count(*) FROM outbox";
constexpr char kCountBots[] = "SELECT count(*) FROM bots";
constexpr char kCountRooms[] = "SELECT count(*) FROM rooms";

Result<std::uint64_t> count(const Session& s, const char* sql) {
  auto query = s.db.run(sql);
  CH_TRY(const bool found, query.row());
  return found ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

/// From the tables themselves: once after the start, and after what deletes without counting.
Result<RowTally> count_rows(const Session& s) {
  RowTally out;
  CH_TRY(out.inbox, count(s, kCountInbox));
  CH_TRY(out.messages_in, count(s, sql::kCountIncoming));
  CH_TRY(out.messages_out, count(s, sql::kCountOutgoing));
  CH_TRY(out.turns, count(s, kCountTurns));
  CH_TRY(out.outbox, count(s, kCountAllOutbox));
  return out;
}

/// All states but the one that nearly every row has.
Result<void> count_outbox(const Session& s, Counts& counts) {
  auto query = s.db.run(sql::kCountOutbox);
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return {};
    const auto n = static_cast<std::uint64_t>(query.integer(1));
    switch (query.enumerator<OutboxState>(0)) {
      case OutboxState::Ready:
        counts.outbox_ready = n;
        break;
      case OutboxState::Sending:
        counts.outbox_sending = n;
        break;
      case OutboxState::Sent:
        break;  // what is left of all
      case OutboxState::Unknown:
        counts.outbox_unknown = n;
        break;
      case OutboxState::Dead:
        counts.outbox_dead = n;
        break;
      case OutboxState::Cancelled:
        counts.outbox_cancelled = n;
        break;
    }
  }
}

}  // namespace

Result<Counts> counts(const Session& s) {
  auto& tally = s.db.tally();
  if (!tally) {
    CH_TRY(const RowTally rows, count_rows(s));
    tally = rows;
  }
  Counts out;
  out.inbox_total = tally->inbox;
  out.messages_in = tally->messages_in;
  out.messages_out = tally->messages_out;
  out.turns = tally->turns;
  CH_TRY(out.inbox_new, count(s, kCountInboxNew));
  CH_TRY(out.bots, count(s, kCountBots));
  CH_TRY(out.rooms, count(s, kCountRooms));
  CH_TRY_VOID(count_outbox(s, out));
  out.outbox_sent = tally->outbox - out.outbox_ready - out.outbox_sending - out.outbox_unknown -
                    out.outbox_dead - out.outbox_cancelled;
  return out;
}

Result<std::size_t> prune(const Session& s, const Store::Retention& keep, std::size_t batch) {
  struct Step {
    const char* statement;
    Duration age;
    std::uint64_t RowTally::* tally = nullptr;
    OutboxState state = OutboxState::Ready;  ///< Ready: the statement has no state
  };
  const std::array steps{
      Step{sql::kPruneInbox, keep.inbox, &RowTally::inbox},
      Step{sql::kPruneIncoming, keep.messages, &RowTally::messages_in},
      Step{sql::kPruneOutgoing, keep.messages, &RowTally::messages_out},
      Step{sql::kPruneTurns, keep.turns, &RowTally::turns},
      Step{sql::kPruneOutbox, keep.outbox, &RowTally::outbox, OutboxState::Sent},
      Step{sql::kPruneOutbox, keep.outbox, &RowTally::outbox, OutboxState::Dead},
      Step{sql::kPruneOutbox, keep.outbox, &RowTally::outbox, OutboxState::Cancelled},
      Step{sql::kPruneSpend, keep.spend},
      // A name may be a day older than its last use says (ops_names.cpp).
      Step{sql::kPruneNames, std::max(keep.messages, keep.inbox) + std::chrono::hours(24)},
  };
  std::size_t deleted = 0;
  for (const auto& step : steps) {
    if (deleted >= batch) break;
    auto statement = s.db.run(step.statement);
    if (step.state != OutboxState::Ready) statement.bind(step.state);
    const WallTime before = s.now - std::chrono::duration_cast<std::chrono::microseconds>(step.age);
    statement.bind(before).bind(static_cast<std::int64_t>(batch - deleted));
    CH_TRY_VOID(statement.finish());
    deleted += static_cast<std::size_t>(s.db.changes());
    if (step.tally != nullptr) s.db.add_to_tally(step.tally, -s.db.changes());
  }
  return deleted;
}

}  // namespace chorus::store::detail
