#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chorus {

/// A token that names the simulated person and the message it was put into. A bot that passes the
/// text on (to a model, into a quote) brings it back, which proves what it answered and finds
/// answers that went to somebody else. The lab writes and reads it; the generators that stand in
/// for a language model repeat it, as a model would that quotes its question.
struct Canary {
  std::uint32_t person = 0;
  std::uint32_t message = 0;
  friend bool operator==(const Canary&, const Canary&) = default;
};

/// `zq3k7m2-4p`: a run's own prefix of four, the person, the message; lower-case letters and
/// digits, so that no platform's markup and no bot's parser takes it for anything.
std::string canary_text(std::uint64_t run_seed, Canary canary);

/// First canary of this run in the text.
std::optional<Canary> find_canary(std::uint64_t run_seed, std::string_view text);

/// First canary of any run in the text, standing as a word of its own; empty when there is none.
std::string_view find_any_canary(std::string_view text);

}  // namespace chorus
