#include "sys/clock.h"

namespace cairn {

namespace {

class RealClock : public Clock {
 public:
  Timestamp now() override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  double monotonic_seconds() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

}  // namespace cairn
