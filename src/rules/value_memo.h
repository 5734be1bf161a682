#pragma once

// Remembers which predicates of a column a value satisfies: most fields have few values that come
// again and again. Bounded: when it is full it starts over, and when that happens without enough
// hits (addresses, session names) it turns itself off for good.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace cairn::rules {

class ValueMemo {
 public:
  static constexpr size_t kTextLimit = 256;    // longer values are not remembered
  static constexpr size_t kEntryLimit = 4096;  // a power of two; the table is twice as large
  static constexpr size_t kTextBytesLimit = 256u << 10;
  static constexpr size_t kAnswerLimit = 64u << 10;  // remembered predicates, all values together
  static constexpr uint64_t kWantedHits = 3;         // for each value stored

  struct Answer {
    bool known = false;
    std::span<const uint32_t> predicates;  // valid until the next insert()
  };

  bool takes(std::string_view text) const { return enabled_ && text.size() <= kTextLimit; }
  /// Looks a value up by its hash and bytes.
  Answer find(uint64_t hash, std::string_view text);
  /// Stores a value that find() did not know.
  void insert(uint64_t hash, std::string_view text, std::span<const uint32_t> predicates);
  bool enabled() const { return enabled_; }

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t text_begin = 0, answer_begin = 0;
    uint32_t answer_count = 0;
    uint16_t text_size = 0;
    bool used = false;
  };

  void start_over();

  std::vector<Entry> table_;
  std::vector<char> texts_;
  std::vector<uint32_t> answers_;
  size_t entries_ = 0;
  uint64_t hits_ = 0;
  bool enabled_ = true;
};

}  // namespace cairn::rules
