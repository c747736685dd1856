#include "chorus/lab/fairness.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace chorus::lab {

namespace {
constexpr std::size_t kLorenzSteps = 40;
}  // namespace

ServiceTally::Key* ServiceTally::at(std::uint32_t key) {
  if (key >= kMaxKeys) return nullptr;
  if (key >= keys_.size()) keys_.resize(key + 1);
  return &keys_[key];
}

void ServiceTally::add(std::uint32_t key, bool answered) {
  auto* k = at(key);
  if (!k) return;
  ++k->required;
  if (answered) ++k->answered;
}

void ServiceTally::replied(std::uint32_t key, Duration latency) {
  auto* k = at(key);
  if (!k) return;
  ++k->replies;
  k->sum_ms += static_cast<float>(to_millis(latency));
}

std::vector<double> ServiceTally::shares() const {
  std::vector<double> out;
  for (const auto& k : keys_) {
    if (k.required > 0) out.push_back(static_cast<double>(k.answered) / k.required);
  }
  std::ranges::sort(out);
  return out;
}

std::uint32_t ServiceTally::served() const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(keys_, [](const Key& k) { return k.required > 0; }));
}

double ServiceTally::jain() const {
  double sum = 0;
  double squares = 0;
  double n = 0;
  for (const auto& k : keys_) {
    if (k.required == 0) continue;
    const double share = static_cast<double>(k.answered) / k.required;
    sum += share;
    squares += share * share;
    ++n;
  }
  return squares > 0 ? sum * sum / (n * squares) : 0;
}

std::vector<std::pair<std::uint32_t, Served>> ServiceTally::worst(std::size_t n) const {
  std::vector<std::pair<std::uint32_t, Served>> all;
  for (std::uint32_t i = 0; i < keys_.size(); ++i) {
    const auto& k = keys_[i];
    if (k.required == 0) continue;
    Served s;
    s.required = k.required;
    s.answered = k.answered;
    s.mean_ms = k.replies > 0 ? static_cast<double>(k.sum_ms) / k.replies : 0;
    all.emplace_back(i, std::move(s));
  }
  const auto order = [](const auto& a, const auto& b) {
    const auto key = [](const auto& e) {
      const auto& s = e.second;
      return std::tuple(static_cast<double>(s.answered) / s.required, -s.mean_ms, e.first);
    };
    return key(a) < key(b);
  };
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(std::min(n, all.size()));
  std::ranges::partial_sort(all, middle, order);
  all.erase(middle, all.end());
  return all;
}

void ServiceTally::fill(FairnessReport& out) const {
  const auto sorted = shares();
  out.people = static_cast<std::uint32_t>(sorted.size());
  out.jain = jain();
  if (sorted.empty()) return;
  std::vector<double> sums(sorted.size() + 1, 0);
  for (std::size_t i = 0; i < sorted.size(); ++i) sums[i + 1] = sums[i] + sorted[i];
  const double total = sums.back();
  if (total <= 0) return;
  const auto n = sorted.size();
  const auto steps = std::min(kLorenzSteps, n);
  double area = 0;
  for (std::size_t i = 1; i <= n; ++i) area += (sums[i - 1] + sums[i]) / (2 * total);
  out.gini = std::max(0.0, 1 - 2 * area / static_cast<double>(n));
  for (std::size_t i = 0; i <= steps; ++i) {
    const auto upto = i * n / steps;
    out.lorenz.emplace_back(static_cast<double>(upto) / static_cast<double>(n), sums[upto] / total);
  }
}

}  // namespace chorus::lab
