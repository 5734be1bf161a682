// Show: one reading at search speed finds the records; then each of the few is looked at with all
// rules and words.

#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/explore_jobs.h"
#include "engine/lake_jobs.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "engine/rule_sources.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace cairn::engine {

namespace {

constexpr size_t kPlacesShown = 20;
constexpr size_t kCandidatesNamed = 5;

using Place = report::ShownEvent::Place;

/// Records of one content: what they say once, where they are.
struct Found {
  std::string record;
  FirstFew<Place, std::less<>> places{kPlacesShown, {}};
  uint64_t copies = 0;
};

/// What is found of one asked id: by eventID in small letters and fingerprint.
struct Candidates {
  std::map<std::pair<std::string, uint64_t>, Found> found;
  bool too_many = false;

  void merge(Candidates& other) {
    too_many = too_many || other.too_many;
    for (auto& [key, more] : other.found) {
      Found& mine = found[key];
      if (mine.copies == 0 || more.record < mine.record) mine.record = std::move(more.record);
      mine.places.merge(more.places);
      mine.copies += more.copies;
    }
    too_many = too_many || found.size() > kCandidates;
  }
};

class IdConsumer : public EventConsumer {
 public:
  IdConsumer(const std::vector<std::string>& asked, const StandardFields& standard)
      : asked_(asked), standard_(standard), candidates_(asked.size()) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    std::string_view id = event.text(standard_.event_id);
    for (size_t i = 0; i < asked_.size(); ++i) {
      if (starts_with_ignore_case(id, asked_[i])) keep(candidates_[i], id, event, file);
    }
    return 0;
  }

  std::vector<Candidates>& candidates() { return candidates_; }

 private:
  void keep(Candidates& candidates, std::string_view id, const Event& event,
            const std::string& file) {
    if (candidates.too_many) return;
    Found& found =
        candidates.found[{to_lower(id), cloudtrail::content_fingerprint(event, standard_)}];
    std::string record;
    cloudtrail::compact_json(event.raw(), record);
    if (found.copies++ == 0 || record < found.record) found.record = std::move(record);
    found.places.offer({file, event.offset()});
    candidates.too_many = candidates.found.size() > kCandidates;
  }

  const std::vector<std::string>& asked_;
  const StandardFields& standard_;
  std::vector<Candidates> candidates_;
};

/// Fills in what the record's own text, the words and the rules say.
class Describer : public cloudtrail::EventSink {
 public:
  Describer(Files& files, const Ruleset& ruleset)
      : ruleset_(ruleset),
        matcher_(*ruleset.rules),
        reader_(files, ruleset.fields, ruleset.standard, {}) {}

  void describe(report::ShownEvent& shown) {
    shown_ = &shown;
    reader_.read_text(shown.summary.file, shown.record, *this);
  }

  void on_event(const Event& event) override {
    const StandardFields& f = ruleset_.standard;
    EventSummary& summary = shown_->summary;
    summary.time_known = event.time_known();
    summary.time = event.time();
    auto copy = [&](std::string& to, SlotId slot) { to = event.text(slot); };
    copy(summary.event_id, f.event_id);
    copy(summary.event_name, f.event_name);
    copy(summary.event_source, f.event_source);
    copy(summary.region, f.region);
    copy(summary.account, f.recipient_account);
    if (summary.account.empty()) copy(summary.account, f.identity_account);
    copy(summary.access_key, f.identity_access_key);
    copy(summary.source_ip, f.source_ip);
    copy(summary.user_agent, f.user_agent);
    copy(summary.error_code, f.error_code);
    copy(summary.error_message, f.error_message);
    detect::PrincipalName principal = detect::principal_of(event, f);
    summary.principal = principal.key;
    summary.session = principal.session;
    detect::ActionWords::Phrase phrase = ruleset_.words->describe(event, f);
    summary.target = std::move(phrase.target);
    summary.words = std::move(phrase.words);
    matcher_.match(event, matched_);
    for (uint32_t rule : matched_) {
      const RuleInfo& info = ruleset_.rules->info(rule);
      if (info.silent) continue;
      shown_->rules.push_back({info.code, info.title, info.next_step, info.level});
    }
    std::stable_sort(shown_->rules.begin(), shown_->rules.end(),
                     [](const auto& a, const auto& b) { return a.level > b.level; });
  }
  void on_quarantine(QuarantineEntry) override {}

 private:
  const Ruleset& ruleset_;
  rules::Matcher matcher_;
  cloudtrail::Reader reader_;
  std::vector<uint32_t> matched_;
  report::ShownEvent* shown_ = nullptr;
};

