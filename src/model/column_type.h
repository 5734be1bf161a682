#pragma once

// Types of table columns, and rows of them as plain memory: what crosses between the readers of
// logs and the room that sees DuckDB.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

enum class ColumnKind : uint8_t {
  kText,
  kBoolean,
  kInteger,  // 64 bits, signed
  kDouble,
  kTimestamp,  // microseconds since 1970, UTC
  kStruct,     // one member column for each name
  kList,       // members[0] holds the elements of all rows, one row after the other
  kMap,        // like a list whose elements are pairs: members[0] keys, members[1] values
};

/// The type of a column. A value.
struct ColumnType {
  ColumnKind kind = ColumnKind::kText;
  std::vector<std::string> names;   // of a struct's members
  std::vector<ColumnType> members;  // struct: by name; list: 1; map: 2

  bool operator==(const ColumnType&) const = default;

  static ColumnType list(ColumnType element);
  static ColumnType map(ColumnType key, ColumnType value);
  /// A struct of the given members.
  struct Member;
  static ColumnType structure(std::vector<Member> members);
};
struct ColumnType::Member {
  std::string name;
  ColumnType type;
};

/// Returns the type as SQL has it: "VARCHAR", "STRUCT(\"a\" VARCHAR, \"b\" BIGINT)", "VARCHAR[]".
std::string to_sql(const ColumnType& type);

struct TableColumn {
  std::string name;
  ColumnType type;

  bool operator==(const TableColumn&) const = default;
};

/// The values of one column. `valid` has an entry for each row; of the other vectors only the one
/// of the column's kind is filled, with an entry for each row (invalid rows too). A column that
/// nobody asked for stays absent: no entries at all, and all its rows are NULL.
struct BatchColumn {
  std::vector<uint8_t> valid;
  std::vector<std::string_view> texts;  // kText; into the batch's arena
  std::vector<int64_t> integers;        // kInteger, kTimestamp, kBoolean (0 or 1)
  std::vector<double> doubles;          // kDouble
  std::vector<uint32_t> lengths;        // kList, kMap: elements of each row
  std::vector<BatchColumn> members;     // kStruct, kList, kMap

  bool absent() const { return valid.empty(); }
  /// Forgets the values and keeps their room.
  void clear();
};

/// Keeps texts where they are until it is destroyed or cleared.
class TextArena {
 public:
  /// Copies a text; the view is valid as long as the arena.
  std::string_view keep(std::string_view text);
  /// Bytes of memory in use.
  size_t size_bytes() const { return size_bytes_; }
  /// Forgets the texts and gives their memory back.
  void clear();
  /// Forgets the texts and keeps their memory for the next ones.
  void reuse();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t room = 0;
  };
  static constexpr size_t kBlockBytes = 128u << 10;

  void next_block(size_t least);

  std::vector<Block> blocks_;  // the first `begun_` hold texts, the others wait for some
  size_t begun_ = 0, used_ = 0, room_ = 0, size_bytes_ = 0;
};

/// Some rows of a table: one column for each of the table's, present or absent. Movable; one thread
/// at a time.
struct Batch {
  size_t rows = 0;
  std::vector<BatchColumn> columns;
  TextArena texts;

  /// Forgets the rows and keeps their room.
  void clear();
};

}  // namespace cairn
