// One run: collectors fill sorters; finish() joins them.
//
//   rows      copies of events by fingerprint ─► what they added is taken off
//   tallies   hours, minutes, totals
//   matches   in event-time order ─► rules over several events ─► findings
//   contexts  by principal        ─► profiles, accounts, regions
//   types     event types, categories

#include "base/parallel.h"
#include "detect/correlator.h"
#include "detect/finding_record.h"
#include "detect/grouper.h"
#include "detect/profiles.h"
#include "detect/run.h"
#include "detect/tally.h"
#include "sys/process.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>

namespace cairn::detect {

namespace {

constexpr size_t kMinCollectorBytes = 1u << 20;
constexpr size_t kResultShare = 16;
constexpr size_t kMaxFinishThreads = 16;
constexpr size_t kEventTypesKept = 20'000;
constexpr size_t kNotedPrincipals = 20'000;  // principals whose findings weigh in their risk

/// True when a match lies before its copy in the inputs.
bool is_earlier(const EventView& a, const EventView& b) {
  if (int order = a.folder.compare(b.folder); order != 0) return order < 0;
  if (int order = a.file.compare(b.file); order != 0) return order < 0;
  return a.offset < b.offset;
}

/// The matches of all collectors, and of the rules over several events.
struct MatchSet {
  std::vector<SpillSorter*> sorters;
  std::vector<const SharedTexts*> texts;
  uint32_t first_correlation = UINT32_MAX;  // rules from here on are over several events
};

/// Joins what the sorters have of one event: of copies the one that comes first in the inputs, and
/// the rules over several events that it took part in.
class MatchJoiner {
 public:
  explicit MatchJoiner(const MatchSet& set) : set_(set) {}

  bool is_of(std::string_view key) const { return has_ && key == key_; }
  bool has_event() const { return has_; }
  void start(std::string_view key) {
    key_ = key;
    has_ = true;
    has_own_ = false;
    joined_.clear();
  }
  void take(std::string_view bytes, SpillSorter::Place place) {
    if (only_rule(bytes).value_or(0) >= set_.first_correlation) {
      joined_.emplace_back(bytes);
      return;
    }
    if (has_own_) {  // a copy
      if (!decoded_) decode_match(payload_, set_.texts, record_);
      decoded_ = true;
      decode_match(bytes, set_.texts, other_);
      if (!is_earlier(other_.event, record_.event)) return;
    }
    has_own_ = true;
    decoded_ = false;
    payload_ = bytes;
    place_ = place;
  }

  /// The event as its own match, and where that lies.
  const std::string& payload() const { return payload_; }
  SpillSorter::Place place() const { return place_; }
  /// The event with all its rules.
  const MatchRecord& record() {
    if (!has_own_ && !joined_.empty()) {  // an event of an earlier run
      has_own_ = true;
      payload_ = joined_.front();
      joined_.pop_front();
      decoded_ = false;
    }
    if (!decoded_) decode_match(payload_, set_.texts, record_);
    decoded_ = true;
    for (const std::string& bytes : joined_) {
      decode_match(bytes, set_.texts, other_);
      bool is_known =
          std::any_of(record_.rules.begin(), record_.rules.end(),
                      [&](const auto& known) { return known.rule == other_.rules[0].rule; });
      if (!is_known) record_.rules.push_back(other_.rules[0]);
    }
    if (!joined_.empty()) {
      std::sort(record_.rules.begin(), record_.rules.end(),
                [](const auto& a, const auto& b) { return a.rule < b.rule; });
    }
    return record_;
  }

 private:
  const MatchSet& set_;
  std::string key_, payload_;
  SpillSorter::Place place_;
  std::deque<std::string> joined_;
  MatchRecord record_, other_;
  bool has_ = false, has_own_ = false;
  bool decoded_ = false;  // record_ is payload_
};

/// Visits matches in order, each event once, as a MatchJoiner has it.
template <typename Visit>
Status each_unique_event(const MatchSet& set, const Visit& visit) {
  MatchJoiner joiner(set);
  auto end_event = [&] { return visit(joiner); };
  SpillSorter::Merge merge(set.sorters);
  for (bool more = false;;) {
    TRY(merge.next(more));
    if (!more) break;
    if (!joiner.is_of(merge.key())) {
      if (joiner.has_event()) TRY(end_event());
      joiner.start(merge.key());
    }
    joiner.take(merge.payload(), merge.place());
  }
  return joiner.has_event() ? end_event() : Status::success();
}

/// The same, each with all its rules.
Status each_unique_match(const MatchSet& set,
                         const std::function<Status(const MatchRecord&)>& visit) {
  return each_unique_event(set, [&](MatchJoiner& joiner) { return visit(joiner.record()); });
}

}  // namespace

struct Detector::State {
  State(const std::vector<RuleInfo>& rules, const FieldTable& fields,
        const StandardFields& standard, const ActionWords& words, Files& files, Options options)
      : run(rules, fields, standard, words, files, std::move(options)),
        findings(files, result_bytes()),
        correlated(files, result_bytes()) {}

