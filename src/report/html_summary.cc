// The block `cairn-report` of report.html. It goes with content/report/: members may change freely
// as long as both change together.

#include "report/html_summary.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "report/html_text.h"
#include "report/incidents.h"
#include "report/integrity_words.h"
#include "report/json_members.h"
#include "report/verdict.h"

#include <set>

namespace cairn::report {

namespace {

template <typename Map>
void counts(JsonWriter& json, std::string_view name, const Map& map) {
  json.key(name).begin_array();
  for (const auto& [key, count] : map) json.begin_array().value(key).value(count).end_array();
  json.end_array();
}

void time_or_null(JsonWriter& json, std::string_view name, Timestamp time, bool known = true) {
  json.key(name);
  if (known) {
    json_seconds(json, time.time_since_epoch());
  } else {
    json.null();
  }
}

void add_verdict(JsonWriter& json, const ScanReport& report, const Verdict& verdict) {
  json.key("verdict").begin_object().member("findings", verdict.findings);
  json.member("worst", verdict.worst).member("scope", verdict.scope);
  json.member("filters", verdict.filters).member("completeness", verdict.completeness);
  json.member("grave", verdict.grave).member("clean", verdict.clean);
  json.member("complete", report.complete()).member("interrupted", report.interrupted).end_object();
}

void add_events(JsonWriter& json, const ScanReport& report) {
  const detect::Outcome& outcome = report.outcome;
  bool timed = outcome.events > outcome.without_time;
  json.key("events").begin_object().member("read", outcome.events);
  json.member("duplicates", outcome.duplicates).member("without_time", outcome.without_time);
  json.member("failed", outcome.errors).member("matched", outcome.matched_events);
  time_or_null(json, "first", outcome.first, timed);
  time_or_null(json, "last", outcome.last, timed);
  counts(json, "accounts", outcome.accounts);
  counts(json, "regions", outcome.regions);
  counts(json, "categories", outcome.categories);
  json.member("findings", static_cast<uint64_t>(outcome.findings.size()));
  json.member("not_kept", outcome.findings_not_kept);
  json.member("principals", outcome.principal_count).end_object();

  // Events over time: units since the last one, events in it, and so on.
  bool by_minute = !outcome.minutes.empty();
  const std::map<int64_t, uint64_t>& spans = by_minute ? outcome.minutes : outcome.hours;
  int64_t previous = spans.empty() ? 0 : spans.begin()->first;
  json.key("activity").begin_object().member("unit", by_minute ? 60 : 3600);
  json.member("begin", previous).key("counts").begin_array();
  for (const auto& [span, count] : spans) {
    json.value(span - previous).value(count);
    previous = span;
  }
  json.end_array().end_object();
}

std::string_view blind_reason(BlindRule::Reason reason) {
  switch (reason) {
    case BlindRule::Reason::kNoSource:
      return "source";
    case BlindRule::Reason::kNoDataEvents:
      return "data";
    case BlindRule::Reason::kNoField:
      return "field";
  }
  return "";
}

/// All rules of the run: the page says which of them stand behind a technique and which were blind.
/// Only those with findings come with their prose.
void add_rules(JsonWriter& json, const ScanReport& report, const Coverage& coverage,
               const std::vector<FoldedFinding>& folded) {
  std::map<uint32_t, const BlindRule*> blind;
  for (const BlindRule& rule : coverage.blind) blind[rule.rule] = &rule;
  std::set<uint32_t> found;
  for (const FoldedFinding& group : folded) found.insert(group.rule);
  const detect::Outcome& outcome = report.outcome;
  json.key("rules").begin_array();
  for (uint32_t i = 0; i < report.rules.size(); ++i) {
    const RuleInfo& rule = report.rules[i];
    json.begin_object().member("code", rule.code).member("title", rule.title);
    json.member("level", static_cast<int>(rule.level));
    json.member("context", rule.level < report.min_level);
    member_list(json, "tags", rule.tags);
    if (i < outcome.rule_matches.size()) {
      json.member("matches", outcome.rule_matches[i]).member("expected", outcome.rule_allowed[i]);
    }
    if (auto entry = blind.find(i); entry != blind.end()) {
      json.member("blind", blind_reason(entry->second->reason));
      json.member("detail", entry->second->detail);
    }
    if (found.count(i) > 0) {
      json.member("id", rule.id).member("file", rule.file).member("author", rule.author);
      json.member("description", rule.description).member("next", rule.next_step);
      member_list(json, "frameworks", rule.frameworks);
      member_list(json, "false_positives", rule.false_positives);
    }
    json.end_object();
  }
  json.end_array();
}

void add_principal(JsonWriter& json, const PrincipalProfile& profile) {
  json.begin_object().member("key", profile.key);
  json.member("name", detect::short_principal(profile.key)).member("type", profile.type);
  json.member("account", profile.account).member("risk", profile.risk);
  json.member("events", profile.events).member("errors", profile.errors);
  json.member("writes", profile.writes).member("calls", profile.event_name_count);
  bool timed = profile.first != Timestamp{} || profile.last != Timestamp{};
  time_or_null(json, "first", profile.first, timed);
  time_or_null(json, "last", profile.last, timed);
  member_list(json, "ips", profile.source_ips);
  member_list(json, "regions", profile.regions);
  member_list(json, "agents", profile.user_agents);
  member_list(json, "keys", profile.access_keys);
  json.member("ip_count", profile.source_ip_count).member("region_count", profile.region_count);
  json.member("agent_count", profile.user_agent_count).key("levels").begin_array();
  for (uint64_t count : profile.findings_by_level) json.value(count);
  json.end_array();
  member_list(json, "unusual", profile.unusual);
  json.end_object();
}

/// Names of principals that only incidents tell of.
void note_incident_names(const ScanReport& report, std::set<std::string_view>& keys) {
  for (const incident::Incident& incident : report.incidents.list) {
    keys.insert(incident.origin.name);
    for (const incident::Credential& credential : incident.credentials)
      keys.insert(credential.principal);
  }
  for (const identity::OriginTree& tree : report.sessions)
    for (const identity::SessionNode& node : tree.sessions) keys.insert(node.session.principal);
}

/// Short names of principals that have findings but no profile: the page says them, too.
void add_names(JsonWriter& json, const ScanReport& report,
               const std::vector<FoldedFinding>& folded) {
  std::set<std::string_view> keys;
  note_incident_names(report, keys);
  for (const FoldedFinding& group : folded)
    keys.insert(group.principals.begin(), group.principals.end());
  json.key("names").begin_object();
  for (std::string_view key : keys) {
    std::string name = detect::short_principal(key);
    if (name != key) json.member(key, name);
  }
  json.end_object();
}

void add_coverage(JsonWriter& json, const ScanReport& report, const Coverage& coverage) {
  json.key("coverage").begin_object().member("rules", coverage.rules);
  json.member("matched", coverage.matched);
  json.member("blind", static_cast<uint64_t>(coverage.blind.size()));
  json.member("hours", coverage.hours).member("silent_hours", coverage.silent_hours);
  json.key("gaps").begin_array();
  for (const Coverage::Gap& gap : coverage.gaps) {
    json.begin_array().value(gap.account);
    json_seconds(json, gap.begin.time_since_epoch());
    json_seconds(json, gap.end.time_since_epoch());
    json.end_array();
  }
  json.end_array().member("files", report.files).member("stored_bytes", report.stored_bytes);
  json.member("text_bytes", report.text_bytes).member("passed_over", report.passed_over);
  json.member("events_filtered", report.events_filtered);
  json.member("files_unread", report.files_unread).member("partial_files", report.partial_files);
  json.key("kinds").begin_object();
  for (size_t kind = 0; kind < report.files_by_kind.size(); ++kind)
    json.member(to_string(static_cast<SourceKind>(kind)), report.files_by_kind[kind]);
  json.end_object().key("shapes").begin_array();
  for (const SourceCount& source : report.sources) {
    json.begin_array().value(source.shape).value(source.files).value(source.events).end_array();
  }
  json.end_array();
  counts(json, "skipped_reasons", report.skipped_reasons);
  json.key("skipped").begin_array();
  for (const SkippedFile& file : report.skipped)
    json.begin_array().value(file.path).value(file.reason).end_array();
  json.end_array().key("quarantine_kinds").begin_object();
  for (size_t kind = 0; kind < report.quarantine_by_kind.size(); ++kind)
    json.member(to_string(static_cast<QuarantineEntry::Kind>(kind)),
                report.quarantine_by_kind[kind]);
  json.end_object().key("quarantine").begin_array();
  for (const QuarantineEntry& entry : report.quarantine) {
    json.begin_array().value(to_string(entry.kind)).value(entry.file).value(entry.offset);
    json.value(entry.length).value(entry.reason).end_array();
  }
  json.end_array().end_object();
}

/// The answer, the findings, and the calendar: a letter of kMarkLetters for each mark.
void add_integrity(JsonWriter& json, const integrity::VerifySummary& summary) {
  constexpr size_t kCalendarColumns = 168, kCalendarRows = 200;
  json.key("integrity").begin_object().member("verdict", integrity_verdict(summary).text);
  json.member("outcome", to_string(summary.outcome)).key("findings").begin_array();
  for (const integrity::Finding& finding : summary.findings) {
    json.begin_array().value(finding.level).value(finding.title).value(finding.account);
    json.value(finding.region);
    json_seconds(json, finding.first.time_since_epoch());
    json_seconds(json, finding.last.time_since_epoch());
    json.value(finding.next_step).end_array();
  }
  Calendar calendar = make_calendar(summary, kCalendarColumns);
  json.end_array().key("begin");
  json_seconds(json, calendar.begin.time_since_epoch());
  json.member("hours", calendar.hours_per_mark);
  json.member("regions", static_cast<uint64_t>(calendar.rows.size())).key("calendar").begin_array();
  for (size_t i = 0; i < std::min(calendar.rows.size(), kCalendarRows); ++i) {
    const Calendar::Row& row = calendar.rows[i];
    std::string marks;
    for (CalendarMark mark : row.marks) marks += kMarkLetters[static_cast<size_t>(mark)];
    json.begin_array().value(row.account).value(row.region).value(marks).end_array();
  }
  json.end_array().end_object();
}

std::string hex(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15];
  return text;
}

/// The gravest incidents whole.
void add_incidents(JsonWriter& json, const ScanReport& report) {
  constexpr size_t kIncidents = 100;
  const std::vector<incident::Incident>& list = report.incidents.list;
  json.key("incidents").begin_object().member("count", static_cast<uint64_t>(list.size()));
  json.key("list").begin_array();
  for (size_t i = 0; i < list.size() && i < kIncidents; ++i)
    append_incident(json, list[i], report.rules);
  json.end_array().end_object();
}

/// The most used.
void member_used(JsonWriter& json, std::string_view name, const std::vector<identity::Used>& used) {
  constexpr size_t kUsed = 6;
  json.key(name).begin_array();
  for (size_t i = 0; i < used.size() && i < kUsed; ++i) json.value(used[i].value);
  json.end_array();
}

void add_session(JsonWriter& json, const identity::SessionNode& node) {
  constexpr size_t kCalls = 10;
  const identity::Session& session = node.session;
  json.begin_object().member("depth", static_cast<uint64_t>(node.depth));
  json.member("principal", session.principal).member("session", session.name);
  json.member("access_key", session.access_key).member("account", session.account);
  json.key("first");
  if (session.time_known) {
    json.value(format_time(session.first)).member("last", format_time(session.last));
  } else {
    json.null().key("last").null();
  }
  json.member("events", session.events).member("failed", session.errors);
  json.member("writes", session.writes).member("mfa", session.mfa);
  const std::vector<identity::Step>& steps = session.origin.steps;
  json.member("how", steps.empty() ? "" : steps.back().words);
  json.member("event_id", steps.empty() ? "" : steps.back().event_id);
  member_used(json, "source_ips", session.source_ips);
  member_list(json, "countries", node.countries);
  member_used(json, "regions", session.regions);
  member_used(json, "user_agents", session.user_agents);
  json.key("calls").begin_array();
  for (size_t i = 0; i < session.calls.size() && i < kCalls; ++i)
    json.begin_array().value(session.calls[i].value).value(session.calls[i].events).end_array();
  json.end_array();
  member_list(json, "marks", node.first_seen);
  json.end_object();
}

void add_sessions(JsonWriter& json, const ScanReport& report) {
  json.key("sessions").begin_array();
  for (const identity::OriginTree& tree : report.sessions) {
    json.begin_object().member("origin", tree.name);
    json.member("name", detect::short_principal(tree.name));
    json.member("kind", identity::name_of(tree.kind)).member("certain", tree.certain);
    json.member("account", tree.account).member("because", tree.because);
    json.key("sessions").begin_array();
    for (const identity::SessionNode& node : tree.sessions) add_session(json, node);
    json.end_array().end_object();
  }
  json.end_array();
}

void add_making(JsonWriter& json, const ScanReport& report) {
  const RuleCounts& rules = report.rule_counts;
  json.key("made").begin_object().member("version", report.version);
  json.member("command", report.command);
  time_or_null(json, "started", report.started, report.started != Timestamp{});
  member_list(json, "inputs", report.inputs);
  member_list(json, "filters", report.filters);
  json.member("min_level", to_string(report.min_level)).key("rules").begin_object();
  json.member("files", rules.files).member("loaded", rules.loaded);
  json.member("builtin", rules.builtin).member("rejected", rules.rejected);
  json.member("correlations", rules.correlations).member("other", rules.other_log_source);
  json.member("errors", rules.errors).member("warnings", rules.warnings);
  json.member("fingerprint", rules.fingerprint == 0 ? "" : hex(rules.fingerprint)).end_object();
  json.member("seconds", report.seconds).member("threads", report.threads);
  json.member("memory_bytes", report.peak_memory_bytes).key("phases").begin_array();
  for (const Phase& phase : report.phases) {
    if (!phase.cpu) json.begin_array().value(phase.name).value(phase.seconds).end_array();
  }
  json.end_array().end_object();
}

}  // namespace

std::string html_summary(const ScanReport& report, const std::vector<FoldedFinding>& folded) {
  Coverage coverage = coverage_of(report);
  JsonWriter json;
  json.begin_object();
  add_incidents(json, report);
  add_sessions(json, report);
  add_verdict(json, report, verdict_of(report, folded, coverage));
  add_events(json, report);
  add_rules(json, report, coverage, folded);
  json.key("principals").begin_array();
  for (const PrincipalProfile& profile : report.outcome.principals) add_principal(json, profile);
  json.end_array();
  add_names(json, report, folded);
  add_coverage(json, report, coverage);
  if (report.integrity) add_integrity(json, *report.integrity);
  add_making(json, report);
  json.end_object();
  return std::move(json).take();
}

}  // namespace cairn::report
