#include "detect/finding_record.h"

#include "detect/match_record.h"
#include "sys/spill.h"

namespace cairn::detect {

namespace {

constexpr std::string EventSummary::*kEventTexts[] = {
    &EventSummary::event_id,   &EventSummary::event_name, &EventSummary::event_source,
    &EventSummary::region,     &EventSummary::account,    &EventSummary::principal,
    &EventSummary::session,    &EventSummary::access_key, &EventSummary::source_ip,
    &EventSummary::user_agent, &EventSummary::error_code, &EventSummary::error_message,
    &EventSummary::target,     &EventSummary::words,      &EventSummary::file};
constexpr std::string Finding::*kTexts[] = {&Finding::id, &Finding::key, &Finding::principal,
                                            &Finding::account};
constexpr std::vector<std::string> Finding::*kLists[] = {
    &Finding::event_names, &Finding::source_ips,  &Finding::regions,   &Finding::targets,
    &Finding::user_agents, &Finding::error_codes, &Finding::principals};
constexpr uint64_t Finding::*kNumbers[] = {
    &Finding::count,           &Finding::failed,       &Finding::event_name_count,
    &Finding::source_ip_count, &Finding::target_count, &Finding::principal_count};

void pack_time(std::string& out, Timestamp time) {
  append_key_i64(out, time.time_since_epoch().count());
}

Timestamp read_time(PackReader& reader) {
  return Timestamp(Duration(read_key_i64(reader.bytes(8))));
}

void pack_event(const EventSummary& event, std::string& out) {
  pack_number(out, event.time_known ? 1 : 0);
  pack_time(out, event.time);
  pack_number(out, event.offset);
  for (auto text : kEventTexts) pack_text(out, event.*text);
}

void unpack_event(PackReader& reader, EventSummary& event) {
  event.time_known = reader.number() != 0;
  event.time = read_time(reader);
  event.offset = reader.number();
  for (auto text : kEventTexts) event.*text = reader.text();
}

}  // namespace

void finding_key(const Finding& finding, std::string& key) {
  key.clear();
  key += static_cast<char>(static_cast<int>(kLevelCount) - static_cast<int>(finding.level));
  key += finding.time_known ? '\0' : '\1';
  append_key_i64(key, finding.time_known ? finding.first.time_since_epoch().count() : 0);
  append_key_u64(key, finding.rule);
  key += finding.key;
}

void pack_finding(const Finding& finding, std::string& payload) {
  payload.clear();
  pack_number(payload, finding.rule);
  pack_number(payload, static_cast<uint64_t>(finding.level));
  pack_number(payload, finding.time_known ? 1 : 0);
  pack_time(payload, finding.first);
  pack_time(payload, finding.last);
  for (auto text : kTexts) pack_text(payload, finding.*text);
  for (auto number : kNumbers) pack_number(payload, finding.*number);
  for (auto list : kLists) {
    pack_number(payload, (finding.*list).size());
    for (const std::string& text : finding.*list) pack_text(payload, text);
  }
  for (const EventSummary& event : finding.samples) pack_event(event, payload);
}

void unpack_finding(std::string_view payload, size_t samples, Finding& finding) {
  PackReader reader(payload);
  finding.rule = static_cast<uint32_t>(reader.number());
  finding.level = static_cast<Level>(reader.number());
  finding.time_known = reader.number() != 0;
  finding.first = read_time(reader);
  finding.last = read_time(reader);
  for (auto text : kTexts) finding.*text = reader.text();
  for (auto number : kNumbers) finding.*number = reader.number();
  for (auto list : kLists) {
    (finding.*list).resize(reader.number());
    for (std::string& text : finding.*list) text = reader.text();
  }
  size_t count = 0;
  for (; count < samples && !reader.at_end(); ++count) {
    if (count == finding.samples.size()) finding.samples.emplace_back();
    unpack_event(reader, finding.samples[count]);
  }
  finding.samples.resize(count);
}

}  // namespace cairn::detect
