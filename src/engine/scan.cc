#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/engine.h"
#include "engine/event_filter.h"
#include "engine/log_proof.h"
#include "engine/pending_file.h"
#include "engine/people_sessions.h"
#include "engine/reading.h"
#include "engine/record_keeper.h"
#include "engine/rule_sources.h"
#include "engine/scan_outputs.h"
#include "sys/process.h"

#include <algorithm>
#include <deque>
#include <optional>

namespace cairn::engine {

namespace {

/// Measures the steps of a run by the wall clock.
class Stopwatch {
 public:
  explicit Stopwatch(Clock& clock)
      : clock_(clock), started_(clock.monotonic_seconds()), last_(started_) {}

  /// Ends the current step under a name.
  void lap(std::string name) {
    double now = clock_.monotonic_seconds();
    phases_.push_back({std::move(name), now - last_, false});
    last_ = now;
  }
  double total() const { return last_ - started_; }
  const std::vector<report::Phase>& phases() const { return phases_; }

 private:
  Clock& clock_;
  double started_, last_;
  std::vector<report::Phase> phases_;
};

/// One worker's rules and collector.
class RuleConsumer : public EventConsumer {
 public:
  RuleConsumer(const Ruleset& ruleset, detect::Collector& collector,
               identity::Collector* identities, RecordKeeper::Recorder* recorder)
      : standard_(ruleset.standard),
        matcher_(*ruleset.rules),
        collector_(collector),
        identities_(identities),
        recorder_(recorder) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    matcher_.match(event, matched_);
    uint64_t fingerprint = cloudtrail::content_fingerprint(event, standard_);
    collector_.add(event, fingerprint, matched_, file);
    if (identities_ != nullptr) identities_->add(event);
    if (recorder_ != nullptr && !matched_.empty())
      recorder_->add(event, fingerprint, matched_, file);
    return matched_.size();
  }

