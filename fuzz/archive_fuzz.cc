// Archives. The first byte chooses: the rest as it is, or the lines of the rest as names and
// contents of members, archived first and then damaged at one place.

#include "formats/archive.h"

#include "base/check.h"
#include "cloudtrail/cloudtrail.h"
#include "formats/compression.h"
#include "formats/test_archives.h"
#include "reader_world.h"
#include "sys/files.h"

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
  bool begin_member(const cloudtrail::Input& member) override {
    CAIRN_CHECK(member.path.size() <= ArchiveReader::kNameBytes + 5);
    ++begun;
    return true;
  }
  void end_member(const cloudtrail::Input& /*member*/,
                  const cloudtrail::SourceReport& report) override {
    ++ended;
    stored_bytes += report.stored_bytes;
    text_bytes += report.text_bytes;
  }
  size_t bytes = 0;
  uint64_t begun = 0, ended = 0, stored_bytes = 0, text_bytes = 0;
};

void read(std::string_view bytes) {
  static ReaderWorld world;
  for (size_t piece_bytes : {size_t{1} << 16, size_t{600}}) {
    cloudtrail::ReadLimits limits;
    limits.piece_bytes = piece_bytes;
    limits.record_bytes = 4096;
    limits.expansion_floor_bytes = 1 << 20;
    CountingSink sink;
    cloudtrail::SourceReport report =
        cloudtrail::Reader(world.files, world.fields, world.standard, limits)
            .read_text("fuzz", bytes, sink);
    CAIRN_CHECK(sink.begun == sink.ended);
    CAIRN_CHECK(report.archive || sink.begun == 0);
    CAIRN_CHECK(!report.archive || report.archive->members == sink.begun);
    CAIRN_CHECK(sink.stored_bytes + report.stored_bytes <= bytes.size());
    // Members together are bounded by the archive, and what is packed in each by the member.
    CAIRN_CHECK(sink.text_bytes <= (limits.expansion_floor_bytes +
                                    (bytes.size() + (1 << 16)) * limits.expansion_ratio) *
                                           limits.expansion_ratio +
                                       sink.begun * piece_bytes * 8);
  }
}

/// Every two lines are a member.
template <typename Add>
void each_member(std::string_view lines, Add add) {
  while (!lines.empty()) {
    size_t name_end = std::min(lines.find('\n'), lines.size());
    std::string_view name = lines.substr(0, name_end);
    lines.remove_prefix(std::min(name_end + 1, lines.size()));
    size_t end = std::min(lines.find('\n'), lines.size());
    add(name, lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  uint8_t choice = data[0], place = data[1], near = data[2], change = data[3];
  std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  std::string archive(bytes);
  if (choice % 4 == 1) {
    ZipMaker zip;
    ZipMaker::Options options;
    options.method = (choice & 0x10) != 0 ? 0 : 8;
    options.flags = (choice & 0x20) != 0 ? ZipMaker::kLengthBehind : 0u;
    options.zip64 = (choice & 0x40) != 0;
    if ((choice & 0x80) != 0) options.flags |= ZipMaker::kEncrypted;
    each_member(bytes, [&](auto name, auto content) { zip.add(name, content, options); });
    archive = zip.done();
  } else if (choice % 4 >= 2) {
    TarMaker tar;
    each_member(bytes, [&](auto name, auto content) {
      if ((choice & 0x10) != 0) {
        tar.add_long(name, content);
      } else if ((choice & 0x20) != 0 && !content.empty()) {
        // Headers of any type, with any content behind them, and right checksums.
        tar.text += TarMaker::header(name, content.size() - 1, content[0]) +
                    TarMaker::padded(std::string(content.substr(1)));
      } else {
        tar.add(name, content);
      }
    });
    archive = tar.done();
  }
  if (choice % 4 != 0 && !archive.empty()) {
    size_t at = std::min(archive.size() * place / 256 + near, archive.size() - 1);
    if (choice % 4 == 2 && (choice & 0x80) != 0) {
      archive.resize(at);
    } else {
      archive[at] = static_cast<char>(archive[at] ^ static_cast<char>(change));
    }
  }
  if (choice % 4 == 3) archive = gzip_compress(archive, 1);
  read(archive);
  return 0;
}
