#include "chorus/fleet/floor.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"
#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::fleet {
namespace {

constexpr std::size_t kMostAnswers = 5;

/// The reason that bars most candidates; NotMember when there is no candidate.
TurnReason common_reason(const std::vector<FloorDecision::Scored>& scores) {
  std::uint32_t counts[kTurnReasons] = {};
  for (const auto& s : scores) {
    if (s.barred) ++counts[static_cast<std::size_t>(*s.barred)];
  }
  std::size_t best = static_cast<std::size_t>(TurnReason::NotMember);
  for (std::size_t i = 0; i < kTurnReasons; ++i) {
    if (counts[i] > counts[best]) best = i;
  }
  return static_cast<TurnReason>(best);
}

/// What ends the decision before any candidate is looked at.
std::optional<TurnReason> general_bar(const FloorInput& in, const FleetSettings& settings) {
  if (in.paused) return TurnReason::Paused;
  if (!in.room_enabled) return TurnReason::Disabled;
  if (in.candidates.empty()) return TurnReason::NotMember;
  const Duration longest =
      in.private_chat ? settings.max_reply_age_private : settings.max_reply_age_group;
  if (in.kind != FloorInput::Kind::Timer && in.age > longest) return TurnReason::Stale;
  return std::nullopt;
}

/// What keeps a turn that no person asked for from happening in this room now.
std::optional<TurnReason> loop_bar(const FloorInput& in, const FleetSettings& settings) {
  const bool over_hard = settings.loop_hard != 0 && in.room.bot_turns >= settings.loop_hard;
  const bool over_soft = settings.loop_soft != 0 && in.room.bot_turns >= settings.loop_soft;
  if (over_hard || (over_soft && in.kind == FloorInput::Kind::Bot)) return TurnReason::LoopBudget;
  // A room that starts to talk by itself stops at the soft budget until a person speaks.
  if (over_soft && in.kind == FloorInput::Kind::Timer) return TurnReason::LoopBudget;
  if (settings.reply_depth != 0 && in.depth >= settings.reply_depth) return TurnReason::LoopBudget;
  return std::nullopt;
}

void choose_addressed(const FloorInput& in, const FleetSettings& settings, FloorDecision& out) {
  const auto loop = in.kind == FloorInput::Kind::Person ? std::nullopt : loop_bar(in, settings);
  for (const BotId bot : in.addressed.bots) {
    if (out.scores.size() >= kMostAnswers) break;
    const auto it = std::find_if(in.candidates.begin(), in.candidates.end(),
                                 [&](const FloorCandidate& c) { return c.bot == bot; });
    FloorDecision::Scored scored{bot, 1.0, std::nullopt};
    if (it == in.candidates.end()) {
      scored.barred = TurnReason::NotMember;
    } else if (it->barred && *it->barred != TurnReason::Quiet &&
               *it->barred != TurnReason::Budget) {
      scored.barred = it->barred;  // quiet hours and hourly budgets do not hold against a question
    } else if (loop) {
      scored.barred = loop;
    } else if (in.kind != FloorInput::Kind::Person && settings.pair_per_minute != 0 &&
               it->pair_turns >= settings.pair_per_minute) {
      scored.barred = TurnReason::LoopBudget;
    }
    if (!scored.barred) out.chosen.push_back(bot);
    out.scores.push_back(scored);
  }
  out.reason = out.chosen.empty() ? common_reason(out.scores) : TurnReason::Sent;
}

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

/// What it knows well counts half as much again as what it likes.
double relevance(const Words& words, const FloorCandidate& c) {
  return 1 - std::exp(-static_cast<double>(hits(words, c.interests)) -
                      1.5 * static_cast<double>(hits(words, c.expertise)));
}

/// How well it could answer a question: by what it knows; who says nothing of that, by what it
/// likes.
double ability(const Words& words, const FloorCandidate& c, double rel) {
  if (c.expertise.empty()) return rel;
  return 1 - std::exp(-1.5 * static_cast<double>(hits(words, c.expertise)));
}

/// How much is needed to speak unasked: more after bots have spoken, less after silence.
double threshold_of(const FloorInput& in, const FleetSettings& settings) {
  // The timer's pause is the restraint; silence only needs to be possible.
  if (in.kind == FloorInput::Kind::Timer) return std::max(0.0, settings.threshold - 0.5);
  const double since_bot = in.room.since_bot ? std::exp(-to_seconds(*in.room.since_bot) / 30) : 0.0;
  const double silence = in.room.silence ? to_seconds(*in.room.silence) : 0.0;
  return settings.threshold + 0.2 * in.room.bot_share + 0.15 * since_bot -
         0.08 * std::log1p(silence / 60);
}

void score_candidates(const FloorInput& in, const FleetSettings& settings, FloorDecision& out) {
  const Words words(in.text);
  const bool question = words.has("?");
  const double target_share = 1.0 / static_cast<double>(in.candidates.size());
  for (const FloorCandidate& c : in.candidates) {
    FloorDecision::Scored scored{c.bot, 0, c.barred};
    if (!scored.barred && in.room.last_line_is_bots && in.room.last_bot == c.bot) {
      // The last speaker makes room where others can speak, and does not go on and on alone.
      if (in.candidates.size() >= 3) scored.barred = TurnReason::JustSpoke;
      if (settings.burst != 0 && in.room.run >= settings.burst) {
        scored.barred = TurnReason::JustSpoke;
      }
    }
    const double rel = relevance(words, c);
    const double share = in.room.utterances_last_hour == 0
                             ? 0.0
                             : static_cast<double>(c.spoken_last_hour) /
                                   static_cast<double>(in.room.utterances_last_hour);
    const double balance = std::clamp((target_share - share) / target_share, 0.0, 1.0);
    scored.score = 0.30 * rel + 0.20 * (question ? 0.3 + 0.7 * ability(words, c, rel) : 0.0) + 0.15 * in.novelty +
                   0.10 * (c.pair_turns > 0 ? 1.0 : 0.3) + 0.10 * c.talkativeness + 0.15 * balance;
    out.scores.push_back(scored);
  }
}

/// Softmax over those above the threshold and "nobody", which scores the threshold itself.
std::optional<BotId> draw_scored(const FloorDecision& out, double temperature, Rng& rng) {
  const double t = std::max(temperature, 0.001);
  double total = 1;  // nobody: exp((T - T) / t)
  for (const auto& s : out.scores) {
    if (!s.barred && s.score > out.threshold) total += std::exp((s.score - out.threshold) / t);
  }
  double point = rng.uniform() * total - 1;
  if (point < 0) return std::nullopt;
  for (const auto& s : out.scores) {
    if (s.barred || s.score <= out.threshold) continue;
    point -= std::exp((s.score - out.threshold) / t);
    if (point < 0) return s.bot;
  }
  return std::nullopt;
}

std::optional<BotId> draw_random(const FloorInput& in, const FloorDecision& out,
                                 const FleetSettings& settings, Rng& rng) {
  if (in.kind == FloorInput::Kind::Person && !rng.chance(settings.reply_probability)) {
    return std::nullopt;
  }
  std::vector<BotId> able;
  for (const auto& s : out.scores) {
    if (!s.barred) able.push_back(s.bot);
  }
  if (able.empty()) return std::nullopt;
  return able[rng.below(able.size())];
}

void choose_self_selected(const FloorInput& in, const FleetSettings& settings, FloorDecision& out) {
  if (in.kind == FloorInput::Kind::Bot) {
    out.reason = TurnReason::NotForUs;
    return;
  }
  if (in.addressed.to_others) {
    out.reason = TurnReason::NotForUs;
    return;
  }
  if (in.floor_taken && settings.selector == Selector::Score) {
    out.reason = TurnReason::FloorTaken;
    return;
  }
  if (const auto loop = loop_bar(in, settings); loop && in.kind == FloorInput::Kind::Timer) {
    out.reason = *loop;
    return;
  }
  score_candidates(in, settings, out);
  if (settings.yield_people_per_minute != 0 && settings.selector == Selector::Score &&
      in.room.people_per_minute >= settings.yield_people_per_minute) {
    out.reason = TurnReason::YieldToPeople;
    return;
  }
  if (std::all_of(out.scores.begin(), out.scores.end(),
                  [](const auto& s) { return s.barred.has_value(); })) {
    out.reason = common_reason(out.scores);
    return;
  }
  Rng rng(out.seed);
  out.threshold = threshold_of(in, settings);
  const auto winner = settings.selector == Selector::Random
                          ? draw_random(in, out, settings, rng)
                          : draw_scored(out, settings.temperature, rng);
  if (!winner) return;
  out.chosen.push_back(*winner);
  out.reason = TurnReason::Sent;
}

}  // namespace

