#include "simulate/damage.h"

#include "base/check.h"

#include <array>

namespace cairn::simulate {
namespace {

constexpr int kLevel = 6;
constexpr std::array<std::string_view, static_cast<size_t>(Damage::kCount)> kNames = {
    "truncated-gzip", "cut-json", "bad-utf8", "nul-bytes", "empty-file",
    "empty-text",     "not-gzip", "digest",   "config"};

/// Puts `bytes` into the middle of the text, behind the opening quote of a userAgent near it.
std::string with_bytes(std::string_view text, std::string_view bytes) {
  const size_t found = text.find(R"("userAgent":")", text.size() / 2);
  const size_t first = text.find(R"("userAgent":")");
  const size_t at = (found == std::string_view::npos ? first : found) + 13;
  std::string result(text.substr(0, at));
  result += bytes;
  result += text.substr(at);
  return result;
}

std::string digest(std::string_view account, std::string_view region) {
  std::string text = R"({"awsAccountId":")";
  text += account;
  text += R"(","digestStartTime":"2024-06-03T00:00:00Z","digestEndTime":"2024-06-03T01:00:00Z",)";
  text += R"("digestS3Bucket":"trail-logs","newestEventTime":null,"oldestEventTime":null,)";
  text += R"("previousDigestS3Bucket":null,"previousDigestHashValue":null,"logFiles":[],)";
  text += R"("digestSignatureAlgorithm":"SHA256withRSA","awsRegion":")";
  text += region;
  return text + "\"}";
}

std::string config(std::string_view account, std::string_view region) {
  std::string text =
      R"({"fileVersion":"1.0","configSnapshotId":"6bb0f0bd-5a25-4a02-93a1-1d5d1c0b2f7e",)";
  text +=
      R"("configurationItems":[{"configurationItemVersion":"1.3","resourceType":"AWS::S3::Bucket",)";
  text += R"("awsAccountId":")";
  text += account;
  text += R"(","awsRegion":")";
  text += region;
  return text + R"(","configurationItemStatus":"OK","resourceId":"trail-logs"}]})";
}

}  // namespace

std::string_view to_string(Damage damage) { return kNames[static_cast<size_t>(damage)]; }

std::string damaged_bytes(Damage damage, std::string_view text, std::string_view account,
                          std::string_view region) {
  switch (damage) {
    case Damage::kTruncatedGzip: {
      std::string stored = gzip_compress(text, kLevel);
      stored.resize(stored.size() * 2 / 3);
      return stored;
    }
    case Damage::kCutJson:
      return gzip_compress(text.substr(0, text.size() - text.size() / 5 - 7), kLevel);
    case Damage::kBadUtf8:
      return gzip_compress(with_bytes(text, "\xC3\x28\xFF\xFE"), kLevel);
    case Damage::kNulBytes:
      return gzip_compress(with_bytes(text, std::string(64, '\0')), kLevel);
    case Damage::kEmptyFile:
      return {};
    case Damage::kEmptyText:
      return gzip_compress("", kLevel);
    case Damage::kNotGzip:
      return std::string(text);
    case Damage::kDigest:
      return gzip_compress(digest(account, region), kLevel);
    case Damage::kConfig:
      return gzip_compress(config(account, region), kLevel);
    case Damage::kCount:
      break;
  }
  CAIRN_CHECK(false && "no such damage");
}

}  // namespace cairn::simulate
