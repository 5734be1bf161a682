#pragma once

// Files of our own that a database may read and write: by names that only whoever mounted them
// understands. Encrypted files reach DuckDB this way, and a locked database reaches nothing else.

#include "base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn::duck {

/// A file that is read anywhere. Any thread, several at once.
class MountedInput {
 public:
  virtual ~MountedInput() = default;
  virtual uint64_t size_bytes() const = 0;
  /// Fills the buffer; fails with kCorrupt beyond the end.
  virtual Status read_at(uint64_t offset, std::span<char> buffer) const = 0;
};

/// A file that is written from its beginning to its end. One thread.
class MountedOutput {
 public:
  virtual ~MountedOutput() = default;
  virtual Status append(std::string_view bytes) = 0;
  /// Nothing counts as written before this succeeds. Not called when the query fails.
  virtual Status close() = 0;
};

/// What is mounted. Any thread, several at once.
class MountedFiles {
 public:
  virtual ~MountedFiles() = default;
  /// Names begin behind the mount's prefix.
  virtual Result<std::unique_ptr<MountedInput>> open(const std::string& name) = 0;
  virtual Result<std::unique_ptr<MountedOutput>> create(const std::string& name) = 0;
  virtual bool exists(const std::string& name) = 0;
};

}  // namespace cairn::duck
