// `cairn rules explain RULE EVENT`: finds the event, then holds it against the rules part by part.

#include "base/text.h"
#include "cloudtrail/cloudtrail.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "engine/rule_choice.h"
#include "rules/explain.h"

#include <algorithm>
#include <map>

namespace cairn::engine {

namespace {

constexpr size_t kEventsNamed = 5;

/// Events of different content that are meant, by their id and fingerprint.
struct FoundEvents {
  std::map<std::pair<std::string, uint64_t>, std::string> records;
  uint64_t events = 0;
};

class EventFinder : public EventConsumer {
 public:
  /// An empty id means any event.
  EventFinder(const std::string& id, const StandardFields& standard)
      : id_(id), standard_(standard) {}

  uint64_t consume(const Event& event, const std::string& /*file*/) override {
    std::string_view id = event.text(standard_.event_id);
    if (!id_.empty() && !equals_ignore_case(id, id_)) return 0;
    ++found_.events;
    if (found_.records.size() > kEventsNamed) return 1;
    std::string& record =
        found_.records[{std::string(id), cloudtrail::content_fingerprint(event, standard_)}];
    if (record.empty()) cloudtrail::compact_json(event.raw(), record);
    return 1;
  }
  bool wants_more() const override { return found_.records.size() <= kEventsNamed; }

  FoundEvents found_;

 private:
  const std::string& id_;
  const StandardFields& standard_;
};

/// Explains the one event it is given.
class RuleExplainer : public cloudtrail::EventSink {
 public:
  RuleExplainer(const ChosenRules& chosen, Files& files, RuleExplanations& out)
      : chosen_(chosen),
        ruleset_(*chosen.ruleset),
        single_(ruleset_.rules->size() - ruleset_.rules->correlations().size()),
        files_(files),
        out_(out) {}

  void on_event(const Event& event) override {
    fill_summary(event);
    note_allowed(event);
    for (uint32_t rule : chosen_.rules) out_.rules.push_back(explained(rule, event));
  }
  void on_quarantine(QuarantineEntry) override {}

 private:
  void fill_summary(const Event& event) {
    const StandardFields& f = ruleset_.standard;
    EventSummary& summary = out_.event;
    summary.time_known = event.time_known();
    summary.time = event.time();
    summary.event_id = event.text(f.event_id);
    summary.event_name = event.text(f.event_name);
    summary.event_source = event.text(f.event_source);
    summary.region = event.text(f.region);
    summary.account = event.text(f.recipient_account);
    if (summary.account.empty()) summary.account = event.text(f.identity_account);
    summary.principal = detect::principal_of(event, f).key;
    summary.words = ruleset_.words->describe(event, f).words;
  }

  /// Asks the detector which rules' allow-lists expect the event.
  void note_allowed(const Event& event) {
    detect::Options options;
    options.correlations = ruleset_.rules->correlations();
    detect::Detector detector(ruleset_.rules->infos(), ruleset_.fields, ruleset_.standard,
                              *ruleset_.words, files_, options);
    rules::Matcher matcher(*ruleset_.rules);
    std::vector<uint32_t> matched;
    matcher.match(event, matched);
    detector.make_collector().add(event, 1, matched, "event");
    auto outcome = detector.finish();
    if (outcome.ok()) allowed_ = std::move(outcome.value().rule_allowed);
  }

  ExplainedRule explained(uint32_t rule, const Event& event) const {
    ExplainedRule out;
    out.info = ruleset_.rules->info(rule);
    if (rule < single_) {
      out.condition = rules::explain(*ruleset_.rules, rule, event);
      out.matches = out.condition.holds;
      out.allowed = rule < allowed_.size() && allowed_[rule] > 0;
      return out;
    }
    const Correlation& correlation = ruleset_.rules->correlations()[rule - single_];
    out.asks = ruleset_.rules->explain(rule);
    for (const Correlation::Source& source : correlation.sources) {
      ExplainedRule& part = out.parts.emplace_back(explained(source.rule, event));
      if (source.rule < single_) {
        for (size_t i = 0; i < source.group_by.size(); ++i)
          add_value(part.group, correlation.group_by[i], source.group_by[i], event);
        for (const std::string& path : source.fields) add_value(part.group, "counted", path, event);
      }
      bool complete = std::all_of(part.group.begin(), part.group.end(),
                                  [](const auto& value) { return value.known; });
      out.matches = out.matches || (part.matches && complete && !part.allowed);
    }
    return out;
  }

  void add_value(std::vector<ExplainedRule::GroupValue>& to, const std::string& name,
                 const std::string& path, const Event& event) const {
    auto slot = ruleset_.fields.find(path);
    FieldValue value = slot ? event.get(*slot) : FieldValue{};
    to.push_back({name, path, std::string(value.text), value.has_value()});
  }

  const ChosenRules& chosen_;
  const Ruleset& ruleset_;
  const size_t single_;
  Files& files_;
  RuleExplanations& out_;
  std::vector<uint64_t> allowed_;
};

Error not_one(const ExplainedEvent& asked, const FoundEvents& found) {
  const std::string where = printable(join(asked.logs, ", "));
  if (found.records.empty()) {
    return Error{ErrorCode::kNotFound, asked.event_id.empty()
                                           ? where + " holds no CloudTrail event"
                                           : "no event of " + where + " has the eventID \"" +
                                                 printable(asked.event_id) + "\""};
  }
  if (!asked.event_id.empty()) {
    return Error{ErrorCode::kInvalidInput, "several events of different content have the eventID " +
                                               printable(asked.event_id) +
                                               ": give a file that holds one of them"};
  }
  std::vector<std::string> ids;
  for (const auto& [key, record] : found.records)
    if (ids.size() < kEventsNamed) ids.push_back(printable(key.first));
  return Error{ErrorCode::kInvalidInput,
               where + " holds more than one event: name one by its eventID with --logs " + where +
                   "; the first are " + join(ids, ", ")};
}

}  // namespace

Result<RuleExplanations> explain_event(World world, const RuleChoice& choice,
                                       const ExplainedEvent& asked,
                                       const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  TRY_ASSIGN(ChosenRules chosen, choose_rules(world.files, choice));
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  std::vector<std::unique_ptr<EventFinder>> finders;
  for (unsigned i = 0; i < worker_count(0); ++i)
    finders.push_back(std::make_unique<EventFinder>(asked.event_id, standard));
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, asked.logs, {}, fields, standard, consumers_of(finders), progress));
  FoundEvents found;
  for (auto& finder : finders) {
    found.events += finder->found_.events;
    found.records.merge(finder->found_.records);
  }
  RuleExplanations out;
  out.read = summarise(std::move(read), world, started, false);
  if (found.records.size() != 1) return not_one(asked, found);
  out.diagnostics = chosen.ruleset->diagnostics;
  cloudtrail::Reader reader(world.files, chosen.ruleset->fields, chosen.ruleset->standard, {});
  RuleExplainer explainer(chosen, world.files, out);
  reader.read_text("event", found.records.begin()->second, explainer);
  return out;
}

}  // namespace cairn::engine
