// incidents.jsonl: incidents with their whole story. Members are listed in
// docs/reference/incidents.md; they are only ever added to.

#include "report/incidents.h"

#include "report/json_members.h"

namespace cairn::report {

namespace {

std::string_view word_of(identity::Making::What what) {
  constexpr std::string_view kWords[] = {"access key", "user", "role", "password"};
  return kWords[static_cast<size_t>(what)];
}

void add_origin(JsonWriter& json, const identity::Origin& origin) {
  json.key("origin").begin_object().member("name", origin.name);
  json.member("kind", identity::name_of(origin.kind)).member("certain", origin.certain);
  json.member("because", origin.because).key("chain").begin_array();
  for (const identity::Step& step : origin.steps) {
    json.begin_object().member("words", step.words).member("event_id", step.event_id);
    json.key("time");
    if (step.time_known) {
      json.value(format_time(step.time));
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array().end_object();
}

void add_credential(JsonWriter& json, const incident::Credential& credential) {
  json.begin_object().member("access_key", credential.access_key);
  json.member("principal", credential.principal).member("session", credential.session);
  json.member("type", credential.identity_type).member("account", credential.account);
  json.member("how", credential.how).member("event_id", credential.event_id);
  json.member("depth", static_cast<uint64_t>(credential.depth));
  json.member("first", format_time(credential.first)).member("last", format_time(credential.last));
  json.member("events", credential.events).member("failed", credential.errors);
  json.member("writes", credential.writes).member("mfa", credential.mfa);
  member_list(json, "source_ips", credential.source_ips);
  member_list(json, "regions", credential.regions);
  member_list(json, "user_agents", credential.user_agents);
  member_list(json, "marks", credential.marks);
  json.end_object();
}

void add_sentence(JsonWriter& json, const incident::Sentence& sentence,
                  std::span<const RuleInfo> rules) {
  json.begin_object().member("first", format_time(sentence.first));
  json.member("last", format_time(sentence.last)).member("actor", sentence.actor);
  json.member("words", sentence.words).member("level", to_string(sentence.level));
  json.member("mark", sentence.is_mark).member("events", sentence.events);
  json.member("failed", sentence.failed);
  json.member("credential", static_cast<uint64_t>(sentence.credential));
  member_list(json, "event_ids", sentence.event_ids);
  json.key("rules").begin_array();
  for (uint32_t rule : sentence.rules) json.value(rules[rule].code);
  json.end_array().end_object();
}

}  // namespace

void append_incident(JsonWriter& json, const incident::Incident& incident,
                     std::span<const RuleInfo> rules) {
  json.begin_object().member("id", incident.id).member("level", to_string(incident.level));
  json.member("title", incident.title).member("because", incident.because);
  add_origin(json, incident.origin);
  member_list(json, "joined", incident.also);
  json.member("first", format_time(incident.first)).member("last", format_time(incident.last));
  json.member("events", incident.events).member("failed", incident.failed);
  member_list(json, "accounts", incident.accounts);
  member_list(json, "regions", incident.regions);
  member_list(json, "source_ips", incident.source_ips);
  member_list(json, "user_agents", incident.user_agents);
  json.key("places").begin_object();
  for (const auto& [address, place] : incident.places) json.member(address, place);
  json.end_object();
  member_list(json, "tactics", incident.tactics);
  member_list(json, "techniques", incident.techniques);
  member_list(json, "resources", incident.resources);
  json.key("sessions").begin_array();
  for (const incident::Credential& credential : incident.credentials)
    add_credential(json, credential);
  json.end_array().key("story").begin_array();
  for (const incident::Sentence& sentence : incident.story) add_sentence(json, sentence, rules);
  json.end_array().key("made").begin_array();
  for (const identity::Making& making : incident.makings) {
    json.begin_object().member("what", word_of(making.what)).member("name", making.name);
    json.member("user", making.user).member("event_id", making.event_id).end_object();
  }
  json.end_array().key("next").begin_array();
  for (const incident::Advice& advice : incident.next)
    json.begin_object()
        .member("words", advice.words)
        .member("command", advice.command)
        .end_object();
  json.end_array();
  member_list(json, "findings", incident.findings);
  json.end_object();
}

std::string incident_line(const incident::Incident& incident, std::span<const RuleInfo> rules) {
  JsonWriter json;
  append_incident(json, incident, rules);
  return std::move(json).take() + "\n";
}

Status write_incidents_jsonl(OutputFile& out, const ScanReport& report, uint64_t* rows) {
  for (const incident::Incident& incident : report.incidents.list) {
    if (rows != nullptr) ++*rows;
    TRY(out.write(incident_line(incident, report.rules)));
  }
  return {};
}

}  // namespace cairn::report
