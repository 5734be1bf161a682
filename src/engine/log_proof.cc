#include "engine/log_proof.h"

#include "crypto/crypto.h"
#include "engine/verify_job.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace cairn::engine {

namespace {

// An event is delivered so long after it happened, at most.
constexpr std::chrono::hours kDelivery(2);

/// Names are an attacker's: no hash for which another name with the same value can be made.
uint64_t hash_of(std::string_view path) {
  uint64_t hash = 0;
  std::memcpy(&hash, crypto::sha256(path).data(), sizeof hash);
  return hash;
}

integrity::VerifyOptions options_of(World world, const ScanOptions& scan) {
  integrity::VerifyOptions options;
  options.roots = scan.inputs;
  options.from = scan.filter.from;
  if (scan.filter.to) options.to = *scan.filter.to + kDelivery;
  options.accounts = scan.filter.accounts;
  options.regions = scan.filter.regions;
  options.threads = scan.threads;
  options.now = world.clock.now();
  return options;
}

}  // namespace

Result<LogProof> LogProof::make(World world, const ScanOptions& options,
                                const ScanProgressCallback& progress) {
  TRY_ASSIGN(integrity::KeySet keys, read_key_files(world.files, options.key_files));
  LogProof proof;
  auto visit = [&](const integrity::FileVerdict& file) -> Status {
    proof.add(file);
    return {};
  };
  auto tick = [&](const integrity::VerifyProgress& state) {
    if (!progress) return;
    ScanProgress told;
    told.phase = "verifying";
    told.files = state.files;
    told.files_total = state.files_total;
    told.bytes = state.bytes;
    told.bytes_total = state.bytes_total;
    told.totals_final = state.phase != "listing";
    told.seconds = state.seconds;
    progress(told);
  };
  auto summary = integrity::verify(world.files, keys, options_of(world, options), world.interrupted,
                                   visit, tick);
  if (!summary.ok()) return std::move(summary).error().with_context("--keys");
  proof.summary_ = std::move(summary).value();
  std::sort(proof.entries_.begin(), proof.entries_.end(),
            [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return proof;
}

void LogProof::add(const integrity::FileVerdict& file) {
  if (!file.digest) entries_.push_back({hash_of(file.path), file.verdict});
}

integrity::Verdict LogProof::find(std::string_view real_path) const {
  uint64_t hash = hash_of(real_path);
  auto found = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                [](const Entry& entry, uint64_t h) { return entry.path < h; });
  bool known = found != entries_.end() && found->path == hash;
  return known ? found->verdict : integrity::Verdict::kNotCovered;
}

std::string_view LogProof::verdict_of(Files& files, const std::string& file) {
  auto [asked, is_new] = asked_.try_emplace(file);
  if (is_new) {
    auto real = files.real_path(file);
    asked->second = find(real.ok() ? real.value() : file);
  }
  return to_string(asked->second);
}

}  // namespace cairn::engine
