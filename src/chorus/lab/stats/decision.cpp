#include "chorus/lab/stats/decision.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace chorus::lab::stats {

std::string_view to_string(Decision decision) noexcept {
  switch (decision) {
    case Decision::Same:
      return "same";
    case Decision::Better:
      return "better";
    case Decision::Worse:
      return "worse";
    case Decision::Undecided:
      return "undecided";
  }
  return "";
}

Decision decide(const Evidence& evidence, double min_effect, double alpha) {
  const auto& [effect, interval, p] = evidence;
  if (p < alpha && effect >= min_effect && interval.low > 0) return Decision::Worse;
  if (p < alpha && effect <= -min_effect && interval.high < 0) return Decision::Better;
  if (interval.low >= -min_effect && interval.high <= min_effect) return Decision::Same;
  return Decision::Undecided;
}

Decision overall(const std::vector<Decision>& decisions) {
  for (const auto wanted : {Decision::Worse, Decision::Undecided, Decision::Better}) {
    if (std::ranges::find(decisions, wanted) != decisions.end()) return wanted;
  }
  return decisions.empty() ? Decision::Undecided : Decision::Same;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(p[i], i); });
  std::vector<double> out(p.size());
  double largest = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const double adjusted = p[order[k]] * static_cast<double>(order.size() - k);
    largest = std::min(1.0, std::max(largest, adjusted));
    out[order[k]] = largest;
  }
  return out;
}

}  // namespace chorus::lab::stats
