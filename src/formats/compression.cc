#include "formats/compression.h"

#include "base/check.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn {

namespace {

// The zstd tool's largest ordinary window is 2^27; a frame may ask for more memory than we want to
// give.
constexpr int kZstdWindowLog = 26;
constexpr size_t kStepLimit = 1u << 30;  // ISA-L counts in 32 bits
constexpr size_t kGzipTrailerBytes = 8;

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

std::string_view what_is_wrong(int isal_status) {
  switch (isal_status) {
    case ISAL_INVALID_BLOCK:
      return "invalid block type";
    case ISAL_INVALID_SYMBOL:
      return "invalid code";
    case ISAL_INVALID_LOOKBACK:
      return "invalid distance too far back";
    case ISAL_INVALID_WRAPPER:
      return "incorrect header check";
    case ISAL_UNSUPPORTED_METHOD:
      return "unknown compression method";
    case ISAL_INCORRECT_CHECKSUM:
      return "incorrect data check";
    default:
      return "damaged data";
  }
}

class GzipStream : public MemberStream {
 public:
  explicit GzipStream(bool only_one = false)
      : MemberStream(only_one), state_(std::make_unique<inflate_state>()) {}

 private:
  bool may_start_member(char first) const override { return first == '\x1f'; }
  std::string start_member() override {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    return "";
  }
  std::string advance(std::string_view input, std::span<char> output, Step& step) override {
    if (!damage_.empty()) return hand_out_rest(output, step);
    size_t input_size = std::min(input.size() - step.consumed, kStepLimit);
    size_t output_size = std::min(output.size() - step.produced, kStepLimit);
    state_->next_in = const_cast<uint8_t*>(  // NOLINT: ISA-L does not write to its input
        reinterpret_cast<const uint8_t*>(input.data() + step.consumed));
    state_->avail_in = static_cast<uint32_t>(input_size);
    state_->next_out = reinterpret_cast<uint8_t*>(output.data() + step.produced);
    state_->avail_out = static_cast<uint32_t>(output_size);
    int status = isal_inflate(state_.get());
    step.consumed += input_size - state_->avail_in;
    step.produced += output_size - state_->avail_out;
    if (status < ISAL_DECOMP_OK) {
      damage_ = what_is_wrong(status);
      return hand_out_rest(output, step);
    }
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      step.finished = true;
      end_member();
    }
    return "";
  }

  /// ISA-L keeps what it inflated but did not hand out when it meets damage: it is good.
  std::string hand_out_rest(std::span<char> output, Step& step) {
    auto held = std::span(state_->tmp_out_buffer)
                    .subspan(static_cast<size_t>(state_->tmp_out_processed),
                             static_cast<size_t>(
                                 std::max(state_->tmp_out_valid - state_->tmp_out_processed, 0)));
    size_t count = std::min(held.size(), output.size() - step.produced);
    std::copy_n(held.begin(), count, output.begin() + static_cast<ptrdiff_t>(step.produced));
    step.produced += count;
    state_->tmp_out_processed += static_cast<int32_t>(count);
    return count == held.size() ? damage_ : "";
  }

  std::unique_ptr<inflate_state> state_;
  std::string damage_;  // told when everything before it was handed out
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

struct GzipInflater::Tools {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  inflate_state header_reader;
  ~Tools() { libdeflate_free_decompressor(decompressor); }
};

GzipInflater::GzipInflater() : tools_(std::make_unique<Tools>()) {
  CAIRN_CHECK(tools_->decompressor != nullptr);
}

GzipInflater::~GzipInflater() = default;

GzipInflater::Outcome GzipInflater::inflate(std::string_view input, std::span<char> output,
                                            size_t& written) {
  written = 0;
  do {
    size_t consumed = 0, produced = 0;
    Outcome outcome = inflate_member(input, output.subspan(written), consumed, produced);
    if (outcome != Outcome::kDone) return outcome;
    written += produced;
    input.remove_prefix(consumed);
    input.remove_prefix(zeros_at_front(input));
  } while (!input.empty());
  return Outcome::kDone;
}

/// Returns 0 when there is no whole header.
size_t GzipInflater::size_of_gzip_header(std::string_view input) {
  inflate_state& reader = tools_->header_reader;
  isal_inflate_init(&reader);
  isal_gzip_header header;
  isal_gzip_header_init(&header);
  auto* begin = const_cast<uint8_t*>(  // NOLINT: ISA-L does not write to its input
      reinterpret_cast<const uint8_t*>(input.data()));
  reader.next_in = begin;
  reader.avail_in = static_cast<uint32_t>(std::min(input.size(), kStepLimit));
  if (isal_read_gzip_header(&reader, &header) != ISAL_DECOMP_OK) return 0;
  return static_cast<size_t>(reader.next_in - begin);
}

/// libdeflate inflates fastest, ISA-L's checksum is three times as fast as libdeflate's.
GzipInflater::Outcome GzipInflater::inflate_member(std::string_view input, std::span<char> output,
                                                   size_t& consumed, size_t& written) {
  consumed = written = 0;
  size_t header = size_of_gzip_header(input);
  if (header == 0) return Outcome::kDamaged;
  size_t body = 0, produced = 0;
  libdeflate_result status = libdeflate_deflate_decompress_ex(
      tools_->decompressor, input.data() + header, input.size() - header, output.data(),
      output.size(), &body, &produced);
  if (status == LIBDEFLATE_INSUFFICIENT_SPACE) return Outcome::kTooSmall;
  size_t trailer = header + body;
  if (status != LIBDEFLATE_SUCCESS || input.size() - trailer < kGzipTrailerBytes)
    return Outcome::kDamaged;
  uint32_t checksum = 0, size = 0;  // little-endian, RFC 1952 section 2.3.1
  std::memcpy(&checksum, input.data() + trailer, sizeof checksum);
  std::memcpy(&size, input.data() + trailer + sizeof checksum, sizeof size);
  auto* text = reinterpret_cast<unsigned char*>(output.data());
  if (static_cast<uint32_t>(produced) != size || crc32_gzip_refl(0, text, produced) != checksum)
    return Outcome::kDamaged;
  consumed = trailer + kGzipTrailerBytes;
  written = produced;
  return Outcome::kDone;
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
