#pragma once

// Writing records as Parquet: DuckDB's writer, fed with rows that are made from the records' text
// just before.

#include "base/result.h"
#include "base/time.h"
#include "duck/duck.h"
#include "model/cloudtrail_table.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::lake {

/// The hidden last column of a lake's files: the record's content fingerprint.
inline constexpr const char* kFingerprintColumn = "cairn_fingerprint";
/// The column before it: the record without what the other columns have of it
/// (cloudtrail/folded_record.h). It becomes `raw` by record_sql().
inline constexpr const char* kRecordColumn = "cairn_record";
inline constexpr int64_t kNoTime = INT64_MIN;

/// A record that waits to be stored. 48 bytes; there are many.
struct WaitingRow {
  std::string_view raw;
  int64_t time_ms = 0;  // 0 without a time
  uint64_t fingerprint = 0;
  uint32_t object = 0;
  uint32_t account = 0;  // number of a name in a list
};

/// Writes files one after another, through one connection. One thread.
class RowWriter {
 public:
  /// Registers the table that feeds the connection; `number` tells writers of one database apart.
  static Result<std::unique_ptr<RowWriter>> create(duck::Database& database, unsigned number,
                                                   Timestamp ingest_time, bool keep_raw = true);
  ~RowWriter();
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  /// Writes rows, in their order, to a mounted name. `object_names` gives an object's name.
  Status write(const std::vector<const WaitingRow*>& rows,
               const std::function<std::string_view(uint32_t)>& object_name,
               const std::string& name);

 private:
  class Feed;
  RowWriter() = default;
  std::shared_ptr<Feed> feed_;
  std::unique_ptr<duck::Connection> connection_;
  std::string rows_;  // what is selected
};

}  // namespace cairn::lake
