#include "engine/row_condition.h"

#include "base/text.h"
#include "model/cloudtrail_table.h"

#include <algorithm>
#include <charconv>

namespace cairn::engine {

namespace {

using Kind = duck::Condition::Kind;

/// The path behind a column, or a member of a struct column; "" when no text of the record is.
std::string path_of(const duck::Condition& condition) {
  const auto& columns = cloudtrail_stored_columns();
  if (condition.column >= columns.size()) return {};
  const StoredColumn* column = &columns[condition.column];
  if (column->source == ColumnSource::kEventTimestamp) return "eventTime";
  if (column->source != ColumnSource::kField) return {};
  for (const std::string& name : condition.member) {
    auto member = std::find_if(column->members.begin(), column->members.end(),
                               [&](const StoredColumn& one) { return one.name == name; });
    if (column->type.kind != ColumnKind::kStruct || member == column->members.end()) return {};
    column = &*member;
  }
  return column->type.kind == ColumnKind::kText ? column->path : std::string();
}

bool is_event_time(const duck::Condition& condition) {
  return condition.member.empty() && path_of(condition) == "eventTime";
}

/// The instant that a text compared with eventTime begins: "2026-01", "2026-01-02T03".
std::optional<Timestamp> text_time(std::string_view text) {
  constexpr std::string_view kFirst = "0000-01-01T00:00:00Z";
  if (text.size() < 4 || text.size() > kFirst.size()) return std::nullopt;
  std::string whole = std::string(text) + std::string(kFirst.substr(text.size()));
  return parse_event_time(whole);
}

}  // namespace

RowCondition::RowCondition(const duck::Condition& condition, FieldTable& fields)
    : root_(make(condition, fields)) {
  note_time(condition);
}

/// Only what all wanted rows fulfil says when they begin.
void RowCondition::note_time(const duck::Condition& condition) {
  if (condition.kind == Kind::kAll) {
    for (const duck::Condition& part : condition.parts) note_time(part);
    return;
  }
  bool bound = condition.kind == Kind::kGreater || condition.kind == Kind::kGreaterEqual ||
               condition.kind == Kind::kEqual || condition.kind == Kind::kStartsWith;
  if (!bound || !is_event_time(condition)) return;
  std::optional<Timestamp> earliest;
  for (const std::string& value : condition.values) {
    std::optional<Timestamp> time;
    if (condition.as_time) {
      int64_t microseconds = 0;
      std::from_chars(value.data(), value.data() + value.size(), microseconds);
      time = Timestamp(Duration(microseconds / 1000));
    } else {
      time = text_time(value);
    }
    if (!time) return;
    if (!earliest || *time < *earliest) earliest = time;
  }
  if (earliest && (!not_before_ || *earliest > *not_before_)) not_before_ = earliest;
}

RowCondition::Node RowCondition::make(const duck::Condition& condition, FieldTable& fields) {
  Node node;
  node.kind = condition.kind;
  if (condition.kind == Kind::kAll || condition.kind == Kind::kAny) {
    for (const duck::Condition& part : condition.parts) node.parts.push_back(make(part, fields));
    return node;
  }
  std::string path = path_of(condition);
  if (path.empty()) return node;
  node.slot = fields.intern(path);
  node.as_time = condition.as_time;
  node.texts = condition.values;
  for (const std::string& value : condition.values) {
    if (!condition.as_time) break;
    int64_t microseconds = 0;
    std::from_chars(value.data(), value.data() + value.size(), microseconds);
    node.instants.push_back(microseconds);
  }
  return node;
}

bool RowCondition::test(const Node& node, const Event& event) {
  if (node.kind == Kind::kAll)
    return std::all_of(node.parts.begin(), node.parts.end(),
                       [&](const Node& part) { return test(part, event); });
  if (node.kind == Kind::kAny)
    return std::any_of(node.parts.begin(), node.parts.end(),
                       [&](const Node& part) { return test(part, event); });
  if (node.slot == kNoSlot) return true;
  return node.as_time ? test_time(node, event) : test_text(node, event.get(node.slot));
}

/// Events carry milliseconds; the database compares microseconds and may read texts that we do not.
bool RowCondition::test_time(const Node& node, const Event& event) {
  if (!event.time_known()) return true;
  int64_t first = event.time().time_since_epoch().count() * 1000, last = first + 999;
  switch (node.kind) {
    case Kind::kEqual:
      return std::any_of(node.instants.begin(), node.instants.end(),
                         [&](int64_t instant) { return instant >= first && instant <= last; });
    case Kind::kLess:
      return first < node.instants[0];
    case Kind::kLessEqual:
      return first <= node.instants[0];
    case Kind::kGreater:
      return last > node.instants[0];
    case Kind::kGreaterEqual:
      return last >= node.instants[0];
    default:
      return true;
  }
}

bool RowCondition::test_text(const Node& node, const FieldValue& value) {
  if (node.kind == Kind::kIsNull) return !value.has_value();
  if (!value.has_value()) return false;
  std::string_view text = value.text;
  switch (node.kind) {
    case Kind::kEqual:
      return std::find(node.texts.begin(), node.texts.end(), text) != node.texts.end();
    case Kind::kLess:
      return text < node.texts[0];
    case Kind::kLessEqual:
      return text <= node.texts[0];
    case Kind::kGreater:
      return text > node.texts[0];
    case Kind::kGreaterEqual:
      return text >= node.texts[0];
    case Kind::kContains:
      return text.find(node.texts[0]) != std::string_view::npos;
    case Kind::kStartsWith:
      return text.starts_with(node.texts[0]);
    case Kind::kEndsWith:
      return text.ends_with(node.texts[0]);
    default:
      return true;
  }
}

}  // namespace cairn::engine