  /// What a sorter of results may hold: they are kept to the end, beside all that comes after.
  size_t result_bytes() const {
    return std::max(run.options.memory_bytes / kResultShare, kMinCollectorBytes);
  }
  MatchSet match_set();
  size_t threads() const {
    return std::clamp<size_t>(run.options.collectors, 1, kMaxFinishThreads);
  }
  Status close_collectors();
  Status find_copies();
  Status find_copies_in(std::atomic<size_t>& next, Removed& removed);
  void sum_up(Outcome& outcome);
  Status correlate(Outcome& outcome);
  Status group_matches(Outcome& outcome);
  Status name_types(Outcome& outcome);
  Status keep_findings(Outcome& outcome, std::map<std::string, PrincipalFindings>& by_principal);
  Status profile(Outcome& outcome, const std::map<std::string, PrincipalFindings>& principals);
  void note_reach(Outcome& outcome);
  void note_unplaced(Outcome& outcome) const;

  Run run;
  std::vector<std::unique_ptr<Collector>> collectors;
  std::vector<std::unique_ptr<Removed>> removed;  // one per finishing thread
  SpillSorter findings;
  SpillSorter correlated;        // matches of rules over several events
  std::string saved;             // what they remember, with Options::keep_state
  std::vector<size_t> unplaced;  // correlations that knew the place of no event
};

Detector::Detector(const std::vector<RuleInfo>& rules, const FieldTable& fields,
                   const StandardFields& standard, const ActionWords& words, Files& files,
                   Options options)
    : state_(std::make_unique<State>(rules, fields, standard, words, files, std::move(options))) {}

Detector::~Detector() = default;

Collector& Detector::make_collector() {
  const Options& options = state_->run.options;
  size_t budget = options.memory_bytes / std::max<size_t>(options.collectors, 1);
  auto number = static_cast<uint32_t>(state_->collectors.size());
  auto inner =
      std::make_unique<Collector::State>(state_->run, number, std::max(budget, kMinCollectorBytes));
  state_->collectors.push_back(std::unique_ptr<Collector>(new Collector(std::move(inner))));
  return *state_->collectors.back();
}

MatchSet Detector::State::match_set() {
  MatchSet set;
  for (auto& collector : collectors) {
    set.sorters.push_back(&collector->state_->matches);
    set.texts.push_back(&collector->state_->shared_texts);
  }
  if (!run.options.correlations.empty()) {
    set.sorters.push_back(&correlated);
    set.first_correlation = run.options.correlations.front().rule;
  }
  return set;
}

Status Detector::State::find_copies_in(std::atomic<size_t>& next, Removed& copies) {
  std::vector<const RowStore*> stores;
  for (auto& collector : collectors) stores.push_back(&collector->state_->rows);
  // A row needs 48 bytes and two entries of the index.
  size_t limit_rows = std::max<size_t>(run.options.memory_bytes / threads() / 64, 4096);
  while (true) {
    size_t partition = next.fetch_add(1);
    if (partition >= RowStore::kPartitions) break;
    TRY(visit_copies(stores, partition, limit_rows,
                     [&](const Row& row) { return copies.add(row); }));
  }
  copies.tally().close();
  TRY(copies.flush());
  return copies.contexts().settle();
}

/// Sums took every event as it came; now copies can be told from events.
Status Detector::State::find_copies() {
  std::atomic<size_t> next = 0;
  for (size_t i = 0; i < threads(); ++i) {
    removed.push_back(
        std::make_unique<Removed>(run.files, run.options.memory_bytes / 2 / threads()));
  }
  TRY(run_parallel(threads(), [&](size_t i) { return find_copies_in(next, *removed[i]); }));
  for (auto& collector : collectors) collector->state_->rows.release();
  return Status::success();
}

void Detector::State::sum_up(Outcome& outcome) {
  Counts total;
  bool account_hours_fit = true, minutes_fit = true;
  size_t account_hours = 0;
  for (auto& collector : collectors) {
    const Tally& tally = collector->state_->tally;
    outcome.events += tally.total().events;
    total.add(tally.total());
    outcome.without_time += tally.without_time();
    tally.add_hours_to(outcome.hours);
    minutes_fit = minutes_fit && tally.add_minutes_to(outcome.minutes);
    account_hours_fit =
        account_hours_fit && tally.add_account_hours_to(outcome.account_hours, account_hours);
  }
  for (auto& copies : removed) {
    const Tally& tally = copies->tally();
    outcome.duplicates += tally.total().events;
    total.remove(tally.total());
    outcome.without_time -= tally.without_time();
    tally.remove_from(outcome.hours, outcome.minutes, outcome.account_hours);
  }
  if (!account_hours_fit) outcome.account_hours.clear();
  if (!minutes_fit) outcome.minutes.clear();
  outcome.errors = total.errors;
  if (total.has_time()) {
    outcome.first = Timestamp(Duration(total.first_ms));
    outcome.last = Timestamp(Duration(total.last_ms));
  }
}

/// Finds what rules over several events ask for, in event-time order.
Status Detector::State::correlate(Outcome& outcome) {
  if (run.options.correlations.empty()) return Status::success();
  MatchSet singles;
  for (auto& collector : collectors) {
    singles.sorters.push_back(&collector->state_->candidates);
    singles.texts.push_back(&collector->state_->shared_texts);
  }
  SpillSorter waiting(run.files, result_bytes());
  singles.sorters.push_back(&waiting);
  Correlator correlator(run, singles.sorters, correlated);
  TRY(correlator.restore());
  for (const EncodedMatch& match : correlator.take_waiting())
    TRY(waiting.add(match.key, match.payload));
  TRY(each_unique_event(singles, [&](const MatchJoiner& joiner) {
    return correlator.add(joiner.payload(), Candidates::place_of(joiner.place()));
  }));
  if (run.options.keep_state) {
    // Events that are no candidates tell, too, how far the input has come.
    TRY(correlator.judge_waiting(outcome.last.time_since_epoch().count()));
    saved = correlator.save(singles.texts);
    TRY(correlator.pause());
  } else {
    TRY(correlator.finish());
  }
  outcome.forgotten_groups = correlator.forgotten_groups();
  for (size_t i = 0; i < run.options.correlations.size(); ++i)
    if (correlator.saw_no_place(i)) unplaced.push_back(i);
  for (auto& collector : collectors) collector->state_->candidates.release();
  return correlated.settle();
}

Status Detector::State::group_matches(Outcome& outcome) {
  Grouper grouper(run, findings);
  TRY(each_unique_match(match_set(),
                        [&](const MatchRecord& record) { return grouper.add(record); }));
  TRY(grouper.finish(outcome));
  TRY(findings.settle());
  if (outcome.minutes.empty()) outcome.match_minutes.clear();
  return Status::success();
}

/// Keeps the first findings of each level, and tells the profiles of all of them.
Status Detector::State::keep_findings(Outcome& outcome,
                                      std::map<std::string, PrincipalFindings>& by_principal) {
  std::array<uint64_t, kLevelCount> seen{};
  Finding finding;
  return SpillSorter::merge({&findings}, [&](std::string_view, std::string_view payload) {
    unpack_finding(payload, SIZE_MAX, finding);
    uint64_t before = seen[static_cast<size_t>(finding.level)]++;
    for (const std::string& principal : finding.principals) {
      auto known = by_principal.find(principal);
      if (known == by_principal.end()) {
        if (by_principal.size() >= kNotedPrincipals) continue;
        known = by_principal.emplace(principal, PrincipalFindings{}).first;
      }
      ++known->second.by_level[static_cast<size_t>(finding.level)];
      known->second.rules.insert(finding.rule);
    }
    if (before >= kFindingsPerLevel) return Status::success();
    if (before >= kFullySampled && finding.samples.size() > 1) finding.samples.resize(1);
    outcome.findings.push_back(finding);
    return Status::success();
  });
}

Status Detector::State::name_types(Outcome& outcome) {
  std::vector<SpillSorter*> sorters;
  for (auto& collector : collectors) sorters.push_back(&collector->state_->types.records());
  for (auto& copies : removed) sorters.push_back(&copies->types());
  std::string current;
  std::pair<std::string, std::string> name;
  std::string category;
  uint64_t events = 0;
  auto end_type = [&] {
    if (events == 0) return;
    add_bounded(outcome.event_types, std::move(name), events, kEventTypesKept);
    add_bounded(outcome.categories, std::move(category), events, kPlacesKept);
  };
  TypeRecord record;
  TRY(SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) {
    if (key != current) {
      end_type();
      current = key;
      events = 0;
    }
    unpack_type(payload, record);
    events += record.events;
    if (record.named) {
      name = std::pair<std::string, std::string>(record.texts.source, record.texts.name);
      category = record.texts.category;
    }
    return Status::success();
  }));
  end_type();
  for (SpillSorter* sorter : sorters) sorter->release();
  return Status::success();
}

