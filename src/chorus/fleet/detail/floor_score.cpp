#include "chorus/fleet/detail/floor_score.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::fleet::detail {
namespace {

std::size_t hits(const Words& words, std::span<const std::string> topics) {
  std::size_t found = 0;
  for (const std::string& topic : topics) {
    // A stem of five letters lets inflected words meet (`borsada`, `borsa`).
    const std::string_view stem = std::string_view(topic).substr(0, 5);
    for (const std::string_view word : words.all()) {
      if (word.size() >= 3 && (word == topic || (stem.size() >= 4 && word.starts_with(stem)))) {
        ++found;
        break;
      }
    }
  }
  return found;
}

/// What it knows well counts half as much again as what it likes, what it remembers a little less.
double relevance(const Words& words, const FloorCandidate& c) {
  return 1 - std::exp(-static_cast<double>(hits(words, c.interests)) -
                      1.5 * static_cast<double>(hits(words, c.expertise)) -
                      0.7 * static_cast<double>(c.remembered));
}

/// How well it could answer a question: by what it knows; who says nothing of that, by what it
/// likes.
double ability(const Words& words, const FloorCandidate& c, double rel) {
  const double known = c.expertise.empty()
                           ? rel
                           : 1 - std::exp(-1.5 * static_cast<double>(hits(words, c.expertise)));
  return 0.3 + 0.7 * known;  // anybody may have something to say to a question
}

/// A question that was just put is open; one that nobody answers opens more with each second of its
/// first minute.
double information_gap(const FloorInput& in, const Words& words) {
  if (in.question_age) return std::min(1.0, to_seconds(*in.question_age) / 60);
  return in.kind == FloorInput::Kind::Person && words.has("?") ? 1.0 : 0.0;
}

}  // namespace

double threshold_of(const FloorInput& in, const FleetSettings& settings) {
  // The timer's pause is the restraint; silence only needs to be possible.
  if (in.kind == FloorInput::Kind::Timer) return std::max(0.0, settings.threshold - 0.5);
  const double since_bot = in.room.since_bot ? std::exp(-to_seconds(*in.room.since_bot) / 30) : 0.0;
  // What is heard now ends the silence: what counts is how long it was.
  const double silence = in.room.gap ? to_seconds(*in.room.gap) : 0.0;
  return settings.threshold + 0.2 * in.room.bot_share + 0.15 * since_bot -
         0.08 * std::log1p(silence / 60);
}

void score_candidates(const FloorInput& in, const FleetSettings& settings, FloorDecision& out) {
  const Words words(in.text);
  const double gap = information_gap(in, words);
  const double said_already = 0.1 * std::min<double>(in.bot_replies, 5);
  const double target_share = 1.0 / static_cast<double>(in.candidates.size());
  for (const FloorCandidate& c : in.candidates) {
    FloorDecision::Scored scored{c.bot, 0, c.barred};
    if (!scored.barred && in.room.last_bot == c.bot) {
      // Whoever of the bots spoke last makes room where others can speak, and does not go on alone.
      const bool alone =
          in.room.last_line_is_bots && settings.burst != 0 && in.room.run >= settings.burst;
      if (in.candidates.size() >= 3 || alone) scored.barred = TurnReason::JustSpoke;
    }
    const double rel = relevance(words, c);
    const double share = in.room.utterances_last_hour == 0
                             ? 0.0
                             : static_cast<double>(c.spoken_last_hour) /
                                   static_cast<double>(in.room.utterances_last_hour);
    const double balance = std::clamp((target_share - share) / target_share, 0.0, 1.0);
    scored.score = 0.30 * rel + 0.20 * gap * ability(words, c, rel) + 0.15 * in.novelty +
                   0.10 * (c.pair_turns > 0 ? 1.0 : 0.3) + 0.10 * c.talkativeness + 0.15 * balance -
                   said_already;
    out.scores.push_back(scored);
  }
}

bool knows_of(const FloorInput& in, std::size_t candidate) {
  const FloorCandidate& c = in.candidates[candidate];
  const Words words(in.text);
  return c.remembered > 0 || hits(words, c.interests) + hits(words, c.expertise) > 0;
}

}  // namespace chorus::fleet::detail
