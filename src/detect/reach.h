#pragma once

// What each rule could see. A rule that found nothing may be at peace or blind: its service is not
// logged, or its events never carry the field it looks at. ReachIndex knows which rules an event
// type (source and name) concerns; ReachLog, one per collector, notes for every rule which of its
// needed fields occurred in an event of its types. The notes are sets, so they do not depend on
// order.

#include "detect/flat_map.h"
#include "model/event.h"
#include "model/rule_info.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::detect {

/// Immutable; any thread.
class ReachIndex {
 public:
  /// A field that a rule needs.
  struct Requirement {
    uint32_t rule;
    SlotId slot;
  };

  ReachIndex(const std::vector<RuleInfo>& rules, const FieldTable& fields);

  /// Returns the rules that events of this type concern, ascending.
  std::vector<uint32_t> rules_for(std::string_view source, std::string_view name) const;
  size_t rule_count() const { return rules_.size(); }
  const std::string& path(uint32_t requirement) const {
    return fields_.path(requirements_[requirement].slot);
  }
  const std::vector<Requirement>& requirements() const { return requirements_; }
  /// Returns the requirements of one rule: [first, second).
  std::pair<uint32_t, uint32_t> requirements_of(uint32_t rule) const {
    return {first_requirement_[rule], first_requirement_[rule + 1]};
  }

 private:
  bool concerns(uint32_t rule, const std::string& source, const std::string& name) const;

  const std::vector<RuleInfo>& rules_;
  const FieldTable& fields_;
  std::vector<Requirement> requirements_;    // by rule
  std::vector<uint32_t> first_requirement_;  // rule → index; one more at the end
  std::unordered_map<std::string, std::vector<uint32_t>> by_name_, by_source_;  // plain values
  std::vector<uint32_t> others_;  // with a glob, or without names and sources
};

/// What one collector saw. One thread.
class ReachLog {
 public:
  explicit ReachLog(const ReachIndex& index);

  /// Notes an event of a type. The texts are looked at only when the type is new.
  void note(const Event& event, uint64_t type, std::string_view source, std::string_view name) {
    auto [entry, is_new] = types_.find_or_add(type);
    if (is_new) {
      add_type(type, source, name);
      entry = types_.find_or_add(type).first;
    }
    if (*entry != kNothingPending) check(event, *entry);
  }

  /// Adds another collector's notes.
  void merge(const ReachLog& other);
  /// True when an event of the rule's types occurred.
  bool saw_rule(uint32_t rule) const { return rule_seen_[rule] != 0; }
  /// True when the requirement occurred in such an event.
  bool met(uint32_t requirement) const { return met_[requirement] != 0; }

 private:
  static constexpr uint32_t kNothingPending = 0;
  static constexpr size_t kTypes = 20'000;  // then the table starts anew: only speed is lost

  void add_type(uint64_t type, std::string_view source, std::string_view name);
  void check(const Event& event, uint32_t& entry);

  const ReachIndex& index_;
  std::vector<uint8_t> rule_seen_, met_;
  FlatMap<uint32_t> types_;                     // type → index of its list in pending_, plus one
  std::vector<std::vector<uint32_t>> pending_;  // requirements not met yet
};

}  // namespace cairn::detect
