#include "base/pack.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Pack, ReadsWhatWasWritten) {
  std::string bytes;
  const uint64_t numbers[] = {0, 1, 127, 128, 300, UINT64_MAX};
  for (uint64_t number : numbers) pack_number(bytes, number);
  pack_text(bytes, "");
  pack_text(bytes, std::string(500, 'x'));
  PackReader reader(bytes);
  for (uint64_t number : numbers) EXPECT_EQ(reader.number(), number);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), std::string(500, 'x'));
  EXPECT_TRUE(reader.at_end());
}

TEST(Pack, CutsBetweenCharacters) {
  EXPECT_EQ(cut_bytes("caf\xC3\xA9", 5), "caf\xC3\xA9");
  EXPECT_EQ(cut_bytes("caf\xC3\xA9", 4), "caf");
  EXPECT_EQ(cut_bytes("abc", 0), "");
}

}  // namespace
}  // namespace cairn
