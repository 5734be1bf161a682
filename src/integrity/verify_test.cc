// Whole verifications in memory, over chains that this file makes itself: the simulator's writer of
// digests is another one, and tests/golden/verify.test holds the two against each other.

#include "base/text.h"
#include "crypto/crypto.h"
#include "formats/compression.h"
#include "integrity/digest.h"
#include "integrity/integrity.h"
#include "integrity/object_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

namespace cairn::integrity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const crypto::SimulatedRsaKey& test_key() {
  static const crypto::SimulatedRsaKey key = crypto::SimulatedRsaKey::from_seed("test").value();
  return key;
}

Timestamp at_hour(int hour) { return *parse_event_time("2026-01-02T00:00:00Z") + hours(hour); }

std::string keys_json(const char* from = "2025-01-01T00:00:00Z",
                      const char* to = "2027-01-01T00:00:00Z") {
  std::string der = test_key().public_pkcs1();
  return R"({"PublicKeyList":[{"Value":")" + crypto::to_base64(der) + R"(","ValidityStartTime":")" +
         from + R"(","ValidityEndTime":")" + to + R"(","Fingerprint":")" +
         crypto::to_hex(crypto::md5(der)) + R"("}]})";
}

/// One bucket in the making: one account and region.
struct Bucket {
  FakeFiles files;
  std::string prefix, trail = "t1";
  std::string account = "111122223333", region = "us-east-2";
  // What the last digest was.
  std::string last_object, last_hash, last_signature;

  std::string base() const { return prefix + "AWSLogs/" + account + "/"; }
  std::string log_object(int hour, int minute, const std::string& unique) const {
    char time[32];
    std::snprintf(time, sizeof time, "20260102T%02d%02dZ", hour, minute);
    return base() + "CloudTrail/" + region + "/2026/01/02/" + account + "_CloudTrail_" + region +
           "_" + time + "_" + unique + ".json.gz";
  }
  std::string add_log(int hour, int minute, const std::string& unique) {
    std::string object = log_object(hour, minute, unique);
    files.contents["b/" + object] = gzip_compress("{\"Records\":[\"" + unique + "\"]}", 6);
    return object;
  }
  static std::string hash_of(const std::string& unique) {
    return crypto::to_hex(crypto::sha256("{\"Records\":[\"" + unique + "\"]}"));
  }
  std::string digest_object(int hour, bool backfill = false) const {
    std::string file = digest_file_name(account, region, trail, "us-east-2", at_hour(hour));
    if (backfill) file.insert(file.size() - 8, "_backfill");
    return base() + "CloudTrail-Digest/" + region + "/" + day_folder(at_hour(hour)) + "/" + file;
  }
  std::string path(int hour) const { return "b/" + digest_object(hour); }

