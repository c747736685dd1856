#pragma once

#include "chorus/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chorus::policy {

enum class BudgetUnit : std::uint8_t { Requests, Tokens, Money };
inline constexpr std::size_t kBudgetUnits = 3;
enum class BudgetPeriod : std::uint8_t { Minute, Day };

/// At most `most` of a unit in any period (sliding, not by the calendar). Money counts in micros.
struct Ceiling {
  BudgetUnit unit = BudgetUnit::Requests;
  BudgetPeriod period = BudgetPeriod::Day;
  std::int64_t most = 0;
  friend bool operator==(const Ceiling&, const Ceiling&) = default;
};

struct BudgetAmount {
  std::int64_t requests = 0;
  std::int64_t tokens = 0;
  std::int64_t micros = 0;
  friend bool operator==(const BudgetAmount&, const BudgetAmount&) = default;
};

/// What one call may need. The ceilings hold exactly when `tokens` and `micros` are upper bounds.
struct BudgetEstimate {
  std::int64_t tokens = 0;
  std::optional<std::int64_t> micros;  ///< none: no price is known
};

struct BudgetRefusal {
  enum class Why : std::uint8_t {
    Full,          ///< used up for now
    TooLarge,      ///< this call alone is above the ceiling
    UnknownPrice,  ///< a money ceiling cannot be kept without a price
  };
  Why why = Why::Full;
  Ceiling ceiling;
  MonoTime earliest = MonoTime::max();  ///< Full: when the same call would fit; else never
};
/// `its budget of 1000 tokens per day is used up`.
std::string to_string(const BudgetRefusal& refusal);

/// Spending under ceilings: a call reserves what it may need before it is made, and is settled with
/// what it did need. What is settled and what is reserved never pass a ceiling in any period, as
/// far as estimates are upper bounds; a settlement above its estimate is booked in full.
///
/// Windows move in steps (a minute in seconds, a day in quarters of an hour); an amount counts at
/// the time of its reservation and leaves one period later or up to a step after that. One thread;
/// `now` must not go back. `reserve` is O(ceilings) unless refused, then O(steps). 4 KiB each.
class Budget {
 public:
  explicit Budget(std::vector<Ceiling> ceilings = {});

  /// Other ceilings from now on. What is spent counts in every unit and period whether it has a
  /// ceiling or not, so a new one holds for the whole period before it, too.
  void set_ceilings(std::vector<Ceiling> ceilings) { ceilings_ = std::move(ceilings); }
  [[nodiscard]] const std::vector<Ceiling>& ceilings() const { return ceilings_; }

  /// Why a call cannot be made now; nullopt: it can. `share` in (0, 1] is the part of each ceiling
  /// that this caller may fill: what is less urgent leaves room for what is more so.
  [[nodiscard]] std::optional<BudgetRefusal> check(const BudgetEstimate& estimate, MonoTime now,
                                                   double share = 1);
  /// What was spent before this process began, `at` in its (possibly negative) time. Counts in the
  /// windows of that period only, so that each can be restored at its own precision.
  void restore(BudgetPeriod period, const BudgetAmount& amount, MonoTime at, MonoTime now);

  struct Usage {
    Ceiling ceiling;
    std::int64_t used = 0;  ///< settled and reserved
  };
  [[nodiscard]] std::vector<Usage> usage(MonoTime now);
  /// Calls that hold a reservation.
  [[nodiscard]] std::size_t open() const { return held_.size(); }

 private:
  friend class BudgetReservation;
  class Window {
   public:
    explicit Window(BudgetUnit unit = BudgetUnit::Requests,
                    BudgetPeriod period = BudgetPeriod::Minute);
    void advance(MonoTime now);
    void add(MonoTime at, std::int64_t amount);
    /// When `amount` fits under `most`, given that it does not now. `advance` came before.
    [[nodiscard]] MonoTime earliest(std::int64_t amount, std::int64_t most) const;
    [[nodiscard]] BudgetUnit unit() const { return unit_; }
    [[nodiscard]] BudgetPeriod period() const { return period_; }
    [[nodiscard]] std::int64_t used() const { return used_; }

   private:
    [[nodiscard]] std::int64_t step_of(MonoTime at) const;
    [[nodiscard]] std::size_t slot_of(std::int64_t step) const;
    BudgetUnit unit_;
    BudgetPeriod period_;
    Duration step_;
    std::int64_t steps_;
    std::int64_t current_ = 0;
    bool started_ = false;
    std::vector<std::int64_t> slots_;
    std::int64_t used_ = 0;
  };
  struct Held {
    MonoTime at;
    BudgetAmount amount;
  };
  std::uint64_t take(const BudgetEstimate& estimate, MonoTime now);
  void settle(std::uint64_t id, const BudgetAmount& actual);

  [[nodiscard]] Window& window_of(const Ceiling& ceiling);

  std::vector<Ceiling> ceilings_;
  std::array<Window, kBudgetUnits * 2> windows_;  ///< each unit by the minute, then by the day
  std::map<std::uint64_t, Held> held_;
  std::uint64_t next_ = 0;
};

/// A reservation in several budgets at once, all or none. Settled once; a reservation that is
/// dropped unsettled (the call was not made) gives everything back. The budgets outlive it.
class BudgetReservation {
 public:
  BudgetReservation() = default;
  ~BudgetReservation() { settle({}); }
  BudgetReservation(BudgetReservation&& other) noexcept
      : taken_(std::exchange(other.taken_, {})), estimate_(other.estimate_) {}
  BudgetReservation& operator=(BudgetReservation&& other) noexcept {
    if (this != &other) {
      settle({});
      taken_ = std::exchange(other.taken_, {});
      estimate_ = other.estimate_;
    }
    return *this;
  }

  static std::expected<BudgetReservation, BudgetRefusal> reserve(std::span<Budget* const> budgets,
                                                                 const BudgetEstimate& estimate,
                                                                 MonoTime now, double share = 1);
  /// Books what was needed in place of the estimate.
  void settle(const BudgetAmount& actual);
  /// One request and the whole estimate: for a call whose cost nobody learned.
  [[nodiscard]] BudgetAmount whole() const {
    return {1, estimate_.tokens, estimate_.micros.value_or(0)};
  }

 private:
  std::vector<std::pair<Budget*, std::uint64_t>> taken_;
  BudgetEstimate estimate_;
};

}  // namespace chorus::policy
