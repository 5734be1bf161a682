#include "sys/spill.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

namespace cairn {

namespace {

constexpr size_t kItemOverheadBytes = 24;
constexpr size_t kReadBufferBytes = 64u << 10;
constexpr size_t kHeaderBytes = 8;  // key size and payload size, four bytes each

uint64_t to_big_endian(uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) return __builtin_bswap64(value);
  return value;
}

void append_u32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
}

uint32_t read_u32(const char* bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// A number whose order is that of the keys as far as it tells them apart.
uint64_t prefix_of(std::string_view key) {
  uint64_t bytes = 0;
  std::memcpy(&bytes, key.data(), std::min<size_t>(key.size(), sizeof bytes));
  return to_big_endian(bytes);
}

// Positions: of an item in memory, or of a record on disk.
uint64_t in_memory(size_t item) { return uint64_t{item} * 2 + 1; }
uint64_t on_disk(uint64_t offset) { return offset * 2; }
bool lies_in_memory(uint64_t position) { return position % 2 == 1; }

int compare(uint64_t prefix, std::string_view key, uint64_t other_prefix, std::string_view other) {
  if (prefix != other_prefix) return prefix < other_prefix ? -1 : 1;
  return key.compare(other);
}

}  // namespace

void append_key_u64(std::string& key, uint64_t value) {
  uint64_t bytes = to_big_endian(value);
  key.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);  // NOLINT
}

void append_key_i64(std::string& key, int64_t value) {
  append_key_u64(key, static_cast<uint64_t>(value) ^ (uint64_t{1} << 63));
}

uint64_t read_key_u64(std::string_view bytes) {
  CAIRN_CHECK(bytes.size() >= 8);
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return to_big_endian(value);
}

int64_t read_key_i64(std::string_view bytes) {
  return static_cast<int64_t>(read_key_u64(bytes) ^ (uint64_t{1} << 63));
}

bool SpillSorter::less(const Item& a, const Item& b) const {
  int order = compare(a.prefix, key_of(a), b.prefix, key_of(b));
  if (order != 0) return order < 0;
  return payload_of(a) < payload_of(b);
}

Status SpillSorter::add(std::string_view key, std::string_view payload) {
  size_t needed = key.size() + payload.size();
  size_t held = arena_.size() + items_.size() * kItemOverheadBytes;
  if (!items_.empty() && held + needed + kItemOverheadBytes > budget_bytes_) TRY(write_run());
  items_.push_back({prefix_of(key), arena_.size(), static_cast<uint32_t>(key.size()),
                    static_cast<uint32_t>(payload.size())});
  arena_ += key;
  arena_ += payload;
  sorted_ = false;
  ++count_;
  return Status::success();
}

void SpillSorter::sort_items() {
  if (sorted_) return;
  std::sort(items_.begin(), items_.end(),
            [this](const Item& a, const Item& b) { return less(a, b); });
  sorted_ = true;
}

Status SpillSorter::settle() {
  if (!spilled()) {
    sort_items();
    return Status::success();
  }
  if (!items_.empty()) TRY(write_run());
  give_memory_back();
  return Status::success();
}

void SpillSorter::give_memory_back() {
  std::string().swap(arena_);  // assigning an empty one keeps the memory
  std::vector<Item>().swap(items_);
}

void SpillSorter::release() {
  give_memory_back();
  runs_.clear();
  scratch_.reset();
  count_ = 0;
  sorted_ = true;
}

Status SpillSorter::write_run() {
  if (!scratch_) {
    TRY_ASSIGN(scratch_, files_.scratch());
  }
  sort_items();
  Run run{};
  size_t part = 0;
  std::string block;
  for (const Item& item : items_) {
    for (; part <= part_of(item.prefix); ++part)
      run.starts[part] = scratch_->size_bytes() + block.size();
    append_u32(block, item.key_size);
    append_u32(block, item.payload_size);
    block += key_of(item);
    block += payload_of(item);
    if (block.size() >= kReadBufferBytes) {
      TRY(scratch_->append(block));
      block.clear();
    }
  }
  TRY(scratch_->append(block));
  for (; part < run.starts.size(); ++part) run.starts[part] = scratch_->size_bytes();
  runs_.push_back(run);
  items_.clear();
  arena_.clear();
  sorted_ = true;
  return Status::success();
}

Status SpillSorter::read(uint64_t position, std::string& payload) const {
  if (lies_in_memory(position)) {
    payload = payload_of(items_[position / 2]);
    return Status::success();
  }
  const uint64_t offset = position / 2;
  std::array<char, kHeaderBytes> header{};
  TRY(scratch_->read_at(offset, header));
  const uint32_t key_size = read_u32(header.data());
  payload.resize(read_u32(header.data() + 4));
  return scratch_->read_at(offset + kHeaderBytes + key_size, payload);
}

/// Walks sorted records: a stretch of the items still in memory, or of one run of the scratch file.
class SpillSorter::Cursor {
 public:
  Cursor(const SpillSorter& sorter, size_t number, Stretch stretch)
      : sorter_(sorter), number_(number) {
    auto place = [&](size_t part) {
      auto found =
          std::partition_point(sorter.items_.begin(), sorter.items_.end(),
                               [part](const Item& item) { return part_of(item.prefix) < part; });
      return static_cast<size_t>(found - sorter.items_.begin());
    };
    item_ = place(stretch.begin);
    items_end_ = place(stretch.end);
  }
  Cursor(const SpillSorter& sorter, size_t number, Bytes run, size_t buffer_bytes)
      : sorter_(sorter), number_(number), run_(run), on_disk_(true), buffer_bytes_(buffer_bytes) {}

