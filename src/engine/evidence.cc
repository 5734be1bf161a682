#include "engine/evidence.h"

#include "crypto/crypto.h"
#include "engine/pending_file.h"

namespace cairn::engine {

namespace {

std::string key_path(const std::string& path) {
  return path.empty() ? integrity::default_signing_key() : path;
}

}  // namespace

Status check_signing_key(World world, const std::string& path) {
  TRY(integrity::read_signing_key(world.files, key_path(path)));
  return {};
}

Status write_evidence(World world, const EvidenceRequest& request) {
  TRY_ASSIGN(auto key, integrity::read_signing_key(world.files, key_path(request.signing_key)));
  TRY_ASSIGN(auto file, PendingFile::create(world.files, request.path));
  integrity::ManifestFacts facts{version(), request.command, world.clock.now(), request.more};
  TRY_ASSIGN(std::string text,
             integrity::make_manifest(world.files, facts, request.content, key, request.threads));
  TRY(file->out().write(text));
  return file->commit();
}

Result<std::string> hash_of_rules(World world, const RuleOptions& options) {
  TRY_ASSIGN(LoadedRules rules, load_rules(world, options));
  crypto::Sha256 hash;
  for (size_t i = 0; i < rules.infos.size(); ++i) {
    hash.add(rules.infos[i].id + "\n" + rules.explanations[i] + "\n");
  }
  return crypto::to_hex(hash.finish());
}

}  // namespace cairn::engine
