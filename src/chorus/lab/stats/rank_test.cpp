#include "chorus/lab/stats/rank_test.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace chorus::lab::stats {

namespace {

double pairs_larger(std::span<const double> before, std::span<const double> after) {
  double u = 0;
  for (const double b : before) {
    for (const double a : after) u += a > b ? 1 : a == b ? 0.5 : 0;
  }
  return u;
}

/// Doubled mid-ranks of all values together, so that ties stay whole numbers, and Σ(t³ - t).
struct Ranks {
  std::vector<std::size_t> doubled;  // ascending
  double ties = 0;
};

Ranks mid_ranks(std::span<const double> before, std::span<const double> after) {
  std::vector<double> all(before.begin(), before.end());
  all.insert(all.end(), after.begin(), after.end());
  std::ranges::sort(all);
  Ranks out;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t j = i;
    while (j < all.size() && all[j] == all[i]) ++j;
    const auto t = static_cast<double>(j - i);
    out.ties += t * t * t - t;
    out.doubled.insert(out.doubled.end(), j - i, i + 1 + j);  // (i + 1 + j) / 2, doubled
    i = j;
  }
  return out;
}

/// For each doubled rank sum: how many ways there are to choose `size` of the ranks with that sum.
/// Exact in a double up to kExactRankLimit values (C(40, 20) < 2^53).
std::vector<double> rank_sums(const std::vector<std::size_t>& doubled, std::size_t size) {
  std::size_t most = 0;
  for (const auto r : doubled) most += r;
  std::vector<std::vector<double>> ways(size + 1, std::vector<double>(most + 1, 0));
  ways[0][0] = 1;
  for (const auto r : doubled) {
    for (std::size_t k = size; k > 0; --k) {
      for (std::size_t s = most + 1; s-- > r;) ways[k][s] += ways[k - 1][s - r];
    }
  }
  return std::move(ways[size]);
}

double exact_p(const Ranks& ranks, std::size_t n, std::size_t m, double u) {
  const auto ways = rank_sums(ranks.doubled, m);
  const auto nd = static_cast<double>(n);
  const auto md = static_cast<double>(m);
  const double mean = md * (nd + md + 1);             // of the doubled rank sum
  const double distance = std::abs(2 * u - nd * md);  // the doubled sum is 2 U + m (m + 1)
  double as_far = 0;
  double all = 0;
  for (std::size_t s = 0; s < ways.size(); ++s) {
    all += ways[s];
    if (std::abs(static_cast<double>(s) - mean) >= distance - 1e-9) as_far += ways[s];
  }
  return std::min(1.0, as_far / all);
}

double normal_p(const Ranks& ranks, std::size_t n, std::size_t m, double u) {
  const auto nd = static_cast<double>(n);
  const auto md = static_cast<double>(m);
  const double total = nd + md;
  const double variance = nd * md / 12 * (total + 1 - ranks.ties / (total * (total - 1)));
  if (!(variance > 0)) return 1;
  const double distance = std::max(0.0, std::abs(u - nd * md / 2) - 0.5);
  return std::min(1.0, 2 * normal_cdf(-distance / std::sqrt(variance)));
}

/// The smallest q with P(U <= q) >= tail, at least 1, and the confidence that the interval between
/// the q-th smallest and the q-th largest difference has.
struct Order {
  std::size_t q = 1;
  double confidence = 0;
};

Order exact_order(std::size_t n, std::size_t m, double tail) {
  std::vector<std::size_t> distinct(n + m);
  for (std::size_t i = 0; i < distinct.size(); ++i) distinct[i] = 2 * (i + 1);
  const auto ways = rank_sums(distinct, m);
  const std::size_t least = m * (m + 1);  // doubled rank sum at U = 0
  double all = 0;
  for (const double w : ways) all += w;
  Order out;
  double below = 0;  // P(U <= u - 1)
  for (std::size_t u = 0; u <= n * m; ++u) {
    const double here = below + ways[least + 2 * u] / all;
    if (u >= 1) {
      out = {u, 1 - 2 * below};
      if (here >= tail) break;
    }
    below = here;
    if (u == 0 && here >= tail) return {1, 1 - 2 * here};
  }
  return out;
}

Order normal_order(std::size_t n, std::size_t m, double tail) {
  const double nm = static_cast<double>(n) * static_cast<double>(m);
  const double sd = std::sqrt(nm * static_cast<double>(n + m + 1) / 12);
  const double q = std::floor(nm / 2 + normal_quantile(tail) * sd);
  return {static_cast<std::size_t>(std::max(1.0, q)), 1 - 2 * tail};
}

}  // namespace

RankTest mann_whitney(std::span<const double> before, std::span<const double> after) {
  RankTest out;
  if (before.empty() || after.empty()) return out;
  out.u = pairs_larger(before, after);
  const auto ranks = mid_ranks(before, after);
  out.exact = before.size() + after.size() <= kExactRankLimit;
  out.p = out.exact ? exact_p(ranks, before.size(), after.size(), out.u)
                    : normal_p(ranks, before.size(), after.size(), out.u);
  return out;
}

Shift hodges_lehmann(std::span<const double> before, std::span<const double> after,
                     double confidence) {
  CH_CHECK(!before.empty() && !after.empty());
  std::vector<double> differences;
  differences.reserve(before.size() * after.size());
  for (const double b : before) {
    for (const double a : after) differences.push_back(a - b);
  }
  std::ranges::sort(differences);
  const std::size_t k = differences.size();
  const double tail = (1 - confidence) / 2;
  const auto order = before.size() + after.size() <= kExactRankLimit
                         ? exact_order(before.size(), after.size(), tail)
                         : normal_order(before.size(), after.size(), tail);
  Shift out;
  out.estimate = (differences[(k - 1) / 2] + differences[k / 2]) / 2;
  const auto q = std::min(order.q, (k + 1) / 2);
  out.interval = {differences[q - 1], differences[k - q]};
  out.confidence = order.confidence;
  return out;
}

double cliffs_delta(std::span<const double> before, std::span<const double> after) {
  if (before.empty() || after.empty()) return 0;
  const auto pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  return (2 * pairs_larger(before, after) - pairs) / pairs;
}

const char* delta_size(double delta) {
  const double size = std::abs(delta);
  if (size < 0.147) return "negligible";
  if (size < 0.33) return "small";
  return size < 0.474 ? "medium" : "large";
}

}  // namespace chorus::lab::stats
