#include "engine/each_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cairn::engine {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  FakeFiles files;
  FakeClock clock;
  std::atomic<bool> interrupted{false};
  files.contents["f"] = text;
  std::vector<std::string> lines;
  Status done = each_line({files, clock, interrupted}, "f", [&](Result<std::string_view> line) {
    lines.push_back(line.ok() ? std::string(line.value()) : "! " + line.error().message);
    return Status::success();
  });
  EXPECT_TRUE(done.ok());
  return lines;
}

using Lines = std::vector<std::string>;

TEST(EachLine, LeavesOutBlankOnes) {
  EXPECT_EQ(lines_of(""), Lines{});
  EXPECT_EQ(lines_of("a\n\n \t\r\nb"), (Lines{"a", "b"}));
}

TEST(EachLine, GoesOnBehindOneThatIsTooLong) {
  const std::string huge((32u << 20) + 1, 'x');
  const std::string remark = "! longer than 32.0 MiB";
  EXPECT_EQ(lines_of("a\n" + huge + "\nb\n"), (Lines{"a", remark, "b"}));
  EXPECT_EQ(lines_of(huge + huge + huge + "\n\nb"), (Lines{remark, "b"}));
  EXPECT_EQ(lines_of("a\n" + huge), (Lines{"a", remark}));
  EXPECT_EQ(lines_of(huge.substr(1)).at(0).size(), huge.size() - 1);
}

}  // namespace
}  // namespace cairn::engine
