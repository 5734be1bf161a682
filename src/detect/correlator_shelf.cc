#include "detect/correlator_shelf.h"

#include <algorithm>

namespace cairn::detect {

namespace {

constexpr uint64_t kCompactAbove = 64u << 20;
constexpr uint64_t kCompactShare = 4;  // when so small a part of the file is of use
constexpr size_t kBlockBytes = 1u << 20;

}  // namespace

Correlator::Shelf::Shelf(Files& files, std::span<const Correlation> correlations, size_t& held)
    : files_(files), correlations_(correlations), held_bytes_(held), boards_(correlations.size()) {}

void Correlator::Shelf::count_memory() {
  size_t bytes = 0;
  for (const Board& board : boards_) {
    bytes += board.by_hash.heap_bytes() + board.groups.capacity() * sizeof(Away) +
             board.free.capacity() * sizeof(size_t);
  }
  held_bytes_ += bytes - told_bytes_;
  told_bytes_ = bytes;
}

bool Correlator::Shelf::put(size_t correlation, uint64_t hash, const Group& group) {
  Board& board = boards_[correlation];
  int64_t& number = board.by_hash.at(hash);
  if (number != ValueMap::kNone) return false;
  if (board.free.empty()) {
    number = static_cast<int64_t>(board.groups.size());
    board.groups.emplace_back();
  } else {
    number = static_cast<int64_t>(board.free.back());
    board.free.pop_back();
  }
  packed_.clear();
  group.pack(packed_, [](EventPlace event) { return event.bits; });
  const uint64_t end = scratch_ ? scratch_->size_bytes() : 0;
  board.groups[static_cast<size_t>(number)] = {group.last_ms, end + written_.size(),
                                               static_cast<uint32_t>(packed_.size())};
  written_ += packed_;
  live_bytes_ += packed_.size();
  ++count_;
  return true;
}

Status Correlator::Shelf::flush() {
  count_memory();
  if (written_.empty()) return Status::success();
  if (!scratch_) {
    TRY_ASSIGN(scratch_, files_.scratch());
  }
  TRY(scratch_->append(written_));
  std::string().swap(written_);
  const uint64_t size = scratch_->size_bytes();
  return size > kCompactAbove && live_bytes_ < size / kCompactShare ? compact() : Status::success();
}

/// Copies what is of use to a new file.
Status Correlator::Shelf::compact() {
  std::unique_ptr<ScratchFile> fresh;
  TRY_ASSIGN(fresh, files_.scratch());
  std::string block;
  for (Board& board : boards_) {
    Status done;
    board.by_hash.for_each([&](uint64_t, int64_t number) {
      Away& away = board.groups[static_cast<size_t>(number)];
      packed_.resize(away.size);
      if (done.ok()) done = scratch_->read_at(away.position, packed_);
      away.position = fresh->size_bytes() + block.size();
      block += packed_;
      if (done.ok() && block.size() >= kBlockBytes) {
        done = fresh->append(block);
        block.clear();
      }
    });
    TRY(done);
  }
  TRY(fresh->append(block));
  scratch_ = std::move(fresh);
  return Status::success();
}

Status Correlator::Shelf::read(size_t correlation, const Away& away, Group::Owner& group) {
  packed_.resize(away.size);
  TRY(scratch_->read_at(away.position, packed_));
  bytes_read_ += away.size;
  group = Group::unpack(packed_, correlations_[correlation], held_bytes_,
                        [](uint64_t number) { return EventPlace{number}; });
  return Status::success();
}

void Correlator::Shelf::remove(Board& board, uint64_t hash) {
  const auto number = static_cast<size_t>(board.by_hash.at(hash));
  live_bytes_ -= board.groups[number].size;
  board.free.push_back(number);
  board.by_hash.erase(hash);
  --count_;
  if (board.by_hash.size() > 0) return;
  board = Board{};
  count_memory();
}

Status Correlator::Shelf::take(size_t correlation, uint64_t hash, std::string_view key,
                               Group::Owner& group) {
  Board& board = boards_[correlation];
  const int64_t* number = board.by_hash.find_value(hash);
  if (number == nullptr) return Status::success();
  TRY(read(correlation, board.groups[static_cast<size_t>(*number)], group));
  if (group->key() != key) {  // another one with its hash
    group.reset();
    return Status::success();
  }
  remove(board, hash);
  return Status::success();
}

std::vector<uint64_t> Correlator::Shelf::quiet(const Board& board, int64_t oldest_ms) const {
  std::vector<uint64_t> hashes;
  board.by_hash.for_each([&](uint64_t hash, int64_t number) {
    if (board.groups[static_cast<size_t>(number)].last_ms < oldest_ms) hashes.push_back(hash);
  });
  std::sort(hashes.begin(), hashes.end());
  return hashes;
}

Status Correlator::Shelf::take_quiet(size_t correlation, int64_t oldest_ms,
                                     const std::function<void(Group& group)>& visit) {
  Board& board = boards_[correlation];
  for (uint64_t hash : quiet(board, oldest_ms)) {
    Group::Owner group;
    TRY(read(correlation, board.groups[static_cast<size_t>(board.by_hash.at(hash))], group));
    remove(board, hash);
    visit(*group);
  }
  return Status::success();
}

void Correlator::Shelf::drop_quiet(size_t correlation, int64_t oldest_ms) {
  Board& board = boards_[correlation];
  for (uint64_t hash : quiet(board, oldest_ms)) remove(board, hash);
}

Status Correlator::Shelf::for_each(size_t correlation,
                                   const std::function<void(const Group& group)>& visit) {
  Board& board = boards_[correlation];
  for (uint64_t hash : quiet(board, std::numeric_limits<int64_t>::max())) {
    Group::Owner group;
    TRY(read(correlation, board.groups[static_cast<size_t>(board.by_hash.at(hash))], group));
    visit(*group);
  }
  return Status::success();
}

size_t Correlator::Shelf::drop_oldest(size_t count) {
  struct Quiet {
    int64_t last_ms;
    size_t correlation;
    uint64_t hash;
    auto operator<=>(const Quiet&) const = default;
  };
  std::vector<Quiet> all;
  for (size_t i = 0; i < boards_.size(); ++i) {
    boards_[i].by_hash.for_each([&](uint64_t hash, int64_t number) {
      all.push_back({boards_[i].groups[static_cast<size_t>(number)].last_ms, i, hash});
    });
  }
  count = std::min(count, all.size());
  std::sort(all.begin(), all.end());
  for (const Quiet& quiet : std::span(all).first(count))
    remove(boards_[quiet.correlation], quiet.hash);
  return count;
}

}  // namespace cairn::detect
