#pragma once

// Why an event satisfies a rule's condition or not: the condition's tree, each part with its
// answer and what the event has there.

#include <cstdint>
#include <string>
#include <vector>

namespace cairn {

/// One part of a condition held against one event. A value.
struct Explanation {
  enum class Kind : uint8_t {
    kAll,   // every child
    kAny,   // at least one child
    kNone,  // the child does not hold
    kTest,
    kElement,  // at least one child; these are the objects of `field`, `test` names each
  };
  Kind kind = Kind::kAll;
  bool holds = false;
  /// The answer would be another one if this part's were: what a reader wants to see first.
  bool decides = false;
  std::string field;  // kTest, kElement: path; "record" for the record's text
  std::string test;   // kTest: `= any of ("a", "b")`; in a kElement: "element 2"
  /// What the event has there, as JSON, the first few; empty when the field is missing, or when the
  /// test looks at more than values.
  std::vector<std::string> values;
  uint64_t value_count = 0;
  std::string other_field;                // of a test that compares fields
  std::vector<std::string> other_values;  // as `values`
  std::vector<Explanation> children;
};

}  // namespace cairn
