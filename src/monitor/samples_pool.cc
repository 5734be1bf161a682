#include "monitor/samples_pool.h"

#include "base/check.h"
#include "base/pack.h"
#include "base/stored_reader.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace cairn::monitor {

namespace {

constexpr uint64_t kKnown = 1, kWholeCounts = 2, kStep = 4;
constexpr uint64_t kStepsLimit = 16;  // 1.1 % × 2^16: no values are so far apart
constexpr double kWholeLimit = 0x1p53;

uint64_t turned(uint64_t bits) {
  uint64_t other = 0;
  for (int i = 0; i < 8; ++i) other = other << 8 | ((bits >> (8 * i)) & 0xFF);
  return other;
}

double double_of(uint64_t number) { return std::bit_cast<double>(turned(number)); }

bool is_whole(double count) { return count < kWholeLimit && count == std::floor(count); }

}  // namespace

void pack_double(std::string& out, double value) {
  pack_number(out, turned(std::bit_cast<uint64_t>(value)));
}

double read_double(StoredReader& in) { return double_of(in.number()); }

void SamplesCode::pack(const Samples& samples, std::string& out) {
  const auto& values = samples.values_;
  bool whole = std::all_of(values.begin(), values.end(),
                           [](const auto& value) { return is_whole(value.count); });
  pack_number(out,
              (samples.known_ ? kKnown : 0) | (whole ? kWholeCounts : 0) | samples.steps_ * kStep);
  pack_number(out, values.size());
  for (const Samples::ValueCount& value : values) {
    pack_double(out, value.value);
    if (whole) {
      pack_number(out, static_cast<uint64_t>(value.count));
    } else {
      pack_double(out, value.count);
    }
  }
  pack_double(out, samples.set_.sum);
  if (!values.empty() && samples.steps_ == 0) return;
  for (double number : {samples.set_.count, samples.set_.minimum, samples.set_.maximum})
    pack_double(out, number);
}

/// Goes through packed samples.
struct SamplesCode::Reader {
  explicit Reader(std::string_view bytes) : in(bytes) {
    uint64_t header = in.number();
    known = (header & kKnown) != 0;
    whole = (header & kWholeCounts) != 0;
    steps = header / kStep;
    size = in.number();
  }
  /// Visits each value with its count; then the sums are there.
  template <typename Visit>
  void read(const Visit& visit) {
    for (uint64_t left = size; left > 0; --left) {
      double value = double_of(in.number());
      double count = whole ? static_cast<double>(in.number()) : double_of(in.number());
      if (left == size) set.minimum = value;
      set.maximum = value;
      set.count += count;
      visit(value, count);
    }
    set.sum = double_of(in.number());
    if (size > 0 && steps == 0) return;
    for (double* number : {&set.count, &set.minimum, &set.maximum})
      *number = double_of(in.number());
  }

  PackReader in;
  bool known = false, whole = false;
  uint64_t steps = 0, size = 0;
  StatisticSet set;
};

Samples SamplesCode::unpack(std::string_view bytes) {
  Reader reader(bytes);
  Samples samples;
  samples.known_ = reader.known;
  samples.steps_ = static_cast<uint8_t>(reader.steps);
  samples.values_.reserve(reader.size);
  reader.read([&](double value, double count) { samples.values_.push_back({value, count}); });
  samples.set_ = reader.set;
  return samples;
}

StatisticSet SamplesCode::unpack_set(std::string_view bytes) {
  Reader reader(bytes);
  reader.read([](double, double) {});
  return reader.set;
}

bool SamplesCode::can_unpack(std::string_view bytes) {
  StoredReader in(bytes);
  const uint64_t header = in.number((kStepsLimit + 1) * kStep - 1);
  const bool known = (header & kKnown) != 0, whole = (header & kWholeCounts) != 0;
  const uint64_t size = in.number(known ? Samples::kValuesLimit : 0);
  double least = -1, all = 0;
  for (uint64_t left = size; in.ok() && left > 0; --left) {
    double value = read_double(in);
    double count = whole ? static_cast<double>(in.number()) : read_double(in);
    if (!std::isfinite(value) || value < 0 || value <= least) return false;
    if (!std::isfinite(count) || count <= 0) return false;
    least = value;
    all += count;
  }
  if (!std::isfinite(read_double(in)) || !std::isfinite(all)) return false;
  if (size > 0 && header / kStep == 0) return in.done();
  const double count = read_double(in), minimum = read_double(in), maximum = read_double(in);
  if (!std::isfinite(count) || count <= 0) return false;
  if (!std::isfinite(minimum) || !std::isfinite(maximum) || minimum > maximum) return false;
  // All values that are known, and not below 0, are listed; or they are all alike.
  const bool listed = size > 0 || minimum == maximum || minimum < 0;
  return in.done() && (!known || listed);
}

uint64_t SamplesPool::put(const Samples& samples) {
  bytes_.clear();
  SamplesCode::pack(samples, bytes_);
  return put_packed(bytes_);
}

uint64_t SamplesPool::put_packed(std::string_view bytes) {
  const size_t units = units_of(bytes.size());
  CAIRN_CHECK(units < kUnitsLimit);
  uint64_t number = 0;
  if (free_[units] != 0) {
    number = free_[units] - 1;
    std::memcpy(&free_[units], at(number), kUnit);
  } else {
    if (chunk_used_ + units > kChunkUnits) {
      chunks_.push_back(std::make_unique<char[]>(kChunkUnits * kUnit));  // NOLINT
      chunk_used_ = 0;
    }
    number = (chunks_.size() - 1) * kChunkUnits + chunk_used_;
    chunk_used_ += units;
  }
  used_units_ += units;
  char* place = at(number);
  const auto size = static_cast<uint16_t>(bytes.size());
  std::memcpy(place, &size, kHeadBytes);
  bytes.copy(place + kHeadBytes, bytes.size());
  return number;
}

std::string_view SamplesPool::packed(uint64_t number) const {
  const char* place = at(number);
  uint16_t size = 0;
  std::memcpy(&size, place, kHeadBytes);
  return {place + kHeadBytes, size};
}

void SamplesPool::remove(uint64_t number) {
  const size_t units = units_of(packed(number).size());
  std::memcpy(at(number), &free_[units], kUnit);
  free_[units] = number + 1;
  used_units_ -= units;
}

}  // namespace cairn::monitor
