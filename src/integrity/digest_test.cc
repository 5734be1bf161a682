#include "integrity/digest.h"

#include "crypto/crypto.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn::integrity {
namespace {

constexpr const char* kHash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A digest, with one member replaced: `key` by the JSON value `value`, or (empty) left out.
std::string digest_with(const std::string& key = "", const std::string& value = "") {
  const std::vector<std::pair<std::string, std::string>> members = {
      {"awsAccountId", "\"111122223333\""},
      {"digestStartTime", "\"2026-01-02T01:00:00Z\""},
      {"digestEndTime", "\"2026-01-02T02:00:00Z\""},
      {"digestS3Bucket", "\"b\""},
      {"digestS3Object", "\"o\""},
      {"digestPublicKeyFingerprint", "\"AB\""},
      {"digestSignatureAlgorithm", "\"SHA256withRSA\""},
      {"previousDigestS3Bucket", "\"b\""},
      {"previousDigestS3Object", "\"p\""},
      {"previousDigestHashValue", "\"" + std::string(kHash) + "\""},
      {"previousDigestHashAlgorithm", "\"SHA-256\""},
      {"previousDigestSignature", "\"0f\""},
      {"logFiles", "[{\"s3Bucket\":\"b\",\"s3Object\":\"l\",\"hashValue\":\"" + std::string(kHash) +
                       "\",\"hashAlgorithm\":\"SHA-256\"}]"},
  };
  std::string text = "{";
  for (const auto& [name, content] : members) {
    const std::string& written = name == key ? value : content;
    if (written.empty()) continue;
    if (text.size() > 1) text += ",";
    text += "\"" + name + "\":" + written;
  }
  return text + "}";
}

TEST(Digest, ReadsEveryField) {
  auto read = parse_digest(digest_with());
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Digest& digest = read.value();
  EXPECT_EQ(digest.account, "111122223333");
  EXPECT_EQ(format_time(digest.start), "2026-01-02T01:00:00Z");
  EXPECT_EQ(format_time(digest.end), "2026-01-02T02:00:00Z");
  EXPECT_EQ(digest.fingerprint, "ab");
  ASSERT_TRUE(digest.previous.has_value());
  EXPECT_EQ(digest.previous->object, "p");
  EXPECT_EQ(crypto::to_hex(digest.previous->hash), kHash);
  ASSERT_EQ(digest.logs.size(), 1u);
  EXPECT_EQ(digest.logs[0].object, "l");
  EXPECT_EQ(crypto::to_hex(digest.logs[0].hash), kHash);
}

TEST(Digest, NamesWhatIsWrong) {
  struct Row {
    std::string text, message;
  };
  const Row rows[] = {
      {"", "at byte 0: "},
      {"[]", "the text: is no JSON object"},
      {digest_with("awsAccountId"), "awsAccountId: is missing"},
      {digest_with("awsAccountId", "7"), "awsAccountId: is no text"},
      {digest_with("digestStartTime", "\"soon\""), "digestStartTime: is no time"},
      {digest_with("digestStartTime", "\"2026-01-02T03:00:00Z\""),
       "digestEndTime: is before digestStartTime"},
      {digest_with("digestSignatureAlgorithm", "\"none\""),
       "digestSignatureAlgorithm: is not SHA256withRSA"},
      {digest_with("previousDigestHashValue", "\"00\""), "previousDigestHashValue: is no SHA-256"},
      {digest_with("previousDigestHashValue", "null"), "previousDigestHashValue: is no text"},
      {digest_with("previousDigestSignature"), "previousDigestSignature: is missing"},
      {digest_with("previousDigestHashAlgorithm", "\"MD5\""),
       "previousDigestHashAlgorithm: is not SHA-256"},
      {digest_with("logFiles"), "logFiles: is missing"},
      {digest_with("logFiles", "{}"), "logFiles: is no list"},
      {digest_with("logFiles", "[[]]"), "logFiles[0]: is no object"},
      {digest_with("logFiles", "[{\"s3Object\":[1]}]"), "logFiles[0].s3Object: is no text"},
      {digest_with("logFiles", "[{\"s3Object\":\"x\",\"hashValue\":\"zz\"}]"),
       "logFiles[0].hashValue: is no SHA-256"},
  };
  for (const Row& row : rows) {
    auto read = parse_digest(row.text);
    ASSERT_FALSE(read.ok()) << row.text;
    EXPECT_TRUE(read.error().message.starts_with(row.message)) << read.error().message;
  }
}

TEST(Digest, MakesTheTextThatIsSigned) {
  Digest digest;
  digest.end_text = "a";
  digest.bucket = "b";
  digest.object = "c";
  // The vector of the AWS CLI's own tests.
  EXPECT_EQ(data_to_sign(digest, crypto::sha256("abc")),
            "a\nb/c\n" + std::string(kHash) + "\nnull");
  digest.previous = PreviousDigest{"", "", "", "0aF"};
  EXPECT_EQ(data_to_sign(digest, crypto::sha256("abc")), "a\nb/c\n" + std::string(kHash) + "\n0aF");
}

TEST(SideCar, TakesEveryWayOfWritingIt) {
  for (const char* text : {R"({"signature":"0f","signature-algorithm":"SHA256withRSA"})",
                           R"({"x-amz-meta-signature":"0f"})", R"({"X-Amz-Meta-Signature":"0f"})",
                           R"({"ETag":"x","Metadata":{"signature":"0f"}})"}) {
    auto read = parse_side_car(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(read.value().signature, "0f") << text;
  }
  EXPECT_EQ(parse_side_car(R"({"backfill-generation-timestamp":"t"})").value().backfill_time, "t");
  EXPECT_EQ(parse_side_car(R"({"signature":5})").value().signature, "");
  for (const char* text : {"", "[]", "5", R"({"signature-algorithm":"none"})"})
    EXPECT_FALSE(parse_side_car(text).ok()) << text;
}

}  // namespace
}  // namespace cairn::integrity
