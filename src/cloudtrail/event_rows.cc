#include "cloudtrail/event_rows.h"

#include "base/text.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace cairn::cloudtrail {

/// A column, with the slots that fill it.
struct EventRows::Node {
  bool wanted = true;
  ColumnKind kind = ColumnKind::kText;
  ColumnSource source = ColumnSource::kField;
  SlotId slot = kNoSlot;
  size_t folded = 0;  // the number of a text among folded_values()
  std::string key;    // of a list's element members: the last part of the path
  std::vector<Node> members;
};

/// Lists and maps are rare and short: their text is parsed when a row has one.
struct EventRows::Json {
  simdjson::dom::parser parser;
  std::string text;  // of a nested value
};

namespace {

bool has_prefix(const std::string& name, const std::string& prefix) {
  return name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '.';
}

/// True when a member of this dotted name, or something inside or around it, is wanted.
bool wants(const std::vector<std::string>* wanted, const std::string& name) {
  if (wanted == nullptr || wanted->empty() || name.empty()) return true;
  return std::any_of(wanted->begin(), wanted->end(), [&](const std::string& one) {
    return one == name || has_prefix(name, one) || has_prefix(one, name);
  });
}

int64_t microseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

void add_null(BatchColumn& to, ColumnKind kind) {
  to.valid.push_back(0);
  switch (kind) {
    case ColumnKind::kText:
      to.texts.emplace_back();
      break;
    case ColumnKind::kBoolean:
    case ColumnKind::kInteger:
    case ColumnKind::kTimestamp:
      to.integers.push_back(0);
      break;
    case ColumnKind::kDouble:
      to.doubles.push_back(0);
      break;
    case ColumnKind::kList:
    case ColumnKind::kMap:
      to.lengths.push_back(0);
      break;
    case ColumnKind::kStruct:
      break;
  }
}

}  // namespace

EventRows::EventRows(FieldTable& fields, const Wanted& wanted)
    : json_(std::make_unique<Json>()), fold_record_(wanted.fold_record) {
  const std::vector<StoredColumn>& columns = cloudtrail_stored_columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!wanted.columns.empty() && !wanted.columns[i]) {
      nodes_.emplace_back().wanted = false;
      continue;
    }
    nodes_.push_back(make_node(fields, columns[i],
                               i < wanted.members.size() ? &wanted.members[i] : nullptr, ""));
  }
  batch_.columns.resize(nodes_.size());
}

EventRows::~EventRows() = default;

EventRows::Node EventRows::make_node(FieldTable& fields, const StoredColumn& column,
                                     const std::vector<std::string>* wanted,
                                     const std::string& name) {
  Node node;
  node.kind = column.type.kind;
  node.source = column.source;
  node.key = column.path.substr(column.path.rfind('.') + 1);
  node.wanted = wants(wanted, name);
  if (!node.wanted) return node;
  // In the order of folded_values(), when all columns are wanted.
  if (column.source == ColumnSource::kField && node.kind == ColumnKind::kText)
    node.folded = folded_values_++;
  bool whole = node.kind == ColumnKind::kList;  // read from its own text
  if (node.kind == ColumnKind::kStruct || whole) {
    for (const StoredColumn& member : column.members) {
      std::string inner = name.empty() ? member.name : name + "." + member.name;
      if (whole) {
        Node& element = node.members.emplace_back();
        element.key = member.path.substr(member.path.rfind('.') + 1);
      } else {
        node.members.push_back(make_node(fields, member, wanted, inner));
      }
    }
  }
  if (column.source == ColumnSource::kField && node.kind != ColumnKind::kStruct)
    node.slot = fields.intern(column.path);
  return node;
}

void EventRows::add(const Event& event, std::string_view source_object, Timestamp ingest_time) {
  if (fold_record_) folder_.begin(event.raw());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].wanted) fill(nodes_[i], batch_.columns[i], event, source_object, ingest_time);
  }
  ++batch_.rows;
}