 private:
  const StandardFields& standard_;
  rules::Matcher matcher_;
  detect::Collector& collector_;
  identity::Collector* identities_;   // null: nobody asks who is behind what
  RecordKeeper::Recorder* recorder_;  // null when no output asks for records
  std::vector<uint32_t> matched_;
};

/// Reads all inputs through the rules into the detector's collectors, and into `records` when it is
/// not null.
Result<ReadOutcome> read_through_rules(World world, const ScanOptions& options,
                                       const Ruleset& ruleset, detect::Detector& detector,
                                       std::deque<identity::Collector>& identities,
                                       RecordKeeper* records, unsigned threads,
                                       const ScanProgressCallback& progress) {
  std::vector<std::unique_ptr<RuleConsumer>> owned;
  std::vector<EventConsumer*> consumers;
  for (unsigned i = 0; i < threads; ++i) {
    RecordKeeper::Recorder* recorder = records == nullptr ? nullptr : &records->make_recorder();
    identity::Collector* who = identities.empty() ? nullptr : &identities[i];
    owned.push_back(
        std::make_unique<RuleConsumer>(ruleset, detector.make_collector(), who, recorder));
    consumers.push_back(owned.back().get());
  }
  return read_inputs(world, options.inputs, options.filter, ruleset.fields, ruleset.standard,
                     consumers, progress);
}

void fill_reading(report::ScanReport& report, ReadOutcome&& read) {
  ReadTally& tally = read.tally;
  report.files = tally.files;
  report.stored_bytes = tally.stored_bytes;
  report.text_bytes = tally.text_bytes;
  report.passed_over = read.passed_over;
  report.special_files = read.special_files;
  report.archives = tally.archives;
  report.events_filtered = tally.events_filtered;
  for (auto& [shape, count] : tally.sources) report.sources.push_back(count);
  std::stable_sort(report.sources.begin(), report.sources.end(),
                   [](const auto& a, const auto& b) { return a.events > b.events; });
  report.files_by_kind = tally.files_by_kind;
  report.partial_files = tally.partial_files;
  report.skipped = std::move(tally.skipped).take();
  report.skipped_reasons = tally.skipped_reasons;
  report.quarantine = std::move(tally.quarantine).take();
  report.quarantine_by_kind = tally.quarantine_by_kind;
  // The walk found archives, the workers read their members.
  uint64_t read_of_found = tally.files + tally.archives.archives - tally.archives.files;
  report.files_unread = read.files_found > read_of_found ? read.files_found - read_of_found : 0;
  report.threads = read.threads;
}

detect::Options detect_options(const ScanOptions& options, const ScanOutputs& outputs,
                               const rules::RuleSet& rules, unsigned threads) {
  detect::Options detect;
  detect.correlations = rules.correlations();
  detect.min_level = options.min_level;
  detect.visit_context_matches = outputs.tell_context();
  detect.memory_bytes = options.memory_bytes;
  detect.collectors = threads;
  detect.allow = options.allow;
  return detect;
}

constexpr uint64_t kStateBytes = 1u << 30;

/// What the last scan left; nothing when there was none.
Result<std::string> read_state(Files& files, const std::string& path) {
  if (path.empty()) return std::string();
  auto state = read_file(files, path, kStateBytes);
  if (!state.ok() && state.error().code == ErrorCode::kNotFound) return std::string();
  return state;
}

Status write_state(PendingFile& file, const std::string& state) {
  TRY(file.out().write(state));
  return file.commit();
}

void warn_of_forgotten_groups(const detect::Outcome& outcome, Diagnostics& diagnostics) {
  if (outcome.forgotten_groups == 0) return;
  Diagnostic warning;
  warning.code = "correlation-memory";
  warning.severity = DiagnosticSeverity::kWarning;
  warning.message = "rules over several events forgot " +
                    plural(outcome.forgotten_groups, "group") +
                    " of events for lack of memory, or because their rules changed: they may have "
                    "missed something";
  diagnostics.add(std::move(warning));
}

/// Joins what was reported to incidents.
Result<incident::Incidents> find_incidents(const ScanOptions& options, const Ruleset& ruleset,
                                           const std::vector<RuleInfo>& rules,
                                           detect::Detector& detector,
                                           const identity::SessionLog& sessions,
                                           const geo::Atlas& atlas) {
  incident::Builder builder(rules, ruleset.rules->correlations(), options.memory_bytes / 2);
  TRY(detector.for_each_reported_event(
      [&](std::span<const uint32_t> reported, const EventSummary& event) {
        builder.add(reported, event);
        return Status::success();
      }));
  trim_memory();
  TRY_ASSIGN(incident::Incidents incidents, builder.finish(sessions, atlas));
  TRY(detector.for_each_finding([&](const Finding& finding) {
    incidents.note_finding(finding);
    return Status::success();
  }));
  return incidents;
}

}  // namespace

