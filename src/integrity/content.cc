#include "integrity/content.h"

#include <algorithm>
#include <cstring>
#include <span>

namespace cairn::integrity {

namespace {

constexpr const char* kNotGzip = "is not a whole gzip file";
constexpr const char* kTrailing = "has data behind the end of its compressed text";
constexpr const char* kBomb = "inflates to far more than a log can hold";
constexpr size_t kPieceBytes = 1u << 20;

/// What a gzip member says of its length (modulo 2^32), in its last four bytes.
uint32_t promised_size(std::string_view stored) {
  uint32_t size = 0;
  if (stored.size() < 18) return 0;
  for (size_t i = 0; i < 4; ++i) {
    size |= static_cast<uint32_t>(static_cast<unsigned char>(stored[stored.size() - 4 + i]))
            << (8 * i);
  }
  return size;
}

ContentReader::Content fault(const char* words, uint64_t stored) {
  ContentReader::Content content;
  content.fault = words;
  content.stored_bytes = stored;
  return content;
}

}  // namespace

Status ContentReader::load(const std::string& path, bool& whole) {
  TRY_ASSIGN(auto file, files_.open(path));
  // One byte more than it should have shows whether it grew.
  size_t wanted = static_cast<size_t>(std::min(file->size_bytes(), kWholeBytes)) + 1;
  if (stored_.size() < wanted) stored_.resize(std::max(wanted, stored_.size() * 2));
  size_t size = 0;
  whole = false;
  while (size < stored_.size()) {
    TRY_ASSIGN(size_t got, file->read(std::span(stored_).subspan(size)));
    if (got == 0) {
      whole = true;
      break;
    }
    size += got;
  }
  text_size_ = size;  // for a moment: of what is stored
  return {};
}

ContentReader::Content ContentReader::inflate_whole() {
  std::string_view stored(stored_.data(), text_size_);
  if (sniff_compression(stored) != Compression::kGzip) {
    Content content;
    content.compressed = false;
    content.stored_bytes = stored.size();
    if (!stored.starts_with("{")) return fault(kNotGzip, stored.size());
    std::swap(stored_, text_);
    content.text_bytes = text_size_;
    content.hash = crypto::sha256({text_.data(), text_size_});
    return content;
  }
  size_t promised = promised_size(stored);
  if (text_.size() < promised) text_.resize(std::max<size_t>(promised, 64u << 10));
  size_t consumed = 0, written = 0;
  auto outcome = inflater_.inflate_member(stored, text_, consumed, written);
  if (outcome == GzipInflater::Outcome::kDone) {
    if (consumed != stored.size()) return fault(kTrailing, stored.size());
    text_size_ = written;
    Content content;
    content.stored_bytes = stored.size();
    content.text_bytes = written;
    content.hash = crypto::sha256({text_.data(), written});
    return content;
  }
  // The buffer was as large as the member says it is: what needs more is not what it says, or has
  // something behind it.
  return fault(kNotGzip, stored.size());
}

Result<std::string> ContentReader::hash_stored(const std::string& path) {
  TRY_ASSIGN(auto file, files_.open(path));
  std::string buffer(kPieceBytes, '\0');
  crypto::Sha256 hash;
  for (;;) {
    TRY_ASSIGN(size_t got, file->read(buffer));
    if (got == 0) return hash.finish();
    hash.add({buffer.data(), got});
  }
}

Result<ContentReader::Content> ContentReader::inflate_pieces(const std::string& path) {
  TRY_ASSIGN(auto file, files_.open(path));
  std::string input(kPieceBytes, '\0'), output(kPieceBytes, '\0');
  crypto::Sha256 hash;
  Content content;
  std::unique_ptr<StreamInflater> inflater;
  bool finished = false;
  for (;;) {
    TRY_ASSIGN(size_t got, file->read(input));
    std::string_view piece(input.data(), got);
    content.stored_bytes += got;
    if (!inflater) {
      content.compressed = sniff_compression(piece) == Compression::kGzip;
      if (!content.compressed && !piece.starts_with("{")) return fault(kNotGzip, got);
      inflater =
          content.compressed ? make_member_inflater() : make_stream_inflater(Compression::kNone);
    }
    if (got == 0) break;
    while (!piece.empty() || content.compressed) {
      if (finished && content.compressed) {
        if (!piece.empty()) return fault(kTrailing, content.stored_bytes);
        break;
      }
      auto step = inflater->step(piece, output);
      if (!step.ok()) return fault(kNotGzip, content.stored_bytes);
      hash.add({output.data(), step.value().produced});
      content.text_bytes += step.value().produced;
      piece.remove_prefix(step.value().consumed);
      finished = step.value().finished;
      if (content.text_bytes > kExpansionFloor &&
          content.text_bytes / kExpansionRatio > content.stored_bytes)
        return fault(kBomb, content.stored_bytes);
      if (piece.empty() && step.value().produced == 0) break;
      if (step.value().produced == 0 && step.value().consumed == 0) break;
    }
  }
  if (content.compressed && !finished) return fault(kNotGzip, content.stored_bytes);
  content.hash = hash.finish();
  return content;
}

Result<ContentReader::Content> ContentReader::hash(const std::string& path) {
  bool whole = false;
  TRY(load(path, whole));
  std::string_view stored(stored_.data(), text_size_);
  std::string stored_hash;
  if (stored_hashes_ && whole) {
    stored_hash = crypto::sha256(stored);
  } else if (stored_hashes_) {
    TRY_ASSIGN(stored_hash, hash_stored(path));
  }
  if (whole && text_size_ <= kWholeBytes &&
      (sniff_compression(stored) != Compression::kGzip || promised_size(stored) <= kWholeBytes)) {
    size_t stored_size = text_size_;
    Content content = inflate_whole();
    // A second member hides behind the length of the last: only the pieces tell which it is.
    if (content.fault != kNotGzip) {
      content.stored_hash = std::move(stored_hash);
      return content;
    }
    content.stored_bytes = stored_size;
  }
  TRY_ASSIGN(Content content, inflate_pieces(path));
  content.stored_hash = std::move(stored_hash);
  return content;
}

Result<ContentReader::Content> ContentReader::read(const std::string& path, uint64_t limit_bytes,
                                                   std::string_view& text) {
  bool whole = false;
  TRY(load(path, whole));
  if (!whole || promised_size({stored_.data(), text_size_}) > limit_bytes)
    return fault("is longer than a digest can be", text_size_);
  Content content = inflate_whole();
  if (content.fault.empty()) text = std::string_view(text_.data(), text_size_);
  return content;
}

}  // namespace cairn::integrity
