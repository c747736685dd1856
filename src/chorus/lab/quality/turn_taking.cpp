#include "chorus/lab/quality/turn_taking.hpp"

#include "chorus/metrics/turn_shares.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <unordered_map>

namespace chorus::lab {

namespace {

constexpr Duration kAnswerTime = std::chrono::seconds(30);
constexpr Duration kYieldTime = std::chrono::seconds(5);
constexpr Duration kActiveTime = std::chrono::minutes(5);
constexpr Duration kOldTrigger = std::chrono::minutes(2);
constexpr std::size_t kFewestTimes = 8;

QualitySample share(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return {};
  return {static_cast<double>(part) / static_cast<double>(all), all};
}

/// The talk with what each line answers.
class Reader {
 public:
  explicit Reader(const Talk& talk) : talk_(talk), bots_(talk.bots.begin(), talk.bots.end()) {
    for (std::size_t i = 0; i < lines().size(); ++i) {
      const auto& line = lines()[i];
      if (line.bot) bots_.insert(line.speaker);
      by_id_.emplace(line.id, i);
    }
  }

  [[nodiscard]] const std::vector<Utterance>& lines() const { return talk_.lines; }
  [[nodiscard]] const std::set<std::int64_t>& bots() const { return bots_; }
  [[nodiscard]] bool is_bot(std::int64_t speaker) const { return bots_.contains(speaker); }
  [[nodiscard]] bool to_bot(const Utterance& line) const {
    return line.addressed && is_bot(*line.addressed);
  }
  /// The line that it links to, when that is known.
  [[nodiscard]] const Utterance* trigger(const Utterance& line) const {
    if (!line.reply_to) return nullptr;
    const auto found = by_id_.find(*line.reply_to);
    return found == by_id_.end() ? nullptr : &lines()[found->second];
  }
  /// Whether somebody had asked this bot for this line.
  [[nodiscard]] bool asked(const Utterance& line) const {
    const auto* cause = trigger(line);
    return cause && cause->addressed == line.speaker;
  }

 private:
  const Talk& talk_;
  std::set<std::int64_t> bots_;
  std::unordered_map<std::int64_t, std::size_t> by_id_;
};

void measure_shares(const Reader& talk, TurnTaking& out) {
  std::map<std::int64_t, double> said;
  std::map<std::int64_t, double> wanted;
  for (const auto bot : talk.bots()) said[bot] = wanted[bot] = 0;
  double all = 0;
  double unasked = 0;
  for (const auto& line : talk.lines()) {
    if (!line.bot) continue;
    ++said[line.speaker];
    ++all;
    if (talk.asked(line)) {
      ++wanted[line.speaker];
    } else {
      ++unasked;
    }
  }
  std::vector<double> counts;
  std::vector<double> expected;
  const auto each = unasked / std::max(1.0, static_cast<double>(said.size()));
  for (const auto& [bot, n] : said) {
    counts.push_back(n);
    expected.push_back(wanted[bot] + each);
  }
  const auto n = static_cast<std::uint64_t>(all);
  out.speaking_gini = {metrics::gini(counts), n};
  out.residual_gini = {metrics::gini_against(counts, expected), n};
}

/// The bot's answer, by link, or else its first unlinked line that answers nothing else yet.
bool answered(const Reader& talk, std::size_t index, std::set<std::size_t>& taken) {
  const auto& asked = talk.lines()[index];
  for (std::size_t i = index + 1; i < talk.lines().size(); ++i) {
    const auto& line = talk.lines()[i];
    if (line.at - asked.at > kAnswerTime) return false;
    if (!line.bot || line.speaker != *asked.addressed) continue;
    if (line.reply_to == asked.id) return true;
    if (!line.reply_to && taken.insert(i).second) return true;
  }
  return false;
}

void measure_answers(const Reader& talk, TurnTaking& out) {
  const auto& lines = talk.lines();
  std::set<std::size_t> taken;
  std::set<std::int64_t> chimed;  // lines between people that a bot answered
  for (const auto& line : lines) {
    if (line.bot && line.reply_to) chimed.insert(*line.reply_to);
  }
  std::uint64_t asked = 0;
  std::uint64_t came = 0;
  std::uint64_t between = 0;
  std::uint64_t disturbed = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.bot || !line.addressed) continue;
    if (!talk.to_bot(line)) {
      ++between;
      if (chimed.contains(line.id)) ++disturbed;
      continue;
    }
    const bool ok = answered(talk, i, taken);
    if (!ok && lines.back().at - line.at <= kAnswerTime) continue;
    ++asked;
    if (ok) ++came;
  }
  out.addressed_answer = share(came, asked);
  out.false_chime_in = share(disturbed, between);
}

