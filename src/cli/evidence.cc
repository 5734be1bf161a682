#include "cli/evidence.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/listing_output.h"
#include "cli/screen.h"
#include "crypto/signatures.h"

#include <algorithm>

namespace cairn::cli {

namespace {

constexpr uint64_t kManifestBytes = 1u << 30;
constexpr size_t kChangedShown = 10;

/// The public key of the user's own signing key; "" when there is none.
std::string own_key(const std::string& path, engine::World world) {
  auto key = integrity::read_signing_key(world.files,
                                         path.empty() ? integrity::default_signing_key() : path);
  if (!key.ok()) return "";
  auto made = crypto::ed25519_public_key(key.value());
  return made.ok() ? crypto::to_hex(made.value()) : "";
}

std::string files_line(const char* what, uint64_t all, uint64_t same, uint64_t absent) {
  if (all == 0) return "";
  std::string text = std::string(what) + format_count(same) + " of " + format_count(all) +
                     " are here and the same";
  if (absent > 0) text += ", " + format_count(absent) + " are not here";
  return text + "\n";
}

}  // namespace

int prepare_evidence(const EvidenceChoice& choice, engine::World world) {
  if (choice.manifest.empty()) return 0;
  Status key = engine::check_signing_key(world, choice.signing_key);
  return key.ok() ? 0 : job_failed(key.error());
}

int write_evidence(const EvidenceChoice& choice, engine::World world,
                   integrity::ManifestFiles content,
                   std::vector<std::pair<std::string, std::string>> more, int code) {
  if (choice.manifest.empty()) return code;
  std::erase(content.results, "");
  std::erase(content.results, "-");
  engine::EvidenceRequest request;
  request.path = choice.manifest;
  request.signing_key = choice.signing_key;
  request.command = choice.command;
  request.more = std::move(more);
  request.content = std::move(content);
  Status written = engine::write_evidence(world, request);
  if (written.ok()) return code;
  complain("the manifest was not written: " + written.error().message);
  return kExitIncomplete;
}

int check_evidence(const VerifyCommand& command, engine::World world) {
  const std::string& path = command.evidence.manifest;
  auto text = read_file(world.files, path, kManifestBytes);
  if (!text.ok()) return job_failed(text.error());
  auto checked = integrity::check_manifest(world.files, text.value(), command.root,
                                           command.job.options.threads);
  if (!checked.ok()) return job_failed(std::move(checked).error().with_context(path));
  const integrity::ManifestCheck& check = checked.value();
  std::string trusted = to_lower(command.public_key);
  bool other_key = !trusted.empty() && trusted != check.public_key;
  std::string out = "Signature ";
  out += check.signature_valid ? "valid, by the key " + printable(check.public_key) + "\n"
                               : "INVALID: the manifest was changed after it was signed\n";
  if (check.signature_valid && other_key) {
    out += "          NOT the key that was given with --public-key\n";
  } else if (check.signature_valid && trusted.empty()) {
    out += own_key(command.evidence.signing_key, world) == check.public_key
               ? "          (your own signing key)\n"
               : "          Whose key it is, the manifest cannot prove: compare it, or give "
                 "--public-key\n";
  }
  out += "Made by   cairn " + printable(check.version) + ", " + printable(check.made) + "\n";
  out += "Command   " + printable(check.command) + "\n";
  out += files_line("Inputs    ", check.inputs, check.inputs_same, check.inputs_absent);
  out += files_line("Results   ", check.results, check.results_same, check.results_absent);
  size_t shown = std::min(check.changed.size(), kChangedShown);
  for (size_t i = 0; i < shown; ++i) out += "CHANGED   " + printable(check.changed[i]) + "\n";
  if (check.changed.size() > shown)
    out += "          and " + format_count(check.changed.size() - shown) + " more\n";
  if (!command.appearance.quiet && !print_out(out)) return kExitIncomplete;
  if (!check.signature_valid || other_key || !check.changed.empty()) return kExitFindings;
  return check.results_absent + check.inputs_absent > 0 ? kExitIncomplete : 0;
}

}  // namespace cairn::cli
