#pragma once

// Where records come from, and what could not be read of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

/// What an input file turned out to be.
enum class SourceKind : uint8_t {
  kCloudTrail,  // holds records (in any of the accepted shapes)
  kDigest,      // CloudTrail digest: recognised, left alone
  kConfig,      // AWS Config history or snapshot: recognised, left alone
  kEmpty,       // no bytes, or nothing but blanks
  kOther,       // something else: recognised as not CloudTrail, left alone, listed
  kUnreadable,  // could not be opened: nobody knows what it holds
};
inline constexpr size_t kSourceKinds = 6;

/// Something of the input that did not become an event, or only after repair.
struct QuarantineEntry {
  enum class Kind : uint8_t {
    kRecord,      // one record does not parse
    kTruncated,   // the input ends inside a record
    kContainer,   // damaged compression or JSON around the records
    kRepaired,    // read after replacing invalid UTF-8
    kUnreadable,  // the file or folder could not be opened or read
    kLimit,       // a named limit was reached (record size, expansion ratio)
  };
  Kind kind = Kind::kRecord;
  std::string file;
  uint64_t offset = 0;  // byte offset in the decompressed input
  uint64_t length = 0;  // bytes concerned; 0 when unknown
  std::string reason;

  bool operator==(const QuarantineEntry&) const = default;
};

/// Returns "record", "truncated", "container", "repaired", "unreadable" or "limit".
std::string_view to_string(QuarantineEntry::Kind kind);
std::string_view to_string(SourceKind kind);

}  // namespace cairn
