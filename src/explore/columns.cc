#include "explore/columns.h"

#include "base/check.h"
#include "base/text.h"
#include "cloudtrail/cloudtrail.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace cairn::explore {

namespace {

struct Name {
  std::string_view name, path;
};
constexpr std::array<Name, 19> kShortNames = {{
    {"ip", "sourceIPAddress"},
    {"source_ip", "sourceIPAddress"},
    {"agent", "userAgent"},
    {"user_agent", "userAgent"},
    {"region", "awsRegion"},
    {"event", "eventName"},
    {"event_id", "eventID"},
    {"service", "eventSource"},
    {"error", "errorCode"},
    {"error_code", "errorCode"},
    {"error_message", "errorMessage"},
    {"account", "recipientAccountId"},
    {"time", "eventTime"},
    {"user", "userIdentity.userName"},
    {"arn", "userIdentity.arn"},
    {"key", "userIdentity.accessKeyId"},
    {"access_key", "userIdentity.accessKeyId"},
    {"role", "userIdentity.sessionContext.sessionIssuer.userName"},
    {"mfa", "userIdentity.sessionContext.attributes.mfaAuthenticated"},
}};

constexpr std::array<std::pair<std::string_view, Derived>, 12> kDerivedNames = {{
    {"time", Derived::kTime},
    {"account", Derived::kAccount},
    {"principal", Derived::kPrincipal},
    {"session", Derived::kSession},
    {"action", Derived::kAction},
    {"target", Derived::kTarget},
    {"words", Derived::kWords},
    {"error", Derived::kError},
    {"file", Derived::kFile},
    {"offset", Derived::kOffset},
    {"matched", Derived::kMatched},
    {"record", Derived::kRecord},
}};

/// The paths of the fields that Cairn always reads.
const FieldTable& standard_paths() {
  static const FieldTable table = [] {
    FieldTable fields;
    StandardFields::intern_into(fields);
    return fields;
  }();
  return table;
}

std::string_view without_suffix(std::string_view source) {
  constexpr std::string_view kSuffix = ".amazonaws.com";
  if (source.ends_with(kSuffix)) source.remove_suffix(kSuffix.size());
  return source;
}

void append_u32(std::string& bytes, uint32_t number) {
  std::array<char, 4> raw;
  std::memcpy(raw.data(), &number, raw.size());
  bytes.append(raw.data(), raw.size());
}

/// Takes numbers and texts off the front of what append_row() wrote.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}
  std::string_view take(size_t size) {
    CAIRN_CHECK(size <= rest_.size());
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  uint32_t number() {
    uint32_t number = 0;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string field_path(std::string_view name) {
  for (const Name& entry : kShortNames) {
    if (equals_ignore_case(entry.name, name)) return std::string(entry.path);
  }
  const FieldTable& known = standard_paths();
  for (SlotId slot = 0; slot < known.size(); ++slot) {
    if (equals_ignore_case(known.path(slot), name)) return known.path(slot);
  }
  return std::string(name);
}

bool is_only_derived(std::string_view name) {
  return field_path(name) == name &&
         std::any_of(kDerivedNames.begin(), kDerivedNames.end(),
                     [name](const auto& entry) { return equals_ignore_case(entry.first, name); });
}

Column parse_column(std::string_view name, FieldTable& fields) {
  for (const auto& [derived, what] : kDerivedNames) {
    if (equals_ignore_case(derived, name)) return {std::string(derived), what, kNoSlot};
  }
  return {std::string(name), Derived::kField, fields.intern(field_path(name))};
}

bool needs_words(const std::vector<Column>& columns) {
  return std::any_of(columns.begin(), columns.end(), [](const Column& column) {
    return column.derived == Derived::kTarget || column.derived == Derived::kWords;
  });
}

Cell text_cell(std::string_view text) {
  if (text.empty()) return {};
  return {{FieldKind::kString, std::string(text)}};
}

Cell number_cell(uint64_t number) { return {{FieldKind::kNumber, std::to_string(number)}}; }

void append_row(std::string& bytes, const Row& row) {
  append_u32(bytes, static_cast<uint32_t>(row.size()));
  for (const Cell& cell : row) {
    append_u32(bytes, static_cast<uint32_t>(cell.size()));
    for (const CellValue& value : cell) {
      bytes += static_cast<char>(value.kind);
      append_u32(bytes, static_cast<uint32_t>(value.text.size()));
      bytes += value.text;
    }
  }
}

Row read_row(std::string_view bytes) {
  Bytes from(bytes);
  Row row(from.number());
  for (Cell& cell : row) {
    cell.resize(from.number());
    for (CellValue& value : cell) {
      value.kind = static_cast<FieldKind>(from.take(1)[0]);
      value.text = from.take(from.number());
    }
  }
  return row;
}

bool has_failed(const Event& event, const StandardFields& standard) {
  if (!event.text(standard.error_code).empty() || !event.text(standard.error_message).empty())
    return true;
  // Only then the response is worth a look.
  return event.text(standard.event_name) == "ConsoleLogin" &&
         event.text(standard.console_login) == "Failure";
}

void ColumnReader::derive(Derived what, const Event& event, std::string_view file,
                          std::string& text) {
  switch (what) {
    case Derived::kTime:
      if (event.time_known()) text = format_time(event.time());
      return;
    case Derived::kAccount:
      text = event.text(standard_.recipient_account);
      if (text.empty()) text = event.text(standard_.identity_account);
      return;
    case Derived::kPrincipal:
      text = detect::principal_of(event, standard_).key;
      return;
    case Derived::kSession:
      text = detect::principal_of(event, standard_).session;
      return;
    case Derived::kAction:
      text = without_suffix(event.text(standard_.event_source));
      if (!text.empty()) text += ':';
      text += event.text(standard_.event_name);
      return;
    case Derived::kTarget:
      text = words_->describe(event, standard_).target;
      return;
    case Derived::kWords:
      text = words_->describe(event, standard_).words;
      return;
    case Derived::kError:
      text = event.text(standard_.error_code);
      if (text.empty() && has_failed(event, standard_)) text = "failed";
      return;
    case Derived::kFile:
      text = file;
      return;
    case Derived::kOffset:
      text = std::to_string(event.offset());
      return;
    case Derived::kRecord:
      cloudtrail::compact_json(event.raw(), text);
      return;
    case Derived::kField:
    case Derived::kMatched:
      return;
  }
}

std::span<const FieldValue> ColumnReader::values(size_t index, const Event& event,
                                                 std::string_view file) {
  const Column& column = columns_[index];
  Scratch& scratch = scratch_[index];
  if (column.derived == Derived::kField) {
    std::span<const FieldValue> all = event.all(column.slot);
    // An array comes as its text, then as its elements.
    bool elements = all.size() > 1;
    auto wanted = [elements](const FieldValue& value) {
      return value.has_value() && !(elements && value.kind == FieldKind::kArray);
    };
    if (std::all_of(all.begin(), all.end(), wanted)) return all;
    scratch.values.clear();
    std::copy_if(all.begin(), all.end(), std::back_inserter(scratch.values), wanted);
    return scratch.values;
  }
  scratch.text.clear();
  derive(column.derived, event, file, scratch.text);
  scratch.values.clear();
  FieldKind kind = column.derived == Derived::kOffset   ? FieldKind::kNumber
                   : column.derived == Derived::kRecord ? FieldKind::kObject
                                                        : FieldKind::kString;
  if (!scratch.text.empty()) scratch.values.push_back({scratch.text, kind});
  return scratch.values;
}

void ColumnReader::read(const Event& event, std::string_view file, Row& row) {
  row.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    row[i].clear();
    for (const FieldValue& value : values(i, event, file))
      row[i].push_back({value.kind, std::string(value.text)});
  }
}

}  // namespace cairn::explore
