// Load: the same reading as every other job; each worker is a lane of the lake's loader.

#include "base/text.h"
#include "crypto/crypto.h"
#include "engine/lake_jobs.h"
#include "engine/read_summary.h"
#include "engine/reading.h"
#include "lake/care.h"
#include "query/json_path.h"

#include <map>
#include <mutex>
#include <vector>

namespace cairn::engine {

namespace {

constexpr size_t kHashPieceBytes = 256u << 10;

/// Objects that are read in pieces, by several workers.
class Pieces {
 public:
  /// Returns the hash of the whole, made by the first piece that asks. "" when it cannot be read.
  std::string hash(const std::string& path, const std::function<std::string()>& make) {
    std::lock_guard lock(mutex_);
    auto [at, is_new] = hashes_.try_emplace(path);
    if (is_new) at->second = make();
    return at->second;
  }
  /// Counts bytes that were read; true when nothing is left.
  bool done(const std::string& path, uint64_t bytes, uint64_t size) {
    std::lock_guard lock(mutex_);
    uint64_t& sum = done_[path];
    sum += bytes;
    return sum >= size;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> hashes_;
  std::map<std::string, uint64_t> done_;
};

/// The hash of a file's bytes; "" when it cannot be read.
std::string hash_of(Files& files, const std::string& path) {
  auto file = files.open(path);
  if (!file.ok()) return "";
  crypto::Sha256 hash;
  std::vector<char> buffer(kHashPieceBytes);
  for (;;) {
    auto got = file.value()->read(buffer);
    if (!got.ok()) return "";
    if (got.value() == 0) return hash.finish();
    hash.add({buffer.data(), got.value()});
  }
}

class LoadConsumer : public EventConsumer {
 public:
  LoadConsumer(Files& files, lake::Loader& loader, unsigned lane, const StandardFields& standard,
               Pieces& pieces)
      : files_(files), loader_(loader), lane_(lane), standard_(standard), pieces_(pieces) {}

  bool begin_input(const cloudtrail::Input& input) override {
    facts_ = {};
    object_.reset();
    member_.reset();
    if (input.path == "-") {
      facts_.name = "standard input";
    } else {
      auto real = files_.real_path(input.path);
      auto info = files_.stat(input.path);
      if (!real.ok() || !info.ok()) return true;  // the reader will say what is wrong with it
      facts_.name = std::move(real).value();
      facts_.size_bytes = info.value().size_bytes;
      bool regular = info.value().kind == FileKind::kFile;
      auto make = [&] { return hash_of(files_, input.path); };
      if (regular) facts_.sha256 = input.end == 0 ? make() : pieces_.hash(facts_.name, make);
      if (regular && facts_.sha256.empty()) return true;
    }
    return announce(facts_, object_);
  }

  bool begin_member(const cloudtrail::Input& member) override {
    lake::ObjectFacts facts = facts_;
    // The archive's own name as it is, the member's behind it.
    size_t mark = member.path.rfind('!');
    facts.name += mark == std::string::npos ? "!" + member.path : member.path.substr(mark);
    return announce(facts, member_);
  }

  uint64_t consume(const Event& event, const std::string& /*file*/) override {
    const auto& object = member_ ? member_ : object_;
    if (object) loader_.add(lane_, event, standard_, *object);
    return 0;
  }

  void on_quarantine(const QuarantineEntry& entry) override {
    loader_.quarantine(member_ ? member_ : object_, entry);
  }

  void end_member(const cloudtrail::Input& /*member*/,
                  const cloudtrail::SourceReport& report) override {
    if (member_) loader_.end_object(*member_, report.kind, report.quarantined, !report.cancelled);
    member_.reset();
  }

  void end_input(const cloudtrail::Input& input, const cloudtrail::SourceReport& report) override {
    if (!object_) return;
    bool complete = !report.cancelled && loader_.going();
    if (complete && input.end != 0)
      complete = pieces_.done(facts_.name, input.end - input.begin, facts_.size_bytes);
    loader_.end_object(*object_, report.kind, report.quarantined, complete);
    object_.reset();
  }

  bool wants_more() const override { return status_.ok() && loader_.going(); }
  void end() override { loader_.end(lane_); }
  const Status& status() const { return status_; }

 private:
  bool announce(const lake::ObjectFacts& facts, std::optional<lake::ObjectId>& object) {
    auto begun = loader_.begin_object(facts);
    if (!begun.ok()) {
      status_ = std::move(begun).error();
      return false;
    }
    object = begun.value();
    return object.has_value();
  }

  Files& files_;
  lake::Loader& loader_;
  const unsigned lane_;
  const StandardFields& standard_;
  Pieces& pieces_;
  lake::ObjectFacts facts_;  // of the input
  std::optional<lake::ObjectId> object_, member_;
  Status status_;
};

}  // namespace

Result<LoadResult> run_load(World world, lake::Lake& lake, const LoadJob& job,
                            const ScanProgressCallback& progress) {
  double started = world.clock.monotonic_seconds();
  FieldTable fields;
  StandardFields standard = StandardFields::intern_into(fields);
  fields.freeze();
  lake::LoadOptions options;
  options.lanes = worker_count(job.threads);
  options.memory_bytes = job.memory_bytes;
  options.without_raw = job.without_raw;
  TRY_ASSIGN(auto loader, lake::Loader::begin(lake, options));
  Pieces pieces;
  std::vector<std::unique_ptr<LoadConsumer>> consumers;
  for (unsigned i = 0; i < options.lanes; ++i)
    consumers.push_back(std::make_unique<LoadConsumer>(world.files, *loader, i, standard, pieces));
  TRY_ASSIGN(ReadOutcome read,
             read_inputs(world, job.inputs, {}, fields, standard, consumers_of(consumers), progress,
                         InputOrder::kByDelivery));
  LoadResult result;
  TRY_ASSIGN(result.lake, loader->finish());
  for (const auto& consumer : consumers) TRY(consumer->status());
  loader.reset();  // its memory is needed now
  // Many small loads would leave many small files.
  if (!world.interrupted.load()) TRY(lake::merge_small_files(lake));
  uint64_t known = read.tally.left_by_consumer;
  result.read = summarise(std::move(read), world, started, false);
  result.read.examined = result.read.examined || known > 0;
  return result;
}

Status save_findings(lake::Lake& lake, std::string_view jsonl) {
  auto member = [](std::string_view line, const char* path) -> std::string {
    auto parsed = query::JsonPath::parse(path);
    auto value = parsed.ok() ? query::find_json(line, parsed.value()) : std::nullopt;
    return value && value->kind == query::JsonKind::kString ? query::json_scalar_text(*value) : "";
  };
  std::vector<lake::LakeFinding> findings;
  for (std::string_view line : split(jsonl, '\n')) {
    if (line.empty()) continue;
    auto last = parse_event_time(member(line, "$.last"));
    findings.push_back({member(line, "$.id"), member(line, "$.account"), last.value_or(Timestamp{}),
                        std::string(line)});
  }
  return lake::save_findings(lake, findings);
}

}  // namespace cairn::engine
