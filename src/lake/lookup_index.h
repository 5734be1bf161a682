#pragma once

// What a file of the lake knows of the values that people look up: for each of its row groups, a
// Bloom filter of the event's id, the access key and the source address. It says "not here" with
// certainty, and "perhaps" wrongly once in a few hundred times. It lies in the Parquet file itself,
// between the last row group and the footer, where no reader of Parquet looks; so it is encrypted,
// checked, forgotten and removed with it. docs/lake-format.md, "The look-up index".

#include "base/result.h"
#include "duck/mounted_files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace cairn::lake {

/// What is looked up.
enum class LookupKind : uint8_t { kEventId = 'e', kAccessKey = 'k', kAddress = 'a' };

/// The hash under which a value is known.
uint64_t lookup_hash(LookupKind kind, std::string_view value);

/// Collects values, row group by row group.
class LookupBuilder {
 public:
  void add(LookupKind kind, std::string_view value) { values_.insert(lookup_hash(kind, value)); }
  /// The group has no more rows.
  void end_group();
  /// Returns the index as it is stored.
  std::string finish();

 private:
  std::unordered_set<uint64_t> values_;
  std::vector<uint32_t> sizes_;  // of each group's filter, in blocks
  std::string filters_;
};

class LookupIndex {
 public:
  /// Reads the index of a file whose footer begins at `footer_offset`. Nothing when it has none, or
  /// one that is damaged: then every group may hold every value. Errors of reading are errors.
  static Result<std::optional<LookupIndex>> read(const duck::MountedInput& file,
                                                 uint64_t footer_offset);
  /// Where the index of a file begins; `footer_offset` when it has none.
  static Result<uint64_t> offset_in(const duck::MountedInput& file, uint64_t footer_offset);

  size_t groups() const { return begins_.size() - 1; }
  /// False when the group holds no value of this hash.
  bool may_hold(size_t group, uint64_t hash) const;

 private:
  std::string bytes_;
  std::vector<size_t> begins_;  // of each group's filter, and the end of the last
};

}  // namespace cairn::lake
