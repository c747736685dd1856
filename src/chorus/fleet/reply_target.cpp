#include "chorus/fleet/reply_target.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/reactions.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

constexpr std::size_t kLooked = 30;
constexpr std::size_t kBest = 3;

constexpr std::string_view kCurious[] = {
    "what do you think", "what do you say", "your opinion",      "do you agree",
    "any idea",          "how do you see",  "ne dersiniz",       "ne dersin",
    "ne dusunuyorsun",   "sizce",           "katiliyor musunuz", "fikriniz"};

std::uint8_t count_of(const Words& words, std::span<const std::string> wanted) {
  const auto found = std::count_if(wanted.begin(), wanted.end(), [&](const std::string& topic) {
    const std::string_view stem = std::string_view(topic).substr(0, 5);
    return std::any_of(words.all().begin(), words.all().end(), [&](std::string_view word) {
      return word.size() >= 3 && (word == topic || (stem.size() >= 4 && word.starts_with(stem)));
    });
  });
  return static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(found, 9));
}

ReplySignal age_of(Duration age) {
  if (age < std::chrono::minutes(3)) return ReplySignal::UnderThreeMin;
  if (age < std::chrono::minutes(10)) return ReplySignal::UnderTenMin;
  return age < std::chrono::minutes(30) ? ReplySignal::UnderHalfHour : ReplySignal::Older;
}

bool names(const Words& words, const ReplyView& view) {
  return std::any_of(words.all().begin(), words.all().end(), [&](std::string_view word) {
    if (!word.empty() && word.front() == '@') word.remove_prefix(1);
    return (view.folded_name.size() >= 3 && word == view.folded_name) ||
           (!view.username.empty() && iequals_ascii(word, view.username));
  });
}

std::uint8_t bots_that_answered(const RoomLog& log, const RoomLine& line) {
  std::uint8_t answers = 0;
  for (const RoomLine& other : log.lines()) {
    if (!other.from_bot || !other.reply_to || answers == 9) continue;
    if (log.find(other.owner, *other.reply_to) == &line) ++answers;
  }
  return answers;
}

}  // namespace

std::string_view to_string(ReplySignal signal) noexcept {
  static constexpr std::string_view kNames[kReplySignals] = {
      "person",   "bot",          "under_3_min",    "under_10_min", "under_30_min",
      "older",    "question",     "curiosity",      "names_me",     "of_interest",
      "of_topic", "sad_and_kind", "answered_by_bot"};
  return kNames[static_cast<std::size_t>(signal)];
}

std::vector<ReplyScore> score_reply_targets(const RoomLog& log, const ReplyView& view, MonoTime now,
                                            const ReplyWeights& weights) {
  std::vector<ReplyScore> scores;
  std::size_t looked = 0;
  for (auto it = log.lines().rbegin(); it != log.lines().rend() && looked < kLooked; ++it) {
    ++looked;
    if (it->bot == view.bot || !it->message) continue;
    ReplyScore score;
    score.line = &*it;
    const auto count = [&](ReplySignal signal, std::uint8_t times = 1) {
      score.signals[static_cast<std::size_t>(signal)] = times;
    };
    const Words words(it->text);
    count(it->from_bot ? ReplySignal::Bot : ReplySignal::Person);
    count(age_of(now - it->at));
    if (words.has("?")) count(ReplySignal::Question);
    if (std::any_of(std::begin(kCurious), std::end(kCurious), [&](std::string_view phrase) {
          return words.folded().find(phrase) != std::string::npos;
        })) {
      count(ReplySignal::Curiosity);
    }
    if (names(words, view)) count(ReplySignal::NamesMe);
    count(ReplySignal::OfInterest, static_cast<std::uint8_t>(count_of(words, view.interests) +
                                                             count_of(words, view.expertise)));
    count(ReplySignal::OfTopic, count_of(words, view.topics));
    if (view.empathy > 0.7 && is_sad(it->text)) count(ReplySignal::SadAndKind);
    count(ReplySignal::AnsweredByBot, bots_that_answered(log, *it));
    for (std::size_t i = 0; i < kReplySignals; ++i) score.points += weights[i] * score.signals[i];
    // Newest first: behind those of the same points.
    const auto place = std::upper_bound(
        scores.begin(), scores.end(), score.points,
        [](double points, const ReplyScore& other) { return points > other.points; });
    scores.insert(place, score);
    if (scores.size() > kBest) scores.pop_back();
  }
  return scores;
}

const ReplyScore* draw_reply_target(std::span<const ReplyScore> scores, Rng& rng) {
  double total = 0;
  for (const auto& s : scores) total += std::max(s.points, 0.1);
  double point = rng.uniform() * total;
  for (const auto& s : scores) {
    point -= std::max(s.points, 0.1);
    if (point < 0) return &s;
  }
  return scores.empty() ? nullptr : &scores.back();
}

void write_reply_scores(JsonWriter& w, std::span<const ReplyScore> scores) {
  w.begin_array();
  for (const auto& s : scores) {
    w.begin_object().field("line", s.line->row.value).field("points", s.points);
    w.key("why").begin_object();
    for (std::size_t i = 0; i < kReplySignals; ++i) {
      if (s.signals[i] == 0) continue;
      w.field(to_string(static_cast<ReplySignal>(i)), static_cast<std::int64_t>(s.signals[i]));
    }
    w.end_object().end_object();
  }
  w.end_array();
}

}  // namespace chorus::fleet
