#include "engine/monitor_state.h"

#include "base/hash.h"
#include "base/pack.h"
#include "base/stored_reader.h"
#include "monitor/metric_archive.h"

#include <algorithm>
#include <iterator>

namespace cairn::engine {

namespace {

constexpr std::string_view kMark = "cairn monitor state 2\n";
constexpr size_t kHashBytes = 8, kBlockBytes = 1 << 20;
constexpr uint64_t kStateBytesLimit = 2ull << 30;
constexpr uint64_t kLatestMs = 253'402'300'799'999;  // year 9999

Error unusable(const std::string& why) {
  return {ErrorCode::kCorrupt, why + ": move it away to begin anew"};
}

void pack_time(std::string& out, Timestamp time) {
  pack_number(out, static_cast<uint64_t>(time.time_since_epoch().count()));
}
Timestamp read_time(StoredReader& in) {
  return Timestamp(Duration(static_cast<int64_t>(in.number(kLatestMs))));
}

void pack_sorted(std::string& out, const std::vector<uint64_t>& numbers) {
  pack_number(out, numbers.size());
  uint64_t before = 0;
  for (uint64_t number : numbers) {
    pack_number(out, number - before);
    before = number;
  }
}
std::vector<uint64_t> read_sorted(StoredReader& in) {
  std::vector<uint64_t> numbers;
  uint64_t before = 0;
  size_t size = in.count();
  numbers.reserve(size);
  for (size_t left = size; in.ok() && left > 0; --left) {
    before += in.number(UINT64_MAX - before);
    numbers.push_back(before);
  }
  return numbers;
}

/// Puts a hash together, block by block.
uint64_t hash_blocks(std::string_view body) {
  uint64_t hash = 0;
  for (size_t at = 0; at < body.size(); at += kBlockBytes)
    hash = hash64(body.substr(at, kBlockBytes), hash);
  return hash;
}

/// Writes a body of any length without ever having all of it.
class BlockWriter {
 public:
  BlockWriter(DurableFile& file, const StepCallback& at_step) : file_(file), at_step_(at_step) {}

  Status add(std::string_view piece) {
    block_ += piece;
    size_t done = 0;
    for (; block_.size() - done >= kBlockBytes; done += kBlockBytes)
      TRY(put(std::string_view(block_).substr(done, kBlockBytes)));
    block_.erase(0, done);
    return {};
  }
  Status finish() {
    if (!block_.empty()) TRY(put(block_));
    std::string head(kMark);
    for (size_t i = 0; i < kHashBytes; ++i) head += static_cast<char>(hash_ >> (8 * i));
    if (at_step_) at_step_("write the head");
    return file_.write_at(0, head);
  }

 private:
  Status put(std::string_view block) {
    if (at_step_) at_step_("write a block");
    hash_ = hash64(block, hash_);
    uint64_t at = kMark.size() + kHashBytes + written_;
    written_ += block.size();
    return file_.write_at(at, block);
  }

