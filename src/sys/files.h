#pragma once

// The file system behind a small interface, so that tests run a whole scan in memory and break it
// at will.

#include "base/result.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

enum class FileKind : uint8_t { kFile, kFolder, kLink, kOther };

/// A directory entry. `path` is the path it was asked by, with the entry's name appended for
/// listings.
struct FileInfo {
  std::string path;
  FileKind kind = FileKind::kOther;
  uint64_t size_bytes = 0;
  uint64_t device = 0, inode = 0;  // identity, to notice the same folder twice; 0 in fakes
};

/// An open input. Not shared between threads.
class InputFile {
 public:
  virtual ~InputFile() = default;
  /// Reads up to buffer.size() bytes from the current position. Returns 0 at the end.
  virtual Result<size_t> read(std::span<char> buffer) = 0;
  /// Moves the position on without reading; beyond the end, reads return 0.
  virtual Status skip(uint64_t bytes);
  /// Size when opened; 0 for pipes.
  virtual uint64_t size_bytes() const = 0;
};

/// An open output, buffered. Nothing is promised to be on disk before close() succeeds.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Status write(std::string_view bytes) = 0;
  /// Writes what is buffered and closes. Must be called; the destructor discards errors.
  virtual Status close() = 0;
};

/// A private file for intermediate data: written in sequence, read anywhere, gone when destroyed
/// (or when the process dies).
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  virtual Status append(std::string_view bytes) = 0;
  virtual Status read_at(uint64_t offset, std::span<char> buffer) const = 0;  // kCorrupt when short
  virtual uint64_t size_bytes() const = 0;
};

/// The file system. Errors carry the path and the system's reason: kNotFound, kPermission,
/// kUnavailable (full disk), kInvalidInput. Safe from any thread. Path names are bytes: they need
/// not be UTF-8.
class Files {
 public:
  virtual ~Files() = default;
  /// Opens for reading; "-" is standard input.
  virtual Result<std::unique_ptr<InputFile>> open(const std::string& path) = 0;
  /// Lists one folder, not its subfolders, in no order; links are reported as links. Fails when it
  /// cannot be opened or read.
  virtual Result<std::vector<FileInfo>> list(const std::string& folder) = 0;
  /// Looks at one path, following links.
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  /// Returns the absolute path with links resolved.
  virtual Result<std::string> real_path(const std::string& path) = 0;
  /// Creates or empties a file for writing; "-" is standard output.
  virtual Result<std::unique_ptr<OutputFile>> create(const std::string& path) = 0;
  virtual Status make_folders(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  /// Makes a scratch file in the temporary folder (TMPDIR, else /tmp).
  virtual Result<std::unique_ptr<ScratchFile>> scratch() = 0;
};

/// The real file system. A read that waits for a pipe, a terminal or a device ends as if nothing
/// more came once `interrupted` turns true (it must outlive the files); without it such a read
/// waits.
std::unique_ptr<Files> real_files(const std::atomic<bool>* interrupted = nullptr);

/// Reads a whole file. Fails with kExhausted above `limit_bytes`.
Result<std::string> read_file(Files& files, const std::string& path, uint64_t limit_bytes);
/// Writes a whole file.
Status write_file(Files& files, const std::string& path, std::string_view bytes);
/// Joins with one slash.
std::string join_path(std::string_view folder, std::string_view name);
/// The part after the last slash.
std::string_view base_name(std::string_view path);

/// A file system in memory, for tests. Paths are plain keys; folders exist where files are under
/// them.
class FakeFiles : public Files {
 public:
  std::map<std::string, std::string> contents;
  std::map<std::string, Error> open_errors;  // paths that fail to open or list
  /// Fails the n-th operation from now (0 = the next) with kUnavailable; off when negative.
  int fail_after = -1;

  Result<std::unique_ptr<InputFile>> open(const std::string& path) override;
  Result<std::vector<FileInfo>> list(const std::string& folder) override;
  Result<FileInfo> stat(const std::string& path) override;
  Result<std::string> real_path(const std::string& path) override;
  Result<std::unique_ptr<OutputFile>> create(const std::string& path) override;
  Status make_folders(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::unique_ptr<ScratchFile>> scratch() override;

 private:
  /// Copies of a file system do not share their lock.
  struct Lock : std::mutex {
    Lock() = default;
    Lock(const Lock&) : std::mutex() {}
    Lock& operator=(const Lock&) { return *this; }
  };

  Status step(const std::string& path);

  Lock mutex_;
};

}  // namespace cairn
