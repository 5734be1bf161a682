#pragma once

// The door of `integrity`: are the logs complete and untouched? Proves a local copy of a trail's
// bucket with CloudTrail's own signed digests, offline.
//
//   KeySet keys;
//   TRY(keys.add(list_public_keys_answer));
//   TRY_ASSIGN(auto summary, verify(files, keys, options, visit, progress));
//
// For each account and region of each trail, the digests of the wanted time are read and checked:
// their signatures, their place, what each says of the one before, and whether there is one for
// every hour. Then every log file is hashed and held against the digests that are proven. Nothing
// is ever opened by a name that stands in a digest: such names are only looked up among the files
// that listing the folder has found, and links are not followed.

#include "base/result.h"
#include "base/time.h"
#include "crypto/signatures.h"
#include "sys/files.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::integrity {

/// What is known of one log file or digest.
enum class Verdict : uint8_t {
  kValid,             // as CloudTrail delivered it: proven
  kAltered,           // its content is not what was signed
  kMissing,           // a proven digest lists it; it is not here
  kUnsigned,          // a log: of a time that digests cover, but in none; a digest: no signature
  kDigestMissing,     // a digest that should be here is not
  kChainBroken,       // a digest that is signed, but contradicts the one before it
  kSignatureInvalid,  // the signature does not belong to the content
  kKeyUnknown,        // agrees with the digests, whose public key was not given
  kNotCovered,        // no proven digest speaks of it
};
inline constexpr size_t kVerdictCount = 9;
/// Returns "valid", "altered", "missing", "unsigned", "digest-missing", "chain-broken",
/// "signature-invalid", "key-unknown" or "not-covered".
std::string_view to_string(Verdict verdict);
/// True for what must not be in a bucket that nobody touched; the others but kValid are gaps:
/// nothing is known to be wrong, but nothing is proven.
bool is_broken(Verdict verdict);

/// The answer to the question as a whole.
enum class Outcome : uint8_t { kProven, kGaps, kBroken, kNothing };
/// Returns "proven", "gaps", "broken" or "no-digests".
std::string_view to_string(Outcome outcome);

/// CloudTrail's public keys, by fingerprint.
class KeySet {
 public:
  struct Entry {
    std::optional<crypto::RsaPublicKey> key;  // none: not a key that can be read
    Timestamp from{}, to{};
  };

  /// Adds what `aws cloudtrail list-public-keys` answered. Fails with kInvalidInput when it is no
  /// such answer; a single key that cannot be read is kept as such, and noted in remarks().
  Status add(std::string_view json);
  const Entry* find(std::string_view fingerprint) const;
  size_t size() const { return entries_.size(); }
  /// What is odd about the keys, a sentence each.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<std::string> remarks_;
};

struct VerifyOptions {
  std::vector<std::string> roots;     // folders that hold AWSLogs, or are it, or an account's in it
  std::optional<Timestamp> from, to;  // of delivery, inclusive
  std::vector<std::string> accounts, regions;  // globs; empty: all
  unsigned threads = 0;                        // 0: one for each processor
  Timestamp now{};                             // digests are not expected after it
  bool stored_hashes = false;                  // tell FileVerdict::stored_sha256 of every log
};

/// One log file or digest, looked at. Views are good during the call.
struct FileVerdict {
  bool digest = false;
  Verdict verdict = Verdict::kValid;
  std::string_view path;    // of the file; of one that is not here, where it would be
  std::string_view object;  // its key from AWSLogs on
  std::string_view account, region;
  Timestamp time{};  // of delivery, by its name; of a digest its end
  uint64_t size_bytes = 0;
  std::string_view sha256;         // 32 bytes, of the text before compression; empty when not read
  std::string_view stored_sha256;  // 32 bytes, of the file's own; empty when not asked for
  std::string_view reason;         // one clause; empty for kValid without remark
};
using FileVerdictVisitor = std::function<Status(const FileVerdict&)>;

