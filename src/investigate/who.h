#pragma once

// Everything about one principal, key, role session or address.

#include "base/result.h"
#include "geo/geo.h"
#include "identity/identity.h"
#include "investigate/gatherer.h"
#include "investigate/sheet.h"
#include "investigate/subject.h"
#include "model/finding.h"
#include "model/rule_info.h"

#include <string>
#include <unordered_set>
#include <vector>

namespace cairn::investigate {

/// What the gatherers of who() keep.
Wanted wanted_for_who();

/// Which findings name a subject, asked one by one as they come.
class FindingsAbout {
 public:
  void offer(const Finding& finding, const RuleInfo& rule);

 private:
  friend class WhoAnswer;  // asks which of them name the subject
  struct Kept {
    Level level = Level::kLow;
    std::string code, title, principal, session, target, event_id, first;
    std::vector<std::string> principals, source_ips, access_keys, sessions, targets, events;
    uint64_t count = 0;
  };
  std::vector<Kept> kept_;
  uint64_t left_out_ = 0;
};

struct WhoResult {
  bool found = false;
  std::vector<std::string> near;  // when nothing was found
  Sheet sheet;
};

/// Answers when all events were read. The log and the gatherers are those of the same events.
/// Memory does not grow with the events; lists are cut at some hundred values. Fails with
/// kUnavailable when scratch files cannot be read.
Result<WhoResult> who(const Subject& subject, const identity::SessionLog& log,
                      const std::vector<Gatherer*>& gatherers, const FindingsAbout& findings,
                      const geo::Atlas& atlas);

}  // namespace cairn::investigate
