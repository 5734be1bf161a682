#pragma once

// The job of proving logs with CloudTrail's digests.

#include "base/result.h"
#include "engine/engine.h"
#include "integrity/integrity.h"
#include "lake/lake.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cairn::engine {

struct VerifyJob {
  integrity::VerifyOptions options;
  std::vector<std::string> key_files;  // answers of ListPublicKeys
  std::string out_folder;              // "": none; else verify.json, verdicts.jsonl, findings.jsonl
  std::string jsonl_path;              // findings, one a line; "": none
  std::map<std::string, std::string>* verdicts = nullptr;  // also told here, by path
  std::string verdicts_path;   // every file's verdict, one a line; "": none
  lake::Lake* lake = nullptr;  // open for writing: its table `files` takes the verdicts of its logs
};

/// Reads saved answers of ListPublicKeys. The errors name the file.
Result<integrity::KeySet> read_key_files(Files& files, const std::vector<std::string>& paths);

struct VerifyResult {
  integrity::VerifySummary summary;
  uint64_t lake_files = 0;  // of the lake that carry their verdict now
};

/// Verifies, and writes the files that were asked for: each appears whole or not at all. Fails when
/// a root, a key file, an output or the lake cannot be used.
Result<VerifyResult> run_verify(World world, const VerifyJob& job,
                                const integrity::VerifyProgressCallback& progress);

}  // namespace cairn::engine
