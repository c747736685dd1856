#include "chorus/lab/stats/usl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace chorus::lab::stats {

namespace {

constexpr std::size_t kFewestSizes = 6;
constexpr double kSaturated = 0.9;
constexpr double kGoodFit = 0.95;
constexpr std::size_t kResamples = 500;

using Vector = std::array<double, 3>;  // lambda, sigma, kappa

double law(const Vector& v, double n) {
  return v[0] * n / (1 + v[1] * (n - 1) + v[2] * n * (n - 1));
}

double squares(const Vector& v, std::span<const LoadPoint> points) {
  double out = 0;
  for (const auto& p : points) out += std::pow(p.throughput - law(v, p.size), 2);
  return out;
}

/// Solves the 3x3 system by elimination; nothing when it has no single answer.
std::optional<Vector> solve(std::array<std::array<double, 4>, 3> m) {
  for (std::size_t c = 0; c < 3; ++c) {
    std::size_t best = c;
    for (std::size_t r = c + 1; r < 3; ++r) {
      if (std::abs(m[r][c]) > std::abs(m[best][c])) best = r;
    }
    if (!(std::abs(m[best][c]) > 0)) return std::nullopt;
    std::swap(m[c], m[best]);
    for (std::size_t r = 0; r < 3; ++r) {
      if (r == c) continue;
      const double f = m[r][c] / m[c][c];
      for (std::size_t k = c; k < 4; ++k) m[r][k] -= f * m[c][k];
    }
  }
  return Vector{m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2]};
}

/// Normal equations of a Gauss-Newton step. A parameter at its lower end that would go below it is
/// held there.
std::optional<Vector> step(const Vector& v, std::span<const LoadPoint> points, double damping) {
  std::array<std::array<double, 4>, 3> m{};
  for (const auto& p : points) {
    const double n = p.size;
    const double d = 1 + v[1] * (n - 1) + v[2] * n * (n - 1);
    const double x = law(v, n);
    const Vector gradient = {n / d, -x * (n - 1) / d, -x * n * (n - 1) / d};
    const double residual = p.throughput - x;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) m[i][j] += gradient[i] * gradient[j];
      m[i][3] += gradient[i] * residual;
    }
  }
  for (std::size_t i = 1; i < 3; ++i) {
    if (v[i] > 0 || m[i][3] > 0) continue;
    for (std::size_t j = 0; j < 3; ++j) m[i][j] = m[j][i] = i == j ? 1 : 0;
    m[i][3] = 0;
  }
  for (std::size_t i = 0; i < 3; ++i) m[i][i] *= 1 + damping;
  return solve(m);
}

/// Start: N / X is linear in N - 1 and N (N - 1).
Vector linear_start(std::span<const LoadPoint> points) {
  std::array<std::array<double, 4>, 3> m{};
  for (const auto& p : points) {
    const double n = p.size;
    const Vector row = {1, n - 1, n * (n - 1)};
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) m[i][j] += row[i] * row[j];
      m[i][3] += row[i] * n / p.throughput;
    }
  }
  const auto found = solve(m);
  if (found && (*found)[0] > 0) {
    const double lambda = 1 / (*found)[0];
    return {lambda, std::max(0.0, (*found)[1] * lambda), std::max(0.0, (*found)[2] * lambda)};
  }
  double steepest = 0;
  for (const auto& p : points) steepest = std::max(steepest, p.throughput / p.size);
  return {steepest, 0.01, 0};
}

Vector least_squares(std::span<const LoadPoint> points, Vector v) {
  double damping = 1e-3;
  double error = squares(v, points);
  for (int i = 0; i < 500 && damping < 1e12; ++i) {
    const auto by = step(v, points, damping);
    if (!by) break;
    Vector next;
    for (std::size_t k = 0; k < 3; ++k) next[k] = std::max(0.0, v[k] + (*by)[k]);
    const double smaller = squares(next, points);
    if (!(smaller <= error) || next[0] <= 0) {
      damping *= 10;
      continue;
    }
    const bool done = error - smaller <= 1e-14 * error;
    v = next;
    error = smaller;
    damping = std::max(1e-12, damping / 10);
    if (done) break;
  }
  return v;
}