  /// Writes the digest that ends at an hour, over logs given as object and unique text.
  void add_digest(int hour, const std::vector<std::pair<std::string, std::string>>& logs,
                  bool starting = false, bool side_car = true, bool backfill = false) {
    Digest digest;
    digest.end_text = format_time(at_hour(hour));
    digest.bucket = "bucket";
    digest.object = digest_object(hour, backfill);
    std::string previous =
        R"("previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null)";
    if (!starting) {
      digest.previous = PreviousDigest{"bucket", last_object, "", last_signature};
      previous = R"("previousDigestS3Bucket":"bucket","previousDigestS3Object":")" + last_object +
                 R"(","previousDigestHashValue":")" + last_hash +
                 R"(","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":")" +
                 last_signature + "\"";
    }
    std::string text = R"({"awsAccountId":")" + account + R"(","digestStartTime":")" +
                       format_time(at_hour(hour - 1)) + R"(","digestEndTime":")" + digest.end_text +
                       R"(","digestS3Bucket":"bucket","digestS3Object":")" + digest.object +
                       R"(","digestPublicKeyFingerprint":")" +
                       crypto::to_hex(crypto::md5(test_key().public_pkcs1())) +
                       R"(","digestSignatureAlgorithm":"SHA256withRSA",)" + previous +
                       R"(,"logFiles":[)";
    for (size_t i = 0; i < logs.size(); ++i) {
      text += std::string(i > 0 ? "," : "") + R"({"s3Bucket":"bucket","s3Object":")" +
              logs[i].first + R"(","hashValue":")" + hash_of(logs[i].second) +
              R"(","hashAlgorithm":"SHA-256"})";
    }
    text += "]}";
    std::string signature =
        crypto::to_hex(test_key().sign(data_to_sign(digest, crypto::sha256(text))).value());
    files.contents["b/" + digest.object] = gzip_compress(text, 6);
    if (side_car) {
      files.contents["b/" + digest.object + ".metadata.json"] =
          R"({"signature":")" + signature + R"("})";
    }
    last_object = digest.object;
    last_hash = crypto::to_hex(crypto::sha256(text));
    last_signature = signature;
  }

  /// Hours 1 to 6, one log in each but the third.
  void fill() {
    for (int hour = 1; hour <= 6; ++hour) {
      std::string unique = "log" + std::to_string(hour);
      std::vector<std::pair<std::string, std::string>> logs;
      if (hour != 3) logs.emplace_back(add_log(hour - 1, 15, unique), unique);
      add_digest(hour, logs, hour == 1);
    }
  }
};

struct Verified {
  VerifySummary summary;
  std::string text;  // "D 04 altered\nL 02 missing\n": what is not valid, by hour of its name
};

Verified run(Bucket& bucket, VerifyOptions options = {}, std::string keys = keys_json()) {
  KeySet set;
  if (!keys.empty()) {
    EXPECT_TRUE(set.add(keys).ok());
  }
  if (options.roots.empty()) options.roots = {"b"};
  options.now = at_hour(1000);
  options.threads = 2;
  std::atomic<bool> interrupted{false};
  Verified out;
  auto summary = verify(bucket.files, set, options, interrupted,
                        [&](const FileVerdict& file) -> Status {
                          if (file.verdict == Verdict::kValid) return {};
                          out.text += std::string(file.digest ? "D " : "L ") +
                                      format_time(file.time).substr(11, 2) + " " +
                                      std::string(to_string(file.verdict)) + "\n";
                          return {};
                        },
                        {});
  EXPECT_TRUE(summary.ok()) << summary.error().message;
  if (summary.ok()) out.summary = std::move(summary).value();
  return out;
}

std::string edited(const std::string& stored, const std::string& from, const std::string& to) {
  std::string text(100000, '\0');
  size_t written = 0;
  GzipInflater inflater;
  EXPECT_EQ(inflater.inflate(stored, text, written), GzipInflater::Outcome::kDone);
  text.resize(written);
  size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return gzip_compress(text.replace(at, from.size(), to), 6);
}

TEST(VerifyProgress, TellsThatThereAreNoDigestsBeforeItListsLogs) {
  Bucket bucket;
  bucket.add_log(2, 30, "new");
  VerifyOptions options;
  options.roots = {"b"};
  options.now = at_hour(1000);
  std::atomic<bool> interrupted{false};
  std::vector<std::pair<std::string, uint64_t>> phases;
  auto summary = verify(
      bucket.files, {}, options, interrupted, [](const FileVerdict&) -> Status { return {}; },
      [&](const VerifyProgress& progress) {
        if (phases.empty() || phases.back().first != progress.phase)
          phases.emplace_back(progress.phase, progress.files_total);
      });
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary.value().outcome, Outcome::kNothing);
  ASSERT_GE(phases.size(), 2u);
  EXPECT_EQ(phases[0], (std::pair<std::string, uint64_t>("listing", 0)));
  EXPECT_EQ(phases[1].first, "no digests in this time, listing logs");
}

