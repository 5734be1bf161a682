#include "cloudtrail/archive_input.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>

namespace cairn::cloudtrail {

size_t ArchiveText::pull(std::span<char> buffer) {
  if (cancel_.load(std::memory_order_relaxed)) return 0;
  if (head_ == nullptr) return source_.pull(buffer);
  size_t count = std::min(buffer.size(), head_size_ - head_at_);
  std::memcpy(buffer.data(), head_.get() + head_at_, count);
  head_at_ += count;
  if (head_at_ == head_size_) head_.reset();
  return count;
}

Result<size_t> MemberFile::read(std::span<char> buffer) {
  auto got = archive_.read(buffer);
  if (!got.ok()) {
    failure_ = TextSource::Failure{archive_.fault().truncated ? QuarantineEntry::Kind::kTruncated
                                                              : QuarantineEntry::Kind::kContainer,
                                   got.error().message};
    return got;
  }
  total_ += got.value();
  uint64_t stored = archive_.position();
  if (total_ > limits_.expansion_floor_bytes && total_ / limits_.expansion_ratio > stored) {
    failure_ = TextSource::Failure{QuarantineEntry::Kind::kLimit,
                                   "looks like a decompression bomb: " + format_bytes(total_) +
                                       " so far, above " + std::to_string(limits_.expansion_ratio) +
                                       " times what the archive holds of it (expansion_ratio); " +
                                       "the rest of the archive is not read"};
    return Error{ErrorCode::kExhausted, failure_->reason};
  }
  return got;
}

}  // namespace cairn::cloudtrail
