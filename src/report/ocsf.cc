// Findings and matched events in the Open Cybersecurity Schema Framework, version 1.3.0: classes
// Detection Finding (2004) and API Activity (6003), profiles cloud and datetime.
//
// Where the public mappings of CloudTrail differ from one another: user.uid is the ARN and uid_alt
// the principal id (the user object's own description says so); a service in sourceIPAddress is
// src_endpoint.svc_name, never an ip; api.request.data and api.response.data hold JSON as a string,
// as in the samples that the OCSF project publishes. What has no attribute is in `unmapped`, under
// `cairn` when it is ours.

#include "base/text.h"
#include "formats/json_writer.h"
#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/matched_events.h"
#include "report/report.h"

#include <algorithm>
#include <array>

namespace cairn::report {

namespace {

constexpr std::string_view kSchemaVersion = "1.3.0";
constexpr size_t kObservables = 100;

/// An enumerator and its caption, which OCSF wants side by side.
struct Enumerator {
  int id;
  std::string_view caption;
};

Enumerator severity_of(Level level) {
  constexpr std::array<Enumerator, kLevelCount> kSeverities = {
      {{1, "Informational"}, {2, "Low"}, {3, "Medium"}, {4, "High"}, {5, "Critical"}}};
  return kSeverities[static_cast<size_t>(level)];
}

/// What an API call does, by the first word of its name, else by readOnly. Not by any word in the
/// name: DeleteTags deletes, and DescribeCreateAccountStatus reads.
Enumerator activity_of(std::string_view event_name, std::string_view read_only) {
  constexpr Enumerator kCreate{1, "Create"}, kRead{2, "Read"}, kUpdate{3, "Update"},
      kDelete{4, "Delete"}, kOther{99, "Other"};
  struct Verb {
    std::string_view word;
    Enumerator activity;
  };
  static constexpr auto kVerbs = std::to_array<Verb>({
      {"BatchGet", kRead},    {"Describe", kRead},     {"Get", kRead},
      {"Head", kRead},        {"List", kRead},         {"Lookup", kRead},
      {"Query", kRead},       {"Scan", kRead},         {"Search", kRead},
      {"Select", kRead},      {"Simulate", kRead},     {"Validate", kRead},
      {"Allocate", kCreate},  {"Copy", kCreate},       {"Create", kCreate},
      {"Generate", kCreate},  {"Import", kCreate},     {"Register", kCreate},
      {"Run", kCreate},       {"Upload", kCreate},     {"BatchDelete", kDelete},
      {"Delete", kDelete},    {"Deregister", kDelete}, {"Purge", kDelete},
      {"Release", kDelete},   {"Terminate", kDelete},  {"Activate", kUpdate},
      {"Add", kUpdate},       {"Associate", kUpdate},  {"Attach", kUpdate},
      {"Authorize", kUpdate}, {"Change", kUpdate},     {"Deactivate", kUpdate},
      {"Detach", kUpdate},    {"Disable", kUpdate},    {"Disassociate", kUpdate},
      {"Enable", kUpdate},    {"Modify", kUpdate},     {"Put", kUpdate},
      {"Remove", kUpdate},    {"Replace", kUpdate},    {"Reset", kUpdate},
      {"Restore", kUpdate},   {"Revoke", kUpdate},     {"Rotate", kUpdate},
      {"Set", kUpdate},       {"Start", kUpdate},      {"Stop", kUpdate},
      {"Suspend", kUpdate},   {"Tag", kUpdate},        {"Untag", kUpdate},
      {"Update", kUpdate},
  });
  for (const Verb& verb : kVerbs) {
    if (!event_name.starts_with(verb.word)) continue;
    std::string_view rest = event_name.substr(verb.word.size());
    bool whole_word = rest.empty() || ascii_lower(rest[0]) != rest[0];  // "Get" is not "Getaway"
    if (whole_word) return verb.activity;
  }
  return read_only == "true" ? kRead : kOther;
}

int64_t milliseconds(Timestamp time) { return time.time_since_epoch().count(); }

/// An attribute of type timestamp_t and its twin of the profile datetime.
void member_time(JsonWriter& json, const std::string& name, Timestamp time) {
  json.member(name, milliseconds(time)).member(name + "_dt", format_time(time));
}

void member_text(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.member(name, text);
}

/// {"uid": …} of a nested object.
void member_uid(JsonWriter& json, std::string_view name, std::string_view uid) {
  json.key(name).begin_object().member("uid", uid).end_object();
}

/// userIdentity.type, from the record or from the form of the principal's name.
std::string identity_type(std::string_view principal, const EventDetails* details) {
  if (details != nullptr && !details->identity_type.empty()) return details->identity_type;
  if (principal.ends_with(":root")) return "Root";
  if (principal.find(":user/") != std::string_view::npos) return "IAMUser";
  if (principal.find("role/") != std::string_view::npos) return "AssumedRole";
  if (principal.ends_with(".amazonaws.com")) return "AWSService";
  return "Unknown";
}

Enumerator user_type(std::string_view type) {
  if (type == "Root") return {2, "Admin"};
  if (type == "IAMUser") return {1, "User"};
  if (type == "AWSService") return {3, "System"};
  if (type == "Unknown") return {0, "Unknown"};
  return {99, type};
}

/// The account of an ARN, else nothing.
std::string_view account_of_arn(std::string_view arn) {
  if (!arn.starts_with("arn:")) return {};
  std::vector<std::string_view> parts = split(arn, ':');
  return parts.size() > 5 ? parts[4] : std::string_view{};
}

void write_actor(JsonWriter& json, const EventSummary& event, const EventDetails* details) {
  std::string type = identity_type(event.principal, details);
  Enumerator kind = user_type(type);
  std::string_view arn = details != nullptr && !details->identity_arn.empty()
                             ? std::string_view(details->identity_arn)
                             : std::string_view(event.principal);
  std::string name = details != nullptr && !details->user_name.empty()
                         ? details->user_name
                         : user_name_of(event.principal);
  json.begin_object().key("user").begin_object().member("name", name);
  member_text(json, "uid", arn);
  if (details != nullptr) member_text(json, "uid_alt", details->principal_id);
  json.member("type_id", kind.id).member("type", kind.caption);
  if (std::string_view account = account_of_arn(arn); !account.empty())
    member_uid(json, "account", account);
  member_text(json, "credential_uid", event.access_key);
  json.end_object();
  bool session = !event.session.empty() || (details != nullptr && !details->mfa.empty());
  if (session) {
    json.key("session").begin_object();
    member_text(json, "uid", event.session);
    if (details != nullptr) {
      member_text(json, "issuer", details->issuer_arn);
      if (!details->mfa.empty()) json.member("is_mfa", details->mfa == "true");
    } else if (!event.session.empty()) {
      member_text(json, "issuer", event.principal);
    }
    json.end_object();
  }
  if (details != nullptr) member_text(json, "app_name", details->invoked_by);
  json.end_object();
}

void write_api(JsonWriter& json, const EventSummary& event, const EventDetails* details) {
  json.begin_object().member("operation", event.event_name.empty() ? "Unknown" : event.event_name);
  if (!event.event_source.empty())
    json.key("service").begin_object().member("name", event.event_source).end_object();
  // A request must have an id; without one its data goes to `unmapped`.
  if (details != nullptr && !details->request_id.empty()) {
    json.key("request").begin_object().member("uid", details->request_id);
    member_text(json, "data", compact_json(details->request_parameters));
    json.end_object();
  }
  bool has_data = details != nullptr && !details->response_elements.empty();
  if (!event.error_code.empty() || !event.error_message.empty() || has_data) {
    json.key("response").begin_object();
    member_text(json, "error", event.error_code);
    member_text(json, "error_message", event.error_message);
    if (has_data) json.member("data", compact_json(details->response_elements));
    json.end_object();
  }
  json.end_object();
}

void write_source(JsonWriter& json, const EventSummary& event, const EventDetails* details) {
  json.begin_object();
  if (is_address(event.source_ip)) {
    json.member("ip", event.source_ip);
  } else {
    json.member("svc_name", event.source_ip.empty() ? "Unknown" : event.source_ip);
  }
  if (details != nullptr) member_text(json, "uid", details->vpc_endpoint_id);
  json.end_object();
}

void write_cloud(JsonWriter& json, std::string_view account, std::string_view region) {
  json.key("cloud").begin_object().member("provider", "AWS");
  if (!account.empty()) member_uid(json, "account", account);
  member_text(json, "region", region);
  json.end_object();
}

void write_class(JsonWriter& json, int class_uid, std::string_view class_name, int category_uid,
                 std::string_view category_name, Enumerator activity) {
  json.member("activity_id", activity.id).member("activity_name", activity.caption);
  json.member("category_uid", category_uid).member("category_name", category_name);
  json.member("class_uid", class_uid).member("class_name", class_name);
  json.member("type_uid", class_uid * 100 + activity.id);
  json.member("type_name", std::string(class_name) + ": " + std::string(activity.caption));
}

void write_severity(JsonWriter& json, Enumerator severity) {
  json.member("severity_id", severity.id).member("severity", severity.caption);
}

/// The list of values that tools pivot on.
class Observables {
 public:
  void add(std::string_view name, Enumerator type, const std::string& value) {
    if (value.empty() || count_ >= kObservables) return;
    ++count_;
    json_.begin_object().member("name", name).member("type_id", type.id);
    json_.member("type", type.caption).member("value", value).end_object();
  }
  void add_address(std::string_view name, const std::string& value) {
    if (is_address(value)) add(name, {2, "IP Address"}, value);
  }
  void add_user(std::string_view name, const std::string& value) {
    add(name, {4, "User Name"}, value);
  }
  void add_agent(std::string_view name, const std::string& value) {
    add(name, {16, "HTTP User-Agent"}, value);
  }
  void add_credential(std::string_view name, const std::string& value) {
    add(name, {19, "User Credential ID"}, value);
  }