TEST(VerifyStored, TellsTheHashOfTheBytesOfEveryLog) {
  Bucket bucket;
  bucket.fill();
  bucket.add_log(2, 30, "new");  // that no digest lists
  KeySet set;
  ASSERT_TRUE(set.add(keys_json()).ok());
  std::atomic<bool> interrupted{false};
  for (bool wanted : {false, true}) {
    VerifyOptions options;
    options.roots = {"b"};
    options.now = at_hour(1000);
    options.stored_hashes = wanted;
    size_t logs = 0;
    auto summary =
        verify(bucket.files, set, options, interrupted,
               [&](const FileVerdict& file) -> Status {
                 if (file.digest) return {};
                 ++logs;
                 std::string stored = bucket.files.contents[std::string(file.path)];
                 EXPECT_EQ(file.stored_sha256, wanted ? crypto::sha256(stored) : "");
                 EXPECT_EQ(file.sha256.empty(), !wanted && file.verdict == Verdict::kUnsigned);
                 return {};
               },
               {});
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(logs, 6u);
  }
}

struct Row {
  const char* name;
  std::function<void(Bucket&)> change;
  std::string expected;
  Outcome outcome;
};

class Verify : public testing::TestWithParam<Row> {};

TEST_P(Verify, GivesExactlyTheseVerdicts) {
  Bucket bucket;
  bucket.fill();
  GetParam().change(bucket);
  Verified verified = run(bucket);
  EXPECT_EQ(verified.text, GetParam().expected);
  EXPECT_EQ(verified.summary.outcome, GetParam().outcome);
}

