#pragma once

// tar and zip archives, read once from front to back and never unpacked to disk.
//
// libarchive reads the formats; this adds what reading evidence needs: names stay bytes, damage is
// told with its place and reading goes on at the next member, and nothing that an archive claims
// about itself makes memory grow. A zip is read by the headers in front of its members, not by the
// directory at its end, so it may come through a pipe, may be cut off, and no byte of it can be
// read twice (docs/decisions/0004-archives.md).

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

enum class ArchiveFormat : uint8_t { kNone, kTar, kZip };

/// Returns "tar", "zip" or "".
std::string_view to_string(ArchiveFormat format);

/// Tells the format by the first bytes (tar wants 512 of them). A text that holds no NUL byte is
/// never taken for a tar, so nobody can make a log look like one by what is logged.
ArchiveFormat sniff_archive(std::string_view head);

/// Where the bytes of an archive come from.
class ArchiveBytes {
 public:
  virtual ~ArchiveBytes() = default;
  /// Writes the next bytes to the buffer and returns how many; 0 at the end, or when nothing more
  /// can be had (the owner knows why).
  virtual size_t pull(std::span<char> buffer) = 0;
};

/// A member as its header describes it.
struct ArchiveMember {
  enum class Kind : uint8_t {
    kFile,
    kFolder,
    kLink,     // symbolic or hard; a zip read from the front does not tell its links from files
    kSpecial,  // a device, a pipe, a socket
  };
  Kind kind = Kind::kFile;
  std::string name;         // as stored: any bytes, any length up to ArchiveReader::kNameBytes;
                            // only a label, never a place on a disk
  uint64_t size_bytes = 0;  // 0 when the archive says it only behind the content
  std::string refusal;      // why the content cannot be read ("encrypted"); "" when it can
};

/// A place where an archive, or the content of a member, is damaged.
struct ArchiveFault {
  bool truncated = false;  // the archive ends here before its time
  uint64_t offset = 0;     // byte of the archive
  std::string reason;
};

/// Reads one archive. One thread. Memory: some hundred kilobytes, and a few megabytes at most for
/// the largest header that is accepted.
class ArchiveReader {
 public:
  static constexpr size_t kNameBytes = 4096;        // longer names are cut
  static constexpr size_t kHeaderBytes = 2u << 20;  // of one member; above, it counts as damaged
  static constexpr size_t kFaults = 1000;  // damaged places in one archive; then the rest is not
                                           // read

  /// `bytes` must outlive the reader.
  ArchiveReader(ArchiveFormat format, ArchiveBytes& bytes);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  enum class Step : uint8_t { kMember, kFault, kEnd };
  /// Moves on to the next member, whatever of the last one was read. After kFault more may come.
  Step next();
  /// What next() arrived at: good until it is called again.
  const ArchiveMember& member() const;
  const ArchiveFault& fault() const;

  /// Reads the member's content; 0 at its end. Fails with kCorrupt when the content is damaged
  /// (everything returned before is as stored, or the checksum says otherwise); fault() has the
  /// details, and next() does not tell it again. Holes of sparse members are zeros.
  Result<size_t> read(std::span<char> buffer);

  /// How far the archive was read, in its bytes.
  uint64_t position() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
