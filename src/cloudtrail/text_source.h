#pragma once

// From stored bytes to text: a file, a range of one, or memory; plain, gzip or zstd.

#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"
#include "sys/files.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace cairn::cloudtrail {

/// Yields the text of one input after another. A small gzip file is inflated in one go into the
/// caller's buffer; everything else streams. Reusable; one thread.
class TextSource {
 public:
  explicit TextSource(const ReadLimits& limits);

  /// Starts an input. The file stays the caller's; `stored_limit` bytes of it are read.
  void start(InputFile& file, uint64_t stored_limit);

  /// Fills the buffer as far as it goes and returns the bytes written; 0 at the end. Whatever fails
  /// ends the text.
  size_t pull(std::span<char> out);
  /// True when nothing more will come.
  bool done() const { return done_; }

  struct Failure {
    QuarantineEntry::Kind kind = QuarantineEntry::Kind::kContainer;
    std::string reason;
  };
  /// Why the text ended before its time.
  const std::optional<Failure>& failure() const { return failure_; }
  uint64_t stored_bytes() const { return stored_total_; }
  uint64_t text_bytes() const { return text_total_; }

 private:
  size_t read_stored(std::span<char> out);
  size_t begin(std::span<char> out);
  size_t inflate_on(std::span<char> out);
  void fail(QuarantineEntry::Kind kind, std::string reason);

  const ReadLimits& limits_;
  GzipInflater whole_;
  std::unique_ptr<char[]> stored_;
  const size_t capacity_;

  InputFile* file_ = nullptr;
  uint64_t left_ = 0;  // stored bytes still to read
  bool begun_ = false, done_ = false, file_ended_ = false, finished_ = false;
  Compression compression_ = Compression::kNone;
  std::unique_ptr<StreamInflater> stream_;
  size_t stored_at_ = 0, stored_size_ = 0;
  uint64_t stored_total_ = 0, consumed_total_ = 0, text_total_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace cairn::cloudtrail