/// Takes the events that one asked id stands for, or notes that it does not stand for one.
void take(const std::string& asked, Candidates& candidates, ShowResult& result) {
  std::set<std::string> ids;
  for (const auto& [key, found] : candidates.found) ids.insert(key.first);
  std::string exact = to_lower(asked);
  bool is_exact = ids.contains(exact);
  if (ids.empty()) {
    result.not_found.push_back(asked);
    return;
  }
  if (candidates.too_many || (!is_exact && ids.size() > 1)) {
    ShowResult::Ambiguous& ambiguous = result.ambiguous.emplace_back();
    ambiguous.asked = asked;
    ambiguous.events = candidates.too_many ? kCandidates : ids.size();
    for (const std::string& id : ids) {
      if (!candidates.too_many && ambiguous.candidates.size() < kCandidatesNamed)
        ambiguous.candidates.push_back(id);
    }
    return;
  }
  if (!is_exact) exact = *ids.begin();
  size_t first = result.events.size();
  for (auto& [key, found] : candidates.found) {
    if (key.first != exact) continue;
    report::ShownEvent& shown = result.events.emplace_back();
    shown.record = std::move(found.record);
    shown.places = std::move(found.places).take();
    shown.copies = found.copies;
    shown.summary.file = shown.places.front().file;
    shown.summary.offset = shown.places.front().offset;
  }
  std::sort(result.events.begin() + static_cast<ptrdiff_t>(first), result.events.end(),
            [](const auto& a, const auto& b) { return a.record < b.record; });
  for (size_t i = first; i < result.events.size(); ++i)
    result.events[i].variants = result.events.size() - first - 1;
}

}  // namespace

Result<ShowResult> run_show(World world, const ShowOptions& options,
                            const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options.rules));
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  std::vector<std::unique_ptr<IdConsumer>> consumers;
  for (unsigned i = 0; i < worker_count(options.read.threads); ++i)
    consumers.push_back(std::make_unique<IdConsumer>(options.event_ids, standard));
  TRY_ASSIGN(ReadOutcome read, read_inputs(world, options.read.inputs, options.read.filter, fields,
                                           standard, consumers_of(consumers), progress));

  ShowResult result;
  for (size_t i = 0; i < options.event_ids.size(); ++i) {
    Candidates all;
    for (auto& consumer : consumers) all.merge(consumer->candidates()[i]);
    take(options.event_ids[i], all, result);
  }
  Describer describer(world.files, *ruleset);
  for (report::ShownEvent& shown : result.events) describer.describe(shown);
  result.read = summarise(std::move(read), world, started, false);
  return result;
}

namespace {

/// Keeps what a record of the lake says of itself.
class LakeRecords : public cloudtrail::EventSink {
 public:
  LakeRecords(Files& files, const FieldTable& fields, const StandardFields& standard)
      : standard_(standard), reader_(files, fields, standard, {}) {}

  void add(const lake::StoredRecord& stored, Candidates& candidates) {
    print_ = 0;
    reader_.read_text(stored.source_object, stored.raw, *this);
    Found& found = candidates.found[{to_lower(stored.event_id), print_}];
    if (found.copies++ == 0) cloudtrail::compact_json(stored.raw, found.record);
    found.places.offer({stored.source_object, report::ShownEvent::kNoOffset});
  }
  void on_event(const Event& event) override {
    print_ = cloudtrail::content_fingerprint(event, standard_);
  }
  void on_quarantine(QuarantineEntry) override {}

 private:
  const StandardFields& standard_;
  cloudtrail::Reader reader_;
  uint64_t print_ = 0;
};

}  // namespace

Result<ShowResult> run_lake_show(World world, lake::Lake& lake, const ShowOptions& options) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options.rules));
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  LakeRecords records(world.files, fields, standard);
  ShowResult result;
  for (const std::string& asked : options.event_ids) {
    TRY_ASSIGN(auto found, lake::find_records(lake, asked, kCandidates + 1));
    Candidates candidates;
    for (const lake::StoredRecord& stored : found) records.add(stored, candidates);
    candidates.too_many = candidates.found.size() > kCandidates;
    take(asked, candidates, result);
  }
  Describer describer(world.files, *ruleset);
  for (report::ShownEvent& shown : result.events) describer.describe(shown);
  result.read.seconds = world.clock.monotonic_seconds() - started;
  return result;
}

}  // namespace cairn::engine
