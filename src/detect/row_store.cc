#include "detect/row_store.h"

#include <algorithm>
#include <bit>

namespace cairn::detect {

namespace {

constexpr size_t kReadRows = 1024;

std::string_view bytes_of(const Row* rows, size_t count) {
  static_assert(sizeof(Row) == 48 && std::is_trivially_copyable_v<Row>);
  return {reinterpret_cast<const char*>(rows),
          count * sizeof(Row)};  // NOLINT: scratch data never leaves this process
}

}  // namespace

RowStore::RowStore(Files& files, size_t budget_bytes)
    : files_(files), block_limit_(std::max<size_t>(1, budget_bytes / (kBlockRows * sizeof(Row)))) {}

/// Blocks fill the budget and stay; from then on each further one goes to disk when it is full.
Status RowStore::next_block() {
  if (blocks_.size() >= block_limit_) {
    TRY(write_last_block());
  } else {
    blocks_.push_back({std::make_unique_for_overwrite<Row[]>(kBlockRows), {}, 0});
  }
  used_ = 0;
  return Status::success();
}

void RowStore::order(Block& block, size_t count) {
  Starts ends{};
  for (size_t i = 0; i < count; ++i) ++ends[partition_of(block.rows[i]) + 1];
  for (size_t p = 1; p <= kPartitions; ++p) ends[p] += ends[p - 1];
  block.starts = ends;
  if (!spare_) spare_ = std::make_unique_for_overwrite<Row[]>(kBlockRows);
  for (size_t i = 0; i < count; ++i) {
    const Row& row = block.rows[i];
    spare_[ends[partition_of(row)]++] = row;
  }
  std::swap(block.rows, spare_);
}

Status RowStore::write_last_block() {
  if (!scratch_) {
    TRY_ASSIGN(scratch_, files_.scratch());
  }
  Block& block = blocks_.back();
  order(block, kBlockRows);
  block.scratch_offset = scratch_->size_bytes();
  TRY(scratch_->append(bytes_of(block.rows.get(), kBlockRows)));
  written_.push_back({nullptr, block.starts, block.scratch_offset});
  return Status::success();
}

void RowStore::seal() {
  for (Block& block : blocks_) order(block, &block == &blocks_.back() ? used_ : kBlockRows);
  spare_.reset();
}

void RowStore::release() {
  blocks_.clear();
  written_.clear();
  spare_.reset();
  scratch_.reset();
  used_ = kBlockRows;
  count_ = 0;
}

uint64_t RowStore::partition_size(size_t partition) const {
  uint64_t size = 0;
  for (const std::vector<Block>* blocks : {&blocks_, &written_})
    for (const Block& block : *blocks)
      size += block.starts[partition + 1] - block.starts[partition];
  return size;
}

Status RowStore::visit(size_t partition, const std::function<void(const Row&)>& visit) const {
  for (const Block& block : blocks_) {
    for (uint32_t i = block.starts[partition]; i < block.starts[partition + 1]; ++i)
      visit(block.rows[i]);
  }
  std::array<Row, kReadRows> buffer;
  for (const Block& block : written_) {
    uint64_t at = block.starts[partition], end = block.starts[partition + 1];
    while (at < end) {
      auto count = static_cast<size_t>(std::min<uint64_t>(end - at, kReadRows));
      std::span<char> bytes(reinterpret_cast<char*>(buffer.data()), count * sizeof(Row));  // NOLINT
      TRY(scratch_->read_at(block.scratch_offset + at * sizeof(Row), bytes));
      for (size_t i = 0; i < count; ++i) visit(buffer[i]);
      at += count;
    }
  }
  return Status::success();
}

namespace {

/// Unique rows by fingerprint: indexes into `rows` by open addressing.
class UniqueRows {
 public:
  explicit UniqueRows(size_t expected) : index_(std::bit_ceil(expected * 2 + 2), 0) {
    rows_.reserve(expected);
  }

  /// Adds a row. When there is one with its fingerprint already, keeps the smaller, leaves the
  /// larger in `row` and returns false.
  bool add(Row& row) {
    if ((rows_.size() + 1) * 2 > index_.size()) grow();
    uint32_t& entry = index_[find(row.fingerprint)];
    if (entry == 0) {
      rows_.push_back(row);
      entry = static_cast<uint32_t>(rows_.size());
      return true;
    }
    Row& known = rows_[entry - 1];
    if (row < known) std::swap(row, known);
    return false;
  }

 private:
  /// Returns where the fingerprint is, or where it would go.
  size_t find(uint64_t fingerprint) const {
    size_t mask = index_.size() - 1;
    size_t i = static_cast<size_t>((fingerprint * 0x9E3779B97F4A7C15ull) >> 32) & mask;
    while (index_[i] != 0 && rows_[index_[i] - 1].fingerprint != fingerprint) i = (i + 1) & mask;
    return i;
  }

  void grow() {
    index_.assign(index_.size() * 2, 0);
    for (size_t i = 0; i < rows_.size(); ++i)
      index_[find(rows_[i].fingerprint)] = static_cast<uint32_t>(i + 1);
  }

  std::vector<uint32_t> index_;
  std::vector<Row> rows_;
};

}  // namespace

Status visit_copies(const std::vector<const RowStore*>& stores, size_t partition, size_t limit_rows,
                    const std::function<Status(const Row&)>& visit) {
  uint64_t total = 0;
  for (const RowStore* store : stores) total += store->partition_size(partition);
  uint64_t passes = total / limit_rows + 1;
  Status status;
  for (uint64_t pass = 0; pass < passes; ++pass) {
    UniqueRows unique(static_cast<size_t>(std::min<uint64_t>(total, limit_rows)));
    for (const RowStore* store : stores) {
      TRY(store->visit(partition, [&](const Row& row) {
        if (!status.ok() || (passes > 1 && row.fingerprint % passes != pass)) return;
        Row larger = row;
        if (!unique.add(larger)) status = visit(larger);
      }));
    }
    TRY(status);
  }
  return Status::success();
}

}  // namespace cairn::detect
