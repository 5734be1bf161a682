#include "monitor/suppression.h"

#include "base/pack.h"
#include "base/stored_reader.h"

namespace cairn::monitor {

namespace {
constexpr uint64_t kLatestMs = 253'402'300'800'000;  // year 10000
}

std::string_view to_string(SuppressedBy by) {
  switch (by) {
    case SuppressedBy::kNothing:
      return "";
    case SuppressedBy::kAlarm:
      return "Alarm";
    case SuppressedBy::kWaitPeriod:
      return "WaitPeriod";
    case SuppressedBy::kExtensionPeriod:
      return "ExtensionPeriod";
  }
  return "";
}

void Suppression::start(Timestamp time, Duration length, SuppressedBy by) {
  ends_ = time + length;
  by_ = by;
}

void Suppression::on_change(Timestamp time) {
  pending_ = true;
  if (suppressor_in_alarm_) {
    ends_.reset();
    by_ = SuppressedBy::kAlarm;
  } else {
    start(time, wait_, SuppressedBy::kWaitPeriod);
  }
}

void Suppression::on_suppressor(Timestamp time, bool in_alarm) {
  if (in_alarm == suppressor_in_alarm_) return;
  suppressor_in_alarm_ = in_alarm;
  if (in_alarm) {
    if (!pending_) return;
    ends_.reset();
    by_ = SuppressedBy::kAlarm;
  } else if (pending_) {
    start(time, extension_, SuppressedBy::kExtensionPeriod);
  }
}

bool Suppression::run_actions(Timestamp now) {
  if (!ends_ || now < *ends_) return false;
  ends_.reset();
  by_ = SuppressedBy::kNothing;
  pending_ = false;
  return true;
}

void Suppression::save(std::string& out) const {
  pack_number(out, suppressor_in_alarm_ ? 1 : 0);
  pack_number(out, pending_ ? 1 : 0);
  pack_number(out, static_cast<uint64_t>(by_));
  pack_number(out, ends_ ? static_cast<uint64_t>(ends_->time_since_epoch().count()) + 1 : 0);
}

void Suppression::restore(StoredReader& bytes) {
  suppressor_in_alarm_ = bytes.flag();
  pending_ = bytes.flag();
  by_ = static_cast<SuppressedBy>(
      bytes.number(static_cast<uint64_t>(SuppressedBy::kExtensionPeriod)));
  uint64_t ends = bytes.number(kLatestMs);
  ends_.reset();
  if (ends > 0) ends_ = Timestamp(Duration(static_cast<int64_t>(ends - 1)));
}

}  // namespace cairn::monitor
