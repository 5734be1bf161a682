#pragma once

// Events as rows of the table `cloudtrail_logs` (model/cloudtrail_table.h), for whoever hands them
// to a database: the lake and `cairn sql --logs`.
//
// JSON null and a missing value are both NULL. A struct is NULL when none of its members has a
// value. Objects and arrays in text columns are their compact JSON text. A list column is NULL when
// the record holds something else there; `raw` has it in any case.

#include "base/time.h"
#include "cloudtrail/folded_record.h"
#include "model/cloudtrail_table.h"
#include "model/column_type.h"
#include "model/event.h"
#include "model/field_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::cloudtrail {

/// Turns events into batches. One thread.
class EventRows {
 public:
  /// Which columns are filled; the others stay absent.
  struct Wanted {
    std::vector<bool> columns;  // of cloudtrail_stored_columns(); empty: all
    /// Of struct columns, the wanted members (dotted names within the column); none: all of them.
    std::vector<std::vector<std::string>> members;
    /// `raw` is what is left of the record beside the other columns (folded_record.h); these must
    /// all be wanted.
    bool fold_record = false;
  };

  /// Interns the paths that the wanted columns need. The table is frozen after that, and events
  /// must be of it.
  EventRows(FieldTable& fields, const Wanted& wanted);
  ~EventRows();
  EventRows(const EventRows&) = delete;
  EventRows& operator=(const EventRows&) = delete;

  /// Appends a row. Everything is copied.
  void add(const Event& event, std::string_view source_object, Timestamp ingest_time);
  size_t rows() const { return batch_.rows; }
  /// Bytes of text in the rows so far.
  size_t text_bytes() const { return batch_.texts.size_bytes(); }
  /// Returns the rows and begins anew, in `room`: an empty batch, or one that was given back.
  Batch take(Batch room = {});

 private:
  struct Node;
  struct Json;

  Node make_node(FieldTable& fields, const StoredColumn& column,
                 const std::vector<std::string>* wanted, const std::string& name);
  bool fill(const Node& node, BatchColumn& to, const Event& event, std::string_view source_object,
            Timestamp ingest_time);
  bool fill_list(BatchColumn& to, const FieldValue& value, const Node& node);
  bool fill_map(BatchColumn& to, const FieldValue& value);

  void note_resources(const BatchColumn& elements, std::string_view list, size_t count);

  std::vector<Node> nodes_;
  std::unique_ptr<Json> json_;
  bool fold_record_ = false;
  size_t folded_values_ = 0;  // numbered so far
  RecordFolder folder_;
  Batch batch_;
};

}  // namespace cairn::cloudtrail
