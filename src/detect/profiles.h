#pragma once

// The last step of a run: from the contexts of all collectors to the profiles of principals. A
// principal lies in one stretch of the contexts, so stretches are worked on side by side.

#include "base/result.h"
#include "detect/principals.h"
#include "sys/spill.h"

#include <map>
#include <string>
#include <vector>

namespace cairn::detect {

/// Adds to a map that keeps its `limit` smallest keys: which keys those are does not depend on the
/// order of adding.
template <typename Map, typename Key>
void add_bounded(Map& map, Key key, uint64_t count, size_t limit) {
  if (map.size() >= limit && map.find(key) == map.end() && map.rbegin()->first < key) return;
  map[std::move(key)] += count;
  if (map.size() > limit) map.erase(std::prev(map.end()));
}

inline constexpr size_t kPlacesKept = 10'000;  // accounts, regions, categories

/// Fills the outcome's principals, accounts and regions from settled sorters of contexts, on so
/// many threads. Fails when a scratch file cannot be read.
Status profile_contexts(const std::vector<SpillSorter*>& contexts,
                        const std::map<std::string, PrincipalFindings>& findings, size_t threads,
                        Outcome& outcome);

}  // namespace cairn::detect