Result<ScanResult> run_scan(World world, const ScanOptions& options,
                            const ScanProgressCallback& progress) {
  Stopwatch watch(world.clock);
  Timestamp started = world.clock.now();
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options.rules));
  TRY_ASSIGN(ScanOutputs outputs, ScanOutputs::open(world.files, options));
  watch.lap("rules");
  std::shared_ptr<LogProof> proof;
  if (!options.key_files.empty()) {
    TRY_ASSIGN(LogProof made, LogProof::make(world, options, progress));
    proof = std::make_shared<LogProof>(std::move(made));
    watch.lap("verify");
  }

  TRY_ASSIGN(std::string state, read_state(world.files, options.state_path));
  std::unique_ptr<PendingFile> state_file;
  if (!options.state_path.empty()) {
    TRY_ASSIGN(state_file, PendingFile::create(world.files, options.state_path));
    TRY(state_file->make_private());
  }
  unsigned threads = options.threads != 0 ? options.threads : processor_count();
  ScanResult result;
  result.rules = std::make_unique<std::vector<RuleInfo>>(ruleset->rules->infos());
  detect::Options detecting = detect_options(options, outputs, *ruleset->rules, threads);
  detecting.state = std::move(state);
  detecting.keep_state = state_file != nullptr;
  detecting.lateness = options.lateness;
  const AddressPlaces places(world.atlas);
  detecting.places = &places;
  detect::Detector detector(*result.rules, ruleset->fields, ruleset->standard, *ruleset->words,
                            world.files, std::move(detecting));
  std::optional<RecordKeeper> records;
  if (outputs.tell_records())
    records.emplace(*result.rules, options.min_level, ruleset->rules->correlations(),
                    ruleset->standard, world.files, options.memory_bytes, threads);
  RecordKeeper* keeper = records ? &*records : nullptr;
  std::deque<identity::Collector> identities;
  if (options.incidents) {
    for (unsigned i = 0; i < threads; ++i)
      identities.emplace_back(ruleset->standard, ruleset->identity, world.files,
                              options.memory_bytes / 4 / threads, outputs.tell_sessions());
  }
  TRY_ASSIGN(ReadOutcome read, read_through_rules(world, options, *ruleset, detector, identities,
                                                  keeper, threads, progress));
  watch.lap("read");
  trim_memory();  // what the workers held is for the phases that follow

  report::ScanReport& report = result.report;
  report.interrupted = world.interrupted.load();
  fill_reading(report, std::move(read));
  for (identity::Collector& collector : identities) TRY(collector.settle());
  trim_memory();
  if (progress) progress({"grouping", 0, 0, 0, 0, 0, 0, 0, true, 0});
  auto outcome = detector.finish();
  if (!outcome.ok() && outcome.error().code == ErrorCode::kInvalidInput)
    return std::move(outcome).error().with_context(printable(options.state_path));
  TRY_ASSIGN(report.outcome, std::move(outcome));
  if (state_file != nullptr && !report.interrupted) TRY(write_state(*state_file, detector.state()));
  watch.lap("group");
  trim_memory();
  if (!identities.empty()) {
    std::vector<identity::Collector*> collectors;
    for (identity::Collector& collector : identities) collectors.push_back(&collector);
    TRY_ASSIGN(identity::SessionLog sessions, identity::SessionLog::build(collectors));
    TRY_ASSIGN(report.incidents,
               find_incidents(options, *ruleset, *result.rules, detector, sessions, world.atlas));
    if (outputs.tell_sessions()) {
      TRY_ASSIGN(report.sessions,
                 sessions_of_people(sessions, report.outcome.principals, world.atlas));
    }
  }
  identities.clear();
  trim_memory();
  watch.lap("incidents");
  if (proof) {
    report.integrity = proof->summary();
    report.file_verdict = [proof, &files = world.files](const std::string& file) {
      return proof->verdict_of(files, file);
    };
  }

  report.version = version();
  report.command = options.command;
  report.started = started;
  report.inputs = options.inputs;
  report.filters = Admission(options.filter, ruleset->standard).describe();
  report.min_level = options.min_level;
  report.rules = *result.rules;
  report.rule_counts = ruleset->counts;
  report.out_folder = options.out_folder;
  report.peak_memory_bytes = peak_memory_bytes();
  report.seconds = watch.total();
  report.phases = watch.phases();
  result.diagnostics = std::move(ruleset->diagnostics);
  warn_of_forgotten_groups(report.outcome, result.diagnostics);

  if (!outputs.empty()) {
    if (progress) progress({"writing", 0, 0, 0, 0, 0, 0, 0, true, 0});
    TRY(outputs.write(report, detector, keeper));
    watch.lap("write");
    report.seconds = watch.total();
    report.phases = watch.phases();
    report.peak_memory_bytes = peak_memory_bytes();
  }
  return result;
}

}  // namespace cairn::engine