const Row kRows[] = {
    {"Untouched", [](Bucket&) {}, "", Outcome::kProven},
    {"EditedLog",
     [](Bucket& b) {
       b.files.contents["b/" + b.log_object(1, 15, "log2")] = gzip_compress("{}", 6);
     },
     "L 01 altered\n", Outcome::kBroken},
    {"TwoMembers",
     [](Bucket& b) {
       b.files.contents["b/" + b.log_object(1, 15, "log2")] += gzip_compress("x", 6);
     },
     "L 01 altered\n", Outcome::kBroken},
    {"DamagedLog",
     [](Bucket& b) { b.files.contents["b/" + b.log_object(1, 15, "log2")].pop_back(); },
     "L 01 altered\n", Outcome::kBroken},
    {"DeletedLog", [](Bucket& b) { b.files.contents.erase("b/" + b.log_object(1, 15, "log2")); },
     "L 01 missing\n", Outcome::kBroken},
    {"AddedLog", [](Bucket& b) { b.add_log(2, 30, "new"); }, "L 02 unsigned\n", Outcome::kBroken},
    {"LogBeforeTheChain",
     [](Bucket& b) {
       b.files.contents["b/" + b.base() +
                        "CloudTrail/us-east-2/2026/01/01/"
                        "111122223333_CloudTrail_us-east-2_20260101T0700Z_x.json.gz"] = "x";
     },
     "L 07 not-covered\n", Outcome::kGaps},
    {"LogOfTheNewestHour", [](Bucket& b) { b.add_log(5, 50, "new"); }, "L 05 not-covered\n",
     Outcome::kGaps},
    {"DeletedDigest",
     [](Bucket& b) {
       b.files.contents.erase(b.path(4));
       b.files.contents.erase(b.path(4) + ".metadata.json");
     },
     "D 04 digest-missing\nL 03 not-covered\n", Outcome::kBroken},
    {"TwoDeletedDigests",
     [](Bucket& b) {
       for (int hour : {3, 4}) b.files.contents.erase(b.path(hour));
     },
     "D 03 digest-missing\nD 04 digest-missing\nL 03 not-covered\n", Outcome::kBroken},
    {"EditedDigest",
     [](Bucket& b) {
       b.files.contents[b.path(4)] = edited(b.files.contents[b.path(4)], "\"b", "\"c");
     },
     "D 04 altered\nL 03 not-covered\n", Outcome::kBroken},
    {"EditedNewestDigest",
     [](Bucket& b) {
       b.files.contents[b.path(6)] = edited(b.files.contents[b.path(6)], "T06", "T07");
     },
     "D 06 signature-invalid\nL 05 not-covered\n", Outcome::kBroken},
    {"DamagedDigest", [](Bucket& b) { b.files.contents[b.path(4)] = "{}"; },
     "D 04 altered\nL 03 not-covered\n", Outcome::kBroken},
    {"ForgedSignature",
     [](Bucket& b) { b.files.contents[b.path(4) + ".metadata.json"] = R"({"signature":"00"})"; },
     "D 04 signature-invalid\n", Outcome::kBroken},
    {"SignatureThatIsNoHex",
     [](Bucket& b) { b.files.contents[b.path(4) + ".metadata.json"] = R"({"signature":"zz"})"; },
     "D 04 signature-invalid\n", Outcome::kBroken},
    {"NoSideCars",
     [](Bucket& b) {
       for (int hour = 1; hour <= 6; ++hour)
         b.files.contents.erase(b.path(hour) + ".metadata.json");
     },
     "D 06 unsigned\nL 05 not-covered\n", Outcome::kGaps},
    {"SwappedDigests",
     [](Bucket& b) { std::swap(b.files.contents[b.path(2)], b.files.contents[b.path(5)]); },
     "D 02 altered\nD 05 altered\nL 01 not-covered\nL 04 not-covered\n", Outcome::kBroken},
    {"SwappedLogs",
     [](Bucket& b) {
       std::swap(b.files.contents["b/" + b.log_object(0, 15, "log1")],
                 b.files.contents["b/" + b.log_object(1, 15, "log2")]);
     },
     "L 00 altered\nL 01 altered\n", Outcome::kBroken},
    {"SignedTwice",
     [](Bucket& b) {
       // Digest 4 again, with another list, signed by CloudTrail's own key.
       b.files.contents.erase("b/" + b.log_object(3, 15, "log4"));
       Bucket made;
       for (int hour = 1; hour <= 3; ++hour) {
         std::string unique = "log" + std::to_string(hour);
         std::vector<std::pair<std::string, std::string>> logs;
         if (hour != 3) logs.emplace_back(made.add_log(hour - 1, 15, unique), unique);
         made.add_digest(hour, logs, hour == 1);
       }
       made.add_digest(4, {});
       for (const char* end : {"", ".metadata.json"})
         b.files.contents[b.path(4) + end] = made.files.contents[made.path(4) + end];
     },
     "D 05 chain-broken\n", Outcome::kBroken},
    {"ListedTwice",
     [](Bucket& b) {
       b.add_digest(7, {{b.log_object(5, 15, "log6"), "log6"}});
     },
     "", Outcome::kProven},
    {"StartsAnew",
     [](Bucket& b) {
       b.add_digest(9, {{b.add_log(8, 15, "log9"), "log9"}}, true);
     },
     "", Outcome::kGaps},
    {"StartsAnewAtOnce",
     [](Bucket& b) {
       b.add_digest(7, {{b.add_log(6, 15, "log7"), "log7"}}, true);
     },
     "", Outcome::kProven},
    {"Backfill",
     [](Bucket& b) {
       std::string object = b.add_log(2, 20, "late");
       b.add_digest(3, {{object, "late"}}, true, true, true);
       std::string path = "b/" + b.digest_object(3, true) + ".metadata.json";
       b.files.contents[path].insert(1,
                                     R"("backfill-generation-timestamp":"2026-01-03T00:00:00Z",)");
     },
     "", Outcome::kProven},
    {"BackfillWithoutItsTime",
     [](Bucket& b) {
       std::string object = b.add_log(2, 20, "late");
       b.add_digest(3, {{object, "late"}}, true, true, true);
     },
     "D 03 altered\nL 02 not-covered\n", Outcome::kBroken},
    {"SecondTrail",
     [](Bucket& b) {
       // Its own chain, beside the first in the same folders.
       b.trail = "t_2";
       b.add_digest(5, {{b.add_log(4, 20, "other5"), "other5"}}, true);
       b.add_digest(6, {{b.add_log(5, 20, "other6"), "other6"}});
     },
     "", Outcome::kProven},
    {"SecondTrailEndsEarly",
     [](Bucket& b) {
       // Another trail, in two regions, of which one misses its newest digest.
       b.region = "eu-west-1";
       b.add_digest(5, {}, true);
     },
     "D 06 digest-missing\n", Outcome::kBroken},
    {"UnpackedByABrowser",
     [](Bucket& b) {
       std::string path = "b/" + b.log_object(1, 15, "log2");
       b.files.contents.erase(path);
       b.files.contents[path.substr(0, path.size() - 3)] = "{\"Records\":[\"log2\"]}";
     },
     "", Outcome::kProven},
    {"PathTricks",
     [](Bucket& b) {
       // Names that lead elsewhere, to files that would have the right hash.
       b.files.contents["b/x"] = gzip_compress("{\"Records\":[\"x\"]}", 6);
       b.files.contents["x"] = b.files.contents["b/x"];
       b.add_digest(7, {{b.base() + "CloudTrail/us-east-2/2026/01/02/../../../../../../x", "x"},
                        {"/x", "x"},
                        {"../x", "x"},
                        {b.base() + "CloudTrail/us-east-2/2026/01/02/..", "x"}});
     },
     "L 07 missing\nL 07 missing\nL 07 missing\nL 07 missing\n", Outcome::kBroken},
};

