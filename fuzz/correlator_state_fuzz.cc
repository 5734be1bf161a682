// What rules over several events remember, changed and with the right hash: taken up, or refused as
// no state. What was taken up is judged, saved, and taken up again.

#include "base/check.h"
#include "base/hash.h"
#include "detect/detect.h"
#include "edited_bytes.h"
#include "model/correlation.h"
#include "sys/spill.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace cairn;
using Kind = Correlation::Kind;

constexpr size_t kRules = 3;
constexpr size_t kHashBytes = 8;

/// A correlation of each kind over the same three rules.
struct Rules {
  std::vector<RuleInfo> infos;
  std::vector<Correlation> correlations;

  Rules() {
    for (size_t i = 0; i < kRules; ++i) add_info("r" + std::to_string(i));
    for (auto kind : {Kind::kEventCount, Kind::kValueCount, Kind::kTemporal, Kind::kTemporalOrdered,
                      Kind::kValueSum, Kind::kValuePercentile, Kind::kFirstSeen, Kind::kIdle,
                      Kind::kAbsence, Kind::kRatio})
      add(kind);
    // One that looks at another's findings.
    Correlation& outer = add(Kind::kTemporal);
    outer.sources[0].rule = kRules;
    outer.sources[0].group_by = {"user"};
  }

 private:
  void add_info(std::string id) {
    RuleInfo& info = infos.emplace_back();
    info.code = info.id = std::move(id);
    info.level = Level::kHigh;
  }
  Correlation& add(Kind kind) {
    Correlation& correlation = correlations.emplace_back();
    correlation.kind = kind;
    correlation.rule = static_cast<uint32_t>(infos.size());
    correlation.group_by = {"user"};
    correlation.timespan = std::chrono::minutes(5);
    bool several = kind == Kind::kTemporal || kind == Kind::kTemporalOrdered ||
                   kind == Kind::kAbsence || kind == Kind::kRatio;
    for (uint32_t rule = 0; rule < (several ? 2u : 1u); ++rule)
      correlation.sources.push_back({rule, {"user"}, {"number"}});
    if (!several && kind != Kind::kFirstSeen && kind != Kind::kIdle)
      correlation.bounds = {{Correlation::Test::kGreater, 3}};
    correlation.ratio = 0.5;
    add_info("x" + std::to_string(correlations.size()));
    return correlation;
  }
};

/// Ten minutes of events on top of a state; returns the state after them, or why it was refused.
Result<std::string> run(const std::string& state, int64_t begin_seconds) {
  static const Rules kRuleset;
  FakeFiles files;
  FieldTable table;
  StandardFields standard = StandardFields::intern_into(table);
  SlotId user = table.intern("user"), number = table.intern("number");
  auto words = detect::ActionWords::parse("", table);
  table.freeze();
  detect::Options options;
  options.correlations = kRuleset.correlations;
  options.keep_state = true;
  options.lateness = std::chrono::minutes(1);
  options.state = state;
  options.correlation_bytes = 1 << 20;
  detect::Detector detector(kRuleset.infos, table, standard, words.value(), files, options);
  detect::Collector& collector = detector.make_collector();
  Event event(table);
  const std::vector<uint32_t> rules = {0, 1, 2};
  for (int64_t i = 0; i < 20; ++i) {
    std::string id = std::to_string(begin_seconds + i), name = i % 3 == 0 ? "al" : "bo",
                value = std::to_string(i % 4);
    event.begin("{}", 0, nullptr);
    event.add(standard.event_id, {id, FieldKind::kString});
    event.add(user, {name, FieldKind::kString});
    event.add(number, {value, FieldKind::kString});
    event.set_time(Timestamp(std::chrono::seconds(begin_seconds + i * 30)));
    collector.add(event, static_cast<uint64_t>(begin_seconds + i),
                  std::span(rules).first(static_cast<size_t>(1 + i % 3)), "file");
  }
  auto outcome = detector.finish();
  if (!outcome.ok()) return std::move(outcome).error();
  return detector.state();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kBegin = 1'709'287'200;
  static const std::string kState = run("", kBegin).value();
  static const size_t kHead = kState.find('\n') + 1 + kHashBytes;
  std::string body = edited(kState.substr(kHead), data, size);
  std::string state = kState.substr(0, kHead - kHashBytes);
  append_key_u64(state, hash64(body));
  auto next = run(state + body, kBegin + 600);
  if (!next.ok()) {
    CAIRN_CHECK(next.error().code == ErrorCode::kInvalidInput && !next.error().message.empty());
    return 0;
  }
  CAIRN_CHECK(run(next.value(), kBegin + 1200).ok());
  return 0;
}
