#pragma once

// Files that must survive: written once, synchronised, put in place by a rename that is
// synchronised too; and the lock that lets one process write.
//
// Names are made readable for their owner only. Errors carry the path and the system's reason, as
// in sys/files.h.

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

/// A file with bytes anywhere. Reading is safe from several threads at once, writing is for one.
class DurableFile {
 public:
  /// Makes a new file for writing; fails with kInvalidInput when the name is taken.
  static Result<std::unique_ptr<DurableFile>> create(const std::string& path);
  /// Opens for reading.
  static Result<std::unique_ptr<DurableFile>> open(const std::string& path);
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;
  ~DurableFile();

  Status write_at(uint64_t offset, std::string_view bytes);
  /// Fills the buffer; kCorrupt when the file ends before.
  Status read_at(uint64_t offset, std::span<char> buffer) const;
  Result<uint64_t> size_bytes() const;
  /// Returns when the bytes are on the disk.
  Status sync();
  /// Closes now, so that its errors are seen; nothing may be done with it afterwards.
  Status close();

 private:
  DurableFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
};

/// Returns when the names in a folder are on the disk: what was renamed into it stays.
Status sync_folder(const std::string& path);
/// Writes a file so that it is there whole or not at all, whatever happens, for its owner only.
/// When it was there it is replaced; when this fails nothing is left beside it. `at_step` is called
/// before each step that changes the disk, for tests that end the process there.
Status write_durable_file(const std::string& path, std::string_view bytes,
                          const std::function<void(const char* step)>& at_step = {});
/// The same for what `write` writes, so that a large file need not be in memory.
Status write_durable_file(const std::string& path, const std::function<Status(DurableFile&)>& write,
                          const std::function<void(const char* step)>& at_step);
/// Takes from everybody but its owner the right to read or write a file.
Status make_private_file(const std::string& path);
/// Makes a folder and those above it, readable for their owner only.
Status make_private_folders(const std::string& path);
/// Removes an empty folder; that it is not empty or not there is no error.
void remove_empty_folder(const std::string& path);

/// A lock on a file, held until destroyed or until the process ends in whatever way.
class FileLock {
 public:
  enum class Kind : uint8_t { kShared, kExclusive };
  /// Takes it, or fails at once with kUnavailable when another holds it. Makes the file.
  static Result<FileLock> take(const std::string& path, Kind kind);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// From now on the system writes no memory image when the process crashes: it holds keys.
void forbid_core_dumps();

/// Reads one line from the terminal without showing it. Fails with kUnavailable when there is no
/// terminal.
Result<std::string> read_secret(const std::string& prompt);

}  // namespace cairn