std::optional<double> peak_of(const Vector& v) {
  // Above 1 the law only falls: the peak is one.
  if (!(v[2] > 0) || v[1] >= 1) return std::nullopt;
  return std::max(1.0, std::sqrt((1 - v[1]) / v[2]));
}

double r_squared(const Vector& v, std::span<const LoadPoint> points) {
  double mean = 0;
  for (const auto& p : points) mean += p.throughput / static_cast<double>(points.size());
  double total = 0;
  for (const auto& p : points) total += std::pow(p.throughput - mean, 2);
  return total > 0 ? 1 - squares(v, points) / total : 0;
}

/// 95 % of the peaks that the same law would have given with its residuals dealt out again.
std::optional<Interval> peak_band(const Vector& v, std::span<const LoadPoint> points, Rng& rng) {
  std::vector<double> residuals;
  for (const auto& p : points) residuals.push_back(p.throughput - law(v, p.size));
  std::vector<double> peaks;
  for (std::size_t i = 0; i < kResamples; ++i) {
    std::vector<LoadPoint> again(points.begin(), points.end());
    for (auto& p : again) {
      p.throughput = std::max(1e-9, law(v, p.size) + residuals[rng.below(residuals.size())]);
    }
    if (const auto peak = peak_of(least_squares(again, v))) peaks.push_back(*peak);
  }
  // Where one in forty resamples has no peak, the band has no upper end.
  if (static_cast<double>(peaks.size()) < 0.975 * kResamples) return std::nullopt;
  std::ranges::sort(peaks);
  const auto at = [&](double share) {
    return peaks[static_cast<std::size_t>(share * static_cast<double>(peaks.size() - 1))];
  };
  return Interval{at(0.025), at(0.975)};
}

void add_caveats(UslFit& fit) {
  if (!fit.peak_size) {
    fit.caveats.emplace_back("throughput levels off and shows no peak");
  } else if (*fit.peak_size > 2 * fit.largest) {
    fit.caveats.push_back(fmt::format(
        "the peak at {:.0f} lies beyond twice the largest size measured ({:.0f}): it is "
        "no prediction",
        *fit.peak_size, fit.largest));
  } else if (*fit.peak_size > fit.largest) {
    fit.caveats.push_back(
        fmt::format("the peak at {:.0f} lies outside the measured range, which ends at {:.0f}",
                    *fit.peak_size, fit.largest));
  }
  if (fit.r_squared < kGoodFit) {
    fit.caveats.push_back(fmt::format(
        "the law fits poorly (R² {:.2f}): read the points, not the curve", fit.r_squared));
  }
  if (fit.peak_size && !fit.peak_band) {
    fit.caveats.emplace_back("the data do not fix the peak: resampled, some fits have none");
  }
}

}  // namespace

double UslFit::at(double size) const {
  return law({lambda, sigma, kappa}, size);
}

Result<UslFit> fit_usl(std::span<const LoadPoint> points, Rng rng) {
  std::vector<LoadPoint> used;
  std::set<double> sizes;
  for (const auto& p : points) {
    if (!(p.size > 0) || !(p.throughput > 0)) continue;
    used.push_back(p);
    sizes.insert(p.size);
  }
  if (sizes.size() < kFewestSizes) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("scalability is not fitted: it needs {} different loads, and there "
                            "are {}",
                            kFewestSizes, sizes.size()));
  }
  const auto v = least_squares(used, linear_start(used));
  UslFit out;
  out.lambda = v[0];
  out.sigma = v[1];
  out.kappa = v[2];
  out.largest = *sizes.rbegin();
  const double efficiency = out.at(out.largest) / (out.lambda * out.largest);
  if (!(efficiency <= kSaturated)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("scalability is not fitted: at the largest load throughput is still "
                            "{:.0f} % of linear, so nothing was seen of its limits",
                            efficiency * 100));
  }
  out.r_squared = r_squared(v, used);
  out.peak_size = peak_of(v);
  if (out.peak_size) {
    out.peak = out.at(*out.peak_size);
    out.peak_band = peak_band(v, used, rng);
  }
  add_caveats(out);
  return out;
}

}  // namespace chorus::lab::stats