FloorDecision decide_floor(const FloorInput& input, const FleetSettings& settings,
                           std::uint64_t seed) {
  FloorDecision out;
  out.seed = seed;
  out.by = input.addressed.by;
  if (const auto bar = general_bar(input, settings)) {
    out.reason = *bar;
    return out;
  }
  if (!input.addressed.bots.empty()) {
    choose_addressed(input, settings, out);
  } else {
    choose_self_selected(input, settings, out);
  }
  return out;
}

std::string FloorDecision::to_json() const {
  constexpr std::size_t kShown = 5;
  std::string json;
  JsonWriter w(json);
  w.begin_object().field("by", to_string(by)).field("seed", seed);
  if (threshold != 0) w.field("threshold", threshold);
  w.key("candidates").begin_array();
  std::vector<Scored> best(scores);
  const std::size_t shown = std::min(kShown, best.size());
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(shown), best.end(),
                    [](const Scored& a, const Scored& b) {
                      if (a.barred.has_value() != b.barred.has_value()) return !a.barred;
                      return a.score != b.score ? a.score > b.score : a.bot < b.bot;
                    });
  for (std::size_t i = 0; i < shown; ++i) {
    w.begin_object().field("bot", best[i].bot.value).field("score", best[i].score);
    if (best[i].barred) w.field("barred", to_string(*best[i].barred));
    w.end_object();
  }
  w.end_array().field("considered", static_cast<std::uint64_t>(scores.size())).end_object();
  return json;
}

}  // namespace chorus::fleet
