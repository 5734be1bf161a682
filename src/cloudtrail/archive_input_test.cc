#include "cloudtrail/archive_input.h"

#include "cloudtrail/reader_test_sink.h"
#include "formats/compression.h"
#include "formats/test_archives.h"

#include <gtest/gtest.h>

namespace cairn::cloudtrail {
namespace {

/// Writes down what becomes of each member: `name: kind shape, events`.
class ArchiveSink : public RecordingSink {
 public:
  using RecordingSink::RecordingSink;
  bool begin_member(const Input& member) override {
    ++begun;
    if (stop_after != 0 && begun >= stop_after) cancel = true;
    return unwanted.empty() || !member.key || member.key->region != unwanted;
  }
  void end_member(const Input& member, const SourceReport& report) override {
    members += member.path + ": " + std::string(to_string(report.kind)) + " " + report.shape +
               (report.partial ? ", partial" : "") + ", " + std::to_string(report.events) + "\n";
    stored_bytes += report.stored_bytes;
  }
  /// One entry a line, with its file.
  std::string quarantined() const {
    std::string text;
    for (const QuarantineEntry& entry : quarantine) {
      text += entry.file + " " + std::string(to_string(entry.kind)) + " " +
              std::to_string(entry.offset) + " " + entry.reason + "\n";
    }
    return text;
  }

  std::string members, unwanted;
  uint64_t stored_bytes = 0;
  size_t begun = 0, stop_after = 0;
  std::atomic<bool> cancel{false};
};

struct ArchiveReading {
  TestFields table;
  ArchiveSink sink{table.fields, table.standard};
  SourceReport report;

  explicit ArchiveReading(std::string bytes, ReadLimits limits = {}, size_t stop_after = 0,
                          std::string unwanted = "") {
    sink.stop_after = stop_after;
    sink.unwanted = std::move(unwanted);
    FakeFiles files;
    files.contents = {{"a", std::move(bytes)}};
    Reader reader(files, table.fields, table.standard, limits);
    report = reader.read({"a", 0, 0, 0, std::nullopt}, sink, sink.cancel);
    if (!report.cancelled) {
      EXPECT_TRUE(report.archive.has_value());
      EXPECT_EQ(sink.stored_bytes + report.stored_bytes, files.contents["a"].size())
          << "the members and the rest are the archive";
    }
  }
};

std::string record(std::string_view name) {
  return R"({"eventVersion":"1.08","eventName":")" + std::string(name) +
         R"(","eventSource":"s3.amazonaws.com"})";
}
std::string records(std::string_view name) { return "{\"Records\":[" + record(name) + "]}"; }

const std::string kLogs =
    "AWSLogs/111122223333/CloudTrail/eu-west-1/2024/03/01/"
    "111122223333_CloudTrail_eu-west-1_20240301T1000Z_abcdefghijklmnop.json.gz";

template <typename Maker>
std::string make_mixture(Maker maker) {
  maker.add(kLogs, gzip_compress(records("A"), 6))
      .add("plain", records("B"))
      .add("lines.zip", record("C") + "\n" + record("D") + "\n")
      .add("/abs/../x.zst", zstd_compress(records("E"), 3))
      .add("plain", records("F"))
      .add("AWSLogs/111122223333/Config/eu-west-1/2024/3/1/x.json.gz", "never looked at")
      .add("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/03/01/x.json.gz", "nor this")
      .add("empty", "")
      .add("notes.txt", "some notes")
      .add("in.zip", ZipMaker().add("x", records("G")).done())
      .add("in.tar.gz", gzip_compress(TarMaker().add("x", records("H")).done(), 6))
      .add("odd \xff\x1b[31m", records("I"));
  return maker.done();
}

TEST(Archives, MembersAreReadLikeFiles) {
  const std::string expected =
      "a!" + kLogs +
      ": cloudtrail Records, 1\n"
      "a!plain: cloudtrail Records, 1\n"
      "a!lines.zip: cloudtrail JSON lines, 2\n"
      "a!/abs/../x.zst: cloudtrail Records, 1\n"
      "a!plain: cloudtrail Records, 1\n"
      "a!AWSLogs/111122223333/Config/eu-west-1/2024/3/1/x.json.gz: config AWS Config, 0\n"
      "a!AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2024/03/01/x.json.gz: "
      "digest CloudTrail digest, 0\n"
      "a!empty: empty empty, 0\n"
      "a!notes.txt: other text, 0\n"
      "a!in.zip: other zip inside an archive, not opened, 0\n"
      "a!in.tar.gz: other tar inside an archive, not opened, 0\n"
      "a!odd \xff\x1b[31m: cloudtrail Records, 1\n";
  const std::string tar = make_mixture(TarMaker()), zip = make_mixture(ZipMaker());
  for (const std::string& bytes :
       {tar, zip, gzip_compress(tar, 6), zstd_compress(tar, 3),
        gzip_compress(tar.substr(0, 700), 6) + gzip_compress(tar.substr(700), 6)}) {
    for (size_t piece_bytes : {size_t{4} << 20, size_t{600}}) {
      ReadLimits limits;
      limits.piece_bytes = piece_bytes;
      ArchiveReading reading(bytes, limits);
      EXPECT_EQ(reading.sink.members, expected);
      EXPECT_EQ(reading.sink.joined_names(), "A B C D E F I");
      EXPECT_EQ(reading.sink.offsets[0], 12u) << "inside the member";
      EXPECT_EQ(reading.sink.quarantined(), "");
      EXPECT_EQ(reading.report.archive->members, 12u);
      EXPECT_FALSE(reading.report.partial);
    }
  }
}

