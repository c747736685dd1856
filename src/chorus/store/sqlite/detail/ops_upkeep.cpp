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
constexpr char kCountBots[] = "SELECT count(*) FROM bots";
constexpr char kCountRooms[] = "SELECT count(*) FROM rooms";

Result<std::uint64_t> count(const Session& s, const char* sql) {
  auto query = s.db.run(sql);
  CH_TRY(const bool found, query.row());
  return found ? static_cast<std::uint64_t>(query.integer(0)) : 0;
}

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
        counts.outbox_sent = n;
        break;
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
  Counts out;
  CH_TRY(out.inbox_total, count(s, kCountInbox));
  CH_TRY(out.inbox_new, count(s, kCountInboxNew));
  CH_TRY(out.messages_in, count(s, sql::kCountIncoming));
  CH_TRY(out.messages_out, count(s, sql::kCountOutgoing));
  CH_TRY(out.turns, count(s, kCountTurns));
  CH_TRY(out.bots, count(s, kCountBots));
  CH_TRY(out.rooms, count(s, kCountRooms));
  CH_TRY_VOID(count_outbox(s, out));
  return out;
}

Result<std::size_t> prune(const Session& s, const Store::Retention& keep, std::size_t batch) {
  struct Step {
    const char* statement;
    Duration age;
    OutboxState state = OutboxState::Ready;  ///< Ready: the statement has no state
  };
  const std::array steps{
      Step{sql::kPruneInbox, keep.inbox},
      Step{sql::kPruneIncoming, keep.messages},
      Step{sql::kPruneOutgoing, keep.messages},
      Step{sql::kPruneTurns, keep.turns},
      Step{sql::kPruneOutbox, keep.outbox, OutboxState::Sent},
      Step{sql::kPruneOutbox, keep.outbox, OutboxState::Dead},
      Step{sql::kPruneOutbox, keep.outbox, OutboxState::Cancelled},
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
  }
  return deleted;
}

}  // namespace chorus::store::detail
