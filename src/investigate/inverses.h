#pragma once

// The table of inverse calls (content/inverses.tsv): what a call did to which thing, and the AWS
// CLI commands that take it back, made from the record of the call and of earlier ones. Values of
// records are hostile: each becomes one quoted word of a shell.

#include "base/result.h"
#include "formats/json_tree.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::investigate {

enum class Effect : uint8_t { kCreated, kChanged, kShared, kDeleted };
/// "created", "changed", "shared", "deleted".
std::string_view name_of(Effect effect);

/// A record that was parsed. One thread.
class RecordTree {
 public:
  /// False when it is no JSON object.
  bool parse(std::string_view record);
  /// The values at a dotted path, through arrays to every element; numbers and booleans as they are
  /// written, objects and arrays as their text when `whole`.
  std::vector<std::string> values(std::string_view path, bool whole) const;

 private:
  void collect(uint32_t node, std::string_view path, bool whole,
               std::vector<std::string>& out) const;
  std::string text_;
  JsonTree tree_;
};

/// Quotes a text as one word of bash, also when it holds quotes, line ends or control characters.
std::string shell_word(std::string_view text);

/// What a row of the table says of one record.
struct Inverse {
  std::vector<std::string> commands;  // in order; none: it cannot be taken back
  std::string remark;                 // the risk, or why it cannot be taken back
};

class InverseTable {
 public:
  /// Fails with kInvalidInput and the line of the first bad row.
  static Result<InverseTable> parse(std::string_view text);
  InverseTable(InverseTable&&) noexcept;
  ~InverseTable();

  struct Row;
  /// The row of a call, null when the table has none. Names with a version
  /// ("AddPermission20150331") find the row without it.
  const Row* find(std::string_view source, std::string_view name) const;

  static Effect effect_of(const Row& row);
  /// The things a record is about: "user alice"; empty when it does not say.
  static std::vector<std::string> things_of(const Row& row, const RecordTree& record);
  /// Events of the same service whose earlier records are asked for.
  static const std::vector<std::string>& earlier_events(const Row& row);
  /// `earlier` returns the last record before this one of an event on the same thing, null when
  /// there is none.
  static Inverse invert(
      const Row& row, const RecordTree& record, std::string_view region,
      const std::function<const RecordTree*(std::string_view event_name)>& earlier);

  size_t size() const;

 private:
  struct Table;
  InverseTable();
  std::unique_ptr<Table> table_;
};

}  // namespace cairn::investigate
