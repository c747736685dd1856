#include "chorus/lab/quality/bleu.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace chorus::lab {

namespace {

constexpr std::size_t kOrders = 4;

using Line = std::vector<std::string>;
using Gram = std::vector<std::string_view>;  // views into the lines

/// How often each gram of the line stands in it.
std::map<Gram, std::uint32_t> grams_of(const Line& words, std::size_t n) {
  std::map<Gram, std::uint32_t> out;
  for (std::size_t i = 0; i + n <= words.size(); ++i) ++out[Gram(&words[i], &words[i] + n)];
  return out;
}

/// Gathers the four orders; 0 when one of them had no match.
struct Score {
  double logs = 0;
  bool matched = true;

  void add(double common, double all) {
    if (common == 0) matched = false;
    if (matched) logs += std::log(common / all) / kOrders;
  }
  [[nodiscard]] double value(double length, double closest) const {
    if (!matched) return 0;
    const double brevity = length >= closest ? 0 : 1 - closest / length;
    return std::exp(logs + brevity);
  }
};

/// The length nearest to `length`, of two as near the shorter one.
class Closest {
 public:
  explicit Closest(double length) : length_(length) {}
  void offer(double size) {
    const double nearer = std::abs(size - length_) - std::abs(closest_ - length_);
    if (closest_ == 0 || nearer < 0 || (nearer == 0 && size < closest_)) closest_ = size;
  }
  [[nodiscard]] double value() const { return closest_; }

 private:
  double length_;
  double closest_ = 0;
};

/// The greatest count of one gram in any line, and the greatest without the line that has it.
struct Most {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::size_t holder = 0;

  void offer(std::size_t line, std::uint32_t count) {
    if (count > first) {
      second = first;
      first = count;
      holder = line;
    } else {
      second = std::max(second, count);
    }
  }
  [[nodiscard]] std::uint32_t without(std::size_t line) const {
    return line == holder ? second : first;
  }
};

/// Lines as numbers: a gram of order n is the number of its beginning and that of its last word.
class Numbered {
 public:
  explicit Numbered(std::span<const Line> lines) {
    std::unordered_map<std::string_view, std::uint32_t> words;
    for (const Line& line : lines) {
      auto& numbers = grams_.emplace_back();
      for (const std::string& word : line) {
        numbers.push_back(
            words.try_emplace(word, static_cast<std::uint32_t>(words.size())).first->second);
      }
    }
    words_ = grams_;
  }

  /// From the grams of one order to those of the next.
  void lengthen() {
    ++order_;
    std::unordered_map<std::uint64_t, std::uint32_t> longer;
    for (std::size_t i = 0; i < grams_.size(); ++i) {
      auto& grams = grams_[i];
      grams.resize(words_[i].size() + 1 - std::min(words_[i].size() + 1, order_));
      for (std::size_t at = 0; at < grams.size(); ++at) {
        const std::uint64_t gram = std::uint64_t{grams[at]} << 32 | words_[i][at + order_ - 1];
        grams[at] =
            longer.try_emplace(gram, static_cast<std::uint32_t>(longer.size())).first->second;
      }
    }
  }

  /// Each line's grams with their counts, in order of the numbers.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> counted(std::size_t i) const {
    auto sorted = grams_[i];
    std::ranges::sort(sorted);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
    for (const std::uint32_t gram : sorted) {
      if (out.empty() || out.back().first != gram) out.emplace_back(gram, 0);
      ++out.back().second;
    }
    return out;
  }

  [[nodiscard]] std::size_t size_of(std::size_t i) const { return grams_[i].size(); }

 private:
  std::size_t order_ = 1;
  std::vector<std::vector<std::uint32_t>> words_;
  std::vector<std::vector<std::uint32_t>> grams_;
};

}  // namespace

double bleu4(const std::vector<std::string>& line,
             std::span<const std::vector<std::string>> references) {
  Score score;
  for (std::size_t n = 1; n <= kOrders; ++n) {
    std::map<Gram, std::uint32_t> most;
    for (const auto& reference : references) {
      for (const auto& [gram, count] : grams_of(reference, n)) {
        auto& kept = most[gram];
        kept = std::max(kept, count);
      }
    }
    double matched = 0;
    double all = 0;
    for (const auto& [gram, count] : grams_of(line, n)) {
      all += count;
      const auto found = most.find(gram);
      if (found != most.end()) matched += std::min(count, found->second);
    }
    score.add(matched, all);
  }
  const auto length = static_cast<double>(line.size());
  Closest closest(length);
  for (const auto& reference : references) closest.offer(static_cast<double>(reference.size()));
  return score.value(length, closest.value());
}

std::vector<double> bleu4_of_each(std::span<const std::vector<std::string>> lines) {
  if (lines.size() < 2) return {};
  std::vector<Score> scores(lines.size());
  Numbered numbered(lines);
  for (std::size_t n = 1; n <= kOrders; ++n) {
    if (n > 1) numbered.lengthen();
    std::unordered_map<std::uint32_t, Most> most;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const auto& [gram, count] : numbered.counted(i)) most[gram].offer(i, count);
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      double matched = 0;
      for (const auto& [gram, count] : numbered.counted(i)) {
        matched += std::min(count, most[gram].without(i));
      }
      scores[i].add(matched, static_cast<double>(numbered.size_of(i)));
    }
  }
  std::vector<double> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto length = static_cast<double>(lines[i].size());
    Closest closest(length);
    for (std::size_t j = 0; j < lines.size(); ++j) {
      if (j != i) closest.offer(static_cast<double>(lines[j].size()));
    }
    out.push_back(scores[i].value(length, closest.value()));
  }
  return out;
}

}  // namespace chorus::lab
