#include "integrity/integrity.h"

#include <numeric>

namespace cairn::integrity {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "valid";
    case Verdict::kAltered:
      return "altered";
    case Verdict::kMissing:
      return "missing";
    case Verdict::kUnsigned:
      return "unsigned";
    case Verdict::kDigestMissing:
      return "digest-missing";
    case Verdict::kChainBroken:
      return "chain-broken";
    case Verdict::kSignatureInvalid:
      return "signature-invalid";
    case Verdict::kKeyUnknown:
      return "key-unknown";
    case Verdict::kNotCovered:
      return "not-covered";
  }
  return "?";
}

bool is_broken(Verdict verdict) {
  return verdict != Verdict::kValid && verdict != Verdict::kKeyUnknown &&
         verdict != Verdict::kNotCovered;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kProven:
      return "proven";
    case Outcome::kGaps:
      return "gaps";
    case Outcome::kBroken:
      return "broken";
    case Outcome::kNothing:
      return "no-digests";
  }
  return "?";
}

uint64_t VerifySummary::digest_count() const {
  return std::accumulate(digests.begin(), digests.end(), uint64_t{0});
}
uint64_t VerifySummary::log_count() const {
  return std::accumulate(logs.begin(), logs.end(), uint64_t{0});
}

uint64_t VerifySummary::broken() const {
  uint64_t count = 0;
  for (size_t i = 0; i < kVerdictCount; ++i) {
    auto verdict = static_cast<Verdict>(i);
    if (!is_broken(verdict)) continue;
    count += logs[i];
    // A digest without a signature is not proven; a log without a digest should not be there.
    if (verdict != Verdict::kUnsigned) count += digests[i];
  }
  return count;
}

}  // namespace cairn::integrity
