#include "engine/verify_job.h"

#include "engine/pending_file.h"
#include "report/integrity_page.h"

#include <memory>

namespace cairn::engine {

namespace {

constexpr uint64_t kKeyFileBytes = 64u << 20;
constexpr size_t kVerdictsAtOnce = 100'000;  // each time, the lake looks through its files

using Pending = std::unique_ptr<PendingFile>;

Result<Pending> open_if(World world, const std::string& path) {
  if (path.empty()) return Pending();
  return PendingFile::create(world.files, path);
}

/// Tells a lake what was found of its files: those with the name and the bytes of a log.
class LakeVerdicts {
 public:
  explicit LakeVerdicts(lake::Lake* lake) : lake_(lake) {}

  Status add(const integrity::FileVerdict& file) {
    if (lake_ == nullptr || file.stored_sha256.empty()) return {};
    waiting_.push_back({std::string(file.object), std::string(file.stored_sha256),
                        std::string(to_string(file.verdict))});
    return waiting_.size() < kVerdictsAtOnce ? Status::success() : flush();
  }
  Status flush() {
    if (waiting_.empty()) return {};
    TRY_ASSIGN(uint64_t known, lake::set_verdicts(*lake_, waiting_));
    known_ += known;
    waiting_.clear();
    return {};
  }
  uint64_t known() const { return known_; }

 private:
  lake::Lake* lake_;
  std::vector<lake::ObjectVerdict> waiting_;
  uint64_t known_ = 0;
};

}  // namespace

Result<integrity::KeySet> read_key_files(Files& files, const std::vector<std::string>& paths) {
  integrity::KeySet keys;
  for (const std::string& path : paths) {
    TRY_ASSIGN(std::string text, read_file(files, path, kKeyFileBytes));
    if (Status added = keys.add(text); !added.ok())
      return std::move(added).error().with_context(path);
  }
  return keys;
}

Result<VerifyResult> run_verify(World world, const VerifyJob& job,
                                const integrity::VerifyProgressCallback& progress) {
  TRY_ASSIGN(integrity::KeySet keys, read_key_files(world.files, job.key_files));
  auto in_folder = [&](const char* name) {
    return job.out_folder.empty() ? std::string() : join_path(job.out_folder, name);
  };
  if (!job.out_folder.empty()) TRY(world.files.make_folders(job.out_folder));
  std::vector<Pending> verdicts, findings;
  for (const std::string& path : {job.verdicts_path, in_folder("verdicts.jsonl")}) {
    TRY_ASSIGN(Pending file, open_if(world, path));
    if (file) verdicts.push_back(std::move(file));
  }
  for (const std::string& path : {job.jsonl_path, in_folder("findings.jsonl")}) {
    TRY_ASSIGN(Pending file, open_if(world, path));
    if (file) findings.push_back(std::move(file));
  }
  TRY_ASSIGN(Pending whole, open_if(world, in_folder("verify.json")));
  integrity::VerifyOptions options = job.options;
  options.now = world.clock.now();
  options.stored_hashes = job.lake != nullptr;
  LakeVerdicts lake(job.lake);
  VerifyResult result;
  TRY_ASSIGN(result.summary, integrity::verify(
                                 world.files, keys, options, world.interrupted,
                                 [&](const integrity::FileVerdict& file) -> Status {
                                   if (job.verdicts != nullptr)
                                     job.verdicts->emplace(file.path, to_string(file.verdict));
                                   TRY(lake.add(file));
                                   if (verdicts.empty()) return {};
                                   std::string line = report::verdict_line(file);
                                   for (const Pending& out : verdicts) TRY(out->out().write(line));
                                   return {};
                                 },
                                 progress));
  TRY(lake.flush());
  result.lake_files = lake.known();
  for (const Pending& out : verdicts) TRY(out->commit());
  for (const Pending& out : findings) {
    TRY(report::write_integrity_findings(out->out(), result.summary));
    TRY(out->commit());
  }
  if (whole) {
    TRY(whole->out().write(report::integrity_json(result.summary)));
    TRY(whole->commit());
  }
  return result;
}

}  // namespace cairn::engine
