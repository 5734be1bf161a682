#include "detect/reach.h"

#include "base/text.h"

#include <algorithm>

namespace cairn::detect {

namespace {

bool is_glob(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

bool any_glob(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return is_glob(text); });
}

bool agrees(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const std::string& text) {
           return glob_match_ignore_case(text, value);
         });
}

}  // namespace

ReachIndex::ReachIndex(const std::vector<RuleInfo>& rules, const FieldTable& fields)
    : rules_(rules), fields_(fields) {
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const RuleInfo& rule = rules[i];
    first_requirement_.push_back(static_cast<uint32_t>(requirements_.size()));
    bool any_event = rule.needed_event_names.empty() && rule.needed_event_sources.empty();
    for (const std::string& path : rule.needed_fields) {
      auto slot = fields.find(path);
      // Asking every event for a nested field would walk every subtree only for this remark.
      if (!slot || (any_event && fields.lazy_root(*slot) != kNoSlot)) continue;
      requirements_.push_back({i, *slot});
    }
    bool by_name = !rule.needed_event_names.empty() && !any_glob(rule.needed_event_names);
    bool by_source = !rule.needed_event_sources.empty() && !any_glob(rule.needed_event_sources);
    if (by_name) {
      for (const std::string& name : rule.needed_event_names) by_name_[to_lower(name)].push_back(i);
    } else if (by_source) {
      for (const std::string& source : rule.needed_event_sources)
        by_source_[to_lower(source)].push_back(i);
    } else {
      others_.push_back(i);
    }
  }
  first_requirement_.push_back(static_cast<uint32_t>(requirements_.size()));
}

bool ReachIndex::concerns(uint32_t rule, const std::string& source, const std::string& name) const {
  return agrees(rules_[rule].needed_event_sources, source) &&
         agrees(rules_[rule].needed_event_names, name);
}

std::vector<uint32_t> ReachIndex::rules_for(std::string_view source_text,
                                            std::string_view name_text) const {
  std::string source = to_lower(source_text), name = to_lower(name_text);
  std::vector<uint32_t> found;
  auto take = [&](const std::vector<uint32_t>& candidates) {
    for (uint32_t rule : candidates)
      if (concerns(rule, source, name)) found.push_back(rule);
  };
  if (auto it = by_name_.find(name); it != by_name_.end()) take(it->second);
  if (auto it = by_source_.find(source); it != by_source_.end()) take(it->second);
  take(others_);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

ReachLog::ReachLog(const ReachIndex& index)
    : index_(index),
      rule_seen_(index.rule_count(), 0),
      met_(index.requirements().size(), 0),
      types_(256) {}

void ReachLog::add_type(uint64_t type, std::string_view source, std::string_view name) {
  if (types_.size() > kTypes) {
    types_.clear();
    pending_.clear();
  }
  std::vector<uint32_t> pending;
  for (uint32_t rule : index_.rules_for(source, name)) {
    rule_seen_[rule] = 1;
    auto [begin, end] = index_.requirements_of(rule);
    for (uint32_t requirement = begin; requirement < end; ++requirement)
      if (met_[requirement] == 0) pending.push_back(requirement);
  }
  uint32_t entry = kNothingPending;
  if (!pending.empty()) {
    pending_.push_back(std::move(pending));
    entry = static_cast<uint32_t>(pending_.size());
  }
  types_[type] = entry;
}

void ReachLog::check(const Event& event, uint32_t& entry) {
  std::vector<uint32_t>& pending = pending_[entry - 1];
  std::erase_if(pending, [&](uint32_t requirement) {
    if (met_[requirement] == 0 && event.get(index_.requirements()[requirement].slot).has_value())
      met_[requirement] = 1;
    return met_[requirement] != 0;
  });
  if (pending.empty()) entry = kNothingPending;
}

void ReachLog::merge(const ReachLog& other) {
  for (size_t i = 0; i < met_.size(); ++i) met_[i] |= other.met_[i];
  for (size_t i = 0; i < rule_seen_.size(); ++i) rule_seen_[i] |= other.rule_seen_[i];
}

}  // namespace cairn::detect
