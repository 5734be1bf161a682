#include "cloudtrail/text_source.h"

#include "base/text.h"

#include <algorithm>
#include <cstring>

namespace cairn::cloudtrail {

namespace {

constexpr size_t kGzipTrailerBytes = 8;

/// The size that a gzip file claims for its (last) member: RFC 1952, ISIZE.
uint32_t claimed_size(std::string_view stored) {
  if (stored.size() < kGzipTrailerBytes) return 0;
  uint32_t size = 0;
  for (size_t i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(stored[stored.size() - i]);
  return size;
}

std::string_view name_of(Compression compression) {
  return compression == Compression::kZstd ? "zstd" : "gzip";
}

}  // namespace

TextSource::TextSource(const ReadLimits& limits)
    : limits_(limits),
      stored_(std::make_unique_for_overwrite<char[]>(limits.piece_bytes)),
      capacity_(limits.piece_bytes) {}

void TextSource::start(InputFile& file, uint64_t stored_limit) {
  file_ = &file;
  left_ = stored_limit;
  begun_ = done_ = file_ended_ = finished_ = false;
  compression_ = Compression::kNone;
  stream_.reset();
  stored_at_ = stored_size_ = 0;
  stored_total_ = consumed_total_ = text_total_ = 0;
  failure_.reset();
}

void TextSource::fail(QuarantineEntry::Kind kind, std::string reason) {
  if (!failure_) failure_ = Failure{kind, std::move(reason)};
  done_ = true;
}

/// Reads until the buffer is full or the file ends. A file whose size was known when it was opened
/// needs no second read to see its end.
size_t TextSource::read_stored(std::span<char> out) {
  size_t size = 0;
  while (size < out.size() && !file_ended_) {
    size_t want = static_cast<size_t>(std::min<uint64_t>(out.size() - size, left_));
    Result<size_t> got =
        want == 0 ? Result<size_t>(size_t{0}) : file_->read(out.subspan(size, want));
    if (!got.ok()) {
      failure_ = Failure{QuarantineEntry::Kind::kUnreadable, got.error().message};
      file_ended_ = true;
      break;
    }
    size += got.value();
    stored_total_ += got.value();
    left_ -= got.value();
    uint64_t known = file_->size_bytes();
    if (got.value() == 0 || left_ == 0 || (known != 0 && stored_total_ == known))
      file_ended_ = true;
  }
  return size;
}

size_t TextSource::begin(std::span<char> out) {
  begun_ = true;
  size_t size = read_stored({stored_.get(), std::min(out.size(), capacity_)});
  std::string_view stored(stored_.get(), size);
  compression_ = sniff_compression(stored);
  if (compression_ == Compression::kNone) {
    std::memcpy(out.data(), stored.data(), size);
    done_ = file_ended_;
    return size;
  }
  if (compression_ == Compression::kGzip && file_ended_ && !failure_ &&
      claimed_size(stored) <= out.size()) {
    size_t written = 0;
    if (whole_.inflate(stored, out, written) == GzipInflater::Outcome::kDone) {
      done_ = true;
      return written;
    }
  }
  stored_size_ = size;
  stream_ = make_stream_inflater(compression_);
  return inflate_on(out);
}

size_t TextSource::inflate_on(std::span<char> out) {
  size_t written = 0;
  while (written < out.size() && !done_) {
    if (stored_at_ == stored_size_ && !file_ended_) {
      stored_size_ = read_stored({stored_.get(), capacity_});
      stored_at_ = 0;
    }
    std::string_view stored(stored_.get() + stored_at_, stored_size_ - stored_at_);
    auto step = stream_->step(stored, out.subspan(written));
    if (!step.ok()) {
      fail(QuarantineEntry::Kind::kContainer,
           std::string(name_of(compression_)) + " data is damaged: " + step.error().message);
      break;
    }
    stored_at_ += step.value().consumed;
    consumed_total_ += step.value().consumed;
    written += step.value().produced;
    finished_ = step.value().finished;
    uint64_t text = text_total_ + written;
    if (text > limits_.expansion_floor_bytes && text / limits_.expansion_ratio > consumed_total_) {
      fail(QuarantineEntry::Kind::kLimit,
           "looks like a decompression bomb: " + format_bytes(text) + " so far, above " +
               std::to_string(limits_.expansion_ratio) +
               " times what it was inflated from (expansion_ratio); the rest is not read");
      break;
    }
    bool idle = step.value().consumed == 0 && step.value().produced == 0;
    if (idle && file_ended_ && stored_at_ == stored_size_) {
      if (!finished_) {
        fail(QuarantineEntry::Kind::kTruncated,
             std::string(name_of(compression_)) + " data ends early");
      }
      done_ = true;
    } else if (idle && stored_at_ < stored_size_) {
      fail(QuarantineEntry::Kind::kContainer,
           std::string(name_of(compression_)) + " data makes no sense");
    }
  }
  return written;
}

size_t TextSource::pull(std::span<char> out) {
  if (done_ || out.empty()) return 0;
  size_t size = 0;
  if (!begun_) {
    size = begin(out);
  } else if (stream_ != nullptr) {
    size = inflate_on(out);
  } else {
    size = read_stored(out);
    done_ = file_ended_;
  }
  text_total_ += size;
  return size;
}

}  // namespace cairn::cloudtrail
