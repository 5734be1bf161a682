#include "formats/compression.h"

#include "base/check.h"

#include <libdeflate.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn {

namespace {

constexpr int kGzipWindowBits = 15 + 16;  // zlib: the largest window, with a gzip header
// The zstd tool's largest ordinary window is 2^27; a frame may ask for more memory than we want to
// give.
constexpr int kZstdWindowLog = 26;
constexpr size_t kZlibStepLimit = 1u << 30;  // zlib counts in 32 bits

constexpr unsigned char byte_at(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// Number of leading zero bytes: padding that some writers put after the last member.
size_t zeros_at_front(std::string_view input) {
  return std::min(input.find_first_not_of('\0'), input.size());
}

class CopyStream : public StreamInflater {
 public:
  Result<Step> step(std::string_view input, std::span<char> output) override {
    size_t count = std::min(input.size(), output.size());
    if (count > 0) std::memcpy(output.data(), input.data(), count);
    return Step{count, count, true};
  }
};

/// What gzip and zstd streams share: members one after another, padding, and an error that waits
/// until the good bytes of its step were taken.
class MemberStream : public StreamInflater {
 public:
  explicit MemberStream(bool only_one = false) : only_one_(only_one) {}

  Result<Step> step(std::string_view input, std::span<char> output) final {
    if (!failure_.empty()) return Error{ErrorCode::kCorrupt, failure_};
    Step step;
    for (;;) {
      if (between_members_) {
        if (only_one_ && started_) {
          step.finished = true;
          return step;
        }
        step.consumed += zeros_at_front(input.substr(step.consumed));
        step.finished = true;
        if (step.consumed == input.size()) return step;
        if (started_ && !may_start_member(input[step.consumed])) {
          failure_ = "bytes after the end of the compressed data";
        } else {
          failure_ = start_member();
        }
        if (!failure_.empty()) break;
        between_members_ = false;
        started_ = true;
      }
      step.finished = false;
      size_t before = step.consumed + step.produced;
      failure_ = advance(input, output, step);
      if (!failure_.empty()) break;
      if (!between_members_ && (step.consumed + step.produced == before ||
                                step.produced == output.size() || step.consumed == input.size())) {
        return step;
      }
    }
    if (step.consumed + step.produced > 0) return step;
    return Error{ErrorCode::kCorrupt, failure_};
  }

 protected:
  virtual bool may_start_member(char first) const = 0;
  /// Returns what is wrong, "" when nothing is.
  virtual std::string start_member() = 0;
  /// Moves `step` on; calls end_member() at the end of one. Returns what is wrong, "" when nothing
  /// is.
  virtual std::string advance(std::string_view input, std::span<char> output, Step& step) = 0;
  void end_member() { between_members_ = true; }

 private:
  const bool only_one_;  // nothing behind the first member is touched
  bool between_members_ = true;
  bool started_ = false;
  std::string failure_;
};

class GzipStream : public MemberStream {
 public:
  explicit GzipStream(bool only_one = false) : MemberStream(only_one) {
    CAIRN_CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() override { inflateEnd(&stream_); }

 private:
  bool may_start_member(char first) const override { return first == '\x1f'; }
  std::string start_member() override {
    CAIRN_CHECK(inflateReset(&stream_) == Z_OK);
    return "";
  }
  std::string advance(std::string_view input, std::span<char> output, Step& step) override {
    size_t input_size = std::min(input.size() - step.consumed, kZlibStepLimit);
    size_t output_size = std::min(output.size() - step.produced, kZlibStepLimit);
    stream_.next_in = const_cast<Bytef*>(  // NOLINT: zlib does not write to its input
        reinterpret_cast<const Bytef*>(input.data() + step.consumed));
    stream_.avail_in = static_cast<uInt>(input_size);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data() + step.produced);
    stream_.avail_out = static_cast<uInt>(output_size);
    int status = ::inflate(&stream_, Z_NO_FLUSH);
    step.consumed += input_size - stream_.avail_in;
    step.produced += output_size - stream_.avail_out;
    if (status == Z_STREAM_END) {
      step.finished = true;
      end_member();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return stream_.msg != nullptr ? stream_.msg : "damaged data";
    }
    return "";
  }

  z_stream stream_{};
};

class ZstdStream : public MemberStream {
 public:
  ZstdStream() : context_(ZSTD_createDCtx()) {
    CAIRN_CHECK(context_ != nullptr);
    CAIRN_CHECK(
        ZSTD_isError(ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLog)) == 0);
  }
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;
  ~ZstdStream() override { ZSTD_freeDCtx(context_); }

 private:
  bool may_start_member(char first) const override {
    return first == '\x28' || (byte_at({&first, 1}, 0) & 0xF0) == 0x50;
  }
  std::string start_member() override {
    ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
    return "";
  }
  std::string advance(std::string_view input, std::span<char> output, Step& step) override {
    ZSTD_inBuffer in{input.data(), input.size(), step.consumed};
    ZSTD_outBuffer out{output.data(), output.size(), step.produced};
    size_t status = ZSTD_decompressStream(context_, &out, &in);
    step.consumed = in.pos;
    step.produced = out.pos;
    if (ZSTD_isError(status) != 0) return ZSTD_getErrorName(status);
    if (status == 0) {
      step.finished = true;
      end_member();
    }
    return "";
  }

  ZSTD_DCtx* context_;
};

}  // namespace