INSTANTIATE_TEST_SUITE_P(Rows, Verify, testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.name; });

TEST(VerifyRange, LooksAtTheWantedTimeOnly) {
  struct Case {
    const char *from, *to;
    std::string expected;
    Outcome outcome;
    uint64_t digests, logs;
  };
  const Case cases[] = {
      // Nothing of the first two hours is asked for, and what is missing there does not matter.
      {"2026-01-02T02:00:00Z", "", "", Outcome::kProven, 4, 3},
      {"", "2026-01-02T01:59:59Z", "L 00 altered\n", Outcome::kBroken, 2, 2},
      {"2026-01-02T01:00:00Z", "2026-01-02T01:59:59Z", "", Outcome::kProven, 1, 1},
      {"2026-01-02T04:00:00Z", "2026-01-02T08:00:00Z", "D 07 digest-missing\nD 08 digest-missing\n",
       Outcome::kBroken, 4, 2},
      {"2027-01-01T00:00:00Z", "", "", Outcome::kNothing, 0, 0},
  };
  for (const Case& one : cases) {
    Bucket bucket;
    bucket.fill();
    bucket.files.contents["b/" + bucket.log_object(0, 15, "log1")] = "x";
    VerifyOptions options;
    if (*one.from != 0) options.from = parse_event_time(one.from);
    if (*one.to != 0) options.to = parse_event_time(one.to);
    Verified verified = run(bucket, options);
    EXPECT_EQ(verified.text, one.expected) << one.from << " " << one.to;
    EXPECT_EQ(verified.summary.outcome, one.outcome) << one.from << " " << one.to;
    EXPECT_EQ(verified.summary.digest_count(), one.digests) << one.from << " " << one.to;
    EXPECT_EQ(verified.summary.log_count(), one.logs) << one.from << " " << one.to;
  }
}

