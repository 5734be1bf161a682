#include "report/matched_events.h"

#include "base/text.h"

#include <algorithm>

namespace cairn::report {

namespace {

/// Collects the matches of one event.
struct Pending {
  EventSummary event;
  std::vector<uint32_t> rules;
  bool expected = true;

  bool is_of(const EventSummary& other) const {
    return !rules.empty() && event.offset == other.offset && event.file == other.file &&
           event.event_id == other.event_id;
  }
};

}  // namespace

Status each_matched_event(std::span<const RuleInfo> rules, const MatchStream& matches,
                          const std::function<Status(const MatchedEvent&)>& visit) {
  Pending pending;
  auto flush = [&]() -> Status {
    if (pending.rules.empty()) return Status::success();
    std::stable_sort(pending.rules.begin(), pending.rules.end(),
                     [&](uint32_t a, uint32_t b) { return rules[a].level > rules[b].level; });
    Status status = visit({pending.event, pending.rules, pending.expected});
    pending.rules.clear();
    pending.expected = true;
    return status;
  };
  Status visited = matches([&](uint32_t rule, const EventSummary& event, bool allowed) -> Status {
    if (!pending.is_of(event)) {
      TRY(flush());
      pending.event = event;
    }
    pending.rules.push_back(rule);
    pending.expected = pending.expected && allowed;
    return Status::success();
  });
  TRY(visited);
  return flush();
}

std::string codes_of(std::span<const RuleInfo> rules, std::span<const uint32_t> matched) {
  std::vector<std::string> codes;
  for (uint32_t rule : matched) codes.push_back(rules[rule].code);
  return join(codes, ", ");
}

}  // namespace cairn::report