  DurableFile& file_;
  const StepCallback& at_step_;
  std::string block_;
  uint64_t hash_ = 0, written_ = 0;
};

void read_history(StoredReader& in, std::deque<PastChange>& history) {
  const size_t size = in.count(4);
  if (size > MonitorState::kHistoryLimit) in.fail("there are too many changes");
  for (size_t left = size; in.ok() && left > 0; --left) {
    PastChange& change = history.emplace_back();
    change.time = read_time(in);
    for (std::string* text : {&change.alarm, &change.summary, &change.reason}) *text = in.text();
  }
}

}  // namespace

bool Remembered::has(uint64_t hash) const {
  return met_.contains(hash) || std::binary_search(newer_.begin(), newer_.end(), hash) ||
         std::binary_search(older_.begin(), older_.end(), hash);
}

bool Remembered::meet(uint64_t hash) {
  bool known = has(hash);
  met_.insert(hash);
  return !known;
}

void Remembered::save(std::string& out) {
  std::vector<uint64_t> met(met_.begin(), met_.end()), all;
  std::sort(met.begin(), met.end());
  std::set_union(newer_.begin(), newer_.end(), met.begin(), met.end(), std::back_inserter(all));
  if (all.size() <= limit_) {
    newer_ = std::move(all);
    all = std::move(older_);
    older_.clear();
    std::set_difference(all.begin(), all.end(), newer_.begin(), newer_.end(),
                        std::back_inserter(older_));
  } else {
    // What was met now is the newest; what is neither that nor was it before is forgotten.
    older_.clear();
    std::set_difference(newer_.begin(), newer_.end(), met.begin(), met.end(),
                        std::back_inserter(older_));
    newer_ = std::move(met);
  }
  met_.clear();
  pack_sorted(out, older_);
  pack_sorted(out, newer_);
}

void Remembered::restore(StoredReader& in) {
  older_ = read_sorted(in);
  newer_ = read_sorted(in);
}

Status save_monitor_state(MonitorState& state,
                          const std::function<Status(std::string_view)>& sink) {
  std::string head;
  pack_number(head, state.judged ? 1 : 0);
  if (state.judged) pack_time(head, *state.judged);
  state.inputs.save(head);
  state.events.save(head);
  pack_number(head, state.minutes.size());
  for (Timestamp minute : state.minutes) pack_time(head, minute);
  pack_number(head, state.history.size());
  for (const PastChange& change : state.history) {
    pack_time(head, change.time);
    for (const std::string* text : {&change.alarm, &change.summary, &change.reason})
      pack_text(head, *text);
  }
  pack_text(head, state.board);
  TRY(sink(head));
  return monitor::MetricArchive::save(state.store, sink);
}

Status restore_monitor_state(std::string_view body, MonitorState& state) {
  StoredReader in(body);
  if (in.flag()) state.judged = read_time(in);
  state.inputs.restore(in);
  state.events.restore(in);
  for (size_t left = in.count(); in.ok() && left > 0; --left)
    state.minutes.push_back(read_time(in));
  read_history(in, state.history);
  state.board = in.text();
  TRY(monitor::MetricArchive::restore(in, state.store));
  if (in.done()) return {};
  return unusable("not a monitor's state that Cairn wrote (" + in.fault() + ")");
}

Result<MonitorStateFile> MonitorStateFile::open(const std::string& folder) {
  TRY(make_private_folders(folder));
  TRY_ASSIGN(FileLock lock,
             FileLock::take(join_path(folder, "monitor.lock"), FileLock::Kind::kExclusive));
  return MonitorStateFile(monitor_state_path(folder), std::move(lock));
}

Status MonitorStateFile::read(Files& files, const std::string& path, MonitorState& state) {
  auto bytes = read_file(files, path, kStateBytesLimit);
  if (!bytes.ok() && bytes.error().code == ErrorCode::kNotFound) return {};
  if (!bytes.ok()) return std::move(bytes).error();
  std::string_view body = bytes.value();
  auto read = [&]() -> Status {
    if (!body.starts_with(kMark) || body.size() < kMark.size() + kHashBytes)
      return unusable("not a monitor's state of this version of Cairn");
    uint64_t hash = 0;
    for (size_t i = 0; i < kHashBytes; ++i)
      hash |= uint64_t{static_cast<unsigned char>(body[kMark.size() + i])} << (8 * i);
    body.remove_prefix(kMark.size() + kHashBytes);
    if (hash_blocks(body) != hash) return unusable("the monitor's state is damaged");
    return restore_monitor_state(body, state);
  };
  Status done = read();
  if (!done.ok()) return Error(done.error()).with_context(path);
  return {};
}

Status MonitorStateFile::write(MonitorState& state, const StepCallback& at_step) const {
  return write_durable_file(
      path_,
      [&](DurableFile& file) -> Status {
        BlockWriter blocks(file, at_step);
        TRY(save_monitor_state(state, [&](std::string_view piece) { return blocks.add(piece); }));
        return blocks.finish();
      },
      at_step);
}

}  // namespace cairn::engine
