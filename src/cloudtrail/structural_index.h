#pragma once

// Where the tokens of a JSON text begin.
//
// The index is simdjson's first stage: the positions of every { } [ ] : , and of the first
// character of every string, number and literal, found at several gigabytes a second; strings are
// told from their surroundings and the text is checked to be UTF-8 without raw control characters
// inside strings. Everything else (skipping a subtree, the end of a string, the extent of a record)
// is arithmetic on these positions. simdjson's on-demand front end is built on the same index, but
// it wants one whole document: here the text is a window of an endless stream, records are looked
// at again when a rule asks for a nested field, and damage must be located to the byte. This is the
// only place that sees simdjson.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace cairn::cloudtrail {

/// Reusable; one thread.
class StructuralIndex {
 public:
  StructuralIndex();
  ~StructuralIndex();
  StructuralIndex(const StructuralIndex&) = delete;
  StructuralIndex& operator=(const StructuralIndex&) = delete;

  enum class Outcome : uint8_t {
    kDone,
    kUnclosedString,    // a string does not end; there is no index
    kControlCharacter,  // a raw control character inside a string
    kInvalidUtf8,
    kNoTokens,  // nothing but blanks
  };
  /// Indexes the text, forgetting the last one. Positions are only good while the text stays where
  /// it is.
  Outcome build(std::string_view text);

  /// The positions, in order; two more entries after the last hold the size of the text, so that
  /// looking ahead is safe.
  const uint32_t* positions() const { return positions_; }
  uint32_t size() const { return size_; }

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  const uint32_t* positions_ = nullptr;
  uint32_t size_ = 0;
};

/// In words, for a quarantine entry.
std::string_view to_string(StructuralIndex::Outcome outcome);

}  // namespace cairn::cloudtrail
