#pragma once

// What is new, gone or changed between two piles of events: principals, calls, regions, addresses,
// clients, and which calls fail how.

#include "base/result.h"
#include "geo/geo.h"
#include "investigate/sheet.h"
#include "model/event.h"
#include "model/standard_fields.h"
#include "sys/files.h"
#include "sys/spill.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::investigate {

enum class Side : uint8_t { kBefore, kAfter };

/// Counts the values of one worker's events. One thread; memory is bounded by scratch files.
class DiffCounter {
 public:
  /// Networks and countries are told by the atlas. All references must outlive the counter.
  DiffCounter(const StandardFields& standard, const geo::Atlas& atlas, Files& files,
              size_t memory_bytes);

  /// Copies of an event count.
  void add(const Event& event, Side side);

 private:
  friend class DiffAnswer;
  struct Sum {
    std::array<uint64_t, 2> events{};
    bool time_known = false;  // of the first event of the last side that had one
    int64_t first_ms = 0;
    std::string event_id, principal;  // of the first after, else of the first before
    bool of_after = false;

    void join(const Sum& other);
    void pack(std::string& out) const;
    static Sum unpack(std::string_view bytes);
  };
  void count(size_t dimension, std::string_view value, const Event& event, Side side);
  Status flush();

  const StandardFields& standard_;
  const geo::Atlas& atlas_;
  size_t budget_;
  size_t bytes_ = 0;
  std::unordered_map<std::string, Sum> open_;
  SpillSorter runs_;
  std::array<uint64_t, 2> events_{}, failed_{};
  std::array<bool, 2> time_known_{};
  std::array<int64_t, 2> first_ms_{}, last_ms_{};
  std::string key_, payload_, value_;
  Status failure_;
};

struct DiffResult {
  bool found = false;  // both sides have events
  std::array<uint64_t, 2> events{};
  Sheet sheet;
};

/// Compares; the most surprising come first: by the likelihood ratio of their share before and
/// after (G²). Fails with kUnavailable when scratch files cannot be used.
Result<DiffResult> diff(const std::vector<DiffCounter*>& counters);

}  // namespace cairn::investigate
