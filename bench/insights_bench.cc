// What watching costs: made-up calls of an organisation through both watches. Prints nanoseconds a
// call of one core and the memory that the series and principals take.
//
//   insights_bench [SERIES [CALLS]]

#include "anomaly/behaviour.h"
#include "anomaly/rates.h"
#include "sys/process.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace cairn;

constexpr uint64_t kApis = 200, kNetworks = 500;

struct World {
  std::vector<std::string> principals, names, addresses;

  explicit World(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i)
      principals.push_back("arn:aws:iam::111122223333:role/service-" + std::to_string(i));
    for (uint64_t i = 0; i < count; ++i) names.push_back("CreateThing" + std::to_string(i));
    for (uint64_t i = 0; i < kNetworks; ++i)
      addresses.push_back("10." + std::to_string(i % 250) + "." + std::to_string(i / 250) + ".9");
  }
  /// Every series in turn, and every principal with some twenty APIs.
  anomaly::Call call(uint64_t i, bool many_series) const {
    anomaly::Call call;
    call.time = Timestamp(Duration(1'700'000'000'000 + static_cast<int64_t>(i) * 50));
    call.account = "111122223333";
    call.region = "eu-west-1";
    call.source = "ec2.amazonaws.com";
    uint64_t who = i * 7919 % principals.size();
    call.name = many_series ? names[i % names.size()] : names[(who + i % 20) % kApis];
    call.principal = principals[who];
    call.agent = "Boto3/1.26";
    call.address = addresses[who % kNetworks];
    call.write = true;
    return call;
  }
};

template <typename Watch>
void measure(const char* name, Watch& watch, const World& world, uint64_t calls, bool many_series) {
  uint64_t before = peak_memory_bytes();
  auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < calls; ++i)
    if (!watch.add(world.call(i, many_series)).ok()) return;
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  uint64_t after = peak_memory_bytes();
  std::printf("%s: %.0f ns a call, %.1f MiB for %zu\n", name,
              1e9 * seconds / static_cast<double>(calls),
              static_cast<double>(after - before) / (1 << 20), world.principals.size());
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t series = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 50'000;
  uint64_t calls = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5'000'000;
  World world(series);
  uint64_t said = 0;
  anomaly::RateWatch rates({.max_series = series + 1}, [&](const anomaly::RateInsight&) -> Status {
    ++said;
    return {};
  });
  measure("rates", rates, world, calls, true);
  anomaly::BehaviourWatch behaviour({.max_principals = series + 1},
                                    [&](const anomaly::BehaviourAlert&) -> Status {
                                      ++said;
                                      return {};
                                    });
  measure("behaviour", behaviour, world, calls, false);
  std::printf("%llu insights\n", static_cast<unsigned long long>(said));
  return 0;
}
