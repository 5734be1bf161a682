// Compressed input. The first byte chooses: the rest as it is (what a damaged file looks like to
// the decompressors), or packed first and then damaged at one place, which reaches far deeper than
// random bytes would.

#include "base/check.h"
#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"
#include "reader_world.h"
#include "sys/files.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace cairn;

class CountingSink : public cloudtrail::EventSink {
 public:
  void on_event(const Event& event) override { bytes += event.raw().size(); }
  void on_quarantine(QuarantineEntry entry) override { bytes += entry.reason.size(); }
  size_t bytes = 0;
};

void read(std::string_view bytes) {
  static ReaderWorld world;
  for (size_t piece_bytes : {size_t{1} << 16, size_t{300}}) {
    cloudtrail::ReadLimits limits;
    limits.piece_bytes = piece_bytes;
    limits.record_bytes = 4096;
    limits.expansion_floor_bytes = 1 << 20;
    CountingSink sink;
    cloudtrail::SourceReport report =
        cloudtrail::Reader(world.files, world.fields, world.standard, limits)
            .read_text("fuzz", bytes, sink);
    CAIRN_CHECK(report.text_bytes <= limits.expansion_floor_bytes +
                                         bytes.size() * limits.expansion_ratio + piece_bytes * 4 +
                                         (1 << 16));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  uint8_t choice = data[0], place = data[1], change = data[2];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (choice % 4 == 0) {
    read(bytes);
    return 0;
  }
  std::string packed = choice % 2 == 0 ? gzip_compress(bytes, 6) : zstd_compress(bytes, 3);
  if (choice % 4 == 3) packed += packed;
  packed[packed.size() * place / 256] =
      static_cast<char>(packed[packed.size() * place / 256] ^ static_cast<char>(change));
  read(packed);
  return 0;
}
