#include "integrity/manifest.h"

#include <gtest/gtest.h>

namespace cairn::integrity {
namespace {

struct Made {
  FakeFiles files;
  std::string text;

  Made() {
    files.contents["in/b/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/one"] = "1";
    files.contents["in/two"] = "22";
    files.contents["out.csv"] = "answer";
    auto key = crypto::SecretKey::from_bytes(std::string(32, 'k'));
    ManifestFacts facts{"1.0",
                        "cairn scan in",
                        *parse_event_time("2026-01-02T03:04:05Z"),
                        {{"rules_sha256", "ab"}}};
    auto made =
        make_manifest(files, facts, {{"in"}, {"out.csv"}, {{"in/two", "valid"}}}, key.value(), 1);
    EXPECT_TRUE(made.ok());
    if (made.ok()) text = made.value();
  }
};

TEST(Manifest, NamesEveryFile) {
  Made made;
  const char* const lines[] = {
      R"({"cairn_manifest":1,"version":"1.0","command":"cairn scan in","made":"2026-01-02T03:04:05Z","rules_sha256":"ab","inputs":2,"results":1})",
      R"({"input":"in/b/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/one","object":"AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/one","size":1,"sha256":"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"})",
      R"({"input":"in/two","size":2,"sha256":"785f3ec7eb32f30b90cd0fcf3657d388b5ff4297f2f9716ff66e9b69c05ddd09","verdict":"valid"})",
      R"({"result":"out.csv","size":6,"sha256":")",
      R"({"algorithm":"Ed25519","public_key":")",
  };
  size_t at = 0;
  for (const char* line : lines) {
    EXPECT_TRUE(made.text.substr(at).starts_with(line)) << made.text.substr(at, 300);
    at = made.text.find('\n', at) + 1;
  }
  EXPECT_EQ(at, made.text.size());
  auto check = check_manifest(made.files, made.text, "", 1);
  ASSERT_TRUE(check.ok()) << check.error().message;
  EXPECT_TRUE(check.value().signature_valid);
  EXPECT_EQ(check.value().command, "cairn scan in");
  EXPECT_EQ(check.value().inputs_same, 2u);
  EXPECT_EQ(check.value().results_same, 1u);
  EXPECT_TRUE(check.value().changed.empty());
}

TEST(Manifest, NoticesEveryChangedByte) {
  Made made;
  for (size_t i = 0; i + 2 < made.text.size(); ++i) {
    std::string text = made.text;
    text[i] = static_cast<char>(text[i] ^ 1);
    auto check = check_manifest(made.files, text, "", 1);
    EXPECT_TRUE(!check.ok() || !check.value().signature_valid) << "byte " << i << " " << text;
  }
}

TEST(Manifest, TellsChangedFromAbsent) {
  Made made;
  made.files.contents["in/two"] = "23";
  made.files.contents.erase("out.csv");
  auto check = check_manifest(made.files, made.text, "", 1);
  ASSERT_TRUE(check.ok());
  EXPECT_TRUE(check.value().signature_valid);
  EXPECT_EQ(check.value().changed, std::vector<std::string>{"in/two"});
  EXPECT_EQ(check.value().results_absent, 1u);
  EXPECT_EQ(check.value().inputs_same, 1u);
  // Elsewhere: relative names are looked for in another folder.
  FakeFiles moved;
  moved.contents["there/in/two"] = "22";
  auto elsewhere = check_manifest(moved, made.text, "there", 1);
  EXPECT_EQ(elsewhere.value().inputs_same, 1u);
  EXPECT_EQ(elsewhere.value().inputs_absent, 1u);
}

TEST(Manifest, RefusesWhatIsNone) {
  FakeFiles files;
  for (const char* text :
       {"", "{}", "{}\n{}", "x\ny\nz", "{\"cairn_manifest\":1}\n{\"algorithm\":\"none\"}"})
    EXPECT_FALSE(check_manifest(files, text, "", 1).ok()) << text;
}

}  // namespace
}  // namespace cairn::integrity
