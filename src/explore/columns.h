#pragma once

// Columns: what a row of a listing says of an event. Any field by its path, or a name for what
// Cairn derives from several (docs/reference/search.md lists them).

#include "base/result.h"
#include "detect/detect.h"
#include "model/event.h"
#include "model/field_table.h"
#include "model/standard_fields.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::explore {

/// Returns the path that a name for a field stands for: short names ("ip" is sourceIPAddress) and
/// the fields that every record has, whatever their case, become the record's own spelling; other
/// paths stay as they are.
std::string field_path(std::string_view name);

/// Tells whether the name is one of a column that Cairn derives from several fields, so that no
/// field has it: "principal", "action", "words", …
bool is_only_derived(std::string_view name);

/// What a column shows.
enum class Derived : uint8_t {
  kField,      // the values of a field
  kTime,       // eventTime, RFC 3339
  kAccount,    // recipientAccountId, else the identity's
  kPrincipal,  // detect::principal_of
  kSession,    // role session name
  kAction,     // "iam:AttachUserPolicy"
  kTarget,     // what was acted on, from the words table
  kWords,      // what was done, in words
  kError,      // errorCode, else "failed" when only a message tells
  kFile,       // input file
  kOffset,     // of the record in the decompressed file
  kMatched,    // which indicators occur; filled by search
  kRecord,     // the whole record, compact
};

struct Column {
  std::string name;  // as asked for
  Derived derived = Derived::kField;
  SlotId slot = kNoSlot;  // kField
};

/// Reads a column's name; never fails, because any path is a column.
Column parse_column(std::string_view name, FieldTable& fields);

/// Some values of a field of an event, owned. Most cells hold one or none.
struct CellValue {
  FieldKind kind = FieldKind::kString;
  std::string text;

  bool operator==(const CellValue&) const = default;
};
using Cell = std::vector<CellValue>;
using Row = std::vector<Cell>;

/// A cell of one text; of none when it is empty.
Cell text_cell(std::string_view text);
Cell number_cell(uint64_t number);

/// Rows as bytes, for sorters.
void append_row(std::string& bytes, const Row& row);
/// Reads what append_row() wrote.
Row read_row(std::string_view bytes);

/// Tells whether the call was denied or failed: an error code or message, or a failed sign-in.
bool has_failed(const Event& event, const StandardFields& standard);

/// Takes the columns out of events. One thread.
class ColumnReader {
 public:
  /// `words` may be null when no column needs it. All must outlive the reader.
  ColumnReader(const std::vector<Column>& columns, const StandardFields& standard,
               const detect::ActionWords* words)
      : columns_(columns), standard_(standard), words_(words), scratch_(columns.size()) {}

  /// Returns the values of one column, missing and null left out; valid until it is asked for the
  /// same column again or the reader of `cloudtrail` moves on.
  std::span<const FieldValue> values(size_t column, const Event& event, std::string_view file);
  /// Fills a row with copies.
  void read(const Event& event, std::string_view file, Row& row);

 private:
  struct Scratch {
    std::string text;
    std::vector<FieldValue> values;
  };
  void derive(Derived what, const Event& event, std::string_view file, std::string& text);

  const std::vector<Column>& columns_;
  const StandardFields& standard_;
  const detect::ActionWords* words_;
  std::vector<Scratch> scratch_;
};

/// True for the columns that the words table answers.
bool needs_words(const std::vector<Column>& columns);

}  // namespace cairn::explore
