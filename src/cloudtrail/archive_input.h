#pragma once

// An archive between the reader's two ends: the text of a source becomes the archive's bytes, the
// archive's members become files.

#include "cloudtrail/cloudtrail.h"
#include "cloudtrail/text_source.h"
#include "formats/archive.h"
#include "sys/files.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace cairn::cloudtrail {

/// The bytes of an archive: first what was pulled from the source to recognise it, then the rest.
/// Ends early when told to cancel.
class ArchiveText : public ArchiveBytes {
 public:
  ArchiveText(std::unique_ptr<char[]> head, size_t head_size, TextSource& source,
              const std::atomic<bool>& cancel)
      : head_(std::move(head)), head_size_(head_size), source_(source), cancel_(cancel) {}

  size_t pull(std::span<char> buffer) override;

 private:
  std::unique_ptr<char[]> head_;
  size_t head_size_, head_at_ = 0;
  TextSource& source_;
  const std::atomic<bool>& cancel_;
};

/// The member that an archive has arrived at, as a file; the same object serves all, so that it can
/// tell when together they become more than an honest archive holds.
class MemberFile : public InputFile {
 public:
  MemberFile(ArchiveReader& archive, const ReadLimits& limits)
      : archive_(archive), limits_(limits) {}

  /// Forgets the failure of the last member.
  void begin() { failure_.reset(); }
  Result<size_t> read(std::span<char> buffer) override;
  /// Not known for certain before the end.
  uint64_t size_bytes() const override { return 0; }

  /// Why the member ended before its time. After kLimit the archive must not be read on.
  const std::optional<TextSource::Failure>& failure() const { return failure_; }

 private:
  ArchiveReader& archive_;
  const ReadLimits& limits_;
  uint64_t total_ = 0;  // of all members
  std::optional<TextSource::Failure> failure_;
};

}  // namespace cairn::cloudtrail
