#include "cloudtrail/cloudtrail.h"
#include "engine/address_places.h"
#include "engine/event_feed.h"
#include "engine/read_summary.h"
#include "engine/rule_sources.h"
#include "investigate/who.h"

namespace cairn::engine {

namespace {

/// Everything is kept in shares of one budget.
constexpr size_t kShares = 3;

class WhoConsumer : public EventConsumer {
 public:
  WhoConsumer(const Ruleset& ruleset, const identity::IdentityFields& identity_fields,
              const investigate::InvestigateFields& fields, detect::Collector& findings,
              Files& files, size_t memory_bytes)
      : standard_(ruleset.standard),
        matcher_(*ruleset.rules),
        findings_(findings),
        sessions_(ruleset.standard, identity_fields, files, memory_bytes),
        gatherer_(ruleset.standard, fields, ruleset.words.get(), files, memory_bytes,
                  investigate::wanted_for_who()) {}

  uint64_t consume(const Event& event, const std::string& file) override {
    matcher_.match(event, matched_);
    uint64_t fingerprint = cloudtrail::content_fingerprint(event, standard_);
    findings_.add(event, fingerprint, matched_, file);
    sessions_.add(event);
    gatherer_.add(event, fingerprint);
    return matched_.size();
  }
  identity::Collector& sessions() { return sessions_; }
  investigate::Gatherer& gatherer() { return gatherer_; }

 private:
  const StandardFields& standard_;
  rules::Matcher matcher_;
  detect::Collector& findings_;
  identity::Collector sessions_;
  investigate::Gatherer gatherer_;
  std::vector<uint32_t> matched_;
};

}  // namespace

Result<SheetResult> run_who(World world, const WhoOptions& options,
                            const ScanProgressCallback& progress) {
  TRY_ASSIGN(investigate::Subject subject, investigate::Subject::parse(options.subject));
  identity::IdentityFields identity_fields{};
  investigate::InvestigateFields fields{};
  TRY_ASSIGN(auto ruleset, make_ruleset(world.files, options.rules, [&](FieldTable& table) {
               identity_fields = identity::IdentityFields::intern_into(table);
               fields = investigate::InvestigateFields::intern_into(table);
             }));
  unsigned width = feed_width(options.place);
  size_t share = options.place.read.memory_bytes / kShares;
  detect::Options detecting;
  detecting.correlations = ruleset->rules->correlations();
  detecting.min_level = options.min_level;
  detecting.memory_bytes = share;
  detecting.collectors = width;
  const AddressPlaces places(world.atlas);
  detecting.places = &places;
  detect::Detector detector(ruleset->rules->infos(), ruleset->fields, ruleset->standard,
                            *ruleset->words, world.files, std::move(detecting));
  std::vector<std::unique_ptr<WhoConsumer>> consumers;
  for (unsigned i = 0; i < width; ++i)
    consumers.push_back(std::make_unique<WhoConsumer>(
        *ruleset, identity_fields, fields, detector.make_collector(), world.files, share / width));
  SheetResult result;
  TRY_ASSIGN(result.read, feed_events(world, options.place, ruleset->fields, ruleset->standard,
                                      consumers_of(consumers), progress));
  std::vector<identity::Collector*> collectors;
  std::vector<investigate::Gatherer*> gatherers;
  for (auto& consumer : consumers) {
    collectors.push_back(&consumer->sessions());
    gatherers.push_back(&consumer->gatherer());
  }
  TRY_ASSIGN(identity::SessionLog log, identity::SessionLog::build(collectors));
  TRY_ASSIGN(detect::Outcome outcome, detector.finish());
  investigate::FindingsAbout findings;
  TRY(detector.for_each_finding([&](const Finding& finding) -> Status {
    findings.offer(finding, ruleset->rules->infos()[finding.rule]);
    return {};
  }));
  TRY_ASSIGN(investigate::WhoResult answer,
             investigate::who(subject, log, gatherers, findings, world.atlas));
  result.found = answer.found;
  result.near = std::move(answer.near);
  result.sheet = std::move(answer.sheet);
  return result;
}

}  // namespace cairn::engine
