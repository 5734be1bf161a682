#include "simulate/pacemaker.h"

#include <algorithm>

namespace cairn::simulate {
namespace {

constexpr double kRecordsInTurn = 12'000;
constexpr Milliseconds kShortestTurn = 5'000, kLongestTurn = 600'000;
// Machines never go faster or slower than this against the usual speed, however late it is.
constexpr double kMostCorrection = 4;

}  // namespace

Pacemaker::Pacemaker(const Organization& organization, uint64_t target, Milliseconds start,
                     Milliseconds length, double attack_records)
    : target_(target), start_(start) {
  const Expectation expectation(organization);
  const size_t hours = static_cast<size_t>((length + kHour - 1) / kHour);
  from_hour_.resize(hours + 1);
  for (size_t i = hours; i-- > 0;) {
    Expectation::Records hour = expectation.in_hour(start + static_cast<Milliseconds>(i) * kHour);
    const double part =
        std::min(1.0, static_cast<double>(length - static_cast<Milliseconds>(i) * kHour) / kHour);
    from_hour_[i].machines = from_hour_[i + 1].machines + hour.machines * part;
    from_hour_[i].people = from_hour_[i + 1].people + hour.people * part;
  }
  const Expectation::Records all = from_hour_.front();
  if (target > 0) {
    const double wanted = std::max(1.0, static_cast<double>(target) - attack_records);
    usual_ = wanted / std::max(1.0, all.machines + all.people);
    if (usual_ > 1) {
      usual_ = std::max(1.0, (wanted - all.people) / std::max(1.0, all.machines));
    }
  }
  const double records = target > 0 ? static_cast<double>(target) : all.machines + all.people;
  const double wished = kRecordsInTurn / std::max(1.0, records) * static_cast<double>(length);
  turn_ = std::clamp(static_cast<Milliseconds>(std::min(wished, 1e9)) / 1000 * 1000, kShortestTurn,
                     kLongestTurn);
}

Expectation::Records Pacemaker::left(Milliseconds now) const {
  const Milliseconds since = now - start_;
  const size_t hour = static_cast<size_t>(since / kHour);
  const double part = static_cast<double>(since % kHour) / kHour;
  const Expectation::Records& from = from_hour_[hour];
  const Expectation::Records& to = from_hour_[std::min(hour + 1, from_hour_.size() - 1)];
  return {from.machines + (to.machines - from.machines) * part,
          from.people + (to.people - from.people) * part};
}

Speed Pacemaker::speed(Milliseconds now, uint64_t records, double attack_records) const {
  if (target_ == 0) return {};
  const Expectation::Records expected = left(now);
  const double wanted =
      std::max(0.0, static_cast<double>(target_) - static_cast<double>(records) - attack_records);
  Speed speed;
  speed.people = std::min(1.0, wanted / std::max(1.0, expected.machines + expected.people));
  const double machines =
      (wanted - speed.people * expected.people) / std::max(1.0, expected.machines);
  speed.machines = std::clamp(machines, usual_ / kMostCorrection, usual_ * kMostCorrection);
  if (wanted == 0) speed = {0, 0};
  return speed;
}

}  // namespace cairn::simulate
