#pragma once

// One matcher of an event pattern: what it says of a leaf, a value that is neither object nor
// array.

#include "formats/json_tree.h"
#include "rules/network.h"
#include "rules/pattern.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::rules {

struct LeafMatcher {
  enum class Kind : uint8_t {
    kText,         // "x"
    kNumber,       // 100
    kLiteral,      // true, false, null
    kExists,       // {"exists": true}
    kNotExists,    // {"exists": false}: asks about the whole event, never of a leaf
    kAnythingBut,  // none of `others` holds
    kPrefix,
    kSuffix,
    kPrefixIgnoreCase,
    kSuffixIgnoreCase,
    kEqualsIgnoreCase,
    kWildcard,
    kNumeric,
    kCidr,
  };
  Kind kind = Kind::kText;
  std::string text;  // folded when case is ignored; numbers and literals as written
  double number = 0;
  Pattern wildcard;
  Network network;
  double low = 0, high = 0;  // kNumeric: low is only asked when has_low …
  bool has_low = false, has_high = false, low_open = false, high_open = false;
  std::vector<LeafMatcher> others;

  bool holds(const JsonTree::Node& leaf) const;
};

/// Numbers are doubles; integers beyond this are not told apart by it.
inline constexpr double kExactNumber = 9007199254740992.0;  // 2^53

}  // namespace cairn::rules