Status Detector::State::profile(Outcome& outcome,
                                const std::map<std::string, PrincipalFindings>& principals) {
  std::vector<SpillSorter*> sorters;
  for (auto& collector : collectors) sorters.push_back(&collector->state_->contexts.records());
  for (auto& copies : removed) sorters.push_back(&copies->contexts());
  TRY(profile_contexts(sorters, principals, threads(), outcome));
  for (SpillSorter* sorter : sorters) sorter->release();
  return Status::success();
}

void Detector::State::note_reach(Outcome& outcome) {
  ReachLog reach(run.reach);
  for (auto& collector : collectors) reach.merge(collector->state_->reach);
  outcome.rule_missing_fields.resize(run.infos.size());
  for (uint32_t rule = 0; rule < run.infos.size(); ++rule) {
    if (!reach.saw_rule(rule)) continue;
    auto [begin, end] = run.reach.requirements_of(rule);
    for (uint32_t i = begin; i < end; ++i)
      if (!reach.met(i)) outcome.rule_missing_fields[rule].push_back(run.reach.path(i));
  }
  note_unplaced(outcome);
}

/// Without places rules that ask for them are blind, and what looks at nothing but these.
void Detector::State::note_unplaced(Outcome& outcome) const {
  std::set<uint32_t> blind;
  for (size_t i = 0; i < run.options.correlations.size(); ++i) {
    const Correlation& correlation = run.options.correlations[i];
    bool sees = !std::binary_search(unplaced.begin(), unplaced.end(), i);
    sees = sees && std::any_of(correlation.sources.begin(), correlation.sources.end(),
                               [&](const auto& source) { return !blind.contains(source.rule); });
    if (sees) continue;
    blind.insert(correlation.rule);
    outcome.rule_missing_fields[correlation.rule].push_back("place of sourceIPAddress");
  }
}

