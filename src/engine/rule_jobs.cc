// Jobs that look at rules instead of logs: list and check them, and run their test records.

#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/engine.h"
#include "engine/rule_sources.h"

#include <algorithm>
#include <set>

namespace cairn::engine {

namespace {

/// Collects, for each record of a file, the rules it satisfies.
class MatchRecorder : public cloudtrail::EventSink {
 public:
  MatchRecorder(const rules::RuleSet& rules, const StandardFields& standard)
      : matcher_(rules), standard_(standard) {}

  struct Record {
    std::string event_id;
    std::vector<uint32_t> rules;
  };
  std::vector<Record> records;
  std::vector<QuarantineEntry> problems;

  void on_event(const Event& event) override {
    Record record{std::string(event.text(standard_.event_id)), {}};
    matcher_.match(event, record.rules);
    records.push_back(std::move(record));
  }
  void on_quarantine(QuarantineEntry entry) override { problems.push_back(std::move(entry)); }

 private:
  rules::Matcher matcher_;
  const StandardFields& standard_;
};

/// Hands the records of a file to a detector, for rules over several events.
class DetectorFeed : public cloudtrail::EventSink {
 public:
  DetectorFeed(const Ruleset& ruleset, detect::Collector& collector, const std::string& path)
      : standard_(ruleset.standard), matcher_(*ruleset.rules), collector_(collector), path_(path) {}

  size_t records = 0;
  std::vector<QuarantineEntry> problems;

  void on_event(const Event& event) override {
    matcher_.match(event, matched_);
    collector_.add(event, cloudtrail::content_fingerprint(event, standard_), matched_, path_);
    ++records;
  }
  void on_quarantine(QuarantineEntry entry) override { problems.push_back(std::move(entry)); }

 private:
  const StandardFields& standard_;
  rules::Matcher matcher_;
  detect::Collector& collector_;
  const std::string& path_;
  std::vector<uint32_t> matched_;
};

/// "…/IAM-02-administrator-policy.yml" with code IAM-02 has its records in "…/IAM-02.match.jsonl".
std::string records_path(const RuleInfo& info, std::string_view kind) {
  std::string_view folder =
      std::string_view(info.file).substr(0, info.file.size() - base_name(info.file).size());
  return std::string(folder) + info.code + "." + std::string(kind) + ".jsonl";
}

class RuleTester {
 public:
  RuleTester(World world, const Ruleset& ruleset, RuleTestOutcome& outcome)
      : world_(world),
        ruleset_(ruleset),
        outcome_(outcome),
        reader_(world.files, ruleset.fields, ruleset.standard, {}) {}

  Status test(uint32_t rule) {
    const RuleInfo& info = ruleset_.rules->info(rule);
    if (info.silent) return Status::success();  // a part: tested with the rules it is a part of
    ++outcome_.rules;
    TRY_ASSIGN(bool matching, run(rule, records_path(info, "match"), true));
    TRY_ASSIGN(bool silent, run(rule, records_path(info, "nomatch"), false));
    outcome_.with_tests += matching && silent ? 1 : 0;
    return Status::success();
  }

 private:
  /// Returns false when there is no such file.
  Result<bool> run(uint32_t rule, const std::string& path, bool expected) {
    auto info = world_.files.stat(path);
    if (!info.ok()) {
      if (info.error().code == ErrorCode::kNotFound) return false;
      return std::move(info).error();
    }
    cloudtrail::Input input;
    input.path = path;
    input.size_bytes = info.value().size_bytes;
    const auto& correlations = ruleset_.rules->correlations();
    if (!correlations.empty() && rule >= correlations.front().rule) {
      TRY(run_together(rule, input, expected));
    } else {
      run_each(rule, input, expected);
    }
    return true;
  }

  /// Each record by itself.
  void run_each(uint32_t rule, const cloudtrail::Input& input, bool expected) {
    const std::string& path = input.path;
    MatchRecorder recorder(*ruleset_.rules, ruleset_.standard);
    reader_.read(input, recorder, never_);
    tell(path, recorder.problems, recorder.records.size());
    for (size_t i = 0; i < recorder.records.size(); ++i) {
      const auto& record = recorder.records[i];
      bool matched = std::binary_search(record.rules.begin(), record.rules.end(), rule);
      std::string where = path + ": record " + std::to_string(i + 1) + " (" + record.event_id + ")";
      if (matched != expected)
        fail(where + (expected ? " should match but does not" : " should not match but does"));
    }
  }

  /// All records of the file together, as a scan of them would: some or none of them must be in a
  /// finding of the rule.
  Status run_together(uint32_t rule, const cloudtrail::Input& input, bool expected) {
    detect::Options options;
    options.correlations = ruleset_.rules->correlations();
    options.places = &places_;
    detect::Detector detector(ruleset_.rules->infos(), ruleset_.fields, ruleset_.standard,
                              *ruleset_.words, world_.files, options);
    DetectorFeed feed(ruleset_, detector.make_collector(), input.path);
    reader_.read(input, feed, never_);
    tell(input.path, feed.problems, feed.records);
    TRY_ASSIGN(detect::Outcome outcome, detector.finish());
    bool found = std::any_of(outcome.findings.begin(), outcome.findings.end(),
                             [rule](const Finding& finding) { return finding.rule == rule; });
    if (found != expected)
      fail(input.path + (expected ? ": the records together should match but do not"
                                  : ": the records together should not match but do"));
    return Status::success();
  }

  void tell(const std::string& path, const std::vector<QuarantineEntry>& problems, size_t records) {
    for (const QuarantineEntry& problem : problems) {
      fail(path + ": byte " + std::to_string(problem.offset) + ": " + problem.reason);
    }
    if (records == 0) fail(path + ": holds no records");
    outcome_.records += records;
  }

  void fail(std::string text) { outcome_.failures.push_back(std::move(text)); }

  World world_;
  const Ruleset& ruleset_;
  RuleTestOutcome& outcome_;
  const AddressPlaces places_ = AddressPlaces::for_tests();
  cloudtrail::Reader reader_;
  const std::atomic<bool> never_{false};
};

}  // namespace

Result<LoadedRules> load_rules(World world, const RuleOptions& options) {
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options));
  LoadedRules loaded;
  loaded.infos = ruleset->rules->infos();
  for (size_t rule = 0; rule < ruleset->rules->size(); ++rule)
    loaded.explanations.push_back(ruleset->rules->explain(rule));
  loaded.diagnostics = std::move(ruleset->diagnostics);
  loaded.counts = ruleset->counts;
  return loaded;
}

Result<RuleTestOutcome> test_rules(World world, const RuleOptions& options) {
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options));
  RuleTestOutcome outcome;
  outcome.diagnostics = ruleset->diagnostics;
  RuleTester tester(world, *ruleset, outcome);
  for (uint32_t rule = 0; rule < ruleset->rules->size(); ++rule) TRY(tester.test(rule));
  return outcome;
}

}  // namespace cairn::engine
