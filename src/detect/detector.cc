// One run: collectors fill sorters; finish() joins them.
//
//   rows      unique by fingerprint ─► tallies (sums by context and type, hours)
//   matches   in event-time order   ─► findings
//   names     + sums, by hash       ─► contexts by principal ─► profiles; event types

#include "detect/grouper.h"
#include "detect/principals.h"
#include "detect/run.h"
#include "detect/tally.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace cairn::detect {

namespace {

constexpr size_t kMinCollectorBytes = 1u << 20;
constexpr size_t kMaxFinishThreads = 16;
constexpr size_t kEventTypesKept = 20'000;
constexpr size_t kPlacesKept = 10'000;  // accounts, regions, categories

/// Adds to a map that keeps its `limit` smallest keys: which keys those are does not depend on the
/// order of adding.
template <typename Map, typename Key>
void add_bounded(Map& map, Key key, uint64_t count, size_t limit) {
  if (map.size() >= limit && map.find(key) == map.end() && map.rbegin()->first < key) return;
  map[std::move(key)] += count;
  if (map.size() > limit) map.erase(std::prev(map.end()));
}

/// Visits the records of the match sorters, each event once.
Status each_unique_match(const std::vector<SpillSorter*>& sorters,
                         const std::function<Status(const MatchRecord&)>& visit) {
  std::string last;
  bool any = false;
  MatchRecord record;
  return SpillSorter::merge(sorters, [&](std::string_view key, std::string_view payload) -> Status {
    std::string_view prefix = shared_prefix(key, payload);
    if (any && prefix == last) return Status::success();
    any = true;
    last = prefix;
    decode_match(payload, record);
    return visit(record);
  });
}

}  // namespace

struct Detector::State {
  State(const std::vector<RuleInfo>& rules, const FieldTable& fields,
        const StandardFields& standard, const ActionWords& words, Files& files, Options options)
      : run(rules, fields, standard, words, files, std::move(options)) {}

  std::vector<SpillSorter*> match_sorters();
  Status tally_rows(Outcome& outcome);
  Status tally_partitions(std::atomic<size_t>& next, Tally& tally, uint64_t& duplicates);
  Status group_matches(Outcome& outcome);
  Status join_names(Outcome& outcome, SpillSorter& by_principal);
  Status profile(Outcome& outcome, SpillSorter& by_principal);
  void note_reach(Outcome& outcome);

  Run run;
  std::vector<std::unique_ptr<Collector>> collectors;
  std::vector<std::unique_ptr<Tally>> tallies;
};

Detector::Detector(const std::vector<RuleInfo>& rules, const FieldTable& fields,
                   const StandardFields& standard, const ActionWords& words, Files& files,
                   Options options)
    : state_(std::make_unique<State>(rules, fields, standard, words, files, std::move(options))) {}

Detector::~Detector() = default;

Collector& Detector::make_collector() {
  const Options& options = state_->run.options;
  size_t budget = options.memory_bytes / std::max<size_t>(options.collectors, 1);
  auto inner =
      std::make_unique<Collector::State>(state_->run, std::max(budget, kMinCollectorBytes));
  state_->collectors.push_back(std::unique_ptr<Collector>(new Collector(std::move(inner))));
  return *state_->collectors.back();
}

std::vector<SpillSorter*> Detector::State::match_sorters() {
  std::vector<SpillSorter*> sorters;
  for (auto& collector : collectors) sorters.push_back(&collector->state_->matches);
  return sorters;
}

Status Detector::State::tally_partitions(std::atomic<size_t>& next, Tally& tally,
                                         uint64_t& duplicates) {
  std::vector<const RowStore*> stores;
  for (auto& collector : collectors) stores.push_back(&collector->state_->rows);
  size_t threads = std::clamp<size_t>(run.options.collectors, 1, kMaxFinishThreads);
  // A row needs 40 bytes and two entries of the index.
  size_t limit_rows = std::max<size_t>(run.options.memory_bytes / threads / 64, 4096);
  while (true) {
    size_t partition = next.fetch_add(1);
    if (partition >= RowStore::kPartitions) break;
    TRY(visit_unique(stores, partition, limit_rows, duplicates,
                     [&](const Row& row) { tally.add(row); }));
  }
  return tally.flush();
}

Status Detector::State::tally_rows(Outcome& outcome) {
  for (auto& collector : collectors) {
    outcome.events += collector->state_->rows.size();
    collector->state_->rows.seal();
  }
  size_t threads = std::clamp<size_t>(run.options.collectors, 1, kMaxFinishThreads);
  std::vector<Status> statuses(threads);
  std::vector<uint64_t> duplicates(threads);
  std::atomic<size_t> next = 0;
  for (size_t i = 0; i < threads; ++i)
    tallies.push_back(std::make_unique<Tally>(run.files, run.options.memory_bytes / 2 / threads));
  auto work = [&](size_t i) { statuses[i] = tally_partitions(next, *tallies[i], duplicates[i]); };
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < threads; ++i) helpers.emplace_back(work, i);
    work(0);
  }
  Counts total;
  bool account_hours_fit = true, minutes_fit = true;
  size_t account_hours = 0;
  for (size_t i = 0; i < threads; ++i) {
    TRY(statuses[i]);
    outcome.duplicates += duplicates[i];
    total.add(tallies[i]->total());
    outcome.without_time += tallies[i]->without_time();
    tallies[i]->add_hours_to(outcome.hours);
    minutes_fit = minutes_fit && tallies[i]->add_minutes_to(outcome.minutes);
    account_hours_fit =
        account_hours_fit && tallies[i]->add_account_hours_to(outcome.account_hours, account_hours);
  }
  if (!account_hours_fit) outcome.account_hours.clear();
  if (!minutes_fit) outcome.minutes.clear();
  for (auto& collector : collectors) collector->state_->rows.release();
  outcome.errors = total.errors;
  if (total.has_time()) {
    outcome.first = Timestamp(Duration(total.first_ms));
    outcome.last = Timestamp(Duration(total.last_ms));
  }
  return Status::success();
}

