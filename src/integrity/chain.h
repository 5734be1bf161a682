#pragma once

// One chain of digests: of one trail, account and region. Decides, without any input or output,
// what each digest is worth and which are not there.
//
// A chain is held together twice: each digest names the one before, with its hash and signature;
// and there is one for every hour. The first alone misses digests at the end and all but one of
// several that are gone in a row; the second alone misses that one was exchanged.

#include "base/time.h"
#include "integrity/digest.h"
#include "integrity/integrity.h"
#include "integrity/object_name.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::integrity {

/// A digest file as it was read. Its list of logs is kept elsewhere.
struct Link {
  std::string file;  // its name
  Timestamp end{};   // by its name
  bool backfill = false;
  std::string fault;   // why it is no digest: damaged, no JSON; "" when it is one
  Digest digest;       // without its logs, when there is no fault
  std::string hash;    // of its text
  bool moved = false;  // it says that it is somewhere else
  bool has_side_car = false;
  SideCar side_car;
  uint64_t log_count = 0;
};

/// What a digest is worth.
struct LinkVerdict {
  Verdict verdict = Verdict::kValid;
  std::string reason;
  bool trusted = false;  // its list is CloudTrail's own: signed
  bool usable = false;   // trusted, or agrees with all that is known but for want of a key
};

struct MissingDigest {
  std::string file;  // its name
  Timestamp start{}, end{};
  std::string reason;
};

struct ChainVerdict {
  std::vector<LinkVerdict> links;  // as given
  std::vector<MissingDigest> missing;
  std::vector<Gap> gaps;
  std::vector<std::string> remarks;
  bool history_ends = false;  // the oldest digest names one before it, which is not here
};

struct ChainBounds {
  std::optional<Timestamp> from;          // digests that ended before are not asked for
  std::optional<Timestamp> expected_end;  // there should be digests until then
};

/// Judges the digests of one chain, which are in order of their end; checks their signatures on so
/// many threads.
ChainVerdict judge_chain(const std::vector<Link>& links, const KeySet& keys,
                         const ChainBounds& bounds, unsigned threads);

}  // namespace cairn::integrity
