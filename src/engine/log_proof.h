#pragma once

// Proves the logs of a scan with CloudTrail's digests, before they are read.

#include "base/result.h"
#include "engine/engine.h"
#include "integrity/integrity.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::engine {

/// What verifying the inputs of a scan came to. Keeps 16 bytes of each file. One thread.
class LogProof {
 public:
  /// Verifies the inputs, which must be folders that a trail's bucket was copied to, with
  /// `options.key_files`, for the time, accounts and regions of the filter. Fails when an input is
  /// no such folder, or a key file cannot be used.
  static Result<LogProof> make(World world, const ScanOptions& options,
                               const ScanProgressCallback& progress);

  const integrity::VerifySummary& summary() const { return summary_; }
  /// Returns what is known of an input file, as a word of integrity::Verdict.
  std::string_view verdict_of(Files& files, const std::string& file);

 private:
  struct Entry {
    uint64_t path;  // a hash of it
    integrity::Verdict verdict;
  };

  void add(const integrity::FileVerdict& file);
  integrity::Verdict find(std::string_view real_path) const;

  integrity::VerifySummary summary_;
  std::vector<Entry> entries_;  // by path
  std::map<std::string, integrity::Verdict> asked_;
};

}  // namespace cairn::engine
