#pragma once

// CloudTrail's signed digests over the logs that simulate() wrote, and what goes wrong with them.
//
//   FOLDER/AWSLogs/<account>/CloudTrail-Digest/<region>/Y/M/D/….json.gz   one for each hour
//   ….json.gz.metadata.json         what S3 keeps as the object's metadata: its signature
//   FOLDER/public-keys.json         what `aws cloudtrail list-public-keys` would answer
//   FOLDER/truth/integrity.jsonl    one line for each file that is not valid, and its verdict; a
//                                   first line says what was done and what it comes to
//
// The keys are made from the seed: they are worth nothing outside of a simulation.

#include "base/result.h"
#include "base/time.h"
#include "sys/files.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cairn::simulate {

/// One thing that can be done to the logs or their digests.
struct TamperKind {
  std::string_view name;         // "edited-log"
  std::string_view description;  // one sentence
};
/// Returns every kind, in the order of the documentation.
std::span<const TamperKind> tamper_kinds();

struct DigestPlan {
  uint64_t seed = 1;
  Timestamp start{};                        // the chains begin with this hour
  std::string tamper;                       // name of a kind; "": nothing is done
  std::string bucket = "acme-cloudtrail";   // in the digests
  std::string trail = "management-events";  // in their names
};

struct DigestSummary {
  uint64_t digests = 0, logs = 0;
  std::string tampered;  // what was done to what, in words; "" when nothing was
};

/// Writes digests over all logs below FOLDER/AWSLogs, from `start` to the hour after the last of
/// them. Fails with kInvalidInput for an unknown kind, or when there are too few logs for it.
Result<DigestSummary> write_digests(Files& files, const std::string& folder,
                                    const DigestPlan& plan);

}  // namespace cairn::simulate
