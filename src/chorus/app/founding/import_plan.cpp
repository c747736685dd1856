#include "chorus/app/founding/import_plan.hpp"

#include "chorus/app/founding/plan_builder.hpp"

#include <array>

namespace chorus::app {

namespace founding_detail {

ImportPlan PlanBuilder::run() {
  // Tables that are taken over, whole or into a bot's card; of the others only the number is known.
  constexpr std::array kOthers{
      std::pair{"api_users", "people of the old panel; here the admin key opens it"},
      std::pair{"api_sessions", "sign-ins of the old panel"},
      std::pair{"system_checks", "results of the old system's own checks"},
  };
  for (const auto& [table, rows] : tables_.totals) {
    if (table == "alembic_version") continue;
    plan_.tally.table(table, rows);
    bool known = tables_.rows.contains(table);
    for (const auto& [name, why] : kOthers) {
      if (table != name) continue;
      known = true;
      if (rows > 0) plan_.tally.add(table, Fate::Left, "", why, rows);
    }
    if (!known && rows > 0) {
      plan_.tally.add(table, Fate::Left, "", "not a table that is known here", rows);
    }
  }
  bots();
  chats();
  messages();
  memories();
  settings();
  return std::move(plan_);
}

}  // namespace founding_detail

ImportPlan plan_import(const FoundingTables& tables, const ImportPresent& present,
                       const ImportOptions& options, IdSource& ids) {
  return founding_detail::PlanBuilder(tables, present, options, ids).run();
}

}  // namespace chorus::app
