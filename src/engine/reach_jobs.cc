// blast and undo: one reading keeps every act, and the records of calls with an inverse.

#include "base/hash.h"
#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/content.h"
#include "engine/event_feed.h"
#include "engine/identity_jobs.h"
#include "engine/read_summary.h"
#include "engine/rule_sources.h"
#include "investigate/blast.h"
#include "investigate/undo.h"

#include <algorithm>
#include <map>
#include <set>

namespace cairn::engine {

namespace {

constexpr size_t kIdsOfOne = 1'000;  // events that one asked beginning stands for

class ActConsumer : public EventConsumer {
 public:
  ActConsumer(const StandardFields& standard, const investigate::InvestigateFields& fields,
              const detect::ActionWords& words, Files& files, size_t memory_bytes,
              investigate::Wanted wanted, const std::vector<std::string>& asked)
      : standard_(standard),
        gatherer_(standard, fields, &words, files, memory_bytes, std::move(wanted)),
        asked_(asked),
        ids_(asked.size()) {}

  uint64_t consume(const Event& event, const std::string&) override {
    gatherer_.add(event, cloudtrail::content_fingerprint(event, standard_));
    std::string_view id = event.text(standard_.event_id);
    for (size_t i = 0; i < asked_.size(); ++i)
      if (starts_with_ignore_case(id, asked_[i]) && ids_[i].size() < kIdsOfOne)
        ids_[i].insert(to_lower(id));
    return 0;
  }
  investigate::Gatherer& gatherer() { return gatherer_; }
  std::vector<std::set<std::string>>& ids() { return ids_; }

 private:
  const StandardFields& standard_;
  investigate::Gatherer gatherer_;
  const std::vector<std::string>& asked_;
  std::vector<std::set<std::string>> ids_;
};

/// Tables, fields and consumers of one run.
struct ActReading {
  std::unique_ptr<investigate::InverseTable> table;
  std::unique_ptr<detect::ActionWords> words;
  FieldTable fields;
  StandardFields standard;
  investigate::InvestigateFields more{};
  std::vector<std::unique_ptr<ActConsumer>> consumers;
  ReadSummary read;

  std::vector<investigate::Gatherer*> gatherers() {
    std::vector<investigate::Gatherer*> all;
    for (auto& consumer : consumers) all.push_back(&consumer->gatherer());
    return all;
  }
};

Result<std::unique_ptr<ActReading>> read_acts(World world, const EventPlace& place,
                                              const std::vector<std::string>& asked,
                                              const ScanProgressCallback& progress) {
  auto reading = std::make_unique<ActReading>();
  TRY_ASSIGN(auto table, investigate::InverseTable::parse(embedded_text("inverses.tsv")));
  reading->table = std::make_unique<investigate::InverseTable>(std::move(table));
  reading->standard = StandardFields::intern_into(reading->fields);
  TRY_ASSIGN(auto words, detect::ActionWords::parse(embedded_text("actions.tsv"), reading->fields));
  reading->words = std::make_unique<detect::ActionWords>(std::move(words));
  reading->more = investigate::InvestigateFields::intern_into(reading->fields);
  reading->fields.freeze();
  unsigned width = feed_width(place);
  for (unsigned i = 0; i < width; ++i)
    reading->consumers.push_back(std::make_unique<ActConsumer>(
        reading->standard, reading->more, *reading->words, world.files,
        place.read.memory_bytes / width, investigate::wanted_for_reach(*reading->table), asked));
  TRY_ASSIGN(reading->read, feed_events(world, place, reading->fields, reading->standard,
                                        consumers_of(reading->consumers), progress));
  return reading;
}

/// The events of findings, by the findings' ids, from a reading of its own.
Result<std::map<std::string, std::set<std::string>>> events_of_findings(
    World world, const UndoOptions& options, const std::vector<std::string>& ids,
    const ScanProgressCallback& progress) {
  std::map<std::string, std::set<std::string>> events;
  if (ids.empty()) return events;
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options.rules));
  unsigned width = feed_width(options.place);
  detect::Options detecting;
  detecting.correlations = ruleset->rules->correlations();
  detecting.memory_bytes = options.place.read.memory_bytes;
  detecting.collectors = width;
  const AddressPlaces places(world.atlas);
  detecting.places = &places;
  detect::Detector detector(ruleset->rules->infos(), ruleset->fields, ruleset->standard,
                            *ruleset->words, world.files, std::move(detecting));
  class RuleReader : public EventConsumer {
   public:
    RuleReader(const Ruleset& rules, detect::Collector& collector)
        : standard_(rules.standard), matcher_(*rules.rules), collector_(collector) {}
    uint64_t consume(const Event& event, const std::string& file) override {
      matcher_.match(event, matched_);
      collector_.add(event, cloudtrail::content_fingerprint(event, standard_), matched_, file);
      return matched_.size();
    }

