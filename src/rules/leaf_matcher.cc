#include "rules/leaf_matcher.h"

#include "rules/case_fold.h"
#include "rules/filter_operand.h"

#include <algorithm>
#include <cmath>

namespace cairn::rules {

namespace {

bool same_number(const LeafMatcher& matcher, const JsonTree::Node& leaf) {
  if (matcher.text == leaf.text) return true;
  auto number = parse_decimal(leaf.text);
  return number && *number == matcher.number && std::abs(*number) < kExactNumber;
}

bool in_range(const LeafMatcher& matcher, const JsonTree::Node& leaf) {
  auto number = parse_decimal(leaf.text);
  if (!number || std::abs(*number) > kExactNumber) return false;
  // 2^53 + 1 reads as 2^53: its own text tells them apart.
  if (std::abs(*number) == kExactNumber &&
      leaf.text.find("9007199254740992") == std::string_view::npos)
    return false;
  if (matcher.has_low && (*number < matcher.low || (matcher.low_open && *number == matcher.low)))
    return false;
  return !matcher.has_high ||
         (*number <= matcher.high && !(matcher.high_open && *number == matcher.high));
}

}  // namespace

bool LeafMatcher::holds(const JsonTree::Node& leaf) const {
  using NodeKind = JsonTree::Kind;
  std::string scratch;
  switch (kind) {
    case Kind::kText:
      return leaf.is_string() && leaf.text == text;
    case Kind::kNumber:
      return leaf.is_number() && same_number(*this, leaf);
    case Kind::kLiteral:
      return leaf.kind <= NodeKind::kTrue && leaf.text == text;
    case Kind::kExists:
      return true;
    case Kind::kNotExists:
      return false;
    case Kind::kAnythingBut:
      return std::none_of(others.begin(), others.end(),
                          [&](const LeafMatcher& other) { return other.holds(leaf); });
    case Kind::kPrefix:
      return leaf.is_string() && leaf.text.starts_with(text);
    case Kind::kSuffix:
      return leaf.is_string() && leaf.text.ends_with(text);
    case Kind::kPrefixIgnoreCase:
      return leaf.is_string() && folded(leaf.text, scratch).starts_with(text);
    case Kind::kSuffixIgnoreCase:
      return leaf.is_string() && folded(leaf.text, scratch).ends_with(text);
    case Kind::kEqualsIgnoreCase:
      return leaf.is_string() && folded(leaf.text, scratch) == text;
    case Kind::kWildcard:
      return leaf.is_string() && wildcard.matches(leaf.text);
    case Kind::kNumeric:
      return leaf.is_number() && in_range(*this, leaf);
    case Kind::kCidr: {
      if (!leaf.is_string()) return false;
      auto address = parse_address(leaf.text);
      return address && network.contains(*address);
    }
  }
  return false;
}

}  // namespace cairn::rules