bool EventRows::fill(const Node& node, BatchColumn& to, const Event& event,
                     std::string_view source_object, Timestamp ingest_time) {
  auto add_text = [&](std::string_view text) {
    to.valid.push_back(1);
    to.texts.push_back(batch_.texts.keep(text));
  };
  auto add_integer = [&](int64_t value) {
    to.valid.push_back(1);
    to.integers.push_back(value);
  };
  switch (node.source) {
    case ColumnSource::kRaw:
      add_text(fold_record_ ? folder_.finish() : event.raw());  // the last column
      return true;
    case ColumnSource::kSourceObject:
      add_text(source_object);
      return true;
    case ColumnSource::kIngestTime:
      add_integer(microseconds(ingest_time));
      return true;
    case ColumnSource::kEventTimestamp:
      if (!event.time_known()) break;
      add_integer(microseconds(event.time()));
      return true;
    case ColumnSource::kField:
      if (node.kind == ColumnKind::kStruct) {
        bool any = false;
        to.members.resize(node.members.size());
        for (size_t i = 0; i < node.members.size(); ++i) {
          if (!node.members[i].wanted) continue;
          any = fill(node.members[i], to.members[i], event, source_object, ingest_time) || any;
        }
        to.valid.push_back(any ? 1 : 0);
        return any;
      }
      FieldValue value = event.get(node.slot);
      if (node.kind == ColumnKind::kList) return fill_list(to, value, node);
      if (node.kind == ColumnKind::kMap) return fill_map(to, value);
      if (!value.has_value()) break;
      if (node.kind == ColumnKind::kBoolean) {
        bool truth = equals_ignore_case(value.text, "true");
        if (!truth && !equals_ignore_case(value.text, "false")) break;
        add_integer(truth ? 1 : 0);
      } else {
        add_text(value.text);
        if (fold_record_) folder_.note(node.folded, value.text);
      }
      return true;
  }
  add_null(to, node.kind);
  return false;
}

bool EventRows::fill_list(BatchColumn& to, const FieldValue& value, const Node& node) {
  to.members.resize(1);
  to.members[0].members.resize(node.members.size());
  simdjson::dom::array array;
  if (value.kind != FieldKind::kArray ||
      json_->parser.parse(value.text.data(), value.text.size()).get(array) != simdjson::SUCCESS) {
    add_null(to, ColumnKind::kList);
    return false;
  }
  BatchColumn& elements = to.members[0];
  uint32_t count = 0;
  for (simdjson::dom::element element : array) {
    simdjson::dom::object object;
    bool is_object = element.get(object) == simdjson::SUCCESS;
    for (size_t i = 0; i < node.members.size(); ++i) {
      simdjson::dom::element member;
      BatchColumn& column = elements.members[i];
      if (!is_object || object[node.members[i].key].get(member) != simdjson::SUCCESS ||
          member.is_null()) {
        add_null(column, ColumnKind::kText);
        continue;
      }
      std::string_view text;
      if (member.get(text) != simdjson::SUCCESS) text = json_->text = simdjson::minify(member);
      column.valid.push_back(1);
      column.texts.push_back(batch_.texts.keep(text));
    }
    elements.valid.push_back(is_object ? 1 : 0);
    ++count;
  }
  to.valid.push_back(1);
  to.lengths.push_back(count);
  if (fold_record_) note_resources(elements, value.text, count);
  return true;
}

/// Elements are parsed from a copy, so their texts are searched for in the record.
void EventRows::note_resources(const BatchColumn& elements, std::string_view list, size_t count) {
  const BatchColumn& arns = elements.members[0];
  for (size_t i = 0; i < std::min(count, kFoldedResources); ++i) {
    std::string_view arn = arns.texts[arns.texts.size() - count + i];
    if (size_t at = list.find(arn); at != std::string_view::npos)
      folder_.note(folded_values().size() - kFoldedResources + i, list.substr(at, arn.size()));
  }
}

bool EventRows::fill_map(BatchColumn& to, const FieldValue& value) {
  to.members.resize(2);
  simdjson::dom::object object;
  if (value.kind != FieldKind::kObject ||
      json_->parser.parse(value.text.data(), value.text.size()).get(object) != simdjson::SUCCESS) {
    add_null(to, ColumnKind::kMap);
    return false;
  }
  uint32_t count = 0;
  std::vector<std::string_view> seen;  // a map's keys are unique; JSON's need not be
  for (auto [key, member] : object) {
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    seen.push_back(key);
    to.members[0].valid.push_back(1);
    to.members[0].texts.push_back(batch_.texts.keep(key));
    if (member.is_null()) {
      add_null(to.members[1], ColumnKind::kText);
    } else {
      std::string_view text;
      if (member.get(text) != simdjson::SUCCESS) text = json_->text = simdjson::minify(member);
      to.members[1].valid.push_back(1);
      to.members[1].texts.push_back(batch_.texts.keep(text));
    }
    ++count;
  }
  to.valid.push_back(1);
  to.lengths.push_back(count);
  return true;
}

Batch EventRows::take(Batch room) {
  Batch full = std::exchange(batch_, std::move(room));
  batch_.columns.resize(nodes_.size());
  return full;
}

}  // namespace cairn::cloudtrail