   private:
    const StandardFields& standard_;
    rules::Matcher matcher_;
    detect::Collector& collector_;
    std::vector<uint32_t> matched_;
  };
  std::vector<std::unique_ptr<RuleReader>> readers;
  for (unsigned i = 0; i < width; ++i)
    readers.push_back(std::make_unique<RuleReader>(*ruleset, detector.make_collector()));
  TRY_ASSIGN(ReadSummary read, feed_events(world, options.place, ruleset->fields, ruleset->standard,
                                           consumers_of(readers), progress));
  TRY_ASSIGN(detect::Outcome outcome, detector.finish());
  std::vector<Finding> asked;
  TRY(detector.for_each_finding([&](const Finding& finding) -> Status {
    for (const std::string& id : ids) {
      if (!starts_with_ignore_case(finding.id, id)) continue;
      asked.push_back(finding);
      for (const EventSummary& sample : finding.samples)
        events[to_lower(id)].insert(to_lower(sample.event_id));
    }
    return {};
  }));
  // Samples are a few: the rest are the matches of its rule, by its principals, in its time.
  TRY(detector.for_each_match([&](uint32_t rule, const EventSummary& event, bool) -> Status {
    for (const Finding& finding : asked) {
      bool inside = finding.rule == rule && event.time_known && event.time >= finding.first &&
                    event.time <= finding.last &&
                    std::find(finding.principals.begin(), finding.principals.end(),
                              event.principal) != finding.principals.end();
      if (!inside) continue;
      for (const std::string& id : ids)
        if (starts_with_ignore_case(finding.id, id))
          events[to_lower(id)].insert(to_lower(event.event_id));
    }
    return {};
  }));
  return events;
}

/// The same number as identity::handle_of() has for the credential's events.
uint64_t handle_of(const incident::Credential& credential) {
  if (!credential.access_key.empty()) return hash64(credential.access_key);
  return hash64(credential.session, hash64(credential.principal, 1));
}

/// What the credentials of incidents did from the incident's first event to its last.
Status choose_incidents(World world, const UndoOptions& options,
                        const std::vector<std::string>& ids, const ScanProgressCallback& progress,
                        investigate::UndoChoice& choice, std::vector<std::string>& not_found) {
  if (ids.empty()) return {};
  TRY_ASSIGN(FoundIncidents result,
             search_incidents(world, options.place, options.rules, progress));
  for (const std::string& id : ids) {
    const incident::Incident* found = result.incidents.find(id);
    if (found == nullptr) {
      not_found.push_back(id);
      continue;
    }
    for (const incident::Credential& credential : found->credentials)
      choice.stretches.push_back({handle_of(credential), found->first.time_since_epoch().count(),
                                  found->last.time_since_epoch().count()});
  }
  return {};
}

}  // namespace

std::string_view answer_page() { return embedded_text("sheet.html"); }

Result<SheetResult> run_blast(World world, const BlastOptions& options,
                              const ScanProgressCallback& progress) {
  TRY_ASSIGN(investigate::Subject subject, investigate::Subject::parse(options.subject));
  TRY_ASSIGN(auto reading, read_acts(world, options.place, {}, progress));
  TRY_ASSIGN(investigate::BlastResult answer,
             investigate::blast(subject, *reading->table, reading->gatherers()));
  SheetResult result;
  result.read = std::move(reading->read);
  result.found = answer.found;
  result.near = std::move(answer.near);
  result.sheet = std::move(answer.sheet);
  return result;
}

Result<UndoJobResult> run_undo(World world, const UndoOptions& options,
                               const ScanProgressCallback& progress) {
  UndoJobResult result;
  investigate::UndoChoice choice;
  std::optional<investigate::Subject> subject;
  if (!options.by.empty()) {
    TRY_ASSIGN(subject, investigate::Subject::parse(options.by));
    choice.subject = &*subject;
  }
  TRY_ASSIGN(auto reading, read_acts(world, options.place, options.asked, progress));
  std::vector<std::string> others;
  for (size_t i = 0; i < options.asked.size(); ++i) {
    std::set<std::string> ids;
    for (auto& consumer : reading->consumers) ids.merge(consumer->ids()[i]);
    std::string whole = to_lower(options.asked[i]);
    if (ids.contains(whole)) ids = {whole};
    if (ids.empty()) others.push_back(options.asked[i]);
    if (ids.size() > 1) {
      result.ambiguous.push_back(options.asked[i]);
    } else {
      choice.event_ids.insert(ids.begin(), ids.end());
    }
  }
  const auto& inputs = options.place.read.inputs;
  if (!others.empty() && std::find(inputs.begin(), inputs.end(), "-") != inputs.end())
    return Error{
        ErrorCode::kInvalidInput,
        "no event " + printable(others.front()) +
            "; ids of findings and incidents need a second reading: save standard input to a file"};
  std::vector<std::string> incidents;
  auto is_incident = [](const std::string& id) { return starts_with_ignore_case(id, "INC-"); };
  std::copy_if(others.begin(), others.end(), std::back_inserter(incidents), is_incident);
  std::erase_if(others, is_incident);
  TRY(choose_incidents(world, options, incidents, progress, choice, result.not_found));
  TRY_ASSIGN(auto of_findings, events_of_findings(world, options, others, progress));
  for (const std::string& other : others) {
    auto found = of_findings.find(to_lower(other));
    if (found == of_findings.end()) {
      result.not_found.push_back(other);
    } else {
      choice.event_ids.insert(found->second.begin(), found->second.end());
    }
  }
  TRY_ASSIGN(investigate::UndoResult answer,
             investigate::undo(choice, *reading->table, reading->gatherers()));
  result.read = std::move(reading->read);
  result.calls = answer.calls;
  result.taken_back = answer.taken_back;
  if (choice.subject == nullptr && choice.stretches.empty())
    result.changed_nothing = choice.event_ids.size() - answer.calls;
  result.near = std::move(answer.near);
  result.script = std::move(answer.script);
  result.sheet = std::move(answer.sheet);
  return result;
}

}  // namespace cairn::engine
