#include "chorus/lab/quality/quality.hpp"

#include "chorus/lab/quality/turn_taking.hpp"
#include "chorus/lab/quality/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

constexpr QualityBound at_most(std::string_view name, std::string_view title, MetricUnit unit,
                               double green, double red, bool wording = false) {
  return {name, title, unit, -kNone, green, -kNone, red, wording};
}
constexpr QualityBound at_least(std::string_view name, std::string_view title, MetricUnit unit,
                                double green, double red, bool wording = false) {
  return {name, title, unit, green, kNone, red, kNone, wording};
}

constexpr auto kShare = MetricUnit::Share;
constexpr auto kNumber = MetricUnit::Number;

constexpr std::array kBounds{
    QualityBound{"quality_gini", "speaking Gini of the bots", kNumber, 0.10, 0.35, -kNone, 0.45},
    at_most("quality_residual_gini", "the same against what each was wanted for", kNumber, 0.15,
            0.45),
    at_least("quality_addressed_answer", "spoken to and answered within 30 s", kShare, 0.98, 0.95),
    at_most("quality_false_chime_in", "lines between people that a bot answered", kShare, 0.02,
            0.05),
    at_most("quality_human_yield", "unasked bot lines within 5 s of people's exchange", kShare,
            0.05, 0.15),
    at_most("quality_bot_share", "bots' lines while people are active", kShare, 0.50, 0.70),
    at_most("quality_stale", "bot lines whose trigger was overtaken", kShare, 0.03, 0.08),
    QualityBound{"quality_turn_entropy", "entropy of the next speaker", kNumber, 0.70, 0.97, 0.50,
                 0.99},
    at_least("quality_disclosure", "first lines that say what the bot is", kShare, 1.0, 1.0),
    QualityBound{"quality_burstiness", "burstiness of the gaps", kNumber, 0.0, 0.5, -0.4, kNone},
    at_most("quality_reply_p95", "95 % of the linked answers within, seconds", kNumber, 15, kNone),
    at_most("quality_reply_shape", "distance of answer times to a lognormal", kNumber, 0.15, 0.30),
    QualityBound{.name = "quality_distinct_1",
                 .title = "distinct words (EAD)",
                 .unit = kNumber,
                 .wording = true},
    at_least("quality_distinct_2", "distinct pairs of words (EAD)", kNumber, 0.60, 0.45, true),
    at_most("quality_self_bleu", "self-BLEU-4", kNumber, 0.30, 0.45, true),
    at_most("quality_cross_bot", "likeness of different bots' lines", kNumber, 0.60, 0.75, true),
    at_most("quality_repeats", "lines that nearly repeat one of 24 h", kShare, 0.01, 0.03, true),
    at_most("quality_openers", "lines with one of the top 3 openings", kShare, 0.15, 0.30, true),
    at_least("quality_relevance", "percentile of the answer's likeness to its trigger", kShare,
             0.80, 0.60, true),
};

std::string number_text(double value, MetricUnit unit) {
  if (unit == MetricUnit::Share) return format_value(value, unit);
  return fmt::format("{:.2f}", value);
}

}  // namespace

std::string_view to_string(Grade grade) noexcept {
  switch (grade) {
    case Grade::Green:
      return "green";
    case Grade::Between:
      return "between";
    case Grade::Red:
      return "red";
    case Grade::Reported:
      return "reported";
    case Grade::NoData:
      return "no_data";
  }
  return "";
}

std::span<const QualityBound> quality_bounds() {
  return kBounds;
}

const QualityBound* find_quality_bound(std::string_view name) {
  const auto* found = std::ranges::find(kBounds, name, &QualityBound::name);
  return found == kBounds.end() ? nullptr : found;
}

Grade grade_of(const QualityBound& bound, std::optional<double> value) {
  if (!value) return Grade::NoData;
  if (bound.wording) return Grade::Reported;
  if (*value >= bound.green_low && *value <= bound.green_high) return Grade::Green;
  return *value < bound.red_low || *value > bound.red_high ? Grade::Red : Grade::Between;
}

std::string green_text(const QualityBound& bound) {
  const bool low = std::isfinite(bound.green_low);
  const bool high = std::isfinite(bound.green_high);
  if (low && high) {
    return fmt::format("{} to {}", number_text(bound.green_low, bound.unit),
                       number_text(bound.green_high, bound.unit));
  }
  if (high) return "at most " + number_text(bound.green_high, bound.unit);
  return low ? "at least " + number_text(bound.green_low, bound.unit) : std::string();
}

std::string quality_value_text(const QualityBound& bound, std::optional<double> value) {
  return value ? number_text(*value, bound.unit) : "-";
}

Grade QualityValue::grade() const {
  return grade_of(*bound, sample.value);
}

std::vector<QualityValue> measure_quality(const Talk& talk) {
  const auto turns = measure_turns(talk);
  const auto words = measure_wording(talk);
  // In the order of kBounds.
  const std::array samples{turns.speaking_gini,
                           turns.residual_gini,
                           turns.addressed_answer,
                           turns.false_chime_in,
                           turns.human_yield,
                           turns.bot_share,
                           turns.stale,
                           turns.turn_entropy,
                           turns.disclosure,
                           turns.burstiness,
                           turns.reply_p95,
                           turns.reply_shape,
                           words.distinct_1,
                           words.distinct_2,
                           words.self_bleu,
                           words.cross_bot_similarity,
                           words.repeats,
                           words.openers,
                           words.relevance};
  static_assert(samples.size() == kBounds.size());
  std::vector<QualityValue> out;
  for (std::size_t i = 0; i < samples.size(); ++i) out.push_back({&kBounds[i], samples[i]});
  return out;
}

std::vector<QualityValue> mean_quality(std::span<const QualityReport::Room> rooms) {
  std::vector<QualityValue> out;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    double sum = 0;
    std::uint64_t n = 0;
    for (const auto& room : rooms) {
      const auto& sample = room.values[i].sample;
      if (!sample.value) continue;
      sum += *sample.value * static_cast<double>(sample.n);
      n += sample.n;
    }
    QualityValue mean{&kBounds[i], {}};
    if (n > 0) mean.sample = {sum / static_cast<double>(n), n};
    out.push_back(mean);
  }
  return out;
}

}  // namespace chorus::lab
