#pragma once

// A door of `monitor`: the statistics that CloudWatch computes over the samples of a period.
//
//   TRY_ASSIGN(Statistic p99, Statistic::parse("p99"));
//   Samples samples;
//   samples.add(12.5, 1);
//   std::optional<double> value = samples.value(p99);
//
// Source: "CloudWatch statistics definitions". AWS does not say how it finds percentiles; here they
// are nearest ranks: pN of n samples is the sample of rank ⌈N/100 × n⌉, and a range a%:b% holds the
// ranks above ⌊a/100 × n⌋ up to ⌈b/100 × n⌉. Ranges of values are without their lower bound and
// with their upper one, as documented.
//
// Exactness: SampleCount, Sum, Average, Minimum and Maximum always; the others while a period has
// at most Samples::kValuesLimit different values. Beyond, values are rounded to steps of 1.1 %,
// then 2.2 %, 4.4 % …, until they fit.

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::monitor {

/// What is asked of a period's samples. A value.
class Statistic {
 public:
  enum class Kind : uint8_t {
    kSampleCount,
    kSum,
    kAverage,
    kMinimum,
    kMaximum,
    kPercentile,      // p99.9
    kTrimmedMean,     // tm99, TM(10%:90%), TM(:300), IQM
    kWinsorizedMean,  // wm98, WM(…)
    kTrimmedCount,    // tc99, TC(…)
    kTrimmedSum,      // ts99, TS(…)
    kPercentileRank,  // PR(100:2000): the share of samples in a range of values, in percent
  };

  Statistic() = default;
  explicit Statistic(Kind kind) : kind_(kind) {}

  /// Reads the name of a statistic as `Statistic` and `ExtendedStatistic` of an alarm and `stat` of
  /// a dashboard take it. Fails with kInvalidInput.
  static Result<Statistic> parse(std::string_view text);

  Kind kind() const { return kind_; }
  /// Of kPercentile: 0 to 100.
  double percentile() const { return high_; }
  /// True when single values are needed, not only their count, sum, least and greatest.
  bool needs_values() const { return kind_ >= Kind::kPercentile; }
  /// As parse() took it.
  const std::string& text() const { return text_; }

 private:
  friend class Samples;
  bool read_range(std::string_view text);

  Kind kind_ = Kind::kAverage;
  bool percent_ = false;  // the bounds are shares of the samples, not values
  double low_ = 0, high_ = 0;
  bool has_low_ = false, has_high_ = false;
  std::string text_ = "Average";
};

/// Count, sum, least and greatest of samples whose values are not known one by one.
struct StatisticSet {
  double count = 0, sum = 0, minimum = 0, maximum = 0;
};

/// The samples of one metric in one period. A value.
class Samples {
 public:
  static constexpr size_t kValuesLimit = 256;

  /// Adds samples of one value. Both must be finite and the count above 0 (checked by who reads
  /// them).
  void add(double value, double count);
  /// Adds samples known as a set. They count for percentiles only when all must be the same.
  void add(const StatisticSet& set);
  void merge(const Samples& other);
  void clear();

  bool empty() const { return set_.count == 0; }
  double count() const { return set_.count; }
  const StatisticSet& set() const { return set_; }
  /// Returns the statistic; nothing without samples, and for those that need values also when some
  /// are unknown or negative, or when a range holds none of which a mean could be taken.
  std::optional<double> value(const Statistic& statistic) const;

 private:
  friend class SamplesCode;
  struct ValueCount {
    double value, count;
  };
  struct Part {  // of the samples in order: how many, their sum, the first and the last
    double count = 0, sum = 0, first = 0, last = 0;
  };
  bool all_alike() const { return set_.minimum == set_.maximum; }
  double rounded(double value) const;
  void spread();
  void insert(double value, double count);
  void coarsen();
  Part part(const Statistic& statistic) const;
  double percentile(double percent) const;
  std::optional<double> ranged(const Statistic& statistic) const;

  StatisticSet set_;
  std::vector<ValueCount> values_;  // by value; empty while all are alike
  uint8_t steps_ = 0;               // 0: exact; else values are rounded
  bool known_ = true;               // each value is known
};

}  // namespace cairn::monitor
