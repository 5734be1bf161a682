// What rules over several events cost: candidates for fifty correlations, ten thousand live groups
// each, through a detector; once with the correlations and once without. Prints candidate events a
// second of one core that the correlations take, and the memory at its peak.
//
//   correlate_bench [EVENTS [MIB]]      MIB: memory for the groups, 256 as in a scan

#include "detect/detect.h"
#include "sys/process.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace cairn;

constexpr uint32_t kRules = 50;
constexpr uint64_t kKeys = 10'000;
constexpr int64_t kStartMs = 1'700'000'000'000;

/// Kinds in turn, an hour each; few of them ever hold, as in an account at peace.
std::vector<Correlation> correlations(std::vector<RuleInfo>& infos) {
  using Kind = Correlation::Kind;
  std::vector<Correlation> out;
  for (uint32_t rule = 0; rule < kRules; ++rule) {
    RuleInfo& info = infos.emplace_back();
    info.id = info.code = "rule-" + std::to_string(rule);
    info.silent = true;
  }
  for (uint32_t rule = 0; rule < kRules; ++rule) {
    constexpr std::array kKinds = {Kind::kEventCount, Kind::kValueCount, Kind::kTemporalOrdered,
                                   Kind::kFirstSeen, Kind::kValueSum};
    Correlation& correlation = out.emplace_back();
    correlation.kind = kKinds[rule % kKinds.size()];
    correlation.rule = kRules + rule;
    correlation.group_by = {"userIdentity.arn"};
    correlation.sources.push_back({rule, {"userIdentity.arn"}, {}});
    if (correlation.kind == Kind::kTemporalOrdered)
      correlation.sources.push_back({(rule + 1) % kRules, {"userIdentity.arn"}, {}});
    else if (correlation.kind != Kind::kEventCount)
      correlation.sources[0].fields = {"number"};
    correlation.timespan = std::chrono::hours(1);
    correlation.learn = std::chrono::hours(1);
    if (correlation.kind != Kind::kTemporalOrdered)
      correlation.bounds = {{Correlation::Test::kGreaterOrEqual, 1e9}};
    RuleInfo& info = infos.emplace_back();
    info.id = info.code = "correlation-" + std::to_string(rule);
  }
  return out;
}

double seconds(uint64_t events, bool correlate, uint64_t memory_mib) {
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  SlotId number = fields.intern("number");
  auto words = detect::ActionWords::parse("", fields);
  fields.freeze();
  auto files = real_files();
  std::vector<RuleInfo> infos;
  std::vector<Correlation> all = correlations(infos);
  detect::Options options;
  options.memory_bytes = 2u << 30;
  options.correlation_bytes = memory_mib << 20;
  if (correlate) options.correlations = all;
  if (!correlate)
    for (RuleInfo& info : infos) info.silent = false, info.level = Level::kInformational;
  options.min_level = correlate ? Level::kInformational : Level::kCritical;
  detect::Detector detector(infos, fields, standard, words.value(), *files, options);
  detect::Collector& collector = detector.make_collector();
  Event event(fields);
  uint64_t random = 88172645463325252ULL;
  for (uint64_t i = 0; i < events; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    std::string arn = "arn:aws:iam::111122223333:user/u" + std::to_string(random % kKeys);
    std::string id = std::to_string(i), value = std::to_string(random % 7);
    std::array<uint32_t, 1> rules = {static_cast<uint32_t>((random >> 20) % kRules)};
    event.begin("{}", i, nullptr);
    event.set_time(Timestamp(Duration(kStartMs + static_cast<int64_t>(i / 200) * 1000)));
    event.add(standard.identity_arn, {arn, FieldKind::kString});
    event.add(standard.event_id, {id, FieldKind::kString});
    event.add(standard.event_name, {"GetObject", FieldKind::kString});
    event.add(standard.event_source, {"s3.amazonaws.com", FieldKind::kString});
    event.add(number, {value, FieldKind::kNumber});
    collector.add(event, random, rules, "bench.json");
  }
  double begin = thread_cpu_seconds();
  auto outcome = detector.finish();
  if (!outcome.ok()) std::printf("failed: %s\n", outcome.error().message.c_str());
  return thread_cpu_seconds() - begin;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::array<uint64_t, 2> given = {2'000'000, 256};
  for (size_t i = 0; i < given.size() && static_cast<int>(i) + 1 < argument_count; ++i) {
    std::string_view text = arguments[i + 1];
    std::from_chars(text.data(), text.data() + text.size(), given[i]);
  }
  const uint64_t events = given[0];
  double with = seconds(events, true, given[1]), without = seconds(events, false, given[1]);
  std::printf(
      "%llu candidates, %u correlations: %.2f s with, %.2f s without; %.0f candidates a "
      "second; at most %.0f MiB\n",
      static_cast<unsigned long long>(events), kRules, with, without,
      static_cast<double>(events) / with, static_cast<double>(peak_memory_bytes()) / (1 << 20));
  return 0;
}
