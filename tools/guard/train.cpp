// Trains the second voice of the guard (docs/guard.md) and says how well it does.
//
//   guard_train OUTPUT LABELLED.tsv...
//
// Reads files in the columns of tests/data/guard/labelled.tsv. First it trains without the lines of
// the split `unseen`, judges them and prints the counts; then it trains with all but `held`, which
// is never trained on, and writes the weights. The same files always give the same weights.
#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/guard.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

using chorus::fleet::Guard;
using chorus::fleet::GuardClass;
using chorus::fleet::kVoiceBins;

struct Line {
  std::string id;
  std::string split;
  std::string kind;
  Guard::Heard heard;
  double weight = 1;  ///< lines made by grammar are many and count less
  bool breach = false;
  bool market_room = true;  ///< said where markets are talked about, as the labelled lines are
};

std::vector<Line> load(const std::string& path, const Guard& guard) {
  constexpr double kGrammarWeight = 0.2;
  std::vector<Line> lines;
  std::ifstream in(path);
  for (std::string text; std::getline(in, text);) {
    if (text.empty() || text.front() == '#') continue;
    const auto fields = chorus::split(text, '\t');
    if (fields.size() < 5) continue;
    const std::string_view kind = fields[3];
    // Figures and contacts are the rules' alone: what they lack is a source, not other words.
    if (kind == "C" || kind == "G") continue;
    Line line;
    line.id = fields[0];
    line.split = fields[1];
    line.kind = kind;
    line.heard = guard.hear(fields[4]);
    line.breach = kind != "clean" && kind != "E-push";
    if (line.id.starts_with("grammar")) line.weight = kGrammarWeight;
    line.market_room = !line.id.starts_with("general");
    lines.push_back(std::move(line));
  }
  return lines;
}

using Weights = std::vector<float>;

/// Logistic regression by AdaGrad, with features dropped at random so that none is relied on alone.
Weights train_once(const std::vector<const Line*>& lines, std::uint64_t seed) {
  constexpr int kRounds = 30;
  constexpr double kRate = 0.05;
  constexpr double kShrink = 0.01;
  constexpr double kDrop = 0.3;
  Weights weights(kVoiceBins);
  std::vector<double> squares(kVoiceBins, 0.01);
  chorus::Rng rng(seed);
  std::vector<const Line*> order = lines;
  std::vector<std::uint32_t> kept;
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
    for (const Line* line : order) {
      kept.clear();
      for (const std::uint32_t bin : line->heard.bins) {
        if (!rng.chance(kDrop)) kept.push_back(bin);
      }
      double odds = 0;
      for (const std::uint32_t bin : kept) odds += weights[bin];
      odds /= 1 - kDrop;
      const double wrong = 1 / (1 + std::exp(-odds)) - (line->breach ? 1 : 0);
      for (const std::uint32_t bin : kept) {
        const double slope =
            line->weight * (wrong / (1 - kDrop) + kShrink * static_cast<double>(weights[bin]));
        squares[bin] += slope * slope;
        weights[bin] -= static_cast<float>(kRate * slope / std::sqrt(squares[bin]));
      }
    }
  }
  return weights;
}

/// The mean of several: chance moves a border by less.
Weights train(const std::vector<const Line*>& lines, std::uint64_t times) {
  Weights mean(kVoiceBins);
  for (std::uint64_t seed = 1; seed <= times; ++seed) {
    const Weights one = train_once(lines, seed);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += one[i] / static_cast<float>(times);
  }
  return mean;
}

constexpr std::uint64_t kTimesToMeasure = 2;
constexpr std::uint64_t kTimesToKeep = 5;

int steps_of(float weight) {
  const int steps = static_cast<int>(std::lround(weight / chorus::fleet::kVoiceStep));
  return std::clamp(steps, -chorus::fleet::kVoiceSteps, chorus::fleet::kVoiceSteps);
}

std::string written(const Weights& weights) {
  constexpr std::size_t kWidth = 128;
  std::string text;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    text += static_cast<char>(chorus::fleet::kVoiceZero + steps_of(weights[i]));
    if ((i + 1) % kWidth == 0) text += '\n';
  }
  return text;
}

