#include "formats/archive.h"

#include "formats/test_archives.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace cairn {
namespace {

using std::string_literals::operator""s;

class Bytes : public ArchiveBytes {
 public:
  Bytes(std::string_view bytes, size_t step) : bytes_(bytes), step_(step) {}
  size_t pull(std::span<char> buffer) override {
    size_t count = std::min({buffer.size(), bytes_.size(), step_});
    if (count > 0) std::memcpy(buffer.data(), bytes_.data(), count);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  size_t step_;
};

constexpr size_t kShown = 40;

/// What is in an archive, one line a member: `name: content`, `! reason` for faults.
std::string list(std::string_view archive, size_t step = 1u << 20, size_t buffer_bytes = 64) {
  Bytes bytes(archive, step);
  ArchiveReader reader(sniff_archive(archive), bytes);
  std::string text;
  for (size_t limit = 0; limit < 10000; ++limit) {
    ArchiveReader::Step arrived = reader.next();
    if (arrived == ArchiveReader::Step::kEnd) return text;
    if (arrived == ArchiveReader::Step::kFault) {
      EXPECT_LE(reader.fault().offset, archive.size());
      text += (reader.fault().truncated ? "!! " : "! ") + reader.fault().reason + "\n";
      continue;
    }
    constexpr const char* kKinds[] = {"", "folder ", "link ", "special "};
    const ArchiveMember& member = reader.member();
    text += kKinds[static_cast<size_t>(member.kind)] + member.name + ": ";
    if (!member.refusal.empty()) {
      text += "refused: " + member.refusal + "\n";
      continue;
    }
    std::string content, buffer(buffer_bytes, '\0');
    for (;;) {
      auto got = reader.read(buffer);
      if (!got.ok()) {
        EXPECT_EQ(got.error().code, ErrorCode::kCorrupt);
        EXPECT_EQ(got.error().message, reader.fault().reason);
        content += " !" + got.error().message;
        break;
      }
      if (got.value() == 0) break;
      content.append(buffer, 0, got.value());
    }
    text += content.size() > kShown * 2
                ? content.substr(0, 4) + "*" + std::to_string(content.size())
                : content;
    text += "\n";
  }
  ADD_FAILURE() << "no end";
  return text;
}

std::string noise(size_t size) {
  std::string text;
  uint32_t state = 1;
  while (text.size() < size)
    text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST(Archive, IsToldByContent) {
  std::string tar = TarMaker().add("a", "x").done();
  std::string old = tar;
  old.replace(257, 8, std::string(8, '\0'));
  old = TarMaker::seal(old.substr(0, 512)) + old.substr(512);
  std::string wrong = tar;
  wrong[0] = 'b';
  // A log whose checksum field agrees by somebody's skill is still text.
  std::string log(512, 'x');
  log[0] = '{';
  log = TarMaker::seal(log);
  log[154] = log[155] = ' ';
  struct Row {
    std::string head;
    ArchiveFormat expected;
  } rows[] = {
      {"", ArchiveFormat::kNone},
      {"{\"Records\":[]}", ArchiveFormat::kNone},
      {"PK\x03\x04", ArchiveFormat::kZip},
      {"PK\x05\x06"s + std::string(18, '\0'), ArchiveFormat::kZip},
      {"PK00PK\x03\x04", ArchiveFormat::kZip},
      {"PK\x01\x02", ArchiveFormat::kNone},
      {tar, ArchiveFormat::kTar},
      {tar.substr(0, 511), ArchiveFormat::kNone},
      {old, ArchiveFormat::kTar},
      {wrong, ArchiveFormat::kNone},
      {std::string(1024, '\0'), ArchiveFormat::kNone},
      {log, ArchiveFormat::kNone},
  };
  for (const Row& row : rows)
    EXPECT_EQ(sniff_archive(row.head), row.expected) << row.head.substr(0, 20);
  EXPECT_EQ(list(old), "a: x\n");
}

TEST(Archive, ListsAndReads) {
  std::string big = noise(700000);
  std::string tar = TarMaker()
                        .add_special("logs/", '5')
                        .add("logs/a.json", "{}")
                        .add("big", big)
                        .add("", "nameless")
                        .add_special("link", '2', "/etc/passwd")
                        .add_special("hard", '1', "logs/a.json")
                        .add_special("pipe", '6')
                        .add_special("device", '3')
                        .add("../../\xff\x1b[31m", "odd")
                        .add("logs/a.json", "again")
                        .add_long("\xc3\xbc/" + std::string(300, 'n'), "long")
                        .add_long("\xff" + std::string(5000, 'n'), "cut")
                        .done();
  const std::string listed =
      "folder logs/: \nlogs/a.json: {}\nbig: " + big.substr(0, 4) +
      "*700000\n: nameless\nlink link: \nlink hard: \nspecial pipe: \nspecial device: "
      "\n../../\xff\x1b[31m: odd\nlogs/a.json: again\n\xc3\xbc/" +
      std::string(300, 'n') + ": long\n\xff" + std::string(4095, 'n') + ": cut\n";
  for (size_t step : {size_t{1} << 20, size_t{1000}, size_t{512}, size_t{77}})
    EXPECT_EQ(list(tar, step), listed) << step;

  ZipMaker zip;
  zip.add("folder/", "", {.method = 0});
  zip.add("stored", "as it is", {.method = 0});
  zip.add("deflated", "as it is, as it is, as it is");
  zip.add("big", big);
  zip.add("behind", "unknown length", {.flags = ZipMaker::kLengthBehind});
  zip.add("behind, stored", "unknown length", {.method = 0, .flags = ZipMaker::kLengthBehind});
  zip.add("zip64", "large in theory", {.zip64 = true});
  zip.add("empty", "", {.method = 0});
  zip.add("/abs/../\xc3\xbc", "utf8", {.flags = ZipMaker::kUtf8});
  zip.add("\xff\xfe", "not utf8", {.flags = ZipMaker::kUtf8});
  zip.add("stored", "again");
  for (size_t step : {size_t{1} << 20, size_t{1000}, size_t{77}}) {
    EXPECT_EQ(list(zip.done(), step),
              "folder folder/: \nstored: as it is\ndeflated: as it is, as it is, as it is\nbig: " +
                  big.substr(0, 4) +
                  "*700000\nbehind: unknown length\nbehind, stored: unknown length\n"
                  "zip64: large in theory\nempty: \n/abs/../\xc3\xbc: utf8\n\xff\xfe: not utf8\n"
                  "stored: again\n")
        << step;
  }
  EXPECT_EQ(list(ZipMaker().done()), "");
}

TEST(Archive, RefusesWhatItCannotRead) {
  ZipMaker zip;
  zip.add("secret", noise(2000), {.method = 0, .flags = ZipMaker::kEncrypted});
  zip.add("open", "1");
  zip.add("secret too", noise(2000), {.flags = ZipMaker::kEncrypted | ZipMaker::kLengthBehind});
  zip.add("open too", "2");
  zip.add("packed", "BZh", {.method = 12});
  zip.add("open still", "3");
  EXPECT_EQ(list(zip.done()),
            "secret: refused: encrypted\nopen: 1\nsecret too: refused: encrypted\nopen too: 2\n"
            "packed: refused: compressed with bzip\nopen still: 3\n");
}

TEST(Archive, GoesOnBehindDamage) {
  const std::string text = noise(3000);
  struct Row {
    const char* what;
    std::string archive, expected;
  };
  TarMaker tar;
  tar.add("a", "1").add("b", text).add("c", "3");
  std::string bad_header = tar.done();
  bad_header[1024] ^= 1;
  std::string zeros = tar.done();
  zeros.replace(1024, 512, std::string(512, '\0'));
  ZipMaker zip;
  zip.add("a", "1").add("b", text).add("c", "3");
  std::string bad_data = zip.done();
  size_t b = ZipMaker().add("a", "1").text.size();
  bad_data.replace(b + 31, 40, std::string(40, '\xff'));
  std::string bad_name = zip.done();
  bad_name.replace(b, 4, "XXXX");
  std::string cut = ZipMaker().add("a", "1").add("b", text, {.method = 0}).text;
  cut.resize(b + 31 + 20);
  ZipMaker wrong;
  wrong.add("a", "right?", {.crc_change = 1}).add("b", "stored", {.method = 0, .crc_change = 2});
  wrong.add("c", "3");
  const std::string one = text.substr(0, 4);
  Row rows[] = {
      {"tar: damaged header", bad_header,
       "a: 1\n! tar data is damaged: a header's checksum is wrong\nc: 3\n"},
      {"tar: header overwritten", zeros, "a: 1\nc: 3\n"},
      {"tar: member cut off", tar.text.substr(0, 1024 + 512 + 30),
       "a: 1\nb: " + text.substr(0, 30) + " !the archive ends inside this member\n"},
      {"tar: cut in a header", tar.text.substr(0, 1024 + 100),
       "a: 1\n!! the tar archive ends early\n"},
      {"tar: no end mark", tar.text,
       "a: 1\nb: " + one +
           "*3000\nc: 3\n!! the tar archive ends without its end mark: members may "
           "be missing\n"},
      {"tar: two in one file", TarMaker().add("x", "0").done() + tar.done(),
       "x: 0\na: 1\nb: " + one + "*3000\nc: 3\n"},
      {"zip: header lost", bad_name, "a: 1\nc: 3\n"},
      {"zip: no directory", zip.text,
       "a: 1\nb: " + one + "*3000\nc: 3\n!! the zip archive ends early\n"},
      {"zip: directory cut", zip.done().substr(0, zip.text.size() + 60),
       "a: 1\nb: " + one +
           "*3000\nc: 3\n!! the zip archive ends without its end mark: members may "
           "be missing\n"},
      {"zip: two in one file", ZipMaker().add("x", "0").done() + zip.done(),
       "x: 0\na: 1\nb: " + one + "*3000\nc: 3\n"},
      {"zip: wrong checksums", wrong.done(),
       "a: right? !zip data is damaged: bad CRC: 0x7e0adcb8 should be 0x7e0adcb9\n"
       "b: stored !zip data is damaged: bad CRC: 0x5643f90b should be 0x5643f909\nc: 3\n"},
      {"zip: damaged data", bad_data,
       "a: 1\nb:  !zip data is damaged: decompression failed (-3)\nc: 3\n"},
      {"zip: cut in a member", cut,
       "a: 1\nb: " + text.substr(0, 20) + " !the archive ends inside this member\n"},
  };
  for (const Row& row : rows) {
    for (size_t step : {size_t{1} << 20, size_t{100}})
      EXPECT_EQ(list(row.archive, step), row.expected) << row.what;
  }
}

/// An entry of GNU tar's old sparse map: where data stand, and how many bytes.
std::string sparse_entry(uint64_t offset, uint64_t size) {
  std::string text(24, '\0');
  std::snprintf(text.data(), 24, "%011llo", static_cast<unsigned long long>(offset));
  std::snprintf(text.data() + 12, 12, "%011llo", static_cast<unsigned long long>(size));
  return text;
}

TEST(Archive, HeadersHaveALimit) {
  // What libarchive would keep in memory: a sparse map of a million entries, in blocks that go on
  // and on; a name of many megabytes.
  std::string sparse = TarMaker::header("sparse", 0, 'S');
  sparse.replace(257, 8, "ustar  \0"s);
  sparse.replace(386, 24, sparse_entry(0, 1));
  sparse[482] = '\1';
  sparse = TarMaker::seal(sparse);
  std::string entries(504, '\0');
  for (size_t at = 0; at + 24 <= entries.size(); at += 24)
    entries.replace(at, 24, sparse_entry(at, 1));
  entries += "\1" + std::string(7, '\0');
  for (int i = 0; i < 10000; ++i) sparse += entries;
  TarMaker name;
  name.add_long(std::string(3u << 20, 'n'), "");
  ZipMaker garbage;
  garbage.add("first", "1").text += std::string(3u << 20, 'x');
  garbage.add("second", "2");
  struct Row {
    const char* what;
    std::string archive, expected;
  } rows[] = {
      {"sparse map", sparse + TarMaker().add("next", "1").done(),
       "! no whole header within the limit (header_bytes)\nnext: 1\n"},
      {"name", name.add("next", "1").done(), "! tar data is damaged"},
      {"zip", garbage.done(),
       "first: 1\n! no whole header within the limit (header_bytes)\nsecond: 2\n"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(list(row.archive).substr(0, row.expected.size()), row.expected) << row.what;
}

TEST(Archive, DamagedPlacesHaveALimit) {
  std::string archive;
  for (size_t i = 0; i < ArchiveReader::kFaults + 10; ++i) {
    archive += ZipMaker().add("x", "content", {.crc_change = 0}).text;
    archive += "PK\x03\x04" + std::string(4, '\0') + "\x63" + std::string(17, '\xff');
  }
  std::string listed = list(archive);
  EXPECT_LE(static_cast<size_t>(std::count(listed.begin(), listed.end(), '!')),
            ArchiveReader::kFaults + 1);
  Bytes bytes(archive, 1000);
  ArchiveReader reader(ArchiveFormat::kZip, bytes);
  size_t steps = 0;
  while (reader.next() != ArchiveReader::Step::kEnd && steps < 100000) ++steps;
  EXPECT_LT(steps, 2 * ArchiveReader::kFaults + 100);
}

TEST(Archive, SparseMembersHaveHoles) {
  // GNU tar's old sparse format: 8 bytes at 5000 of 10000.
  std::string block = TarMaker::header("holes", 512, 'S');
  block.replace(257, 8, "ustar  \0"s);
  block.replace(386, 24, sparse_entry(5000, 512));
  block.replace(483, 11, "00000023420");
  std::string archive =
      TarMaker::seal(block) + TarMaker::padded("data") + TarMaker().add("next", "1").done();
  Bytes bytes(archive, 1000);
  ArchiveReader reader(ArchiveFormat::kTar, bytes);
  ASSERT_EQ(reader.next(), ArchiveReader::Step::kMember);
  std::string content(20000, 'x');
  auto got = reader.read(content);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.value(), 10000u);
  EXPECT_EQ(content.substr(0, 5000), std::string(5000, '\0'));
  EXPECT_EQ(content.substr(5000, 4), "data");
}

}  // namespace
}  // namespace cairn
