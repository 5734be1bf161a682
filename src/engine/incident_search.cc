#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/event_feed.h"
#include "engine/identity_jobs.h"
#include "engine/read_summary.h"
#include "engine/rule_sources.h"

namespace cairn::engine {

namespace {

/// Findings and sessions share one budget.
constexpr size_t kShares = 2;

class IncidentConsumer : public EventConsumer {
 public:
  IncidentConsumer(const Ruleset& ruleset, detect::Collector& findings, Files& files,
                   size_t memory_bytes)
      : standard_(ruleset.standard),
        matcher_(*ruleset.rules),
        findings_(findings),
        sessions_(ruleset.standard, ruleset.identity, files, memory_bytes) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    matcher_.match(event, matched_);
    findings_.add(event, cloudtrail::content_fingerprint(event, standard_), matched_, file);
    sessions_.add(event);
    return matched_.size();
  }
  identity::Collector& sessions() { return sessions_; }

 private:
  const StandardFields& standard_;
  rules::Matcher matcher_;
  detect::Collector& findings_;
  identity::Collector sessions_;
  std::vector<uint32_t> matched_;
};

}  // namespace

Result<FoundIncidents> search_incidents(World world, const EventPlace& place,
                                        const RuleOptions& rules,
                                        const ScanProgressCallback& progress) {
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, rules));
  FoundIncidents found;
  found.rules = std::make_unique<std::vector<RuleInfo>>(ruleset->rules->infos());
  unsigned width = feed_width(place);
  size_t share = place.read.memory_bytes / kShares;
  detect::Options detecting;
  detecting.correlations = ruleset->rules->correlations();
  detecting.min_level = Level::kLow;  // as a scan: others begin no incident, and change no id
  detecting.memory_bytes = share;
  detecting.collectors = width;
  const AddressPlaces places(world.atlas);
  detecting.places = &places;
  detect::Detector detector(*found.rules, ruleset->fields, ruleset->standard, *ruleset->words,
                            world.files, std::move(detecting));
  std::vector<std::unique_ptr<IncidentConsumer>> consumers;
  for (unsigned i = 0; i < width; ++i)
    consumers.push_back(std::make_unique<IncidentConsumer>(*ruleset, detector.make_collector(),
                                                           world.files, share / width));
  TRY_ASSIGN(found.read, feed_events(world, place, ruleset->fields, ruleset->standard,
                                     consumers_of(consumers), progress));
  std::vector<identity::Collector*> collectors;
  for (auto& consumer : consumers) collectors.push_back(&consumer->sessions());
  for (identity::Collector* collector : collectors) TRY(collector->settle());
  TRY(detector.finish());
  TRY_ASSIGN(identity::SessionLog sessions, identity::SessionLog::build(collectors));
  incident::Builder builder(*found.rules, ruleset->rules->correlations(), share);
  TRY(detector.for_each_reported_event(
      [&](std::span<const uint32_t> reported, const EventSummary& event) {
        builder.add(reported, event);
        return Status::success();
      }));
  TRY_ASSIGN(found.incidents, builder.finish(sessions, world.atlas));
  TRY(detector.for_each_finding([&](const Finding& finding) {
    found.incidents.note_finding(finding);
    return Status::success();
  }));
  return found;
}

}  // namespace cairn::engine
