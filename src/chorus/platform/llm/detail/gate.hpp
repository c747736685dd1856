#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/policy/adaptive_concurrency.hpp"
#include "chorus/policy/budget.hpp"
#include "chorus/policy/priority_queue.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/sleep.hpp"

#include <memory>
#include <string>
#include <vector>

namespace chorus::platform::detail {

/// The way into one provider: concurrency that finds its own limit, the provider's own budget and
/// further ones, and a line for those who wait. A direct message goes before a mention, a mention
/// before self-started talk; who waits 5 s rises by one class, so nothing starves.
///
/// A caller holds a slot and a reservation, or waits in the line, or is refused. The slot is handed
/// over by whoever frees it, so a newcomer never overtakes. One loop.
class Gate {
 public:
  /// `at_once`: calls under way, at most.
  Gate(rt::Loop& loop, std::string provider, std::uint32_t at_once);

  struct Ask {
    fleet::Lane lane = fleet::Lane::Mention;
    MonoTime deadline{};
    policy::BudgetEstimate estimate;
    std::vector<policy::Budget*> others;  ///< beside the provider's own; they outlive the gate
    /// Whether to wait for room in the minute windows of the provider's own budget; a day's window
    /// and the other budgets refuse at once.
    bool waits_for_budget = false;
  };
  /// Ceilings of the provider; those who wait for room in them are looked at again.
  void limit(std::vector<policy::Ceiling> ceilings);
  [[nodiscard]] policy::Budget& budget() { return budget_; }
  /// At least so many may wait. Before the first `enter`.
  void make_room_for(std::size_t callers);

  /// Why a budget refuses at this moment; nullopt: none does, or waiting helps.
  [[nodiscard]] std::optional<Error> refusal(const Ask& ask);
  /// Suspends until there is a slot. A success is followed by one `release`. Errors: BudgetExceeded
  /// (names the ceiling; `retry_after` when time helps), QueueFull, Timeout, Cancelled, and what
  /// `refuse_all` was given.
  rt::Task<Result<policy::BudgetReservation>> enter(Ask ask);
  void release(policy::CallOutcome outcome, Duration latency);
  /// The provider cannot be used now: everyone in the line gets `error`.
  void refuse_all(const Error& error);

  [[nodiscard]] std::uint32_t in_flight() const { return concurrency_.in_flight(); }
  [[nodiscard]] std::uint32_t concurrency_limit() const { return concurrency_.limit(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  struct Waiter;
  using WaiterPtr = std::shared_ptr<Waiter>;  // owners: the line and the caller's frame
  [[nodiscard]] Error error_of(const policy::BudgetRefusal& refusal) const;
  void pump();
  /// False: the head waits for the budget, and so does the line.
  bool serve(Waiter& head);
  static double share_of(fleet::Lane lane);

  rt::Loop& loop_;
  std::string provider_;
  policy::Budget budget_;
  policy::AdaptiveConcurrency concurrency_;
  policy::AgeingQueue<WaiterPtr> line_;
  std::size_t waiting_ = 0;
  rt::Deadline room_;  ///< when the budget of the head has room
};

}  // namespace chorus::platform::detail
