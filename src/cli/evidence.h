#pragma once

// Writing an evidence manifest beside what a command does, and checking one.

#include "cli/arguments.h"
#include "engine/engine.h"
#include "engine/evidence.h"

#include <string>
#include <utility>
#include <vector>

namespace cairn::cli {

/// Says whether the manifest that was asked for can be signed; prints why not, and returns the exit
/// code. 0 when none was asked for.
int prepare_evidence(const EvidenceChoice& choice, engine::World world);

/// Writes the manifest that was asked for. Returns `code`, or what its failure comes to.
int write_evidence(const EvidenceChoice& choice, engine::World world,
                   integrity::ManifestFiles content,
                   std::vector<std::pair<std::string, std::string>> more, int code);

/// Checks a manifest: prints what it came to, and returns the exit code.
int check_evidence(const VerifyCommand& command, engine::World world);

}  // namespace cairn::cli
