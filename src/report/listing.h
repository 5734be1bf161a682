#pragma once

// Listings: rows under named columns, as a table for people, as CSV, or as JSON lines. Text from
// logs is printed through printable(), written through append_csv_field() or as JSON strings.

#include "base/result.h"
#include "explore/columns.h"
#include "report/report.h"
#include "sys/files.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::report {

enum class ListingFormat : uint8_t {
  kTable,
  kCsv,
  kJson,  // one object a line
  kRaw,   // the first column alone, which holds JSON: one value a line
};

/// A column of a listing.
struct ListingColumn {
  enum class Shape : uint8_t {
    kText,
    kTime,       // RFC 3339; a table writes it shorter
    kPrincipal,  // an ARN or another principal's key; a table shortens it
    kNumber,     // to the right, with thousands separated in a table
    kFigure,     // to the right, as it is
    kShare,      // a fraction of 1; a table and only a table writes percent
  };
  std::string name;  // heading; member name in JSON
  Shape shape = Shape::kText;
  bool hide_empty = false;   // a table leaves the column out when no row has a value
  std::string missing = "";  // what a table shows for no value
  size_t least = 10;         // a table cuts the column to no fewer cells while it can choose
  unsigned drop = 0;         // a table too narrow leaves columns out, the highest first; 0: never
};

/// Writes one listing. Call measure() for rows that are to come (all or some of them: they decide
/// the widths of a table), then write() for each row, then end(). One thread at a time.
class Listing {
 public:
  /// A table is as wide as the style says; `whole` never cuts a value, however long the line gets
  /// (for pipes). References must outlive the listing.
  Listing(std::vector<ListingColumn> columns, ListingFormat format, const TerminalStyle& style,
          bool whole, OutputFile& out);

  void measure(const explore::Row& row);
  Status write(const explore::Row& row);
  /// Writes what a listing without rows has: the header of a CSV.
  Status end();

 private:
  std::string shown(size_t column, const explore::Cell& cell) const;
  void lay_out();
  Status begin();
  std::string table_line(const explore::Row& row);
  std::string csv_line(const explore::Row& row) const;
  std::string json_line(const explore::Row& row) const;

  std::vector<ListingColumn> columns_;
  ListingFormat format_;
  TerminalStyle style_;
  bool whole_;
  OutputFile& out_;
  std::vector<size_t> widths_;  // widest value seen, then the layout
  bool begun_ = false;
};

/// Returns the values of a cell as one text, "; " between them.
std::string cell_text(const explore::Cell& cell);

}  // namespace cairn::report