Status Detector::State::group_matches(Outcome& outcome) {
  Grouper grouper(run);
  TRY(each_unique_match(match_sorters(), [&](const MatchRecord& record) {
    grouper.add(record);
    return Status::success();
  }));
  grouper.finish(outcome);
  if (outcome.minutes.empty()) outcome.match_minutes.clear();
  return Status::success();
}

Status Detector::State::join_names(Outcome& outcome, SpillSorter& by_principal) {
  std::vector<SpillSorter*> sorters;
  for (auto& collector : collectors) sorters.push_back(&collector->state_->names);
  for (auto& tally : tallies) sorters.push_back(&tally->sums());

  // Of each context or type come first its names (often several times, all alike), then its sums.
  std::string current, names, payload;
  ContextRecord record;
  auto end_group = [&]() -> Status {
    if (current.empty() || record.counts.events == 0) return Status::success();
    PackReader reader(names);
    if (current[0] == static_cast<char>(NameKind::kType)) {
      std::string_view source = reader.text(), name = reader.text(), category = reader.text();
      add_bounded(outcome.event_types, std::pair(std::string(source), std::string(name)),
                  record.counts.events, kEventTypesKept);
      add_bounded(outcome.categories, std::string(category), record.counts.events, kPlacesKept);
      return Status::success();
    }
    ContextTexts& t = record.texts;
    for (std::string_view* text : {&t.principal, &t.identity_type, &t.account, &t.access_key,
                                   &t.source_ip, &t.user_agent, &t.region})
      *text = reader.text();
    if (!t.account.empty())
      add_bounded(outcome.accounts, std::string(t.account), record.counts.events, kPlacesKept);
    if (!t.region.empty())
      add_bounded(outcome.regions, std::string(t.region), record.counts.events, kPlacesKept);
    std::sort(record.types.begin(), record.types.end());
    record.types.erase(std::unique(record.types.begin(), record.types.end()), record.types.end());
    pack_context(record, payload);
    std::string key(t.principal);
    key += '\0';
    key += current;
    return by_principal.add(key, payload);
  };
  Status merged =
      SpillSorter::merge(sorters, [&](std::string_view key, std::string_view bytes) -> Status {
        std::string_view group = key.substr(0, key.size() - 1);
        if (group != current) {
          TRY(end_group());
          current = group;
          names.clear();
          record = {};
        }
        if (key.back() == kNames) {
          if (names.empty()) names = bytes;
          return Status::success();
        }
        if (group[0] == static_cast<char>(NameKind::kContext)) {
          record.types.push_back(read_key_u64(bytes));
          bytes.remove_prefix(8);
        }
        record.counts.add(Counts::unpack(bytes));
        return Status::success();
      });
  TRY(merged);
  return end_group();
}

Status Detector::State::profile(Outcome& outcome, SpillSorter& by_principal) {
  std::map<std::string, PrincipalFindings> findings;
  for (const Finding& finding : outcome.findings) {
    for (const std::string& principal : finding.principals) {
      PrincipalFindings& sum = findings[principal];
      ++sum.by_level[static_cast<size_t>(finding.level)];
      sum.rules.insert(finding.rule);
    }
  }
  ProfileBuilder builder(findings);
  ContextRecord record;
  TRY(SpillSorter::merge({&by_principal}, [&](std::string_view, std::string_view payload) {
    unpack_context(payload, record);
    builder.add(record);
    return Status::success();
  }));
  builder.finish();
  TRY(SpillSorter::merge({&by_principal}, [&](std::string_view, std::string_view payload) {
    unpack_context(payload, record);
    builder.note_address(record);
    return Status::success();
  }));
  outcome.principal_count = builder.principal_count();
  outcome.principals = builder.take();
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
}

Result<Outcome> Detector::finish() {
  State& state = *state_;
  for (auto& collector : state.collectors) TRY(collector->state_->status);
  Outcome outcome;
  TRY(state.tally_rows(outcome));
  TRY(state.group_matches(outcome));
  SpillSorter by_principal(
      state.run.files, std::max<size_t>(state.run.options.memory_bytes / 2, kMinCollectorBytes));
  TRY(state.join_names(outcome, by_principal));
  TRY(state.profile(outcome, by_principal));
  state.note_reach(outcome);
  return outcome;
}

Status Detector::for_each_match(
    const std::function<Status(uint32_t, const EventSummary&, bool)>& visit) {
  return each_unique_match(state_->match_sorters(), [&](const MatchRecord& record) -> Status {
    for (const MatchedRule& matched : record.rules) {
      if (!state_->run.rules[matched.rule].reported && !state_->run.options.visit_context_matches)
        continue;
      TRY(visit(matched.rule, record.event, matched.allowed));
    }
    return Status::success();
  });
}

}  // namespace cairn::detect