bool write(const std::string& path, const Weights& weights) {
  std::ofstream out(path, std::ios::binary);
  out << written(weights);
  return out.good();
}

/// Rules and voice together as in Guard::check, for what both have a say in.
bool stopped(const Line& line, const Weights& weights) {
  int sum = 0;
  for (const std::uint32_t bin : line.heard.bins) sum += steps_of(weights[bin]);
  return chorus::fleet::is_stopped(
      line.heard, static_cast<float>(sum) * chorus::fleet::kVoiceStep, line.market_room);
}

struct Score {
  std::size_t breaches = 0;
  std::size_t caught = 0;
  std::size_t clean = 0;
  std::size_t lost = 0;
  void add(const Line& line, bool stop) {
    if (line.kind == "clean") {
      ++clean;
      lost += stop ? 1 : 0;
    } else if (line.kind != "E-push" && line.kind != "F") {
      ++breaches;
      caught += stop ? 1 : 0;
    }
  }
  void print(const std::string& name) const {
    std::printf("%s: %zu of %zu of A, B and D stopped, %zu of %zu clean ones\n", name.c_str(),
                caught, breaches, lost, clean);
  }
};

void judge(const std::string& name, const std::vector<const Line*>& lines, const Weights& weights) {
  Score score;
  for (const Line* line : lines) score.add(*line, stopped(*line, weights));
  score.print(name);
}

/// `own-en-A` and `own-tr-A` are of one hand: `own`.
std::string hand_of(const Line& line) {
  const std::string hand = line.id.substr(0, line.id.find('-'));
  return hand == "tr" || hand == "en" ? "labelled" : hand;
}

template <class Wanted>
std::vector<const Line*> those(const std::vector<Line>& lines, Wanted wanted) {
  std::vector<const Line*> out;
  for (const Line& line : lines) {
    if (wanted(line)) out.push_back(&line);
  }
  return out;
}

/// Every fifth line judged by a voice trained without it; counted for each writer's lines.
void cross_validate(const std::vector<Line>& lines) {
  constexpr std::size_t kParts = 5;
  std::size_t number = 0;
  std::vector<std::size_t> part(lines.size(), kParts);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].split != "held" && lines[i].weight == 1) part[i] = number++ % kParts;
  }
  std::map<std::string, Score> by_hand;
  for (std::size_t p = 0; p < kParts; ++p) {
    std::vector<const Line*> known;
    std::vector<const Line*> asked;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].split == "held") continue;
      (part[i] == p ? asked : known).push_back(&lines[i]);
    }
    const Weights weights = train(known, kTimesToMeasure);
    for (const Line* line : asked) {
      const bool stop = stopped(*line, weights);
      by_hand["all"].add(*line, stop);
      by_hand[hand_of(*line)].add(*line, stop);
    }
  }
  for (const auto& [hand, score] : by_hand) score.print("five parts, " + hand);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: guard_train OUTPUT LABELLED.tsv...\n";
    return 2;
  }
  const Guard guard;
  std::vector<Line> lines;
  for (int i = 2; i < argc; ++i) {
    auto more = load(argv[i], guard);
    std::move(more.begin(), more.end(), std::back_inserter(lines));
  }
  const auto of_split = [&](std::string_view split) {
    return those(lines, [split](const Line& l) { return l.split == split && l.weight == 1; });
  };
  const auto without = [&](std::string_view split) {
    return those(lines, [split](const Line& l) { return l.split != "held" && l.split != split; });
  };
  for (const char* split : {"unseen", "fresh"}) {
    const Weights weights = train(without(split), kTimesToMeasure);
    judge(std::string(split) + ", trained without it", of_split(split), weights);
    if (split == std::string_view("unseen")) judge("tune", of_split("tune"), weights);
  }
  cross_validate(lines);
  const Weights weights = train(without("held"), kTimesToKeep);
  const auto held = of_split("held");
  for (const bool general : {false, true}) {
    std::vector<const Line*> part;
    std::copy_if(held.begin(), held.end(), std::back_inserter(part),
                 [general](const Line* l) { return l->market_room != general; });
    judge(general ? "held, general talk" : "held", part, weights);
  }
  if (!write(argv[1], weights)) {
    std::cerr << argv[1] << " cannot be written\n";
    return 1;
  }
  return 0;
}
