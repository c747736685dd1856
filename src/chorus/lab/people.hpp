#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/conversation.hpp"
#include "chorus/lab/scenario.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// A template may hold `{bot}` (username of the addressed bot, without @), `{{symbol}}`,
/// `{{emoji}}`, `{{number}}`, `{{word}}` and `{{time}}` (seconds into the run).
/// `own` are placeholders beside these. Errors: InvalidArgument naming the unknown placeholder and
/// the nearest one.
Result<void> check_template(std::string_view text, std::span<const std::string> own = {});
/// What a kind without `text:` says.
std::vector<std::string> default_texts(Action action);

/// One simulated person: about 130 bytes, whatever the length of the run.
struct Person {
  std::uint32_t index = 0;  ///< over all kinds
  std::uint16_t kind = 0;   ///< index into Scenario::people
  double rate = 0;          ///< own messages per second, drawn from the kind's range
  Rng rng{0};               ///< own stream: hash(seed, scenario, index)
  std::uint32_t sent = 0;
};

/// The people of a scenario in order of kind, each with a stream of its own: the same seed gives
/// the same people however many rooms, bots or other people there are.
std::vector<Person> make_people(const Scenario& scenario, std::uint64_t seed);

/// `bot_username` is the addressed bot; `run_time` fills `{{time}}`. A variable stands before the
/// placeholder of the same name.
std::string fill_template(std::string_view text, std::string_view bot_username, Duration run_time,
                          Rng& rng, const Variables& variables = {});

}  // namespace chorus::lab
