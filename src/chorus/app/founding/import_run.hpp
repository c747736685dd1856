#pragma once

#include "chorus/app/founding/import_plan.hpp"
#include "chorus/rt/task.hpp"
#include "chorus/store/store.hpp"

namespace chorus::app {

/// Reads from the store what a plan for these tables has to know. One look-up for each message
/// whose room is there. Errors as the store's.
rt::Task<Result<ImportPresent>> read_present(store::Store& store, FoundingTables tables);

/// Writes the plan from front to back; what was written before an error stays, and a second import
/// goes on from there. Errors as the store's.
rt::Task<Result<void>> carry_out(store::Store& store, ImportPlan plan);

}  // namespace chorus::app