bool fails_to_yield(const Reader& talk, std::size_t index) {
  const auto& lines = talk.lines();
  if (index < 2 || talk.asked(lines[index])) return false;
  const auto& second = lines[index - 1];
  const auto& first = lines[index - 2];
  return !first.bot && !second.bot && first.speaker != second.speaker && !talk.to_bot(second) &&
         lines[index].at - second.at <= kYieldTime;
}

bool is_stale(const Reader& talk, std::size_t index, const Utterance& trigger) {
  const auto& lines = talk.lines();
  const auto& line = lines[index];
  if (line.at - trigger.at > kOldTrigger) return true;
  const bool asked = talk.asked(line);
  for (std::size_t i = index; i-- > 0 && lines[i].id != trigger.id;) {
    const auto& between = lines[i];
    if (between.speaker == trigger.speaker && between.addressed == line.speaker) return true;
    if (!asked && between.bot && between.reply_to == trigger.id) return true;
  }
  return false;
}

void measure_restraint(const Reader& talk, TurnTaking& out) {
  const auto& lines = talk.lines();
  std::uint64_t bots = 0;
  std::uint64_t pushed = 0;
  std::uint64_t linked = 0;
  std::uint64_t stale = 0;
  std::uint64_t active = 0;
  std::uint64_t active_bots = 0;
  std::optional<Duration> person;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (!line.bot) person = line.at;
    if (person && line.at - *person <= kActiveTime) {
      ++active;
      if (line.bot) ++active_bots;
    }
    if (!line.bot) continue;
    ++bots;
    if (fails_to_yield(talk, i)) ++pushed;
    if (const auto* trigger = talk.trigger(line)) {
      ++linked;
      if (is_stale(talk, i, *trigger)) ++stale;
    }
  }
  out.human_yield = share(pushed, bots);
  out.bot_share = share(active_bots, active);
  out.stale = share(stale, linked);
}

/// Greatest distance between the distribution of the samples and that of a lognormal with the mean
/// and deviation of their logarithms.
std::optional<double> lognormal_distance(std::vector<double> seconds) {
  if (seconds.size() < kFewestTimes) return std::nullopt;
  const auto n = static_cast<double>(seconds.size());
  for (double& s : seconds) s = std::log(std::max(s, 1e-3));
  std::ranges::sort(seconds);
  double mean = 0;
  for (const double s : seconds) mean += s / n;
  double variance = 0;
  for (const double s : seconds) variance += (s - mean) * (s - mean) / n;
  if (variance <= 0) return 1.0;
  double distance = 0;
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const double z = (seconds[i] - mean) / std::sqrt(variance);
    const double expected = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    distance = std::max({distance, expected - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - expected});
  }
  return distance;
}

void measure_times(const Reader& talk, TurnTaking& out) {
  const auto& lines = talk.lines();
  std::vector<std::int64_t> speakers;
  std::vector<double> gaps;
  std::vector<double> replies;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    speakers.push_back(line.speaker);
    if (i > 0) gaps.push_back(to_seconds(line.at - lines[i - 1].at));
    const auto* trigger = line.bot ? talk.trigger(line) : nullptr;
    if (trigger && !trigger->bot) replies.push_back(to_seconds(line.at - trigger->at));
  }
  if (auto entropy = metrics::turn_entropy(speakers)) {
    out.turn_entropy = {entropy, speakers.size() - 1};
  }
  if (auto bursts = metrics::burstiness(gaps)) out.burstiness = {bursts, gaps.size()};
  if (replies.empty()) return;
  out.reply_shape = {lognormal_distance(replies), replies.size()};
  std::ranges::sort(replies);
  const auto rank = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(replies.size())));
  out.reply_p95 = {replies[rank - 1], replies.size()};
}

void measure_disclosure(const Reader& talk, TurnTaking& out) {
  std::set<std::int64_t> met;
  std::uint64_t disclosed = 0;
  for (const auto& line : talk.lines()) {
    if (line.bot && met.insert(line.speaker).second && line.disclosed) ++disclosed;
  }
  out.disclosure = share(disclosed, met.size());
}

}  // namespace

TurnTaking measure_turns(const Talk& talk) {
  const Reader reader(talk);
  TurnTaking out;
  measure_shares(reader, out);
  measure_answers(reader, out);
  measure_restraint(reader, out);
  measure_times(reader, out);
  measure_disclosure(reader, out);
  return out;
}

}  // namespace chorus::lab