/// Files of one verdict of one account and region: what a person is told.
struct Finding {
  std::string code;   // "INT-ALTERED"
  std::string level;  // "critical", "high", "medium"
  std::string title, account, region, next_step;
  Verdict verdict = Verdict::kAltered;
  bool digests = false;  // of digests, else of logs
  uint64_t count = 0;
  Timestamp first{}, last{};         // of delivery
  std::vector<std::string> objects;  // the first few, with the reason behind a tab
  /// As of rules: "attack.t1070", "PCI 10.3.4". Empty for what is only not proven.
  std::vector<std::string> tags, frameworks;
};
inline constexpr size_t kFindingObjects = 20;

/// A stretch of a chain without digests that no file is to blame for.
struct Gap {
  Timestamp from{}, to{};
  std::string reason;
};

/// The digests of one trail for one account and region.
struct Chain {
  std::string organization, account, region, trail, home_region;
  bool backfill = false;
  uint64_t digests = 0, proven = 0, missing = 0, starting = 0, empty = 0;
  Timestamp first{}, last{};  // what the digests that are here cover
  std::vector<Gap> gaps;
  std::vector<std::string> remarks;
};

/// One hour of one account and region.
struct HourCell {
  uint32_t files = 0;     // present
  uint32_t listed = 0;    // by proven digests
  uint32_t verified = 0;  // present, listed, and the same
  uint32_t missing = 0, altered = 0, unsigned_files = 0, unproven = 0;
  uint32_t late = 0;  // listed by the digest of a later hour
  /// Of the hour's digests: all proven; some are not; none is here.
  enum class Digests : uint8_t { kNone, kProven, kUnproven, kBroken } digests = Digests::kNone;
};
struct CoverageRow {
  std::string organization, account, region;
  std::map<int64_t, HourCell> hours;  // by hours since 1970
};

struct VerifySummary {
  Outcome outcome = Outcome::kNothing;
  std::array<uint64_t, kVerdictCount> digests{}, logs{};  // by verdict
  uint64_t stored_bytes = 0, text_bytes = 0;              // that were read
  uint64_t duplicates = 0;                                // logs that several digests list alike
  uint64_t uncompressed = 0;  // files that are here without their compression
  uint64_t other_kinds = 0;   // Insight and other files that no digest lists: not judged
  uint64_t links = 0;         // links that were not followed
  uint64_t history_ends = 0;  // chains whose oldest digest names one that is not here
  std::vector<Chain> chains;
  std::vector<CoverageRow> coverage;
  std::vector<Finding> findings;  // worst first
  std::vector<std::string> remarks, unreadable;
  Timestamp first{}, last{};  // what proven digests cover, over all chains
  bool interrupted = false;
  double seconds = 0;

  uint64_t digest_count() const;
  uint64_t log_count() const;
  uint64_t broken() const;
};

/// How far it is. Totals are known from the first call in phase "hashing" on.
struct VerifyProgress {
  // "listing", then "no digests in this time, listing logs" when it is so, then "hashing"
  std::string_view phase;
  uint64_t files = 0, files_total = 0, bytes = 0, bytes_total = 0;
  double seconds = 0;
};
/// Called about ten times a second, from the caller's thread.
using VerifyProgressCallback = std::function<void(const VerifyProgress&)>;

/// Looks at everything and tells each file to `visit`, in order of account, region and name.
/// Memory: about 300 bytes for each file of one account and region in the wanted time, and one
/// buffer for each thread. Fails with kNotFound or kInvalidInput when a root is no such folder, and
/// with the visitor's error. Interrupted, it says so and has judged what it has seen.
Result<VerifySummary> verify(Files& files, const KeySet& keys, const VerifyOptions& options,
                             const std::atomic<bool>& interrupted, const FileVerdictVisitor& visit,
                             const VerifyProgressCallback& progress);

}  // namespace cairn::integrity
