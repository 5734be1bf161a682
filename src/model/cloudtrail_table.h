#pragma once

// The table `cloudtrail_logs`, defined here and nowhere else: Athena's table, column for column
// ("Create a table for CloudTrail logs", Amazon Athena User Guide, read 2026-11), and what Cairn
// adds. Raw logs (`cairn sql --logs`) and the lake both give this table.
//
// The columns come in two kinds. Stored columns are read from a record (`path`) or from where it
// was found. Derived columns are SQL over stored ones, computed by a view: every style of partition
// column that Athena tables of CloudTrail have, so that queries with any of them run unchanged.

#include "model/column_type.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

inline constexpr std::string_view kCloudTrailTable = "cloudtrail_logs";

/// Where a stored column's value comes from.
enum class ColumnSource : uint8_t {
  kField,           // the record's value at `path`
  kEventTimestamp,  // eventTime as an instant; NULL when it cannot be read
  kSourceObject,    // the name of the file or object that held the record
  kIngestTime,      // when the record was read
  kRaw,             // the record's own bytes
};

struct StoredColumn {
  std::string name;  // lower case, as in Athena
  ColumnType type;
  ColumnSource source = ColumnSource::kField;
  /// kField: the JSON path of the record, dotted, with CloudTrail's spelling.
  std::string path;
  /// Of a struct: its members, in the type's order, each with its whole path. A row's struct is
  /// NULL when none of its members has a value.
  std::vector<StoredColumn> members;
};

struct DerivedColumn {
  std::string name;
  std::string sql;  // over stored columns
};

/// Returns the stored columns, in the table's order. The last is `raw`.
const std::vector<StoredColumn>& cloudtrail_stored_columns();
/// Returns the derived columns, which follow the stored ones but precede nothing.
std::span<const DerivedColumn> cloudtrail_derived_columns();

/// Returns the stored columns as a table of a database has them.
std::vector<TableColumn> cloudtrail_table_columns();
/// Returns `SELECT stored…, derived… FROM <source>`: the body of the view `cloudtrail_logs`.
std::string cloudtrail_view_sql(std::string_view source);

}  // namespace cairn
