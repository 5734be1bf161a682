#pragma once

// All expressions of a rule set as one program.
//
// Predicates are interned: what two rules ask in the same way is one predicate, answered at most
// once an event. A rule is registered under the predicates of which at least one must hold for it
// to match, chosen to be rare (nearly always values of eventName), so that an event only wakes the
// rules that could match it: RE2's prefilter tree, with values for substrings. Text predicates of
// one field (a column) are answered together: equal texts by one hash look-up, prefixes, suffixes
// and substrings by one pass of an automaton over the value. What is left (patterns, regular
// expressions, networks, …) is asked one by one, when a woken rule needs it.

#include "base/hash.h"
#include "rules/case_fold.h"
#include "rules/literal_set.h"
#include "rules/predicate.h"
#include "rules/predicate_check.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::rules {

using PredicateId = uint32_t;
inline constexpr PredicateId kNoPredicate = UINT32_MAX;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return hash64(text); }
};

/// The predicates on one field.
struct Column {
  SlotId slot = kNoSlot;  // kNoSlot: the whole record
  bool on_record = false;
  bool lazy = false;  // reading it may mean walking a subtree
  bool dispatches =
      false;  // some rule is registered under one of its predicates: answered for every event

  // Answered together; `folded` compares with the value's folded text.
  struct Texts {
    std::unordered_map<std::string, std::vector<PredicateId>, TextHash, std::equal_to<>> equal;
    LiteralSet literals;
    bool any = false;
  };
  Texts folded, exact;
  std::vector<PredicateId> scanned;  // no texts, but rules are registered under them
  PredicateId exists = kNoPredicate, has_value = kNoPredicate;

  /// Calls found(id) for each predicate of `folded`, `exact` and `scanned` that a value satisfies;
  /// some more than once.
  template <typename Found>
  void answer(std::string_view value, const std::vector<PredicateCheck>& checks,
              CheckScratch& scratch, Found found) const {
    if (exact.any) answer(exact, value, found);
    if (folded.any) answer(folded, cairn::rules::folded(value, scratch.fold), found);
    for (PredicateId id : scanned) {
      if (checks[id].holds_for(value, scratch)) found(id);
    }
  }

 private:
  template <typename Found>
  static void answer(const Texts& texts, std::string_view value, Found& found) {
    if (auto same = texts.equal.find(value); same != texts.equal.end()) {
      for (PredicateId id : same->second) found(id);
    }
    if (!texts.literals.empty()) texts.literals.scan(value, [&found](uint32_t id) { found(id); });
  }
};

/// How one predicate is answered when a rule needs it.
struct PredicateUse {
  enum class How : uint8_t { kWithColumn, kPresence, kAlone };
  How how = How::kAlone;
  uint32_t column = 0;
  uint32_t first_rule = 0, rule_count = 0;  // registered rules, in Program::registered
};

class Program {
 public:
  /// Compiles bound expressions; rule numbers are their indexes.
  static Program compile(const std::vector<Expression>& expressions, const FieldTable& fields);

  struct Node {
    Expression::Kind kind;
    uint32_t first = 0,
             count = 0;  // children, consecutive in `children`; kPredicate: first is its id
  };

  std::vector<PredicateCheck> checks;  // by id
  std::vector<PredicateUse> uses;      // by id
  std::vector<Column> columns;
  std::vector<uint32_t> dispatching_columns;
  std::vector<uint32_t> registered;  // rule numbers
  std::vector<uint32_t> always;      // rules under no predicate: looked at for every event
  std::vector<Node> nodes;
  std::vector<uint32_t> children;  // node numbers
  std::vector<uint32_t> roots;     // by rule

 private:
  class Compiler;
};

}  // namespace cairn::rules
