// Tails of counts. A negative binomial with mean m and variance D·m has size r = m / (D − 1) and,
// from one count to the next, the ratio (i + r) / (i + 1) × (1 − p) with p = 1 / D; Poisson is its
// limit. Tails are sums that begin at the count and go away from the mean, where terms shrink.

#include "anomaly/rates.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cairn::anomaly {

namespace {

constexpr int kMaxTerms = 100'000;

struct Distribution {
  double mean, size, q;  // q = 1 − p; size 0: Poisson

  static Distribution of(double mean, double dispersion) {
    if (!(dispersion > 1 + 1e-9)) return {mean, 0, 0};
    return {mean, mean / (dispersion - 1), 1 - 1 / dispersion};
  }
  /// Natural logarithm of P(N = k).
  double log_at(double k) const {
    if (size == 0) return k * std::log(mean) - mean - std::lgamma(k + 1);
    return std::lgamma(k + size) - std::lgamma(size) - std::lgamma(k + 1) + size * std::log1p(-q) +
           k * std::log(q);
  }
  /// P(N = k + 1) / P(N = k).
  double up(double k) const { return size == 0 ? mean / (k + 1) : (k + size) / (k + 1) * q; }
};

double log10_of(double log_first, double sum) {
  return std::min(0.0, (log_first + std::log(sum)) / std::numbers::ln10);
}

}  // namespace

double log10_at_least(uint64_t count, double mean, double dispersion) {
  if (count == 0) return 0;
  Distribution distribution = Distribution::of(mean, dispersion);
  auto k = static_cast<double>(count);
  if (k <= mean) {
    // Near one: its logarithm from the other tail.
    double below = std::pow(10, log10_at_most(count - 1, mean, dispersion));
    return std::log10(std::max(1 - below, 1e-16));
  }
  double sum = 1, term = 1, first = distribution.log_at(k);
  for (int i = 0; i < kMaxTerms && term > sum * 1e-15; ++i, ++k) {
    term *= distribution.up(k);
    sum += term;
  }
  return log10_of(first, sum);
}

double log10_at_most(uint64_t count, double mean, double dispersion) {
  Distribution distribution = Distribution::of(mean, dispersion);
  auto k = static_cast<double>(count);
  if (k > mean) {
    double above = std::pow(10, log10_at_least(count + 1, mean, dispersion));
    return std::log10(std::max(1 - above, 1e-16));
  }
  double sum = 1, term = 1, first = distribution.log_at(k);
  for (int i = 0; i < kMaxTerms && k >= 1 && term > sum * 1e-15; ++i, --k) {
    term /= distribution.up(k - 1);
    sum += term;
  }
  return log10_of(first, sum);
}

}  // namespace cairn::anomaly
