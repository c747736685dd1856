#include "chorus/fleet/floor.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"
#include "chorus/fleet/detail/floor_score.hpp"

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

/// Messages that no person asked for have a budget per room and for the fleet.
std::optional<TurnReason> hourly_bar(const FloorInput& in, const FleetSettings& settings) {
  const bool room = settings.room_hourly != 0 && in.room_unasked >= settings.room_hourly;
  const bool fleet = settings.fleet_hourly != 0 && in.fleet_unasked >= settings.fleet_hourly;
  return room || fleet ? std::optional(TurnReason::LoopBudget) : std::nullopt;
}

/// What keeps a turn that no person asked for from happening in this room now.
std::optional<TurnReason> loop_bar(const FloorInput& in, const FleetSettings& settings) {
  const bool over_hard = settings.loop_hard != 0 && in.room.bot_turns >= settings.loop_hard;
  const bool over_soft = settings.loop_soft != 0 && in.room.bot_turns >= settings.loop_soft;
  if (over_hard || (over_soft && in.kind == FloorInput::Kind::Bot)) return TurnReason::LoopBudget;
  // A room that starts to talk by itself stops at the soft budget until a person speaks.
  if (over_soft && in.kind == FloorInput::Kind::Timer) return TurnReason::LoopBudget;
  if (settings.reply_depth != 0 && in.depth >= settings.reply_depth) return TurnReason::LoopBudget;
  if (in.resting && settings.selector != Selector::Random) return TurnReason::Resting;
  return hourly_bar(in, settings);
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
               *it->barred != TurnReason::Budget && *it->barred != TurnReason::LimitReached) {
      scored.barred = it->barred;  // hours, budgets and full limits do not hold against a question
    } else if (loop) {
      scored.barred = loop;
    } else if (in.kind != FloorInput::Kind::Person && settings.pair_per_minute != 0 &&
               it->pair_turns >= settings.pair_per_minute) {
      scored.barred = TurnReason::LoopBudget;
    }
    if (!scored.barred) out.chosen.push_back(bot);
    out.scores.push_back(scored);
  }
  // A bot's reply to a bot may stay the last word; a bot that is named answers.
  Rng rng(out.seed);
  if (in.kind == FloorInput::Kind::Bot && in.addressed.by == AddressedBy::Reply &&
      !out.chosen.empty() && !rng.chance(settings.reply_to_bots_probability)) {
    out.chosen.clear();
    out.reason = TurnReason::Nobody;
    return;
  }
  out.reason = out.chosen.empty() ? common_reason(out.scores) : TurnReason::Sent;
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

/// Somebody who knows something of it answers; "nobody" is no candidate. False: none of ours does.
bool answer_question_to_all(const FloorInput& in, const FleetSettings& settings,
                            FloorDecision& out) {
  FloorDecision able;
  for (std::size_t i = 0; i < out.scores.size(); ++i) {
    if (!out.scores[i].barred && detail::knows_of(in, i)) able.scores.push_back(out.scores[i]);
  }
  if (able.scores.empty()) return false;
  Rng rng(out.seed);
  const double t = std::max(settings.temperature, 0.001);
  double best = 0, total = 0;
  for (const auto& s : able.scores) best = std::max(best, s.score);
  for (const auto& s : able.scores) total += std::exp((s.score - best) / t);
  double point = rng.uniform() * total;
  for (const auto& s : able.scores) {
    point -= std::exp((s.score - best) / t);
    if (point >= 0) continue;
    out.chosen.push_back(s.bot);
    break;
  }
  if (out.chosen.empty()) out.chosen.push_back(able.scores.back().bot);
  out.by = AddressedBy::OpenQuestion;
  out.reason = TurnReason::Sent;
  return true;
}

/// A wish costs a call: only the best two that come near the threshold are worth one.
void shortlist(FloorDecision& out) {
  constexpr std::size_t kMost = 2;
  constexpr double kNear = 0.1;
  std::vector<FloorDecision::Scored> best;
  for (const auto& s : out.scores) {
    if (!s.barred && s.score > out.threshold - kNear) best.push_back(s);
  }
  const std::size_t taken = std::min(kMost, best.size());
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(taken), best.end(),
                    [](const auto& a, const auto& b) {
                      return a.score != b.score ? a.score > b.score : a.bot < b.bot;
                    });
  for (std::size_t i = 0; i < taken; ++i) out.shortlist.push_back(best[i].bot);
}

void choose_self_selected(const FloorInput& in, const FleetSettings& settings, FloorDecision& out) {
  if (in.kind == FloorInput::Kind::Bot) {
    out.reason = TurnReason::NotForUs;
    return;
  }
  const bool scored = settings.selector != Selector::Random;
  // The founding system took every message for its own, whomever it spoke to.
  if (in.addressed.to_others && scored) {
    out.reason = TurnReason::NotForUs;
    return;
  }
  if (in.floor_taken && scored) {
    out.reason = TurnReason::FloorTaken;
    return;
  }
  const auto over =
      in.kind == FloorInput::Kind::Timer ? loop_bar(in, settings) : hourly_bar(in, settings);
  if (over) {
    out.reason = *over;
    return;
  }
  detail::score_candidates(in, settings, out);
  if (scored && in.question_to_all && answer_question_to_all(in, settings, out)) return;
  if (settings.yield_people_per_minute != 0 && scored &&
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
  out.threshold = detail::threshold_of(in, settings);
  if (settings.selector == Selector::Inner) shortlist(out);
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

void decide_by_wishes(FloorDecision& decision, bool long_silence) {
  const int needed = long_silence ? 3 : 4;
  const FloorDecision::Scored* best = nullptr;
  for (const BotId bot : decision.shortlist) {
    const auto it = std::find_if(decision.scores.begin(), decision.scores.end(),
                                 [&](const auto& s) { return s.bot == bot; });
    if (it == decision.scores.end() || it->motivation.value_or(0) < needed) continue;
    if (best == nullptr || *it->motivation > *best->motivation) best = &*it;
  }
  decision.chosen.clear();
  if (best != nullptr) decision.chosen.push_back(best->bot);
  decision.reason = best != nullptr ? TurnReason::Sent : TurnReason::Nobody;
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
    if (best[i].motivation) w.field("motivation", static_cast<std::int64_t>(*best[i].motivation));
    w.end_object();
  }
  w.end_array().field("considered", static_cast<std::uint64_t>(scores.size()));
  if (thought_tokens != 0)
    w.field("thought_tokens", thought_tokens).field("thought_cost", thought_cost);
  if (!note.empty()) w.field("note", note);
  w.end_object();
  return json;
}

}  // namespace chorus::fleet
