#pragma once

// The footer of a Parquet file (Thrift's compact protocol), as far as it takes to put files
// together and to leave row groups out without touching their bytes: positions are moved, groups
// are copied, everything else stays as DuckDB wrote it.
//
//   "PAR1" | row groups … | lookup index (lookup_index.h) | footer | its length, 4 bytes | "PAR1"

#include "base/result.h"
#include "duck/mounted_files.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::lake {

inline constexpr std::string_view kParquetMagic = "PAR1";

class ParquetFooter {
 public:
  /// Reads a footer's own bytes. kCorrupt when they are none.
  static Result<ParquetFooter> parse(std::string bytes);
  /// Finds and reads the footer of a file.
  static Result<ParquetFooter> read(const duck::MountedInput& file);
  /// Finds a file's footer: where it begins.
  static Result<uint64_t> offset_in(const duck::MountedInput& file);

  size_t groups() const { return groups_.size(); }
  uint64_t rows(size_t group) const { return groups_[group].rows; }
  uint64_t rows() const;
  /// Where the footer begins in its file; only after read().
  uint64_t offset() const { return offset_; }
  /// True when the columns of both are the same, so that their groups may be in one file.
  bool same_columns(const ParquetFooter& other) const;

 private:
  friend class FooterWriter;
  struct Group {
    size_t begin = 0, end = 0;  // in bytes_
    uint64_t rows = 0;
  };
  struct Field {
    int64_t id = 0;
    uint8_t type = 0;
    size_t begin = 0, end = 0;  // of the value
  };
  std::string bytes_;
  std::vector<Field> fields_;
  std::vector<Group> groups_;
  uint64_t offset_ = 0;
};

/// Puts a footer together from groups of others.
class FooterWriter {
 public:
  /// `like` gives columns and names. Must outlive the writer, like the other footers.
  explicit FooterWriter(const ParquetFooter& like) : like_(like) {}
  /// Adds a group whose bytes lie `shift` further than its own footer says. kCorrupt when the group
  /// cannot be read.
  Status add(const ParquetFooter& footer, size_t group, int64_t shift);
  /// Returns the footer with its length and the magic bytes: the end of a file.
  std::string finish() const;

 private:
  const ParquetFooter& like_;
  std::string groups_;
  size_t count_ = 0;
  uint64_t rows_ = 0;
};

}  // namespace cairn::lake