Status Detector::State::close_collectors() {
  std::atomic<size_t> next = 0;
  return run_parallel(threads(), [&](size_t) -> Status {
    for (size_t i = next++; i < collectors.size(); i = next++) {
      collectors[i]->state_->close();
      TRY(collectors[i]->state_->status);
    }
    return Status::success();
  });
}

Result<Outcome> Detector::finish() {
  State& state = *state_;
  TRY(state.close_collectors());
  Outcome outcome;
  TRY(state.find_copies());
  state.sum_up(outcome);
  trim_memory();
  TRY(state.correlate(outcome));
  trim_memory();
  TRY(state.group_matches(outcome));
  TRY(state.name_types(outcome));
  std::map<std::string, PrincipalFindings> by_principal;
  TRY(state.keep_findings(outcome, by_principal));
  TRY(state.profile(outcome, by_principal));
  state.note_reach(outcome);
  return outcome;
}

const std::string& Detector::state() const { return state_->saved; }

Status Detector::for_each_finding(const std::function<Status(const Finding&)>& visit) {
  Finding finding;
  return SpillSorter::merge({&state_->findings}, [&](std::string_view, std::string_view payload) {
    unpack_finding(payload, SIZE_MAX, finding);
    return visit(finding);
  });
}

Status Detector::for_each_match(
    const std::function<Status(uint32_t, const EventSummary&, bool)>& visit) {
  EventSummary summary;
  return each_unique_match(state_->match_set(), [&](const MatchRecord& record) -> Status {
    copy_event(record.event, summary);
    for (const MatchedRule& matched : record.rules) {
      if (!state_->run.rules[matched.rule].reported && !state_->run.options.visit_context_matches)
        continue;
      TRY(visit(matched.rule, summary, matched.allowed));
    }
    return Status::success();
  });
}

Status Detector::for_each_reported_event(
    const std::function<Status(std::span<const uint32_t>, const EventSummary&)>& visit) {
  EventSummary summary;
  std::vector<uint32_t> rules;
  return each_unique_match(state_->match_set(), [&](const MatchRecord& record) -> Status {
    rules.clear();
    for (const MatchedRule& matched : record.rules)
      if (state_->run.rules[matched.rule].reported && !matched.allowed)
        rules.push_back(matched.rule);
    if (rules.empty()) return Status::success();
    copy_event(record.event, summary);
    return visit(rules, summary);
  });
}

}  // namespace cairn::detect
