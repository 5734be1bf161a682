// `cairn rules check --logs` and `backtest`: one reading of the logs, with all rules for what they
// match, with each by itself now and then for what it costs, and through the detector for what it
// would have alerted on.

#include "base/hash.h"
#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "engine/rule_choice.h"
#include "sys/process.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>
#include <unordered_map>

namespace cairn::engine {

namespace {

constexpr size_t kOverlaps = 5;
constexpr uint64_t kTimedOneOf = 16;  // events of which one is timed with each rule alone

/// One match.
struct Hit {
  uint32_t rule;
  uint64_t event;      // its fingerprint
  uint64_t principal;  // hash
  int64_t day;         // since 1970; kNoDay without a time

  auto operator<=>(const Hit&) const = default;
};
constexpr int64_t kNoDay = INT64_MIN;

int64_t day_of(const Event& event) {
  if (!event.time_known()) return kNoDay;
  return std::chrono::floor<std::chrono::days>(event.time()).time_since_epoch().count();
}

std::string day_text(int64_t day) {
  if (day == kNoDay) return "without time";
  return format_date(Timestamp(std::chrono::days(day)));
}

/// Seconds of many events. The longest is left out: there a regular expression was compiled, or the
/// thread was interrupted.
class Cost {
 public:
  void add(double seconds) {
    sum_ += seconds;
    longest_ = std::max(longest_, seconds);
  }
  double seconds() const { return sum_ - longest_; }

 private:
  double sum_ = 0, longest_ = 0;
};

class StudyConsumer : public EventConsumer {
 public:
  StudyConsumer(const Ruleset& ruleset, const std::deque<rules::RuleSet>& alone,
                detect::Collector& collector, Clock& clock, size_t hits)
      : standard_(ruleset.standard),
        matcher_(*ruleset.rules),
        collector_(collector),
        clock_(clock),
        hit_limit_(hits),
        each_(alone.size()) {
    for (const rules::RuleSet& one : alone) alone_.emplace_back(one);
  }

  uint64_t consume(const Event& event, const std::string& file) override {
    uint64_t fingerprint = cloudtrail::content_fingerprint(event, standard_);
    if (seen_++ % kTimedOneOf == 0) time_each(event);
    matcher_.match(event, matched_);
    collector_.add(event, fingerprint, matched_, file);
    if (matched_.empty()) return 0;
    uint64_t principal = hash64(detect::principal_of(event, standard_).key);
    for (uint32_t rule : matched_) {
      if (hits_.size() == hit_limit_) {
        cut_ = true;
        break;
      }
      hits_.push_back({rule, fingerprint, principal, day_of(event)});
    }
    return matched_.size();
  }

  std::vector<Hit> hits_;
  bool cut_ = false;
  uint64_t timed_ = 0;

  double all_seconds() const { return all_.seconds(); }
  double seconds(size_t rule) const { return each_[rule].seconds(); }

 private:
  void time_each(const Event& event) {
    ++timed_;
    // What asking the clock takes is in each; taken off by a pair with nothing between.
    double start = clock_.monotonic_seconds(), empty = clock_.monotonic_seconds() - start;
    auto timed = [&](rules::Matcher& matcher) {
      double from = clock_.monotonic_seconds();
      matcher.match(event, matched_);
      return std::max(clock_.monotonic_seconds() - from - empty, 0.0);
    };
    all_.add(timed(matcher_));
    for (size_t i = 0; i < alone_.size(); ++i) each_[i].add(timed(alone_[i]));
  }

