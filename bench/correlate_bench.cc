// What rules over several events cost: candidates for fifty correlations, ten thousand live groups
// each, through a detector. A candidate is an event that matched a correlation's rule. What is
// measured is all that follows on reading, on one core: telling copies, sorting by time, the
// correlations, grouping and profiles; and the same without correlations. Once in an account at
// peace, where one candidate in a thousand is part of something, and once in uproar, one in ten.
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

constexpr uint32_t kLastStep = kRules;  // the rule that ends every order
constexpr uint32_t kFirstCorrelation = kRules + 1;

/// Kinds in turn, an hour each.
std::vector<Correlation> correlations(std::vector<RuleInfo>& infos) {
  using Kind = Correlation::Kind;
  std::vector<Correlation> out;
  for (uint32_t rule = 0; rule < kFirstCorrelation; ++rule) {
    RuleInfo& info = infos.emplace_back();
    info.id = info.code = "rule-" + std::to_string(rule);
    info.silent = true;
  }
  for (uint32_t rule = 0; rule < kRules; ++rule) {
    constexpr std::array kKinds = {Kind::kEventCount, Kind::kValueCount, Kind::kTemporalOrdered,
                                   Kind::kFirstSeen, Kind::kValueSum};
    Correlation& correlation = out.emplace_back();
    correlation.kind = kKinds[rule % kKinds.size()];
    correlation.rule = kFirstCorrelation + rule;
    correlation.group_by = {"userIdentity.arn"};
    correlation.sources.push_back({rule, {"userIdentity.arn"}, {}});
    if (correlation.kind == Kind::kTemporalOrdered)
      correlation.sources.push_back({kLastStep, {"userIdentity.arn"}, {}});
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

struct Measured {
  double seconds = 0;
  uint64_t matches = 0, forgotten_groups = 0;
};

/// `odd_in`: one in so many candidates is something new, or the last step of an order.
Measured measure(uint64_t events, bool correlate, uint64_t memory_mib, uint64_t odd_in) {
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
    std::string id = std::to_string(i), value = "1";
    std::array<uint32_t, 1> rules = {static_cast<uint32_t>((random >> 20) % kRules)};
    if ((random >> 40) % odd_in == 0) {
      value = std::to_string(random % 1000);
      if ((random >> 30) % 2 == 0) rules[0] = kLastStep;
    }
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
  Measured measured;
  measured.seconds = thread_cpu_seconds() - begin;
  if (!outcome.ok()) {
    std::printf("failed: %s\n", outcome.error().message.c_str());
    return measured;
  }
  const std::vector<uint64_t>& matches = outcome.value().rule_matches;
  for (size_t rule = kFirstCorrelation; rule < matches.size(); ++rule)
    measured.matches += matches[rule];
  measured.forgotten_groups = outcome.value().forgotten_groups;
  return measured;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::array<uint64_t, 2> given = {2'000'000, 256};
  for (size_t i = 0; i < given.size() && static_cast<int>(i) + 1 < argument_count; ++i) {
    std::string_view text = arguments[i + 1];
    std::from_chars(text.data(), text.data() + text.size(), given[i]);
  }
  const uint64_t events = given[0];
  for (uint64_t odd_in : {uint64_t{1000}, uint64_t{10}}) {
    const Measured with = measure(events, true, given[1], odd_in);
    const Measured without = measure(events, false, given[1], odd_in);
    std::printf(
        "%llu candidates, %u correlations, one in %llu odd: %.2f s, without correlations %.2f s; "
        "%.0f candidates a second; %llu took part, %llu groups forgotten; at most %.0f MiB\n",
        static_cast<unsigned long long>(events), kRules, static_cast<unsigned long long>(odd_in),
        with.seconds, without.seconds, static_cast<double>(events) / with.seconds,
        static_cast<unsigned long long>(with.matches),
        static_cast<unsigned long long>(with.forgotten_groups),
        static_cast<double>(peak_memory_bytes()) / (1 << 20));
  }
  return 0;
}
