#pragma once

// One CloudTrail record as a row of slots. Values are views into the reader's buffers.

#include "base/time.h"
#include "model/field_table.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cairn {

enum class FieldKind : uint8_t { kMissing, kNull, kString, kNumber, kBool, kObject, kArray };

/// A value as text. Strings are unescaped; numbers are the text of the record ("1.50" stays
/// "1.50"); booleans are "true" or "false"; objects and arrays are their JSON text, compact (no
/// blanks outside strings); null and missing are "".
struct FieldValue {
  std::string_view text;
  FieldKind kind = FieldKind::kMissing;

  bool present() const { return kind != FieldKind::kMissing; }
  bool is_null() const { return kind == FieldKind::kNull; }
  /// Neither missing nor null.
  bool has_value() const { return kind > FieldKind::kNull; }
};

class Event;

/// Walks a lazy subtree when its slots are first asked for; implemented by the reader of
/// `cloudtrail`.
class SubtreeReader {
 public:
  virtual ~SubtreeReader() = default;
  /// Adds the values of every lazy slot under `root` to the event with Event::add().
  virtual void read_subtree(Event& event, SlotId root) = 0;
};

/// A row of slots. Reused from record to record; everything it hands out is valid until the reader
/// moves on. One thread.
class Event {
 public:
  /// The table must be frozen and outlive the event.
  explicit Event(const FieldTable& fields);
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Returns the first value of a slot (paths through arrays may have several), kMissing when there
  /// is none.
  FieldValue get(SlotId slot) const {
    const Cell& cell = resolved(slot);
    return cell.generation == generation_ ? cell.first : FieldValue{};
  }
  /// Returns the text of the first value: "" when missing or null.
  std::string_view text(SlotId slot) const { return get(slot).text; }
  /// Returns all values of a slot, in the record's order; empty when missing.
  std::span<const FieldValue> all(SlotId slot) const;

  /// The record's own bytes, from its opening to its closing brace.
  std::string_view raw() const { return raw_; }
  /// Byte offset of the record in the decompressed input.
  uint64_t offset() const { return offset_; }
  /// `eventTime`; meaningless when time_known() is false (absent or unreadable).
  Timestamp time() const { return time_; }
  bool time_known() const { return time_known_; }

  const FieldTable& fields() const { return fields_; }

  // For the reader only.

  /// Forgets the last record and starts the next.
  void begin(std::string_view raw, uint64_t offset, SubtreeReader* reader);
  void set_raw(std::string_view raw) { raw_ = raw; }
  void set_time(Timestamp time) {
    time_ = time;
    time_known_ = true;
  }
  /// Adds a value to a slot.
  void add(SlotId slot, FieldValue value) {
    Cell& cell = cells_[slot];
    if (cell.generation != generation_) {
      cell = {value, generation_, 1};
    } else {
      add_further(slot, value);
    }
  }

 private:
  struct Cell {
    FieldValue first;
    uint32_t generation = 0;
    uint32_t count = 0;  // above 1, overflow_[slot] holds all of them
  };

  const Cell& resolved(SlotId slot) const {
    SlotId root = lazy_root_[slot];
    if (root != kNoSlot && walked_[root] != generation_) walk(root);
    return cells_[slot];
  }
  void walk(SlotId root) const;
  void add_further(SlotId slot, FieldValue value);

  const FieldTable& fields_;
  SubtreeReader* reader_ = nullptr;
  std::string_view raw_;
  uint64_t offset_ = 0;
  Timestamp time_{};
  bool time_known_ = false;
  uint32_t generation_ =
      0;  // a cell of another generation is empty: nothing is cleared between records
  std::vector<SlotId> lazy_root_;
  mutable std::vector<uint32_t> walked_;
  std::vector<Cell> cells_;
  std::vector<std::vector<FieldValue>> overflow_;
};

}  // namespace cairn
