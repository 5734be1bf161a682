#pragma once

// Numbers and texts out of bytes that were stored and may be anything by now: cut, damaged, made by
// somebody else.
//
//   StoredReader in(bytes);
//   state.judged = in.number(kLatest);
//   for (size_t left = in.count(2); in.ok() && left > 0; --left)
//   state.names.emplace_back(in.text()); if (!in.done()) return Error{ErrorCode::kCorrupt,
//   in.fault()};
//
// A read that the bytes cannot answer fails the reader: it and all later ones give 0 or nothing. So
// whoever restores something reads on, and asks in the end whether all of it can be trusted. What
// this program has in memory itself is read with PackReader.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

/// Reads what pack_number() and pack_text() (base/pack.h) wrote. Views are of the given bytes.
class StoredReader {
 public:
  explicit StoredReader(std::string_view bytes) : bytes_(bytes), rest_(bytes) {}

  /// A number of at most `limit`.
  uint64_t number(uint64_t limit = UINT64_MAX);
  bool flag() { return number(1) != 0; }
  /// How many items follow, each of at least `item_bytes` (not 0): never more than there is room
  /// for, so that a loop over them, and the memory for them, is bounded by the bytes.
  size_t count(size_t item_bytes = 1);
  std::string_view text();
  /// Just so many bytes; none when there are not so many.
  std::string_view bytes(size_t count);

  /// Fails the reader, for what the caller finds wrong. The first fault stays.
  void fail(std::string_view what);
  /// False after the first fault.
  bool ok() const { return fault_.empty(); }
  /// True when everything was read without a fault. Bytes that are left over are a fault.
  bool done();
  /// What was wrong, and at which byte: "at byte 17: a number is cut off". "" when ok().
  const std::string& fault() const { return fault_; }
  bool at_end() const { return rest_.empty(); }
  /// How many bytes were read.
  size_t offset() const { return bytes_.size() - rest_.size(); }

 private:
  std::string_view bytes_, rest_;
  std::string fault_;
};

}  // namespace cairn