Compression sniff_compression(std::string_view head) {
  if (head.size() >= 2 && head.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (head.size() < 4) return Compression::kNone;
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  bool skippable = (byte_at(head, 0) & 0xF0) == 0x50 && head.substr(1).starts_with("\x2a\x4d\x18");
  return skippable ? Compression::kZstd : Compression::kNone;
}

GzipInflater::GzipInflater() : decompressor_(libdeflate_alloc_decompressor()) {
  CAIRN_CHECK(decompressor_ != nullptr);
}

GzipInflater::~GzipInflater() {
  libdeflate_free_decompressor(static_cast<libdeflate_decompressor*>(decompressor_));
}

GzipInflater::Outcome GzipInflater::inflate(std::string_view input, std::span<char> output,
                                            size_t& written) {
  auto* decompressor = static_cast<libdeflate_decompressor*>(decompressor_);
  written = 0;
  do {
    size_t consumed = 0, produced = 0;
    libdeflate_result status = libdeflate_gzip_decompress_ex(
        decompressor, input.data(), input.size(), output.data() + written, output.size() - written,
        &consumed, &produced);
    if (status == LIBDEFLATE_INSUFFICIENT_SPACE) return Outcome::kTooSmall;
    if (status != LIBDEFLATE_SUCCESS) return Outcome::kDamaged;
    written += produced;
    input.remove_prefix(consumed);
    input.remove_prefix(zeros_at_front(input));
  } while (!input.empty());
  return Outcome::kDone;
}

GzipInflater::Outcome GzipInflater::inflate_member(std::string_view input, std::span<char> output,
                                                   size_t& consumed, size_t& written) {
  consumed = written = 0;
  libdeflate_result status = libdeflate_gzip_decompress_ex(
      static_cast<libdeflate_decompressor*>(decompressor_), input.data(), input.size(),
      output.data(), output.size(), &consumed, &written);
  if (status == LIBDEFLATE_INSUFFICIENT_SPACE) return Outcome::kTooSmall;
  return status == LIBDEFLATE_SUCCESS ? Outcome::kDone : Outcome::kDamaged;
}

std::unique_ptr<StreamInflater> make_stream_inflater(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipStream>();
    case Compression::kZstd:
      return std::make_unique<ZstdStream>();
    case Compression::kNone:
      break;
  }
  return std::make_unique<CopyStream>();
}

std::unique_ptr<StreamInflater> make_member_inflater() {
  return std::make_unique<GzipStream>(true);
}

GzipCompressor::GzipCompressor(int level)
    : compressor_(libdeflate_alloc_compressor(std::clamp(level, 1, 12))) {
  CAIRN_CHECK(compressor_ != nullptr);
}

GzipCompressor::~GzipCompressor() {
  libdeflate_free_compressor(static_cast<libdeflate_compressor*>(compressor_));
}

std::string_view GzipCompressor::compress(std::string_view text) {
  auto* compressor = static_cast<libdeflate_compressor*>(compressor_);
  const size_t bound = libdeflate_gzip_compress_bound(compressor, text.size());
  if (out_.size() < bound) out_.resize(bound);
  const size_t size =
      libdeflate_gzip_compress(compressor, text.data(), text.size(), out_.data(), out_.size());
  CAIRN_CHECK(size > 0);
  return {out_.data(), size};
}

std::string gzip_compress(std::string_view text, int level) {
  return std::string(GzipCompressor(level).compress(text));
}

std::string zstd_compress(std::string_view text, int level) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level);
  CAIRN_CHECK(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

}  // namespace cairn
