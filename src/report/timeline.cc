// timeline.csv: one row per match, with the columns one asks for. Rows are written as they stream
// by; another order than time goes through a sorter that spills, so no list of all matches is ever
// in memory.

#include "base/text.h"
#include "formats/csv.h"
#include "model/attack_tags.h"
#include "report/event_text.h"
#include "report/report.h"
#include "sys/spill.h"

#include <algorithm>
#include <array>

namespace cairn::report {

namespace {

constexpr size_t kSortBytes = 8u << 20;  // of rows in memory while they are put into another order

/// What a cell is made of.
struct Match {
  const RuleInfo& rule;
  const EventSummary& event;
  bool expected;
  const EventDetails& details;
};

using Cell = std::string (*)(const Match&);

/// A column: its name, what it holds, and whether that takes the record's details.
struct Column {
  std::string_view name;
  std::string_view content;
  Cell cell;
  bool needs_details = false;
};

template <std::string EventSummary::*kMember>
std::string of_event(const Match& match) {
  return match.event.*kMember;
}
template <std::string EventDetails::*kMember>
std::string of_record(const Match& match) {
  return match.details.*kMember;
}
template <std::string EventDetails::*kMember>
std::string json_of_record(const Match& match) {
  return compact_json(match.details.*kMember);
}

std::string tactics_text(const Match& match) {
  std::vector<std::string> names;
  for (const Tactic& tactic : tactics_of(match.rule)) names.emplace_back(tactic.slug);
  return join(names, " ");
}

constexpr auto kColumns = std::to_array<Column>({
    {"time", "eventTime; empty when unreadable", [](const Match& m) { return time_text(m.event); }},
    {"level", "of the rule", [](const Match& m) { return std::string(to_string(m.rule.level)); }},
    {"title", "of the rule", [](const Match& m) { return m.rule.title; }},
    {"account", "whose trail", of_event<&EventSummary::account>},
    {"region", "awsRegion", of_event<&EventSummary::region>},
    {"principal", "who: ARN of the user or role, or the service",
     of_event<&EventSummary::principal>},
    {"session", "role session name", of_event<&EventSummary::session>},
    {"access_key", "access key id", of_event<&EventSummary::access_key>},
    {"action", "iam:AttachUserPolicy", [](const Match& m) { return action_of(m.event); }},
    {"target", "the resource acted on", of_event<&EventSummary::target>},
    {"words", "what was done", of_event<&EventSummary::words>},
    {"source_ip", "sourceIPAddress", of_event<&EventSummary::source_ip>},
    {"user_agent", "userAgent", of_event<&EventSummary::user_agent>},
    {"error", "errorCode: errorMessage", [](const Match& m) { return error_of(m.event); }},
    {"event_id", "eventID", of_event<&EventSummary::event_id>},
    {"rule", "code of the rule", [](const Match& m) { return m.rule.code; }},
    {"file", "input file of the record", of_event<&EventSummary::file>},
    {"offset", "byte of the record in the decompressed file",
     [](const Match& m) { return std::to_string(m.event.offset); }},
    {"expected", "yes when an allow-list expected it",
     [](const Match& m) { return std::string(m.expected ? "yes" : "no"); }},
    {"who", "short name: user/alice, role/Admin",
     [](const Match& m) { return detect::short_principal(m.event.principal); }},
    {"event_source", "eventSource", of_event<&EventSummary::event_source>},
    {"event_name", "eventName", of_event<&EventSummary::event_name>},
    {"error_code", "errorCode", of_event<&EventSummary::error_code>},
    {"error_message", "errorMessage", of_event<&EventSummary::error_message>},
    {"rule_id", "id of the rule", [](const Match& m) { return m.rule.id; }},
    {"tactics", "ATT&CK tactics of the rule", tactics_text},
    {"techniques", "ATT&CK techniques of the rule",
     [](const Match& m) { return join(techniques_of(m.rule), " "); }},
    {"frameworks", "controls the rule speaks for",
     [](const Match& m) { return join(m.rule.frameworks, "; "); }},
    {"next_step", "what to do about it", [](const Match& m) { return m.rule.next_step; }},
    {"identity_type", "userIdentity.type", of_record<&EventDetails::identity_type>, true},
    {"identity_arn", "userIdentity.arn", of_record<&EventDetails::identity_arn>, true},
    {"principal_id", "userIdentity.principalId", of_record<&EventDetails::principal_id>, true},
    {"user_name", "userIdentity.userName", of_record<&EventDetails::user_name>, true},
    {"invoked_by", "userIdentity.invokedBy", of_record<&EventDetails::invoked_by>, true},
    {"issuer", "ARN of the session's issuer", of_record<&EventDetails::issuer_arn>, true},
    {"mfa", "whether the session was made with MFA", of_record<&EventDetails::mfa>, true},
    {"source_identity", "of the session", of_record<&EventDetails::source_identity>, true},
    {"event_version", "eventVersion", of_record<&EventDetails::event_version>, true},
    {"event_type", "eventType", of_record<&EventDetails::event_type>, true},
    {"event_category", "eventCategory", of_record<&EventDetails::event_category>, true},
    {"read_only", "readOnly", of_record<&EventDetails::read_only>, true},
    {"request_id", "requestID", of_record<&EventDetails::request_id>, true},
    {"shared_event_id", "sharedEventID", of_record<&EventDetails::shared_event_id>, true},
    {"vpc_endpoint_id", "vpcEndpointId", of_record<&EventDetails::vpc_endpoint_id>, true},
    {"request_parameters", "requestParameters as JSON",
     json_of_record<&EventDetails::request_parameters>, true},
    {"response_elements", "responseElements as JSON",
     json_of_record<&EventDetails::response_elements>, true},
    {"additional_event_data", "additionalEventData as JSON",
     json_of_record<&EventDetails::additional_event_data>, true},
    {"record", "the whole record as JSON", json_of_record<&EventDetails::record>, true},
});

constexpr size_t kAnalystColumns = 19;  // time … expected
constexpr size_t kFullColumns = kColumns.size() - 1;

const Column* column_named(std::string_view name) {
  auto found = std::find_if(kColumns.begin(), kColumns.end(),
                            [&](const Column& column) { return column.name == name; });
  return found == kColumns.end() ? nullptr : &*found;
}

/// The columns that a format asks for; names are known to be right.
std::vector<const Column*> columns_of(const TimelineFormat& format) {
  std::vector<const Column*> columns;
  if (format.columns.empty()) {
    for (size_t i = 0; i < kAnalystColumns; ++i) columns.push_back(&kColumns[i]);
    return columns;
  }
  for (const std::string& name : format.columns) {
    const Column* column = column_named(name);
    CAIRN_CHECK(column != nullptr);
    columns.push_back(column);
  }
  return columns;
}

/// Where a row goes when not by time: rows of equal keys stay in the order in which they came.
std::string order_key(TimelineOrder order, const RuleInfo& rule, uint64_t row) {
  std::string key;
  key += static_cast<char>(kLevelCount - static_cast<size_t>(rule.level));
  if (order == TimelineOrder::kRule) key += rule.code + '\0';
  append_key_u64(key, row);
  return key;
}

}  // namespace

std::vector<TimelineColumn> timeline_columns() {
  std::vector<TimelineColumn> columns;
  for (const Column& column : kColumns) columns.push_back({column.name, column.content});
  return columns;
}

std::optional<std::vector<std::string>> timeline_profile(std::string_view name) {
  if (name == "minimal") {
    return std::vector<std::string>{"time",   "level",  "rule",      "who",
                                    "action", "target", "source_ip", "error"};
  }
  if (name == "raw") {
    return std::vector<std::string>{"time", "level",  "rule",     "title",
                                    "file", "offset", "event_id", "record"};
  }
  size_t count = name == "analyst" ? kAnalystColumns : name == "full" ? kFullColumns : 0;
  if (count == 0) return std::nullopt;
  std::vector<std::string> columns;
  for (size_t i = 0; i < count; ++i) columns.emplace_back(kColumns[i].name);
  return columns;
}

bool needs_details(const TimelineFormat& format) {
  std::vector<const Column*> columns = columns_of(format);
  return std::any_of(columns.begin(), columns.end(),
                     [](const Column* column) { return column->needs_details; });
}

Status write_timeline_csv(OutputFile& out, std::span<const RuleInfo> rules,
                          const MatchStream& matches, const TimelineFormat& format,
                          uint64_t* rows) {
  std::vector<const Column*> columns = columns_of(format);
  std::vector<std::string_view> fields;
  for (const Column* column : columns) fields.push_back(column->name);
  std::string row;
  append_csv_row(row, fields);
  TRY(out.write(row));

  bool by_time = format.order == TimelineOrder::kTime;
  CAIRN_CHECK(by_time || format.scratch != nullptr);
  std::optional<SpillSorter> sorter;
  if (!by_time) sorter.emplace(*format.scratch, kSortBytes);
  static const EventDetails kNoDetails;
  std::vector<std::string> cells(columns.size());
  uint64_t count = 0;
  Status visited = matches([&](uint32_t index, const EventSummary& event, bool allowed) -> Status {
    const EventDetails* details = &kNoDetails;
    if (format.details) {
      TRY_ASSIGN(const EventDetails* found, format.details(event));
      if (found != nullptr) details = found;
    }
    Match match{rules[index], event, allowed, *details};
    for (size_t i = 0; i < columns.size(); ++i) {
      cells[i] = columns[i]->cell(match);
      fields[i] = cells[i];
    }
    row.clear();
    append_csv_row(row, fields);
    ++count;
    return by_time ? out.write(row)
                   : sorter->add(order_key(format.order, rules[index], count), row);
  });
  TRY(visited);
  if (rows != nullptr) *rows += count;
  if (by_time) return Status::success();
  return SpillSorter::merge(
      {&*sorter}, [&](std::string_view, std::string_view bytes) { return out.write(bytes); });
}

}  // namespace cairn::report