  const StandardFields& standard_;
  rules::Matcher matcher_;
  std::deque<rules::Matcher> alone_;
  detect::Collector& collector_;
  Clock& clock_;
  const size_t hit_limit_;
  Cost all_;
  std::vector<Cost> each_;
  uint64_t seen_ = 0;
  std::vector<uint32_t> matched_;
};

bool is_seen(const RuleInfo& info, const detect::Outcome& outcome) {
  auto fits = [](const std::vector<std::string>& needed, const std::string& value) {
    return needed.empty() || std::any_of(needed.begin(), needed.end(), [&](const std::string& one) {
             return glob_match_ignore_case(one, value);
           });
  };
  return std::any_of(outcome.event_types.begin(), outcome.event_types.end(), [&](const auto& type) {
    return fits(info.needed_event_sources, type.first.first) &&
           fits(info.needed_event_names, type.first.second);
  });
}

/// Fills what the hits tell. They are sorted by rule and event, each once.
void fill_hits(RuleStudy& study, const std::vector<Hit>& hits,
               const std::vector<uint32_t>& place_of) {
  std::unordered_map<uint64_t, std::vector<uint32_t>> by_event;
  for (const Hit& hit : hits) by_event[hit.event].push_back(hit.rule);
  for (size_t begin = 0; begin < hits.size();) {
    size_t end = begin;
    std::set<uint64_t> principals;
    std::map<uint32_t, uint64_t> shared;
    const uint32_t rule = hits[begin].rule;
    const bool wanted = place_of[rule] != UINT32_MAX;
    for (; end < hits.size() && hits[end].rule == rule; ++end) {
      if (!wanted) continue;
      principals.insert(hits[end].principal);
      ++study.rules[place_of[rule]].days[day_text(hits[end].day)];
      for (uint32_t other : by_event[hits[end].event])
        if (other != rule && place_of[other] != UINT32_MAX) ++shared[other];
    }
    begin = end;
    if (!wanted) continue;
    StudiedRule& studied = study.rules[place_of[rule]];
    studied.principals = principals.size();
    for (const auto& [other, count] : shared)
      studied.overlaps.emplace_back(study.rules[place_of[other]].info.code, count);
    std::stable_sort(studied.overlaps.begin(), studied.overlaps.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (studied.overlaps.size() > kOverlaps) studied.overlaps.resize(kOverlaps);
  }
}

}  // namespace

Result<RuleStudy> study_rules(World world, const RuleChoice& choice,
                              const std::vector<std::string>& inputs,
                              const ScanProgressCallback& progress) {
  const double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  const Ruleset& ruleset = *chosen.ruleset;
  const std::vector<RuleInfo>& infos = ruleset.rules->infos();
  const size_t single = infos.size() - ruleset.rules->correlations().size();

  RuleStudy study;
  std::vector<uint32_t> place_of(infos.size(), UINT32_MAX), alone_of(infos.size(), UINT32_MAX);
  std::deque<rules::RuleSet> alone;
  for (uint32_t rule : chosen.rules) {
    place_of[rule] = static_cast<uint32_t>(study.rules.size());
    study.rules.emplace_back().info = infos[rule];
    if (rule >= single) continue;
    alone_of[rule] = static_cast<uint32_t>(alone.size());
    alone.push_back(rules::RuleSet::only(*ruleset.rules, rule, ruleset.fields));
  }

  const unsigned threads = processor_count();
  detect::Options options;
  options.correlations = ruleset.rules->correlations();
  options.collectors = threads;
  const AddressPlaces places(world.atlas);
  options.places = &places;
  detect::Detector detector(infos, ruleset.fields, ruleset.standard, *ruleset.words, world.files,
                            options);
  std::deque<StudyConsumer> owned;
  std::vector<EventConsumer*> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    consumers.push_back(&owned.emplace_back(ruleset, alone, detector.make_collector(), world.clock,
                                            kHitsKept / threads));
  }
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, inputs, {}, ruleset.fields, ruleset.standard, consumers, progress));
  TRY_ASSIGN(detect::Outcome outcome, detector.finish());
  study.files = read.tally.files;
  study.read = summarise(std::move(read), world, started, false);
  study.events = outcome.events - outcome.duplicates;
  std::set<int64_t> days;
  for (const auto& [hour, count] : outcome.hours) days.insert(hour / 24);
  study.days = days.size();

  std::vector<Hit> hits;
  uint64_t timed = 0;
  double all_seconds = 0;
  std::vector<double> seconds(alone.size(), 0);
  for (StudyConsumer& consumer : owned) {
    hits.insert(hits.end(), consumer.hits_.begin(), consumer.hits_.end());
    consumer.hits_ = {};
    study.hits_cut = study.hits_cut || consumer.cut_;
    timed += consumer.timed_;
    all_seconds += consumer.all_seconds();
    for (size_t i = 0; i < seconds.size(); ++i) seconds[i] += consumer.seconds(i);
  }
  std::sort(hits.begin(), hits.end());
  hits.erase(std::unique(
                 hits.begin(), hits.end(),
                 [](const Hit& a, const Hit& b) { return a.rule == b.rule && a.event == b.event; }),
             hits.end());
  fill_hits(study, hits, place_of);

  const double per_event = timed == 0 ? 0 : 1e6 / static_cast<double>(timed);
  study.microseconds = all_seconds * per_event;
  for (uint32_t rule : chosen.rules) {
    StudiedRule& studied = study.rules[place_of[rule]];
    studied.matches = outcome.rule_matches[rule];
    studied.absent_fields = outcome.rule_missing_fields[rule];
    studied.saw_its_events = is_seen(studied.info, outcome);
    if (alone_of[rule] != UINT32_MAX) studied.microseconds = seconds[alone_of[rule]] * per_event;
  }
  Status visited = detector.for_each_finding([&](const Finding& finding) {
    if (place_of[finding.rule] != UINT32_MAX) ++study.rules[place_of[finding.rule]].findings;
    return Status::success();
  });
  TRY(visited);
  study.diagnostics = std::move(chosen.ruleset->diagnostics);
  return study;
}

}  // namespace cairn::engine
