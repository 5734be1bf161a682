#pragma once

// Files that no reader should choke on: broken copies of good ones, and what lies beside logs in
// real buckets.

#include "formats/compression.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::simulate {

enum class Damage : uint8_t {
  kTruncatedGzip,  // the stored bytes end in the middle
  kCutJson,        // the text ends in the middle of a record
  kBadUtf8,        // bytes in a string that are not UTF-8
  kNulBytes,       // a run of NUL bytes inside the text, as after a crash
  kEmptyFile,      // no bytes at all
  kEmptyText,      // compressed nothing
  kNotGzip,        // plain text under a name that says gzip
  kDigest,         // a CloudTrail digest
  kConfig,         // an AWS Config snapshot
  kCount
};

/// Returns "truncated-gzip" and the like.
std::string_view to_string(Damage damage);
/// True for what is no log at all and lies in a folder of its own.
constexpr bool is_foreign(Damage damage) {
  return damage == Damage::kDigest || damage == Damage::kConfig;
}
/// Returns the bytes of a damaged file. `text` is that of the good file whose records it repeats,
/// and `account` and `region` are named in what is no log.
std::string damaged_bytes(Damage damage, std::string_view text, std::string_view account,
                          std::string_view region);

}  // namespace cairn::simulate
