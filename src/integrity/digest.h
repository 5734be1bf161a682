#pragma once

// CloudTrail's digest files: once an hour, for each trail, account and region, a signed list of the
// log files that were delivered, with their hashes and with the hash and signature of the digest
// before it ("CloudTrail digest file structure", AWS documentation, 2025). Everything here is from
// outside and not to be trusted until its signature was checked.

#include "base/result.h"
#include "base/time.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::integrity {

/// A log file that a digest lists.
struct ListedLog {
  std::string object;  // its key in the bucket, as written: untrusted
  std::string hash;    // 32 bytes: SHA-256 of the text before compression
};

/// The digest before, in the words of the one after.
struct PreviousDigest {
  std::string bucket, object;
  std::string hash;       // 32 bytes: SHA-256 of the text before compression
  std::string signature;  // hexadecimal digits, as written
};

struct Digest {
  std::string account;
  std::string end_text;  // as written: it is signed
  Timestamp start{}, end{};
  std::string bucket, object;              // where it says that it is
  std::string fingerprint;                 // of the public key, lower case
  std::optional<PreviousDigest> previous;  // none: a starting digest
  std::vector<ListedLog> logs;
};

/// Reads a digest's text. Fails with kInvalidInput, naming the field, when it is no JSON object,
/// when a field is missing or of another type, or names an algorithm that is not CloudTrail's.
Result<Digest> parse_digest(std::string_view text);

/// Returns what CloudTrail signs: the end time, the place, the SHA-256 of the text (`hash`, 32
/// bytes) and the signature of the digest before, a line each.
std::string data_to_sign(const Digest& digest, std::string_view hash);

/// What S3 keeps beside a digest as the object's metadata.
struct SideCar {
  std::string signature;      // hexadecimal digits, as written; "" when there is none
  std::string backfill_time;  // "" when there is none
};

/// Reads the metadata of an object as `OBJECT.metadata.json` holds it: an object of texts, keys
/// with or without "x-amz-meta-", also inside "Metadata" as `aws s3api head-object` prints it.
/// Fails with kInvalidInput.
Result<SideCar> parse_side_car(std::string_view text);

}  // namespace cairn::integrity
