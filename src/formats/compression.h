#pragma once

// gzip and zstd, whole buffers at once where they fit and in pieces where they do not.

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

enum class Compression : uint8_t { kNone, kGzip, kZstd };

/// Tells the format by its first bytes (gzip 1F 8B, zstd 28 B5 2F FD and skippable frames).
Compression sniff_compression(std::string_view head);

/// Inflates a whole gzip input that fits in memory (libdeflate, ISA-L): concatenated members,
/// padding zeros after the last. Reusable; one thread.
class GzipInflater {
 public:
  GzipInflater();
  ~GzipInflater();
  GzipInflater(const GzipInflater&) = delete;
  GzipInflater& operator=(const GzipInflater&) = delete;

  enum class Outcome : uint8_t {
    kDone,      // everything was inflated and every checksum agreed
    kTooSmall,  // the output buffer is too small: stream it, or try again with a larger one
    kDamaged,   // truncated or corrupt: stream it to save what is intact
  };
  /// Writes the text to `output` and its size to `written` (kDone only).
  Outcome inflate(std::string_view input, std::span<char> output, size_t& written);
  /// The same for the first member alone; `consumed` is what it takes of the input.
  Outcome inflate_member(std::string_view input, std::span<char> output, size_t& consumed,
                         size_t& written);

 private:
  struct Tools;
  size_t size_of_gzip_header(std::string_view input);
  std::unique_ptr<Tools> tools_;
};

/// Inflates a stream piece by piece (ISA-L, libzstd); concatenated gzip members and zstd frames.
/// One thread.
class StreamInflater {
 public:
  virtual ~StreamInflater() = default;
  struct Step {
    size_t consumed = 0, produced = 0;
    bool finished =
        false;  // the compressed stream is complete at this point (another member may follow)
  };
  /// Consumes from `input`, writes to `output`; makes progress whenever it can. Fails with kCorrupt
  /// when the data is damaged: everything produced before is good.
  virtual Result<Step> step(std::string_view input, std::span<char> output) = 0;
};
/// For kNone the stream copies.
std::unique_ptr<StreamInflater> make_stream_inflater(Compression compression);
/// One gzip member and nothing behind it: from `finished` on, steps consume nothing.
std::unique_ptr<StreamInflater> make_member_inflater();

/// Compresses whole buffers to gzip members with no name and time 0 (libdeflate). Keeps its tables
/// from one call to the next, which small files profit from; one thread.
class GzipCompressor {
 public:
  /// Level 1 to 12; 6 is CloudTrail's own density.
  explicit GzipCompressor(int level);
  ~GzipCompressor();
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;

  /// Returns the member; the view is good until the next call.
  std::string_view compress(std::string_view text);

 private:
  void* compressor_;
  std::string out_;
};
/// Compresses one buffer with a compressor of its own.
std::string gzip_compress(std::string_view text, int level);
/// Compresses to one zstd frame.
std::string zstd_compress(std::string_view text, int level);

}  // namespace cairn
