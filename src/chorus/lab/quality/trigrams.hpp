#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::lab {

/// Texts as TF-IDF vectors of character trigrams: how alike they are without a model. Lower case,
/// one space before and after, so that the beginning of a word counts as one. Add all texts, weigh
/// once, then compare.
class Trigrams {
 public:
  void add(std::string_view text);
  void weigh();
  /// 0 when nothing is shared, 1 for equal texts. Indexes in the order of adding.
  [[nodiscard]] double cosine(std::size_t a, std::size_t b) const;

 private:
  using Vector = std::vector<std::pair<std::uint32_t, double>>;  ///< sorted by trigram, length 1
  std::vector<Vector> texts_;
  std::unordered_map<std::uint32_t, std::uint32_t> holders_;  ///< texts that hold the trigram
};

}  // namespace chorus::lab
