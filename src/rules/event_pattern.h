#pragma once

// EventBridge event patterns, as rules, pipes and SNS filter policies with MessageBody scope take
// them.
//
// Behaviour: "Amazon EventBridge event patterns" and "Comparison operators" of the EventBridge user
// guide, and aws/event-ruler, the library that EventBridge itself uses. Where the two leave room,
// the choice is written down in docs/reference/event-patterns.md.

#include "base/diagnostics.h"
#include "formats/json_tree.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cairn::rules {

/// A compiled pattern. Immutable; may be shared by threads.
class EventPattern {
 public:
  static constexpr size_t kBytesLimit = 10'240;   // the highest that AWS raises its limit to
  static constexpr size_t kBranchLimit = 1'000;   // combinations that $or makes
  static constexpr size_t kMatcherLimit = 5'000;  // of all branches together

  /// Compiles a pattern. Returns nothing, and says why in the diagnostics (codes event-pattern-…),
  /// when EventBridge would refuse it. `name` stands for the pattern's file there.
  static std::optional<EventPattern> parse(std::string_view text, const std::string& name,
                                           Diagnostics& diagnostics);

  EventPattern(EventPattern&&) noexcept;
  EventPattern& operator=(EventPattern&&) noexcept;
  ~EventPattern();

  /// From now on the two spellings of console sign-ins in "detail-type" mean the same: that of
  /// write_envelope() (pattern_rule.h). Wildcards stay as they are.
  void join_sign_in_spellings();

  const std::string& text() const;
  /// Tells whether an event, a JSON object, matches.
  bool matches(const JsonTree& event) const;

  struct Contents;  // the room's own

 private:
  explicit EventPattern(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

}  // namespace cairn::rules
