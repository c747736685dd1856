#include "chorus/lab/quality/trigrams.hpp"

#include "chorus/base/text.hpp"

#include <cmath>
#include <map>
#include <string>

namespace chorus::lab {

void Trigrams::add(std::string_view text) {
  const auto padded = " " + ascii_lower(text) + " ";
  std::map<std::uint32_t, double> counts;
  for (std::size_t i = 0; i + 3 <= padded.size(); ++i) {
    std::uint32_t gram = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      gram = gram << 8 | static_cast<unsigned char>(padded[i + j]);
    }
    ++counts[gram];
  }
  for (const auto& [gram, n] : counts) ++holders_[gram];
  texts_.emplace_back(counts.begin(), counts.end());
}

void Trigrams::weigh() {
  const auto all = static_cast<double>(texts_.size());
  for (auto& vector : texts_) {
    double square = 0;
    for (auto& [gram, weight] : vector) {
      // The smoothed form: what every text holds still counts a little, and nothing divides by 0.
      weight *= std::log((1 + all) / (1 + static_cast<double>(holders_[gram]))) + 1;
      square += weight * weight;
    }
    for (auto& [gram, weight] : vector) weight /= std::sqrt(square);
  }
}

double Trigrams::cosine(std::size_t a, std::size_t b) const {
  double sum = 0;
  const auto& first = texts_[a];
  const auto& second = texts_[b];
  for (auto i = first.begin(), j = second.begin(); i != first.end() && j != second.end();) {
    if (i->first < j->first) {
      ++i;
    } else if (j->first < i->first) {
      ++j;
    } else {
      sum += i++->second * j++->second;
    }
  }
  return sum;
}

}  // namespace chorus::lab