TEST(Archives, LinksAndSpecialMembersAreCounted) {
  TarMaker tar;
  tar.add_special("logs", '5').add_special("out", '2', "/etc/shadow");
  tar.add_special("pipe", '6').add_special("disk", '4').add("log", records("A"));
  tar.add_special("again", '1', "log");
  ArchiveReading reading(tar.done());
  EXPECT_EQ(reading.sink.members, "a!log: cloudtrail Records, 1\n");
  EXPECT_EQ(reading.report.archive->links, 2u);
  EXPECT_EQ(reading.report.archive->special_files, 2u);
}

TEST(Archives, EncryptedMembersAreUnreadable) {
  ZipMaker zip;
  zip.add("secret", records("A"), {.flags = ZipMaker::kEncrypted}).add("open", records("B"));
  ArchiveReading reading(zip.done());
  EXPECT_EQ(reading.sink.members,
            "a!secret: unreadable encrypted, 0\na!open: cloudtrail Records, 1\n");
  EXPECT_EQ(reading.sink.quarantined(), "a!secret unreadable 0 encrypted\n");
}

TEST(Archives, DamageIsToldWhereItIs) {
  const std::string good = gzip_compress(records("A"), 6);
  TarMaker tar;
  tar.add("1", good).add("2", good.substr(0, good.size() - 12)).add("3", records("B"));
  std::string bad_header = tar.done();
  bad_header[1024] = 'x';
  ZipMaker wrong;
  wrong.add("1", records("A"), {.crc_change = 1}).add("2", records("B"));
  std::string cut_gzip = gzip_compress(tar.done(), 6);
  cut_gzip.resize(cut_gzip.size() - 9);
  std::string whole = tar.done();
  struct Row {
    const char* what;
    std::string archive, names, quarantine;
  } rows[] = {
      {"a damaged member", whole, "A B", "a!2 truncated 12 gzip data ends early\n"},
      {"a damaged header", bad_header, "A B",
       "a container 1024 tar data is damaged: a header's checksum is wrong\n"},
      {"cut inside a member", whole.substr(0, 2048 + 512 + 20), "A",
       "a!2 truncated 12 gzip data ends early\n"
       "a!3 truncated 12 the archive ends inside this member\n"},
      {"no end mark", whole.substr(0, 3072), "A B",
       "a!2 truncated 12 gzip data ends early\n"
       "a truncated 3072 the tar archive ends without its end mark: members may be missing\n"},
      {"a cut gzip around it", cut_gzip, "A B",
       "a!2 truncated 12 gzip data ends early\na truncated 4096 gzip data ends early\n"},
      {"a wrong checksum", wrong.done(), "A B", "a!1 container 86 zip data is damaged: bad CRC"},
      {"a zip without its directory", wrong.text.substr(wrong.text.rfind("PK")), "B",
       "a truncated 108 the zip archive ends early\n"},
  };
  for (const Row& row : rows) {
    ArchiveReading reading(row.archive);
    EXPECT_EQ(reading.sink.joined_names(), row.names) << row.what;
    EXPECT_EQ(reading.sink.quarantined().substr(0, row.quarantine.size()), row.quarantine)
        << row.what;
  }
}

TEST(Archives, BombsAreCutOff) {
  ReadLimits limits;
  limits.piece_bytes = 64u << 10;
  limits.expansion_floor_bytes = 1u << 20;
  const std::string blanks = "{\"Records\":[" + std::string(3u << 20, ' ');
  ZipMaker zip;
  zip.add("before", records("A")).add("bomb", blanks).add("behind", records("B"));
  ArchiveReading flat(zip.done(), limits);
  EXPECT_EQ(flat.sink.joined_names(), "A") << "the rest of the archive is not read";
  EXPECT_NE(flat.sink.quarantined().find("a!bomb limit"), std::string::npos);
  EXPECT_NE(flat.sink.quarantined().find("the rest of the archive is not read"), std::string::npos);

  TarMaker tar;
  tar.add("bomb", gzip_compress(blanks, 6)).add("behind", records("B"));
  ArchiveReading packed(tar.done(), limits);
  EXPECT_EQ(packed.sink.joined_names(), "B") << "only the member is a bomb";
  EXPECT_NE(packed.sink.quarantined().find("a!bomb limit"), std::string::npos);

  TarMaker many;
  for (int i = 0; i < 5000; ++i) many.add_special("empty", '0');
  ArchiveReading around(gzip_compress(many.done(), 12), limits);
  EXPECT_TRUE(around.report.partial);
  EXPECT_NE(around.sink.quarantined().find("a limit"), std::string::npos)
      << around.sink.quarantined();
}

TEST(Archives, StopWhenToldAndPassOver) {
  const std::string tar =
      TarMaker().add("1", records("A")).add("2", records("B")).add("3", records("C")).done();
  ArchiveReading stopped(tar, {}, 2);
  EXPECT_TRUE(stopped.report.cancelled);
  EXPECT_EQ(stopped.sink.joined_names(), "A B");
  EXPECT_EQ(stopped.sink.quarantined(), "");
  ArchiveReading other(make_mixture(TarMaker()), {}, 0, "eu-west-1");
  EXPECT_EQ(other.sink.joined_names(), "B C D E F I");
}

}  // namespace
}  // namespace cairn::cloudtrail
