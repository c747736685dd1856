#pragma once

namespace chorus::lab::stats {

/// A range with both ends inside.
struct Interval {
  double low = 0;
  double high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Share of a standard normal variable at or below `z`.
double normal_cdf(double z);
/// Its inverse; `p` strictly between 0 and 1 (checked).
double normal_quantile(double p);
/// The same of Student's t with `df` > 0 degrees of freedom (checked; need not be whole).
double student_t_cdf(double t, double df);
double student_t_quantile(double p, double df);

}  // namespace chorus::lab::stats
