#pragma once

// Evidence manifests of jobs: integrity/manifest.h with what only the engine knows.

#include "base/result.h"
#include "engine/engine.h"
#include "integrity/manifest.h"

#include <string>
#include <utility>
#include <vector>

namespace cairn::engine {

struct EvidenceRequest {
  std::string path;                                       // of the manifest
  std::string signing_key;                                // "": integrity::default_signing_key()
  std::string command;                                    // the command line
  std::vector<std::pair<std::string, std::string>> more;  // further members of the first line
  integrity::ManifestFiles content;
  unsigned threads = 0;
};

/// Hashes what went in and came out, now, and writes the signed manifest, which appears whole or
/// not at all.
Status write_evidence(World world, const EvidenceRequest& request);
/// Fails when write_evidence() would have no key: asked before any work is done.
Status check_signing_key(World world, const std::string& path);

/// Returns the SHA-256 of the rules that these options load, as hexadecimal digits: of each rule's
/// id and what its condition came to.
Result<std::string> hash_of_rules(World world, const RuleOptions& options);

}  // namespace cairn::engine
