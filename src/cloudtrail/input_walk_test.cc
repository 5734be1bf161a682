#include "cloudtrail/reader_test_sink.h"
#include "formats/compression.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace cairn::cloudtrail {
namespace {

struct Walked {
  std::string inputs;      // one a line: path, and the range of a piece
  std::string quarantine;  // one a line: path: reason
  InputWalk::Totals totals;
  Status status;
};

Walked walk(Files& files, const std::vector<std::string>& roots,
            const InputWalk::Options& options = {}) {
  Walked result;
  InputWalk walk(files, roots, options);
  result.status = walk.run(
      [&](const Input& input) {
        result.inputs += input.path;
        if (input.end != 0)
          result.inputs += " " + std::to_string(input.begin) + "-" + std::to_string(input.end);
        result.inputs += "\n";
        return true;
      },
      [&](const QuarantineEntry& entry) {
        EXPECT_EQ(entry.kind, QuarantineEntry::Kind::kUnreadable);
        result.quarantine += entry.file + ": " + entry.reason + "\n";
      });
  result.totals = walk.totals();
  return result;
}

TEST(InputWalk, GoesInByteOrderAndOnce) {
  FakeFiles files;
  files.contents = {{"logs/b/1.json", "x"}, {"logs/a.json", "xy"},   {"logs/b.json", "x"},
                    {"logs/B.json", "x"},   {"logs/\xff.json", "x"}, {"other/z", "x"}};
  Walked result = walk(files, {"logs", "logs", "other/z", "logs/a.json"});
  EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(result.inputs,
            "logs/B.json\nlogs/a.json\nlogs/b/1.json\nlogs/b.json\nlogs/\xff.json\nother/z\n");
  EXPECT_EQ(result.totals.files, 6u);
  EXPECT_EQ(result.totals.bytes, 7u);
  EXPECT_TRUE(result.totals.complete);
}

TEST(InputWalk, MissingRootIsAnError) {
  FakeFiles files;
  files.contents = {{"logs/a", "x"}};
  Walked result = walk(files, {"logs", "nowhere"});
  EXPECT_FALSE(result.status.ok());
  EXPECT_EQ(result.inputs, "");
}

TEST(InputWalk, StopsWhenTold) {
  FakeFiles files;
  files.contents = {{"logs/a", "x"}, {"logs/b", "x"}};
  InputWalk stopped(files, {"logs"}, {});
  int count = 0;
  EXPECT_TRUE(
      stopped.run([&](const Input&) { return ++count < 1; }, [](const QuarantineEntry&) {}).ok());
  EXPECT_EQ(count, 1);
  EXPECT_FALSE(stopped.totals().complete);
}

TEST(InputWalk, PassesOverByKey) {
  FakeFiles files;
  const std::string kFolder = "AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/0";
  files.contents = {
      {kFolder + "1/111122223333_CloudTrail_us-east-1_20240101T0005Z_abcdefghijklmnop.json.gz", ""},
      {kFolder + "2/111122223333_CloudTrail_us-east-1_20240102T0005Z_abcdefghijklmnop.json.gz", ""},
      {"AWSLogs/999922223333/CloudTrail/eu-west-1/2024/01/02/"
       "999922223333_CloudTrail_eu-west-1_20240102T0005Z_abcdefghijklmnop.json.gz",
       ""},
      {"unknown.json", ""},
  };
  files.contents["x/" + files.contents.begin()->first] = "";
  InputWalk::Options options;
  options.not_delivered_before = parse_event_time("2024-01-02T00:00:00Z");
  options.accounts = {"111122223333"};
  std::vector<std::string> roots{"AWSLogs", "unknown.json"};
  Walked result = walk(files, roots, options);
  EXPECT_EQ(result.inputs, kFolder +
                               "2/"
                               "111122223333_CloudTrail_us-east-1_20240102T0005Z_abcdefghijklmnop."
                               "json.gz\nunknown.json\n");
  EXPECT_EQ(result.totals.passed_over, 2u);
  options = {};
  options.regions = {"eu-west-1"};
  EXPECT_EQ(walk(files, {"AWSLogs"}, options).totals.files, 1u);
}

TEST(InputWalk, CutsLargeLinesAtLineEnds) {
  std::string text;
  std::vector<size_t> ends;
  for (int i = 0; i < 8000; ++i) {
    text += "{\"eventName\":\"" + std::to_string(i) +
            std::string(static_cast<size_t>(i % 50), 'x') + "\",\"eventSource\":\"s\"}\r\n";
    ends.push_back(text.size());
  }
  FakeFiles files;
  files.contents = {{"lines", text},
                    {"gz", gzip_compress(text, 6) + std::string(20000, '\0')},
                    {"array", "[" + text + "]"},
                    {"pretty", "{\n" + text},
                    {"one", std::string(20000, 'x')}};
  InputWalk::Options options;
  options.cut_above_bytes = 10000;
  TestFields table;
  RecordingSink sink(table.fields, table.standard);
  Reader reader(files, table.fields, table.standard, {});
  std::atomic<bool> never{false};
  InputWalk cut(files, {"lines"}, options);
  uint64_t position = 0;
  int pieces = 0;
  ASSERT_TRUE(cut.run(
                     [&](const Input& input) {
                       EXPECT_EQ(input.begin, position);
                       EXPECT_TRUE(std::find(ends.begin(), ends.end(), input.end) != ends.end());
                       position = input.end;
                       ++pieces;
                       EXPECT_EQ(reader.read(input, sink, never).kind, SourceKind::kCloudTrail);
                       return true;
                     },
                     [](const QuarantineEntry&) {})
                  .ok());
  EXPECT_EQ(position, text.size());
  EXPECT_GT(pieces, 4);
  EXPECT_EQ(cut.totals().files, 1u);
  ASSERT_EQ(sink.names.size(), 8000u);
  for (size_t i = 0; i < 8000; ++i) {
    EXPECT_TRUE(sink.names[i].starts_with(std::to_string(i)));
    EXPECT_EQ(sink.offsets[i], i == 0 ? 0 : ends[i - 1])
        << "offsets count from the file's beginning";
  }
  EXPECT_EQ(walk(files, {"gz", "array", "pretty", "one"}, options).inputs,
            "gz\narray\npretty\none\n");
}

class RealWalk : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "cairn-walk-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override {
    ASSERT_EQ(std::system(("chmod -R u+rwx '" + root_ + "' && rm -rf '" + root_ + "'").c_str()),
              0);  // NOLINT
  }
  void put(const std::string& name, std::string_view text = "{}") {
    std::string path = root_ + "/" + name;
    ASSERT_TRUE(files_->make_folders(path.substr(0, path.rfind('/'))).ok());
    ASSERT_TRUE(write_file(*files_, path, text).ok());
  }
  std::string without_root(std::string text) {
    for (size_t at = text.find(root_); at != std::string::npos; at = text.find(root_))
      text.replace(at, root_.size(), "ROOT");
    return text;
  }

  std::unique_ptr<Files> files_ = real_files();
  std::string root_;
};