  std::string_view key() const { return key_; }
  std::string_view payload() const { return payload_; }
  Place place() const {
    if (!on_disk_) return {number_, in_memory(item_ - 1)};
    const uint64_t behind = run_.begin - (buffer_.size() - at_);
    return {number_, on_disk(behind - kHeaderBytes - key_.size() - payload_.size())};
  }
  bool after(const Cursor& other) const {
    int order = compare(prefix_, key_, other.prefix_, other.key_);
    return order != 0 ? order > 0 : payload_ > other.payload_;
  }

  /// Moves to the next record; `more` is false at the end.
  Status next(bool& more) {
    if (on_disk_) return next_on_disk(more);
    more = item_ < items_end_;
    if (more) {
      const Item& item = sorter_.items_[item_++];
      prefix_ = item.prefix;
      key_ = sorter_.key_of(item);
      payload_ = sorter_.payload_of(item);
    }
    return Status::success();
  }

 private:
  Status next_on_disk(bool& more) {
    more = at_ < buffer_.size() || run_.begin < run_.end;
    if (!more) return Status::success();
    TRY(ensure(kHeaderBytes));
    size_t key_size = read_u32(buffer_.data() + at_),
           payload_size = read_u32(buffer_.data() + at_ + 4);
    TRY(ensure(kHeaderBytes + key_size + payload_size));
    key_ = {buffer_.data() + at_ + kHeaderBytes, key_size};
    payload_ = {key_.data() + key_size, payload_size};
    prefix_ = prefix_of(key_);
    at_ += kHeaderBytes + key_size + payload_size;
    return Status::success();
  }

  /// Makes `count` bytes available from at_ on.
  Status ensure(size_t count) {
    size_t have = buffer_.size() - at_;
    if (have >= count) return Status::success();
    buffer_.erase(0, at_);
    at_ = 0;
    size_t wanted = std::max(count - have, buffer_bytes_);
    wanted = std::min<uint64_t>(wanted, run_.end - run_.begin);
    if (have + wanted < count) return Error{ErrorCode::kCorrupt, "temporary file ended early"};
    buffer_.resize(have + wanted);
    TRY(sorter_.scratch_->read_at(run_.begin, std::span<char>(buffer_.data() + have, wanted)));
    run_.begin += wanted;
    return Status::success();
  }

  const SpillSorter& sorter_;
  size_t number_ = 0;
  Bytes run_{};
  bool on_disk_ = false;
  size_t buffer_bytes_ = kReadBufferBytes;
  size_t item_ = 0, items_end_ = 0;
  std::string buffer_;
  size_t at_ = 0;
  uint64_t prefix_ = 0;
  std::string_view key_, payload_;
};

SpillSorter::Merge::Merge(const std::vector<SpillSorter*>& sorters, Stretch stretch) {
  size_t runs = 0;
  for (const SpillSorter* sorter : sorters) runs += sorter->runs_.size();
  // Many runs share one read buffer budget, so that merging never needs more than filling did.
  size_t buffer_bytes =
      std::clamp<size_t>((4u << 20) / std::max<size_t>(runs, 1), 4u << 10, kReadBufferBytes);
  for (size_t number = 0; number < sorters.size(); ++number) {
    SpillSorter& sorter = *sorters[number];
    sorter.sort_items();
    cursors_.push_back(std::make_unique<Cursor>(sorter, number, stretch));
    for (const Run& run : sorter.runs_) {
      Bytes bytes{run.starts[stretch.begin], run.starts[stretch.end]};
      cursors_.push_back(std::make_unique<Cursor>(sorter, number, bytes, buffer_bytes));
    }
  }
}

SpillSorter::Merge::~Merge() = default;

std::string_view SpillSorter::Merge::key() const { return current_->key(); }
std::string_view SpillSorter::Merge::payload() const { return current_->payload(); }
SpillSorter::Place SpillSorter::Merge::place() const { return current_->place(); }

Status SpillSorter::Merge::next(bool& more) {
  auto later = [](const Cursor* a, const Cursor* b) { return a->after(*b); };
  if (!started_) {
    started_ = true;
    for (auto& cursor : cursors_) {
      TRY(cursor->next(more));
      if (more) waiting_.push_back(cursor.get());
    }
    std::make_heap(waiting_.begin(), waiting_.end(), later);
  } else if (current_ != nullptr) {
    TRY(current_->next(more));
    // Runs seldom interleave record by record: this one goes on as long as it is ahead.
    if (more && (waiting_.empty() || !current_->after(*waiting_.front()))) return Status::success();
    if (more) {
      waiting_.push_back(current_);
      std::push_heap(waiting_.begin(), waiting_.end(), later);
    }
    current_ = nullptr;
  }
  more = !waiting_.empty();
  if (!more) return Status::success();
  std::pop_heap(waiting_.begin(), waiting_.end(), later);
  current_ = waiting_.back();
  waiting_.pop_back();
  return Status::success();
}

Status SpillSorter::merge(const std::vector<SpillSorter*>& sorters, const Visitor& visit) {
  return merge(sorters, Stretch{}, visit);
}

Status SpillSorter::merge(const std::vector<SpillSorter*>& sorters, Stretch stretch,
                          const Visitor& visit) {
  Merge merge(sorters, stretch);
  for (bool more = false;;) {
    TRY(merge.next(more));
    if (!more) return Status::success();
    TRY(visit(merge.key(), merge.payload()));
  }
}

}  // namespace cairn
