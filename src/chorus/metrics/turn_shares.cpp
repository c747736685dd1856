#include "chorus/metrics/turn_shares.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace chorus::metrics {

std::optional<double> gini(std::span<const double> values) {
  return gini_against(values, std::vector<double>(values.size(), 1.0));
}

std::optional<double> gini_against(std::span<const double> values,
                                   std::span<const double> expected) {
  CH_CHECK(values.size() == expected.size());
  std::vector<std::pair<double, double>> pairs;  // expected and had, the least favoured first
  double had = 0;
  double wanted = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    pairs.emplace_back(expected[i], values[i]);
    had += values[i];
    wanted += expected[i];
  }
  if (had <= 0 || wanted <= 0) return std::nullopt;
  // Ratios by their angle, so that who expected nothing and has something comes last.
  std::ranges::sort(pairs, {}, [](const auto& p) { return std::atan2(p.second, p.first); });
  double below = 0;
  double area = 0;
  for (const auto& [x, y] : pairs) {
    area += x / wanted * (2 * below + y / had);
    below += y / had;
  }
  return std::clamp(1 - area, 0.0, 1.0);
}

std::optional<double> turn_entropy(std::span<const std::int64_t> speakers) {
  std::map<std::int64_t, std::map<std::int64_t, std::uint64_t>> next;
  std::map<std::int64_t, std::uint64_t> seen;
  for (const auto speaker : speakers) ++seen[speaker];
  if (speakers.size() < 2 || seen.size() < 2) return std::nullopt;
  for (std::size_t i = 1; i < speakers.size(); ++i) ++next[speakers[i - 1]][speakers[i]];
  const auto turns = static_cast<double>(speakers.size() - 1);
  double entropy = 0;
  for (const auto& [last, followers] : next) {
    double all = 0;
    for (const auto& [who, n] : followers) all += static_cast<double>(n);
    for (const auto& [who, n] : followers) {
      const auto count = static_cast<double>(n);
      entropy -= count / turns * std::log(count / all);
    }
  }
  return std::clamp(entropy / std::log(static_cast<double>(seen.size())), 0.0, 1.0);
}

std::optional<double> burstiness(std::span<const double> gaps) {
  if (gaps.size() < 2) return std::nullopt;
  const auto n = static_cast<double>(gaps.size());
  double mean = 0;
  for (const double gap : gaps) mean += gap / n;
  double variance = 0;
  for (const double gap : gaps) variance += (gap - mean) * (gap - mean) / n;
  const double deviation = std::sqrt(variance);
  if (deviation + mean <= 0) return std::nullopt;
  return (deviation - mean) / (deviation + mean);
}

}  // namespace chorus::metrics
