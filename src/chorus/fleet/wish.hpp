#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/prompt.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The selector `inner`: the best candidates are asked for a thought and how much they wish to say
/// it, in one small call each. Source: reference/practice.md 3.1 (Inner Thoughts), 3.2 step 5.
namespace chorus::fleet {

inline constexpr std::int32_t kWishTokens = 60;

struct Wish {
  int motivation = 1;   ///< 1-5
  std::string thought;  ///< one line, sanitised, at most 200 code points; may be empty
};

/// The card and the room's last lines as `build_prompt` gives them, and the question. What people
/// wrote stands between marks here too.
Prompt build_wish_prompt(const PromptInput& input, Rng& rng);

/// Reads `4: I know that place`, `Motivation: 4/5`, `4`. nullopt: no number from 1 to 5 in front.
std::optional<Wish> read_wish(std::string_view text);

/// What wishes may cost. A call is allowed while people have said enough since the last ones and
/// the money of the hour and of the day is not used up; the dearest call so far is set aside for
/// each that is about to be made. In memory: a restart begins with a new hour and day (the chain's
/// own ceilings are durable). Pure; at most 1,441 entries.
class WishBudget {
 public:
  /// Calls per message of a person; money per hour and day, 0 = no limit.
  struct Limits {
    double per_message = 0.2;
    double per_hour = 0.05;
    double per_day = 0.5;
  };
  explicit WishBudget(Limits limits) : limits_(limits) {}

  void person_spoke();
  /// Takes `calls` out of the budget, all or none. `spent` follows for each of them.
  [[nodiscard]] bool take(std::size_t calls, MonoTime now);
  void spent(double cost, MonoTime now);
  /// The call failed: the provider may charge it all the same, so it counts as the dearest one.
  void failed(MonoTime now) { spent(dearest_, now); }
  [[nodiscard]] double spent_within(Duration window, MonoTime now) const;

 private:
  static constexpr double kMostSaved = 10;
  struct Minute {
    MonoTime at;
    double cost;
  };
  Limits limits_;
  double calls_ = 2;  ///< the first message may be thought about by two
  double dearest_ = 0;
  std::size_t under_way_ = 0;
  std::deque<Minute> minutes_;
};

}  // namespace chorus::fleet
