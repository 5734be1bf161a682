#pragma once

#include "duck/duck.h"
#include "model/event.h"
#include "model/field_table.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn::engine {

/// A query's condition on rows of cloudtrail_logs, asked of events before they become rows. What
/// events cannot tell is left to the database: it admits at least every wanted event. Immutable.
class RowCondition {
 public:
  /// Interns the paths it needs.
  RowCondition(const duck::Condition& condition, FieldTable& fields);

  bool admits(const Event& event) const { return test(root_, event); }
  /// The time before which no wanted event lies, as far as the condition says it.
  std::optional<Timestamp> not_before() const { return not_before_; }

 private:
  struct Node {
    duck::Condition::Kind kind = duck::Condition::Kind::kAll;
    SlotId slot = kNoSlot;  // kNoSlot: every event passes
    bool as_time = false;
    std::vector<std::string> texts;
    std::vector<int64_t> instants;  // microseconds
    std::vector<Node> parts;
  };

  static Node make(const duck::Condition& condition, FieldTable& fields);
  static bool test(const Node& node, const Event& event);
  static bool test_time(const Node& node, const Event& event);
  static bool test_text(const Node& node, const FieldValue& value);
  void note_time(const duck::Condition& condition);

  Node root_;
  std::optional<Timestamp> not_before_;
};

}  // namespace cairn::engine
