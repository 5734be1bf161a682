#pragma once

// Which files of a snapshot, and which row groups of them, a question has to read: from what the
// catalog says of accounts and times, and from the look-up indexes.

#include "base/result.h"
#include "duck/duck.h"
#include "lake/catalog.h"
#include "lake/inside.h"

#include <string>
#include <vector>

namespace cairn::lake {

/// Any thread, several at once.
class FileChoice {
 public:
  /// The mount must outlive it.
  FileChoice(std::vector<CatalogFile> files, LakeMount& mount)
      : files_(std::move(files)), mount_(mount) {}

  /// Returns names for the mount, with its prefix: files, and row groups of files. All rows that
  /// fulfil the condition are among theirs. Columns are those of cloudtrail_table_columns().
  Result<std::vector<std::string>> choose(const duck::Condition& condition) const;

 private:
  const std::vector<CatalogFile> files_;
  LakeMount& mount_;
};

}  // namespace cairn::lake
