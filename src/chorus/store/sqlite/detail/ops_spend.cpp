#include "chorus/store/sqlite/detail/operations.hpp"
#include "chorus/store/sqlite/detail/queries.hpp"

#include <algorithm>

namespace chorus::store::detail {

namespace {

constexpr char kInsertSpend[] =
    "INSERT INTO spend (id, at, turn, bot, provider, model, prompt_tokens, completion_tokens, "
    "cost_micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING";
constexpr char kPutBudget[] =
    "INSERT INTO budgets (scope, period, max_requests, max_tokens, max_cost_micros, updated_at) "
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, period) DO UPDATE SET "
    "max_requests = excluded.max_requests, max_tokens = excluded.max_tokens, "
    "max_cost_micros = excluded.max_cost_micros, updated_at = excluded.updated_at";
constexpr char kDeleteBudget[] = "DELETE FROM budgets WHERE scope = ? AND period = ?";
constexpr char kBudgets[] =
    "SELECT scope, period, max_requests, max_tokens, max_cost_micros FROM budgets "
    "ORDER BY scope, period";

void bind_optional(Run& run, const std::optional<std::int64_t>& value) {
  if (value) {
    run.bind(*value);
  } else {
    run.bind_null();
  }
}

std::optional<std::int64_t> optional_integer(const Run& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return query.integer(column);
}

}  // namespace

Result<void> put_spend(const Session& s, const std::vector<SpendRow>& rows) {
  for (const SpendRow& row : rows) {
    auto insert = s.db.run(kInsertSpend);
    insert.bind(row.id).bind(row.at).bind(row.turn).bind(row.bot).bind_text(row.provider);
    insert.bind_text(row.model).bind(row.prompt_tokens).bind(row.completion_tokens);
    CH_TRY_VOID(insert.bind(row.cost_micros).finish());
  }
  return {};
}

Result<std::vector<SpendTotal>> spend_since(const Session& s, WallTime since,
                                            std::chrono::microseconds step) {
  const std::int64_t width = std::max<std::int64_t>(1, step.count());
  auto query = s.db.run(sql::kSpendSince);
  query.bind(since).bind(width).bind(width);
  std::vector<SpendTotal> out;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return out;
    SpendTotal& total = out.emplace_back();
    total.latest = query.time(0);
    total.provider = query.text(1);
    total.bot = query.id<BotId>(2);
    total.calls = query.integer(3);
    total.prompt_tokens = query.integer(4);
    total.completion_tokens = query.integer(5);
    total.cost_micros = query.integer(6);
  }
}

Result<void> put_budget(const Session& s, const BudgetRow& budget) {
  if (!budget.max_requests && !budget.max_tokens && !budget.max_cost_micros) {
    auto remove = s.db.run(kDeleteBudget);
    return remove.bind_text(budget.scope).bind_text(budget.period).finish();
  }
  auto put = s.db.run(kPutBudget);
  put.bind_text(budget.scope).bind_text(budget.period);
  bind_optional(put, budget.max_requests);
  bind_optional(put, budget.max_tokens);
  bind_optional(put, budget.max_cost_micros);
  return put.bind(s.now).finish();
}

Result<std::vector<BudgetRow>> budgets(const Session& s) {
  auto query = s.db.run(kBudgets);
  std::vector<BudgetRow> out;
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return out;
    out.push_back({query.text(0), query.text(1), optional_integer(query, 2),
                   optional_integer(query, 3), optional_integer(query, 4)});
  }
}

}  // namespace chorus::store::detail
