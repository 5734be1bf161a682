#pragma once

// The one predicate form under every rule language.
//
// A condition is a tree of and, or, not over predicates. A predicate asks one thing of one field (a
// slot of the event) and holds when *some* value of the slot satisfies *some* operand; a path
// through arrays has several values, a missing field none, so every predicate but kNullOrMissing is
// false for a missing field. "All of these" is an `and` of predicates, "none of these" a `not`.
//
// A predicate is complete in itself: field, operator, operands, case. That makes it the unit that
// rules share (compile.h), that is dispatched on, and that a printer for another language has to
// know. How the other languages fit:
//
//   CloudWatch filter patterns  `$.a = "x"` is kEquals with case; `*` at the ends kStartsWith and
//   so on; `%re%` kRegex; bare numbers
//                               kNumberEquals, kLess, …; IS NULL a new kNull, NOT EXISTS `not`
//                               kExists, IS TRUE kEquals. Comparisons never hold for booleans,
//                               objects and arrays, and `!=` is "some value differs": both need a
//                               mask of value kinds and a per-value negation here. `$.a[0]` needs
//                               such paths in FieldTable.
//   EventBridge patterns        exact types (100 is not "100") by the same mask; prefix, suffix,
//   wildcard, cidr, numeric,
//                               equals-ignore-case as above; anything-but by the per-value
//                               negation.
//   SQL                         every operator has a counterpart over a column or json_extract(raw,
//   path): =, LIKE, regexp_matches, IS NULL, ….
//                               Operands are canonical (folded when case is ignored, sorted,
//                               unique), so the text is stable.

#include "model/field_table.h"
#include "rules/pattern.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cairn::rules {

enum class Operator : uint8_t {
  kEquals,
  kStartsWith,
  kEndsWith,
  kContains,
  kGlob,          // operands are patterns in Sigma's escapes (pattern.h)
  kRegex,         // RE2, searched anywhere in the value
  kCidr,          // the value is an address inside the network "address/bits"
  kNumberEquals,  // the value, a number or a text that is one, compared as a number
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kFieldEquals,  // compared with the values of another field of the event (operand: its path)
  kFieldStartsWith,
  kFieldEndsWith,
  kFieldContains,
  // Cairn's own (where.h), with no counterpart in Sigma.
  kPrefixBits,  // the value is a network "address/bits" with so many bits
  kTimeOfDay,   // the value is a time whose clock, in a zone, stands in a span of a day
  kCovers,      // the value is the lower end of a range of ports, the other field's the upper; only
                // inside kElement
  kGrants,   // the value is a policy document that grants something (policy.h); the other field is
             // the account's
  kElement,  // the value is an object, or a list of them, of which one satisfies `inner`, whose
             // fields begin at the object
  kFilterPattern,  // the record satisfies a CloudWatch filter pattern
  kEventPattern,   // what EventBridge makes of the record satisfies an event pattern
  kHasValue,       // neither missing nor null
  kExists,         // not missing
  kNullOrMissing,  // no value at all, or some value is null
};

/// Takes a part of a date before comparing; the value's own clock, no time-zone conversion. Weeks
/// are ISO 8601 weeks.
enum class TimePart : uint8_t { kNone, kMinute, kHour, kDay, kWeek, kMonth, kYear };

/// What a predicate looks at when `field` is empty: the record's own text.
inline constexpr const char* kRecordName = "record";

struct Expression;

struct Predicate {
  std::string field;  // path; empty: the whole record (its JSON text, and the same with JSON's
                      // escapes undone)
  Operator op = Operator::kEquals;
  bool ignore_case = false;  // texts, globs and fields; regular expressions carry (?i) themselves
  TimePart part = TimePart::kNone;                    // numbers only
  std::vector<std::string> operands;                  // any of them
  std::string other_field = {};                       // kCovers, kGrants
  std::shared_ptr<const Expression> inner = nullptr;  // kElement; its text is the operand

  SlotId slot = kNoSlot;        // bind() fills these in
  SlotId other_slot = kNoSlot;  // kField…: the operand's slot; kGrants: the other field's

  bool on_record() const { return field.empty(); }
  bool operator==(const Predicate&) const = default;
};

/// A condition. An empty `and` is always true, an empty `or` never.
struct Expression {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kPredicate };
  Kind kind = Kind::kAnd;
  std::vector<Expression> children;
  Predicate predicate;  // kPredicate

  bool operator==(const Expression&) const = default;
};

Expression leaf(Predicate predicate);
/// Flatten: an `and` directly inside an `and` is merged, a single child stands for itself, repeated
/// children count once.
Expression all_of(std::vector<Expression> children);
Expression any_of(std::vector<Expression> children);
/// `not not x` is x.
Expression negation(Expression expression);

/// Sets the operator and operand that ask for a pattern in the cheapest way: `*x*` is kContains,
/// `*` alone kHasValue, and so on. In the whole record a pattern may stand anywhere.
void ask_for_pattern(Predicate& predicate, Pattern pattern);

/// Brings the operands into their canonical form: folded when case is ignored (not for regular
/// expressions, networks, paths), sorted, unique.
void canonicalize(Predicate& predicate);
/// Returns the number of its nodes: connectives and predicates.
size_t size_of(const Expression& expression);
/// Interns every field of the expression and notes the slots.
void bind(Expression& expression, FieldTable& fields);

/// Returns the canonical text: `(eventName = "putobject" and not errorCode is null)`. Two
/// predicates on one field are the same exactly when their texts are.
std::string to_string(const Predicate& predicate);
std::string to_string(const Expression& expression);

}  // namespace cairn::rules
