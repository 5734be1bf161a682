#pragma once

// Jobs with the lake.

#include "base/result.h"
#include "engine/engine.h"
#include "engine/explore_jobs.h"
#include "lake/lake.h"
#include "lake/loader.h"

#include <string>
#include <vector>

namespace cairn::engine {

struct LoadJob {
  std::vector<std::string> inputs;  // files, folders, "-"
  unsigned threads = 0;             // 0: one for each processor
  size_t memory_bytes = 32u << 20;  // of records that are collected before they are written
  bool without_raw = false;         // see lake::LoadOptions
};

struct LoadResult {
  ReadSummary read;
  lake::LoadSummary lake;
};

/// Reads inputs into a lake that is open for writing, each object once. Interrupted, it writes what
/// it has read and says so. Fails when an input does not exist, or the lake cannot be written; what
/// was committed until then stays.
Result<LoadResult> run_load(World world, lake::Lake& lake, const LoadJob& job,
                            const ScanProgressCallback& progress);

/// Saves findings in a lake that is open for writing: lines of findings.jsonl.
Status save_findings(lake::Lake& lake, std::string_view jsonl);

/// Like run_show(), with the records of the lake: `options.read` does not matter.
Result<ShowResult> run_lake_show(World world, lake::Lake& lake, const ShowOptions& options);

}  // namespace cairn::engine
