#pragma once

// Evidence manifests: what went into a result and what came out, signed. JSON lines, the last of
// which signs all bytes before it (docs/reference/evidence.md):
//
//   {"cairn_manifest":1,"version":…,"command":…,"made":…,…}
//   {"input":PATH,"object":KEY,"size":…,"sha256":…,"verdict":…}
//   {"result":PATH,"size":…,"sha256":…}
//   {"algorithm":"Ed25519","public_key":HEX,"signature":HEX}

#include "base/result.h"
#include "base/time.h"
#include "crypto/crypto.h"
#include "sys/files.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn::integrity {

/// What a manifest says of the run itself.
struct ManifestFacts {
  std::string version, command;
  Timestamp made{};
  std::vector<std::pair<std::string, std::string>> more;  // further members, in order
};

/// What went in and came out.
struct ManifestFiles {
  std::vector<std::string> inputs;              // files and folders
  std::vector<std::string> results;             // the same
  std::map<std::string, std::string> verdicts;  // of inputs, by path
};

/// Hashes every file and returns the signed text. Folders stand for all files in them; links are
/// not followed. Fails when a file cannot be read.
Result<std::string> make_manifest(Files& files, const ManifestFacts& facts,
                                  const ManifestFiles& content, const crypto::SecretKey& key,
                                  unsigned threads);

/// What checking a manifest came to.
struct ManifestCheck {
  std::string version, command, made, public_key;  // as it says; the key in hexadecimal
  bool signature_valid = false;
  uint64_t inputs = 0, inputs_same = 0, inputs_absent = 0;
  uint64_t results = 0, results_same = 0, results_absent = 0;
  std::vector<std::string> changed;  // files that are here, but are not what it says: a path each
};

/// Checks a manifest's signature, and every file of it that is here. Paths are looked for as they
/// stand there, relative ones from `root`. Fails with kInvalidInput when the text is no manifest.
/// A key of one's own trust is for the caller to compare with.
Result<ManifestCheck> check_manifest(Files& files, std::string_view text, const std::string& root,
                                     unsigned threads);

/// Makes the file of a private signing key, for its owner only: one line, "cairn-signing-key-1 "
/// and 64 hexadecimal digits. Fails with kInvalidInput when the name is taken.
Status make_signing_key(const std::string& path);
/// Reads one.
Result<crypto::SecretKey> read_signing_key(Files& files, const std::string& path);
/// $CAIRN_SIGNING_KEY, else $XDG_CONFIG_HOME/cairn/signing.key, else ~/.config/cairn/signing.key.
std::string default_signing_key();

}  // namespace cairn::integrity