TEST(VerifyKeys, TellsUnknownFromWrong) {
  Bucket bucket;
  bucket.fill();
  Verified without = run(bucket, {}, "");
  EXPECT_EQ(without.summary.outcome, Outcome::kGaps);
  EXPECT_EQ(without.summary.digests[static_cast<size_t>(Verdict::kKeyUnknown)], 6u);
  EXPECT_EQ(without.summary.logs[static_cast<size_t>(Verdict::kKeyUnknown)], 5u);
  // The hashes still say what they say.
  bucket.files.contents["b/" + bucket.log_object(1, 15, "log2")] = gzip_compress("{}", 6);
  EXPECT_EQ(run(bucket, {}, "").summary.outcome, Outcome::kBroken);
  Bucket late;
  late.fill();
  Verified outdated = run(late, {}, keys_json("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"));
  EXPECT_EQ(outdated.summary.digests[static_cast<size_t>(Verdict::kSignatureInvalid)], 6u);
}

TEST(VerifyKeys, ReadsAnswersOfEitherTool) {
  KeySet keys;
  EXPECT_TRUE(keys.add(keys_json()).ok());
  std::string seconds = keys_json();
  for (const char* time : {"\"2025-01-01T00:00:00Z\"", "\"2027-01-01T00:00:00Z\""})
    seconds.replace(seconds.find(time), std::string(time).size(), "1735689600.0");
  KeySet again;
  ASSERT_TRUE(again.add(seconds).ok());
  EXPECT_EQ(again.size(), 1u);
  EXPECT_TRUE(again.remarks().empty());
  for (const char* bad : {"", "{}", "[]", R"({"PublicKeyList":{}})", R"({"PublicKeyList":[1]})",
                          R"({"PublicKeyList":[{"Value":"AAAA","Fingerprint":"x"}]})"}) {
    KeySet none;
    EXPECT_FALSE(none.add(bad).ok()) << bad;
  }
  KeySet odd;
  ASSERT_TRUE(odd.add(R"({"PublicKeyList":[{"Value":"AAAA","Fingerprint":"X",
    "ValidityStartTime":1704067200,"ValidityEndTime":1735689600}]})")
                  .ok());
  ASSERT_NE(odd.find("x"), nullptr);
  EXPECT_FALSE(odd.find("x")->key.has_value());
  EXPECT_EQ(odd.remarks().size(), 1u);
}

TEST(VerifyRoots, TakesTheBucketAPrefixAnAccount) {
  for (const char* root : {"b", "b/p/q", "b/p/q/AWSLogs", "b/p/q/AWSLogs/111122223333"}) {
    Bucket bucket;
    bucket.prefix = "p/q/";
    bucket.fill();
    VerifyOptions options;
    options.roots = {root};
    Verified verified = run(bucket, options);
    EXPECT_EQ(verified.summary.outcome, Outcome::kProven) << root;
    EXPECT_EQ(verified.summary.log_count(), 5u) << root;
  }
  Bucket bucket;
  bucket.fill();
  std::atomic<bool> interrupted{false};
  for (const char* root : {"none", "b/AWSLogs/111122223333/CloudTrail"}) {
    VerifyOptions options;
    options.roots = {root};
    EXPECT_FALSE(verify(bucket.files, KeySet(), options, interrupted, {}, {}).ok()) << root;
  }
}

TEST(VerifyCoverage, CountsByHour) {
  Bucket bucket;
  bucket.fill();
  bucket.files.contents.erase("b/" + bucket.log_object(1, 15, "log2"));
  bucket.add_log(2, 20, "new");
  Verified verified = run(bucket);
  ASSERT_EQ(verified.summary.coverage.size(), 1u);
  std::string text;
  for (const auto& [hour, cell] : verified.summary.coverage[0].hours) {
    text += std::to_string(cell.files) + std::to_string(cell.listed) +
            std::to_string(cell.verified) + std::to_string(cell.missing) +
            std::to_string(cell.unsigned_files) + " ";
  }
  EXPECT_EQ(text, "11100 01010 10001 11100 11100 11100 ");
  ASSERT_EQ(verified.summary.findings.size(), 2u);
  EXPECT_EQ(verified.summary.findings[0].code, "INT-MISSING");
  EXPECT_EQ(verified.summary.findings[0].title, "1 log file listed by a digest but not here");
}

}  // namespace
}  // namespace cairn::integrity
