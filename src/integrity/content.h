#pragma once

// The text of a stored object, inflated as CloudTrail's digests mean it: one gzip member and
// nothing behind it.

#include "base/result.h"
#include "crypto/crypto.h"
#include "formats/compression.h"
#include "sys/files.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace cairn::integrity {

/// Reads objects one after another, with buffers of its own; one thread.
class ContentReader {
 public:
  /// With `stored_hashes`, hash() also hashes what it inflates from.
  explicit ContentReader(Files& files, bool stored_hashes = false)
      : files_(files), stored_hashes_(stored_hashes) {}

  struct Content {
    std::string fault;        // why it is not the text of an object; "" when it is
    std::string hash;         // 32 bytes: SHA-256 of the text; "" when there is a fault
    std::string stored_hash;  // 32 bytes: SHA-256 of the file; "" when not asked for
    uint64_t stored_bytes = 0, text_bytes = 0;
    bool compressed = true;
  };
  /// Hashes a file's text. Above kWholeBytes it is inflated in pieces. Fails only when the file
  /// cannot be read.
  Result<Content> hash(const std::string& path);
  /// The same, and keeps the text, which is good until the next call; a text above `limit_bytes` is
  /// a fault.
  Result<Content> read(const std::string& path, uint64_t limit_bytes, std::string_view& text);

  static constexpr uint64_t kWholeBytes = 32u << 20;
  /// A text longer than the first and longer than the second times what it was inflated from is no
  /// log: CloudTrail's reach some 30 times.
  static constexpr uint64_t kExpansionFloor = 256u << 20, kExpansionRatio = 200;

 private:
  Status load(const std::string& path, bool& whole);
  Content inflate_whole();
  Result<std::string> hash_stored(const std::string& path);
  Result<Content> inflate_pieces(const std::string& path);

  Files& files_;
  bool stored_hashes_;
  GzipInflater inflater_;
  std::string stored_, text_;
  size_t text_size_ = 0;
};

}  // namespace cairn::integrity
