// Timelines for Timesketch: an event is one row. Its importer (timesketch/lib/utils.py) wants
// message, datetime (ISO 8601) and timestamp_desc in every row and refuses the whole file when one
// lacks them, so events without a readable time are left out; timestamp is in microseconds; tag is
// a list, in CSV written as JSON.

#include "formats/csv.h"
#include "formats/json_writer.h"
#include "report/event_text.h"
#include "report/matched_events.h"
#include "report/report.h"

#include <algorithm>
#include <array>

namespace cairn::report {

namespace {

constexpr std::string_view kTimestampDescription = "API call";
constexpr std::string_view kDataType = "cairn:cloudtrail:match";

/// A row's fields beside message, the three about time, and tag: name and text, in order.
constexpr std::array<std::string_view, 24> kFields = {
    "data_type",     "level",    "rule",      "title",       "account",       "region",
    "principal",     "who",      "session",   "access_key",  "action",        "event_source",
    "event_name",    "target",   "words",     "source_ip",   "user_agent",    "error_code",
    "error_message", "event_id", "next_step", "source_file", "source_offset", "expected"};

struct Row {
  std::string message, datetime, timestamp;
  std::vector<std::string> tags;
  std::array<std::string, kFields.size()> fields;
};

Row row_of(std::span<const RuleInfo> rules, const MatchedEvent& matched) {
  const EventSummary& event = matched.event;
  const RuleInfo& worst = rules[matched.rules[0]];
  Row row;
  row.message =
      sentence_of(event) + " [" + std::string(to_string(worst.level)) + ": " + worst.title;
  if (size_t others = matched.rules.size() - 1; others > 0)
    row.message += ", and " + std::to_string(others) + " more";
  row.message += "]";
  row.datetime = format_time(event.time);
  row.datetime.replace(row.datetime.size() - 1, 1, "+00:00");
  row.timestamp = std::to_string(event.time.time_since_epoch().count() * 1000);
  row.tags = {std::string(to_string(worst.level))};
  for (uint32_t rule : matched.rules) row.tags.push_back(rules[rule].code);
  for (uint32_t rule : matched.rules)
    for (const std::string& tag : rules[rule].tags)
      if (std::find(row.tags.begin(), row.tags.end(), tag) == row.tags.end())
        row.tags.push_back(tag);
  if (matched.expected) row.tags.emplace_back("expected");
  row.fields = {std::string(kDataType),
                std::string(to_string(worst.level)),
                codes_of(rules, matched.rules),
                worst.title,
                event.account,
                event.region,
                event.principal,
                detect::short_principal(event.principal),
                event.session,
                event.access_key,
                action_of(event),
                event.event_source,
                event.event_name,
                event.target,
                event.words,
                event.source_ip,
                event.user_agent,
                event.error_code,
                event.error_message,
                event.event_id,
                worst.next_step,
                event.file,
                std::to_string(event.offset),
                matched.expected ? "yes" : "no"};
  return row;
}

std::string tags_json(const std::vector<std::string>& tags) {
  JsonWriter json;
  json.begin_array();
  for (const std::string& tag : tags) json.value(tag);
  json.end_array();
  return std::move(json).take();
}

}  // namespace

Status write_timesketch_jsonl(OutputFile& out, std::span<const RuleInfo> rules,
                              const MatchStream& matches, uint64_t* rows) {
  return each_matched_event(rules, matches, [&](const MatchedEvent& matched) -> Status {
    if (!matched.event.time_known) return Status::success();
    Row row = row_of(rules, matched);
    JsonWriter json;
    json.begin_object().member("message", row.message).key("timestamp").raw(row.timestamp);
    json.member("datetime", row.datetime).member("timestamp_desc", kTimestampDescription);
    for (size_t i = 0; i < kFields.size(); ++i)
      if (!row.fields[i].empty()) json.member(kFields[i], row.fields[i]);
    json.key("tag").raw(tags_json(row.tags)).end_object();
    if (rows != nullptr) ++*rows;
    return out.write(std::move(json).take() + "\n");
  });
}

Status write_timesketch_csv(OutputFile& out, std::span<const RuleInfo> rules,
                            const MatchStream& matches, uint64_t* rows) {
  std::vector<std::string_view> cells = {"message", "timestamp", "datetime", "timestamp_desc"};
  cells.insert(cells.end(), kFields.begin(), kFields.end());
  cells.emplace_back("tag");
  std::string text;
  append_csv_row(text, cells);
  TRY(out.write(text));
  return each_matched_event(rules, matches, [&](const MatchedEvent& matched) -> Status {
    if (!matched.event.time_known) return Status::success();
    Row row = row_of(rules, matched);
    std::string tags = tags_json(row.tags);
    cells = {row.message, row.timestamp, row.datetime, kTimestampDescription};
    cells.insert(cells.end(), row.fields.begin(), row.fields.end());
    cells.emplace_back(tags);
    text.clear();
    append_csv_row(text, cells);
    if (rows != nullptr) ++*rows;
    return out.write(text);
  });
}

}  // namespace cairn::report
