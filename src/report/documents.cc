// The JSON files: findings, summary, quarantine. Members are listed in docs/reference/outputs.md;
// they are only ever added to.

#include "base/text.h"
#include "crypto/crypto.h"
#include "formats/json_writer.h"
#include "report/json_members.h"
#include "report/report.h"

namespace cairn::report {

namespace {

void member_time(JsonWriter& json, std::string_view name, bool known, Timestamp time) {
  json.key(name);
  if (known) {
    json.value(format_time(time));
  } else {
    json.null();
  }
}

template <typename Map>
void member_counts(JsonWriter& json, std::string_view name, const Map& counts) {
  json.key(name).begin_object();
  for (const auto& [key, count] : counts) json.member(key, count);
  json.end_object();
}

void write_event(JsonWriter& json, const ScanReport& report, const EventSummary& event) {
  json.begin_object();
  member_time(json, "time", event.time_known, event.time);
  json.member("event_id", event.event_id).member("event_source", event.event_source);
  json.member("event_name", event.event_name)
      .member("region", event.region)
      .member("account", event.account);
  json.member("principal", event.principal).member("session", event.session);
  json.member("access_key", event.access_key).member("source_ip", event.source_ip);
  json.member("user_agent", event.user_agent).member("error_code", event.error_code);
  json.member("error_message", event.error_message)
      .member("target", event.target)
      .member("words", event.words);
  json.member("file", event.file).member("offset", event.offset);
  if (report.file_verdict) json.member("file_verdict", report.file_verdict(event.file));
  json.end_object();
}

void write_rule(JsonWriter& json, const RuleInfo& rule) {
  json.begin_object().member("id", rule.id).member("code", rule.code).member("title", rule.title);
  json.member("file", rule.file);
  member_list(json, "tags", rule.tags);
  member_list(json, "frameworks", rule.frameworks);
  json.member("next_step", rule.next_step).end_object();
}

std::string finding_line(const ScanReport& report, const Finding& finding) {
  const RuleInfo& rule = report.rules[finding.rule];
  JsonWriter json;
  json.begin_object()
      .member("id", finding.id)
      .member("level", to_string(finding.level))
      .key("rule");
  write_rule(json, rule);
  json.member("key", finding.key).member("principal", finding.principal);
  json.member("principal_name", detect::short_principal(finding.principal))
      .member("account", finding.account);
  json.member("count", finding.count).member("failed", finding.failed);
  member_time(json, "first", finding.time_known, finding.first);
  member_time(json, "last", finding.time_known, finding.last);
  member_list(json, "principals", finding.principals);
  member_list(json, "event_names", finding.event_names);
  member_list(json, "source_ips", finding.source_ips);
  member_list(json, "regions", finding.regions);
  member_list(json, "targets", finding.targets);
  member_list(json, "user_agents", finding.user_agents);
  member_list(json, "error_codes", finding.error_codes);
  json.key("distinct").begin_object().member("principals", finding.principal_count);
  json.member("event_names", finding.event_name_count)
      .member("source_ips", finding.source_ip_count);
  json.member("targets", finding.target_count).end_object().key("events").begin_array();
  for (const EventSummary& event : finding.samples) write_event(json, report, event);
  json.end_array().end_object();
  return std::move(json).take() + "\n";
}

/// A finding of a verification, with the members that those of rules have.
std::string integrity_line(const integrity::Finding& finding) {
  JsonWriter json;
  std::string id = finding.code + "\n" + finding.account + "\n" + finding.region + "\n" +
                   std::string(to_string(finding.verdict)) + (finding.digests ? "D" : "L");
  json.begin_object().member("id", crypto::to_hex(crypto::sha256(id)).substr(0, 16));
  json.member("level", finding.level).key("rule").begin_object();
  json.member("id", finding.code).member("code", finding.code).member("title", finding.title);
  json.member("next_step", finding.next_step).end_object();
  json.member("account", finding.account).member("count", finding.count);
  json.member("first", format_time(finding.first)).member("last", format_time(finding.last));
  member_list(json, "regions", {finding.region});
  json.member("verdict", to_string(finding.verdict));
  json.member("of", finding.digests ? "digests" : "logs");
  member_objects(json, finding);
  json.end_object();
  return std::move(json).take() + "\n";
}

std::string_view reason_name(BlindRule::Reason reason) {
  switch (reason) {
    case BlindRule::Reason::kNoSource:
      return "no-event-source";
    case BlindRule::Reason::kNoDataEvents:
      return "no-data-events";
    case BlindRule::Reason::kNoField:
      return "no-field";
  }
  return "";
}

void summarise_input(JsonWriter& json, const ScanReport& report) {
  json.key("input").begin_object();
  json.member("files", report.files)
      .member("stored_bytes", report.stored_bytes)
      .member("text_bytes", report.text_bytes);
  json.member("passed_over", report.passed_over).member("files_unread", report.files_unread);
  json.member("special_files", report.special_files);
  json.member("archives", report.archives.archives)
      .member("archive_files", report.archives.files)
      .member("archive_links", report.archives.links)
      .member("archive_special_files", report.archives.special_files);
  json.member("partial_files", report.partial_files)
      .member("events_filtered", report.events_filtered);
  json.key("kinds").begin_object();
  for (size_t kind = 0; kind < report.files_by_kind.size(); ++kind)
    json.member(to_string(static_cast<SourceKind>(kind)), report.files_by_kind[kind]);
  json.end_object().key("shapes").begin_array();
  for (const SourceCount& source : report.sources) {
    json.begin_object()
        .member("shape", source.shape)
        .member("files", source.files)
        .member("events", source.events);
    json.end_object();
  }
  json.end_array();
  member_counts(json, "skipped", report.skipped_reasons);
  json.key("quarantine").begin_object();
  for (size_t kind = 0; kind < report.quarantine_by_kind.size(); ++kind)
    json.member(to_string(static_cast<QuarantineEntry::Kind>(kind)),
                report.quarantine_by_kind[kind]);
  json.end_object().end_object();
}

void summarise_events(JsonWriter& json, const detect::Outcome& outcome) {
  bool timed = outcome.events > outcome.without_time;
  json.key("events")
      .begin_object()
      .member("read", outcome.events)
      .member("duplicates", outcome.duplicates);
  json.member("without_time", outcome.without_time).member("failed", outcome.errors);
  json.member("matched", outcome.matched_events);
  member_time(json, "first", timed, outcome.first);
  member_time(json, "last", timed, outcome.last);
  member_counts(json, "accounts", outcome.accounts);
  member_counts(json, "regions", outcome.regions);
  member_counts(json, "categories", outcome.categories);
  json.key("hours").begin_object();
  for (const auto& [hour, count] : outcome.hours)
    json.member(format_time(Timestamp(std::chrono::hours(hour))), count);
  json.end_object().member("principals", outcome.principal_count).end_object();
}

void summarise_findings(JsonWriter& json, const ScanReport& report) {
  const detect::Outcome& outcome = report.outcome;
  json.key("findings").begin_object().key("by_level").begin_object();
  for (size_t level = kLevelCount; level-- > 0;)
    json.member(to_string(static_cast<Level>(level)), outcome.findings_by_level[level]);
  json.end_object().member("not_kept", outcome.findings_not_kept).end_object();
}

void summarise_incidents(JsonWriter& json, const incident::Incidents& incidents) {
  json.key("incidents").begin_object();
  json.member("count", static_cast<uint64_t>(incidents.list.size()));
  json.member("credentials_left_out", incidents.left_out);
  json.member("events_without_time", incidents.untimed).key("list").begin_array();
  for (const incident::Incident& incident : incidents.list) {
    json.begin_object().member("id", incident.id).member("level", to_string(incident.level));
    json.member("title", incident.title).member("origin", incident.origin.name);
    member_time(json, "first", true, incident.first);
    member_time(json, "last", true, incident.last);
    json.end_object();
  }
  json.end_array().end_object();
}

void summarise_rules(JsonWriter& json, const ScanReport& report, const Coverage& coverage) {
  const RuleCounts& counts = report.rule_counts;
  const detect::Outcome& outcome = report.outcome;
  json.key("rules")
      .begin_object()
      .member("loaded", counts.loaded)
      .member("builtin", counts.builtin);
  json.member("rejected", counts.rejected).member("correlations", counts.correlations);
  json.member("other_log_source", counts.other_log_source).member("errors", counts.errors);
  json.member("warnings", counts.warnings)
      .member("filters", counts.filters)
      .member("at_level", coverage.rules)
      .member("matched", coverage.matched);
  json.key("matches").begin_array();
  for (size_t i = 0; i < report.rules.size() && i < outcome.rule_matches.size(); ++i) {
    if (outcome.rule_matches[i] == 0) continue;
    json.begin_object().member("id", report.rules[i].id).member("code", report.rules[i].code);
    json.member("level", to_string(report.rules[i].level))
        .member("matches", outcome.rule_matches[i]);
    json.member("expected", outcome.rule_allowed[i]).end_object();
  }
  json.end_array().key("could_not_fire").begin_array();
  for (const BlindRule& blind : coverage.blind) {
    json.begin_object()
        .member("id", report.rules[blind.rule].id)
        .member("code", report.rules[blind.rule].code);
    json.member("reason", reason_name(blind.reason)).member("detail", blind.detail).end_object();
  }
  json.end_array().end_object();
}

void summarise_integrity(JsonWriter& json, const integrity::VerifySummary& summary) {
  json.key("integrity").begin_object().member("outcome", to_string(summary.outcome));
  member_verdicts(json, "logs", summary.logs);
  member_verdicts(json, "digests", summary.digests);
  json.member("findings", static_cast<uint64_t>(summary.findings.size())).end_object();
}

void summarise_time(JsonWriter& json, const Coverage& coverage) {
  json.key("time")
      .begin_object()
      .member("hours", coverage.hours)
      .member("silent_hours", coverage.silent_hours);
  json.key("gaps").begin_array();
  for (const Coverage::Gap& gap : coverage.gaps) {
    json.begin_object().key("account");
    if (gap.account.empty()) {
      json.null();
    } else {
      json.value(gap.account);
    }
    json.member("begin", format_time(gap.begin)).member("end", format_time(gap.end)).end_object();
  }
  json.end_array().end_object();
}

void summarise_cost(JsonWriter& json, const ScanReport& report) {
  json.key("cost")
      .begin_object()
      .member("seconds", report.seconds)
      .member("threads", report.threads);
  json.member("peak_memory_bytes", report.peak_memory_bytes).key("phases").begin_array();
  for (const Phase& phase : report.phases) {
    json.begin_object()
        .member("name", phase.name)
        .member("seconds", phase.seconds)
        .member("cpu", phase.cpu);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

Status write_findings_jsonl(OutputFile& out, const ScanReport& report, uint64_t* rows) {
  TRY(report.each_finding([&](const Finding& finding) {
    if (rows != nullptr) ++*rows;
    return out.write(finding_line(report, finding));
  }));
  if (!report.integrity) return {};
  for (const integrity::Finding& finding : report.integrity->findings) {
    if (rows != nullptr) ++*rows;
    TRY(out.write(integrity_line(finding)));
  }
  return {};
}

Status write_summary_json(OutputFile& out, const ScanReport& report) {
  Coverage coverage = coverage_of(report);
  JsonWriter json;
  json.begin_object().member("cairn", report.version).member("complete", report.complete());
  json.member("examined", report.examined());
  json.member("interrupted", report.interrupted);
  member_list(json, "inputs", report.inputs);
  member_list(json, "filters", report.filters);
  json.member("min_level", to_string(report.min_level));
  summarise_input(json, report);
  summarise_events(json, report.outcome);
  summarise_incidents(json, report.incidents);
  summarise_findings(json, report);
  summarise_rules(json, report, coverage);
  summarise_time(json, coverage);
  if (report.integrity) summarise_integrity(json, *report.integrity);
  summarise_cost(json, report);
  json.end_object();
  return out.write(std::move(json).take() + "\n");
}

Status write_quarantine_jsonl(OutputFile& out, const ScanReport& report) {
  for (const QuarantineEntry& entry : report.quarantine) {
    JsonWriter json;
    json.begin_object().member("kind", to_string(entry.kind)).member("file", entry.file);
    json.member("offset", entry.offset)
        .member("length", entry.length)
        .member("reason", entry.reason)
        .end_object();
    TRY(out.write(std::move(json).take() + "\n"));
  }
  for (const SkippedFile& file : report.skipped) {
    JsonWriter json;
    json.begin_object()
        .member("kind", "skipped")
        .member("file", file.path)
        .member("offset", 0)
        .member("length", 0);
    json.member("reason", file.reason).end_object();
    TRY(out.write(std::move(json).take() + "\n"));
  }
  return Status::success();
}

}  // namespace cairn::report
