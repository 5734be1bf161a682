#include "base/stored_reader.h"

#include "base/pack.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string packed() {
  std::string bytes;
  for (uint64_t number : {uint64_t{0}, uint64_t{300}, UINT64_MAX}) pack_number(bytes, number);
  pack_text(bytes, "");
  pack_text(bytes, "text");
  pack_number(bytes, 1);
  bytes += "tail";
  return bytes;
}

/// Reads what packed() wrote; true when it was that.
bool read(std::string_view bytes) {
  StoredReader in(bytes);
  bool same = in.number() == 0 && in.number(300) == 300 && in.number() == UINT64_MAX;
  same = same && in.text().empty() && in.text() == "text" && in.flag() && in.bytes(4) == "tail";
  return in.done() && same;
}

TEST(StoredReader, ReadsWhatWasWritten) { EXPECT_TRUE(read(packed())); }

TEST(StoredReader, FailsWhereverTheBytesAreCutOrGoOn) {
  std::string bytes = packed();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(read(bytes + "x"));
}

TEST(StoredReader, TellsTheFirstFaultAndGivesNothingAfterIt) {
  std::string bytes;
  pack_number(bytes, 7);
  pack_number(bytes, 300);
  pack_text(bytes, "text");
  StoredReader in(bytes);
  EXPECT_EQ(in.number(), 7u);
  EXPECT_EQ(in.number(299), 0u);
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.number(), 0u);
  EXPECT_EQ(in.count(), 0u);
  EXPECT_EQ(in.bytes(1), "");
  in.fail("something else");
  EXPECT_FALSE(in.done());
  EXPECT_EQ(in.fault(), "at byte 1: the number 300 is above 299");
}

TEST(StoredReader, BoundsHowManyThereCanBe) {
  auto count = [](uint64_t items, size_t item_bytes) {
    std::string bytes;
    pack_number(bytes, items);
    bytes += "12345678";
    StoredReader in(bytes);
    size_t counted = in.count(item_bytes);
    EXPECT_EQ(in.ok(), counted == items);
    return counted;
  };
  EXPECT_EQ(count(8, 1), 8u);
  EXPECT_EQ(count(9, 1), 0u);
  EXPECT_EQ(count(2, 4), 2u);
  EXPECT_EQ(count(3, 4), 0u);
  EXPECT_EQ(count(UINT64_MAX, 4), 0u);
}

TEST(StoredReader, NumbersOfMoreThan64BitsAreNone) {
  for (const char* bytes : {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02",
                            "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"}) {
    StoredReader in(bytes);
    EXPECT_EQ(in.number(), 0u);
    EXPECT_EQ(in.fault(), "at byte 0: a number is too long");
  }
  StoredReader text("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01x");  // of 2^64 - 1 bytes
  EXPECT_EQ(text.text(), "");
  EXPECT_FALSE(text.ok());
}

}  // namespace
}  // namespace cairn