TEST_F(RealWalk, FollowsLinksWithinTheRootOnce) {
  put("logs/2024/a.json");
  put("logs/2024/sub/b.json");
  put("outside/secret.json");
  ASSERT_EQ(symlink("..", (root_ + "/logs/2024/up").c_str()), 0);
  ASSERT_EQ(symlink("../../outside", (root_ + "/logs/2024/out").c_str()), 0);
  ASSERT_EQ(symlink("nowhere", (root_ + "/logs/gone").c_str()), 0);
  ASSERT_EQ(symlink("2024/sub", (root_ + "/logs/0-first").c_str()), 0);
  ASSERT_EQ(symlink("2024/a.json", (root_ + "/logs/z.json").c_str()), 0);
  ASSERT_EQ(symlink("../outside/secret.json", (root_ + "/logs/zz.json").c_str()), 0);
  ASSERT_EQ(mkfifo((root_ + "/logs/pipe").c_str(), 0600), 0);
  Walked result = walk(*files_, {root_ + "/logs", root_ + "/logs/2024"});
  EXPECT_EQ(without_root(result.inputs),
            "ROOT/logs/0-first/b.json\nROOT/logs/2024/a.json\nROOT/logs/zz.json\n");
  EXPECT_NE(result.quarantine.find("/out: link to a folder outside"), std::string::npos)
      << result.quarantine;
  EXPECT_NE(result.quarantine.find("/gone: link leads nowhere"), std::string::npos)
      << result.quarantine;
  EXPECT_EQ(std::count(result.quarantine.begin(), result.quarantine.end(), '\n'), 2)
      << result.quarantine;
  EXPECT_EQ(result.totals.special_files, 1u);
}

