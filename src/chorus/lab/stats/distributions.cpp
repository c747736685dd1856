#include "chorus/lab/stats/distributions.hpp"

#include "chorus/base/check.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace chorus::lab::stats {

double normal_cdf(double z) {
  return boost::math::cdf(boost::math::normal_distribution<>(), z);
}

double normal_quantile(double p) {
  CH_CHECK(p > 0 && p < 1);
  return boost::math::quantile(boost::math::normal_distribution<>(), p);
}

double student_t_cdf(double t, double df) {
  CH_CHECK(df > 0);
  return boost::math::cdf(boost::math::students_t_distribution<>(df), t);
}

double student_t_quantile(double p, double df) {
  CH_CHECK(p > 0 && p < 1 && df > 0);
  return boost::math::quantile(boost::math::students_t_distribution<>(df), p);
}

}  // namespace chorus::lab::stats
