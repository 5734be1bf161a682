#include "rules/text_encodings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

TEST(TextEncodings, Base64) {
  // RFC 4648, section 10.
  const struct {
    std::string_view plain, encoded;
  } kRows[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};
  for (const auto& row : kRows) EXPECT_EQ(base64(row.plain), row.encoded);
}

TEST(TextEncodings, Base64AtOffsets) {
  EXPECT_THAT(base64_at_offsets("foobar"), ElementsAre("Zm9vYmFy", "Zvb2Jhc", "mb29iYX"));
  // Whatever stands around it, one of the three is inside.
  const std::string inner = "/bin/sh -c";
  for (std::string before : {"", "x", "yz", "abc"}) {
    for (std::string after : {"", "1", "23", "456"}) {
      std::string all = base64(before + inner + after);
      EXPECT_NE(all.find(base64_at_offsets(inner)[before.size() % 3]), std::string::npos) << all;
    }
  }
}

TEST(TextEncodings, Utf16) {
  using namespace std::string_literals;
  EXPECT_EQ(utf16("aé", Utf16::kLittleEndian), "a\0\xE9\0"s);
  EXPECT_EQ(utf16("aé", Utf16::kBigEndian), "\0a\0\xE9"s);
  EXPECT_EQ(utf16("a", Utf16::kLittleEndianWithMark),
            "\xFF\xFE"
            "a\0"s);
  EXPECT_EQ(utf16("😀", Utf16::kBigEndian), "\xD8\x3D\xDE\x00"s);
  EXPECT_EQ(utf16("\xFF", Utf16::kBigEndian), "\xFF\xFD"s);
}

TEST(TextEncodings, EveryDash) {
  EXPECT_THAT(with_every_dash("-x", 100), ElementsAre("-x", "/x", "–x", "—x", "―x"));
  EXPECT_THAT(with_every_dash("a-b /c", 100),
              ElementsAre("a-b -c", "a-b /c", "a-b –c", "a-b —c", "a-b ―c"));
  EXPECT_THAT(with_every_dash("- -", 100), ElementsAre("- -"));
  EXPECT_THAT(with_every_dash("-a -b", 100), SizeIs(25));
  EXPECT_THAT(with_every_dash("-a -b", 24), SizeIs(0));
}

}  // namespace
}  // namespace cairn::rules