TEST_F(RealWalk, SaysWhatItMayNotRead) {
  put("logs/a.json", R"({"eventName":"A","eventSource":"s"})");
  put("logs/closed/b.json");
  put("logs/odd \xff\xfe\nname.json", R"({"eventName":"B","eventSource":"s"})");
  ASSERT_EQ(chmod((root_ + "/logs/closed").c_str(), 0), 0);
  Walked result = walk(*files_, {root_ + "/logs"});
  EXPECT_TRUE(result.status.ok());
  if (geteuid() != 0) {
    EXPECT_NE(result.quarantine.find("logs/closed"), std::string::npos);
    EXPECT_EQ(result.totals.files, 2u);
  }
  // A file that vanished since it was listed.
  TestFields table;
  RecordingSink sink(table.fields, table.standard);
  Reader reader(*files_, table.fields, table.standard, {});
  std::atomic<bool> never{false};
  SourceReport gone = reader.read({root_ + "/logs/gone.json", 10, 0, 0, std::nullopt}, sink, never);
  EXPECT_EQ(gone.kind, SourceKind::kUnreadable);
  EXPECT_EQ(gone.shape, "No such file or directory");
  ASSERT_EQ(sink.quarantine.size(), 1u);
  EXPECT_EQ(sink.quarantine[0].kind, QuarantineEntry::Kind::kUnreadable);
  EXPECT_EQ(
      reader.read({root_ + "/logs/odd \xff\xfe\nname.json", 10, 0, 0, std::nullopt}, sink, never)
          .events,
      1u);
}

TEST_F(RealWalk, ManyFilesInOneFolder) {
  ASSERT_TRUE(files_->make_folders(root_ + "/logs").ok());
  for (int i = 0; i < 5000; ++i)
    ASSERT_TRUE(write_file(*files_, root_ + "/logs/" + std::to_string(i), "").ok());
  EXPECT_EQ(walk(*files_, {root_ + "/logs"}).totals.files, 5000u);
}

TEST(ReaderOfFiles, LeavesOtherServicesUnopened) {
  FakeFiles files;  // holds nothing: opening would fail
  TestFields table;
  RecordingSink sink(table.fields, table.standard);
  Reader reader(files, table.fields, table.standard, {});
  std::atomic<bool> never{false};
  auto report = [&](const std::string& path) {
    SourceReport result = reader.read({path, 1, 0, 0, parse_object_key(path)}, sink, never);
    return std::string(to_string(result.kind)) + ": " + result.shape;
  };
  EXPECT_EQ(report("AWSLogs/111122223333/Config/us-east-1/2024/1/1/ConfigHistory/x.json.gz"),
            "config: AWS Config");
  EXPECT_EQ(report("AWSLogs/111122223333/vpcflowlogs/us-east-1/2024/01/01/x.log.gz"),
            "other: VPC flow log");
  EXPECT_EQ(report("AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2024/01/01/x.json.gz"),
            "digest: CloudTrail digest");
  EXPECT_TRUE(sink.quarantine.empty());
}

TEST(ReaderOfFiles, ReadErrorsAreSaidAndCancelIsHeard) {
  FakeFiles files;
  files.contents = {{"a", R"({"eventName":"A","eventSource":"s"})"}};
  files.open_errors.emplace("b", Error{ErrorCode::kPermission, "cannot open b: permission denied"});
  TestFields table;
  RecordingSink sink(table.fields, table.standard);
  Reader reader(files, table.fields, table.standard, {});
  std::atomic<bool> cancel{false};
  SourceReport refused = reader.read({"b", 1, 0, 0, std::nullopt}, sink, cancel);
  EXPECT_EQ(refused.quarantined, 1u);
  EXPECT_EQ(refused.shape, "permission denied");
  EXPECT_EQ(sink.quarantine[0].reason, "cannot open b: permission denied");
  cancel = true;
  EXPECT_TRUE(reader.read({"a", 1, 0, 0, std::nullopt}, sink, cancel).cancelled);
}

}  // namespace
}  // namespace cairn::cloudtrail