  void write(JsonWriter& json) && {
    json_.end_array();
    if (count_ > 0) json.key("observables").raw(json_.text());
  }

  Observables() { json_.begin_array(); }

 private:
  JsonWriter json_;
  size_t count_ = 0;
};

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& values) {
  json.key(name).begin_array();
  for (const std::string& value : values) json.value(value);
  json.end_array();
}

void write_resource(JsonWriter& json, std::string_view name, std::string_view account,
                    std::string_view region) {
  json.begin_object().member("name", name);
  member_text(json, "region", region);
  json.member("cloud_partition", partition_of(region));
  if (is_account_id(account)) {
    json.key("owner").begin_object();
    member_uid(json, "account", account);
    json.end_object();
  }
  json.end_object();
}

/// The rule's ATT&CK tags. Which tactic a technique served is known only when the rule names one.
void write_attacks(JsonWriter& json, const RuleInfo& rule) {
  std::vector<Tactic> tactics = tactics_of(rule);
  std::vector<std::string> techniques = techniques_of(rule);
  if (tactics.empty() && techniques.empty()) return;
  auto write_tactic = [&](const Tactic& tactic) {
    json.key("tactic").begin_object().member("uid", tactic.id).member("name", tactic.name);
    json.end_object();
  };
  json.key("attacks").begin_array();
  bool joined = tactics.size() == 1 && !techniques.empty();
  if (!joined) {
    for (const Tactic& tactic : tactics) {
      json.begin_object();
      write_tactic(tactic);
      json.end_object();
    }
  }
  for (const std::string& technique : techniques) {
    json.begin_object();
    if (joined) write_tactic(tactics[0]);
    member_uid(json, "technique", technique.substr(0, technique.find('.')));
    if (technique.find('.') != std::string::npos) member_uid(json, "sub_technique", technique);
    json.end_object();
  }
  json.end_array();
}

void write_finding_info(JsonWriter& json, const Finding& finding, const RuleInfo& rule) {
  json.key("finding_info").begin_object().member("uid", finding.id).member("title", rule.title);
  std::string account = account_of(finding);
  json.member("desc", rule.description.empty() ? account : rule.description + " " + account);
  std::vector<std::string> types;
  for (const Tactic& tactic : tactics_of(rule)) types.emplace_back(tactic.name);
  if (!types.empty()) write_list(json, "types", types);
  if (finding.time_known) {
    member_time(json, "created_time", finding.last);
    member_time(json, "first_seen_time", finding.first);
    member_time(json, "last_seen_time", finding.last);
  }
  write_list(json, "data_sources", {"CloudTrail"});
  json.key("analytic").begin_object().member("uid", rule.id).member("name", rule.code);
  json.member("desc", rule.title).member("type_id", 1).member("type", "Rule");
  json.member("category", "Sigma").end_object();
  write_attacks(json, rule);
  json.key("related_events").begin_array();
  for (const EventSummary& event : finding.samples) {
    if (event.event_id.empty()) continue;
    Enumerator activity = activity_of(event.event_name, "");
    json.begin_object().member("uid", event.event_id);
    // Of other verbs only the record can tell, and it is not at hand.
    if (activity.id != 99) {
      json.member("type_uid", 600300 + activity.id);
      json.member("type_name", "API Activity: " + std::string(activity.caption));
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void write_evidences(JsonWriter& json, const Finding& finding) {
  json.key("evidences").begin_array();
  for (const EventSummary& event : finding.samples) {
    json.begin_object().key("actor");
    write_actor(json, event, nullptr);
    json.key("api");
    write_api(json, event, nullptr);
    json.key("src_endpoint");
    write_source(json, event, nullptr);
    json.key("data").begin_object();
    if (event.time_known) json.member("time", format_time(event.time));
    member_text(json, "event_id", event.event_id);
    member_text(json, "region", event.region);
    member_text(json, "words", event.words);
    member_text(json, "target", event.target);
    member_text(json, "user_agent", event.user_agent);
    json.member("file", event.file).member("offset", event.offset).end_object().end_object();
  }
  json.end_array();
}

void write_finding_observables(JsonWriter& json, const Finding& finding) {
  Observables observables;
  for (const std::string& address : finding.source_ips)
    observables.add_address("evidences[].src_endpoint.ip", address);
  for (const std::string& principal : finding.principals)
    observables.add_user("evidences[].actor.user.name", user_name_of(principal));
  std::vector<std::string> keys;
  for (const EventSummary& event : finding.samples)
    if (std::find(keys.begin(), keys.end(), event.access_key) == keys.end())
      keys.push_back(event.access_key);
  for (const std::string& key : keys)
    observables.add_credential("evidences[].actor.user.credential_uid", key);
  for (const std::string& agent : finding.user_agents)
    observables.add_agent("evidences[].data.user_agent", agent);
  std::move(observables).write(json);
}

std::string finding_line(const Finding& finding, const RuleInfo& rule, std::string_view version) {
  JsonWriter json;
  json.begin_object();
  write_class(json, 2004, "Detection Finding", 2, "Findings", {1, "Create"});
  write_severity(json, severity_of(finding.level));
  json.member("status_id", 1).member("status", "New");
  json.member("message", rule.title + ": " + detect::short_principal(finding.principal));
  member_time(json, "time", finding.time_known ? finding.last : Timestamp{});
  if (finding.time_known) {
    member_time(json, "start_time", finding.first);
    member_time(json, "end_time", finding.last);
  }
  json.member("count", finding.count);
  json.key("metadata").begin_object().member("version", kSchemaVersion).key("product");
  json.begin_object().member("name", "Cairn").member("vendor_name", "Cairn");
  json.member("version", version).end_object();
  write_list(json, "profiles", {"cloud", "datetime"});
  json.member("uid", finding.id).member("event_code", rule.code);
  json.member("log_provider", "CloudTrail").end_object();
  write_cloud(json, finding.account, finding.regions.size() == 1 ? finding.regions[0] : "");
  write_finding_info(json, finding, rule);
  write_evidences(json, finding);
  if (!finding.targets.empty()) {
    json.key("resources").begin_array();
    for (const std::string& target : finding.targets)
      write_resource(json, target, finding.account,
                     finding.regions.size() == 1 ? finding.regions[0] : "");
    json.end_array();
  }
  if (!rule.next_step.empty())
    json.key("remediation").begin_object().member("desc", rule.next_step).end_object();
  write_finding_observables(json, finding);
  json.key("unmapped").begin_object().key("cairn").begin_object();
  json.member("key", finding.key).member("failed", finding.failed);
  if (!finding.time_known) json.member("time_unknown", true);
  write_list(json, "regions", finding.regions);
  write_list(json, "frameworks", rule.frameworks);
  write_list(json, "false_positives", rule.false_positives);
  json.member("rule_file", rule.file).end_object().end_object().end_object();
  return std::move(json).take() + "\n";
}

/// metadata of an event: its product is CloudTrail, which recorded it.
void write_event_metadata(JsonWriter& json, const EventSummary& event,
                          const EventDetails* details) {
  json.key("metadata").begin_object().member("version", kSchemaVersion).key("product");
  json.begin_object().member("name", "CloudTrail").member("vendor_name", "AWS");
  if (details != nullptr) {
    member_text(json, "version", details->event_version);
    if (!details->event_category.empty())
      json.key("feature").begin_object().member("name", details->event_category).end_object();
  }
  json.end_object();
  write_list(json, "profiles", {"cloud", "datetime"});
  member_text(json, "uid", event.event_id);
  member_text(json, "event_code", event.event_name);
  json.member("log_provider", "CloudTrail");
  if (details != nullptr) member_text(json, "log_name", details->event_type);
  json.end_object();
}

void write_unmapped(JsonWriter& json, std::span<const RuleInfo> rules, const MatchedEvent& matched,
                    const EventDetails* details) {
  const EventSummary& event = matched.event;
  json.key("unmapped").begin_object();
  if (details != nullptr) {
    if (details->request_id.empty())
      member_text(json, "requestParameters", compact_json(details->request_parameters));
    member_text(json, "additionalEventData", compact_json(details->additional_event_data));
    member_text(json, "readOnly", details->read_only);
    member_text(json, "sharedEventID", details->shared_event_id);
    member_text(json, "sourceIdentity", details->source_identity);
  }
  json.key("cairn").begin_object();
  member_text(json, "words", event.words);
  json.key("rules").begin_array();
  for (uint32_t rule : matched.rules) {
    json.begin_object().member("id", rules[rule].id).member("code", rules[rule].code);
    json.member("level", to_string(rules[rule].level)).member("title", rules[rule].title);
    json.end_object();
  }
  json.end_array().member("expected", matched.expected);
  if (!event.time_known) json.member("time_unknown", true);
  json.member("file", event.file).member("offset", event.offset).end_object().end_object();
}

std::string event_line(std::span<const RuleInfo> rules, const MatchedEvent& matched,
                       const EventDetails* details) {
  const EventSummary& event = matched.event;
  JsonWriter json;
  json.begin_object();
  write_class(json, 6003, "API Activity", 6, "Application Activity",
              activity_of(event.event_name, details == nullptr ? "" : details->read_only));
  write_severity(json, severity_of(Level::kInformational));
  bool failed = !event.error_code.empty() || !event.error_message.empty();
  json.member("status_id", failed ? 2 : 1).member("status", failed ? "Failure" : "Success");
  member_text(json, "status_code", event.error_code);
  member_text(json, "status_detail", event.error_message);
  json.member("message", sentence_of(event));
  member_time(json, "time", event.time_known ? event.time : Timestamp{});
  write_event_metadata(json, event, details);
  write_cloud(json, event.account, event.region);
  json.key("actor");
  write_actor(json, event, details);
  json.key("api");
  write_api(json, event, details);
  json.key("src_endpoint");
  write_source(json, event, details);
  if (!event.user_agent.empty())
    json.key("http_request").begin_object().member("user_agent", event.user_agent).end_object();
  if (!event.target.empty()) {
    json.key("resources").begin_array();
    write_resource(json, event.target, event.account, event.region);
    json.end_array();
  }
  Observables observables;
  observables.add_address("src_endpoint.ip", event.source_ip);
  observables.add_user("actor.user.name", details != nullptr && !details->user_name.empty()
                                              ? details->user_name
                                              : user_name_of(event.principal));
  observables.add_credential("actor.user.credential_uid", event.access_key);
  observables.add_agent("http_request.user_agent", event.user_agent);
  std::move(observables).write(json);
  write_unmapped(json, rules, matched, details);
  if (details != nullptr) member_text(json, "raw_data", compact_json(details->record));
  json.end_object();
  return std::move(json).take() + "\n";
}

}  // namespace

Status write_ocsf_findings(OutputFile& out, const ScanReport& report, uint64_t* rows) {
  return report.each_finding([&](const Finding& finding) -> Status {
    if (rows != nullptr) ++*rows;
    return out.write(finding_line(finding, report.rules[finding.rule], report.version));
  });
}

Status write_ocsf_events(OutputFile& out, std::span<const RuleInfo> rules,
                         const MatchStream& matches, const DetailsLookup& details, uint64_t* rows) {
  return each_matched_event(rules, matches, [&](const MatchedEvent& matched) -> Status {
    const EventDetails* found = nullptr;
    if (details) {
      TRY_ASSIGN(found, details(matched.event));
    }
    if (rows != nullptr) ++*rows;
    return out.write(event_line(rules, matched, found));
  });
}

}  // namespace cairn::report
