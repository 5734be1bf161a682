#pragma once

// What was reported of one credential: strands of stretches of acts. A stretch ends when nothing
// was reported for kQuiet; acts sum calls of one kind.

#include "incident/deeds.h"
#include "incident/incident.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cairn::incident {

/// An origin that is quiet for so long begins another incident.
inline constexpr Duration kQuiet = std::chrono::hours(24);
/// Calls of one kind with so much time between them are two acts.
inline constexpr Duration kActGap = std::chrono::hours(1);
inline constexpr size_t kActs = 64;     // of a stretch
inline constexpr size_t kTargets = 12;  // of an act, by name
inline constexpr size_t kValues = 8;    // of any other list
inline constexpr size_t kCountedTargets = 2'000;

/// A list of the first distinct values.
void note(std::vector<std::string>& list, std::string_view value, size_t limit = kValues);

/// Calls of one kind: of one name and result; or, for a mark, everything that one rule reported.
struct Act {
  uint64_t kind = 0;
  Timestamp first{}, last{};
  uint64_t events = 0, failed = 0;
  Level level = Level::kInformational;
  bool is_mark = false;
  std::vector<uint32_t> rules;  // ascending
  std::string event_name, event_source, error_code, words;
  std::vector<std::string> event_ids, targets, source_ips, user_agents, regions;
  std::vector<uint64_t> target_hashes;  // sorted, at most kCountedTargets
  struct Name {
    std::string name, words;  // of the first such call
    uint64_t calls = 0;
  };
  std::vector<Name> names;  // of a mark: its calls by name

  bool failed_wholly() const { return failed == events; }
};

struct Stretch {
  Timestamp first{}, last{};
  std::string first_event;  // eventID
  uint64_t events = 0, failed = 0, acts_left_out = 0;
  Level level = Level::kInformational;
  std::vector<uint32_t> rules;
  std::vector<std::string> accounts, source_ips;
  std::vector<Act> acts;
};

struct Strand {
  std::string access_key, principal, session;
  std::vector<Stretch> stretches;

  Level level() const;
};

/// What the rules of a run mean here.
struct RuleBook {
  RuleBook(std::span<const RuleInfo> rules, std::span<const Correlation> correlations);

  std::span<const RuleInfo> infos;
  std::vector<Deed> deeds;       // by rule
  std::vector<bool> is_mark;     // names no calls: tells how something was done
  std::vector<bool> is_summary;  // joins other rules: tells nothing of its own
};

struct Builder::State {
  State(std::span<const RuleInfo> rules, std::span<const Correlation> correlations,
        size_t memory_bytes)
      : book(rules, correlations), budget_bytes(memory_bytes) {}

  void add(std::span<const uint32_t> rules, const EventSummary& event);
  void add_to_act(Stretch& stretch, uint64_t kind, bool is_mark, std::span<const uint32_t> rules,
                  const EventSummary& event);
  void make_room();

  RuleBook book;
  const size_t budget_bytes;
  size_t bytes = 0;
  std::unordered_map<uint64_t, Strand> strands;  // by handle
  uint64_t left_out = 0, untimed = 0;
};

/// Joins strands to incidents. `sessions` says who is behind each.
Result<Incidents> join_strands(Builder::State& state, const identity::SessionLog& sessions,
                               const geo::Atlas& atlas);

/// One act as a sentence without its actor. `brief`: without the calls of a mark.
std::string words_of(const Act& act, const RuleBook& book, bool brief);
/// What a mark says of how its calls were made.
std::string title_of_mark(const Act& act, const RuleBook& book);

/// What to do about an incident, the most urgent first.
std::vector<Advice> advise(const Incident& incident, std::span<const Act* const> acts);

}  // namespace cairn::incident
