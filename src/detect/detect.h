#pragma once

// The door of `detect`: matched events in, findings and principals out, the same for any file order
// and number of threads.
//
// Each worker has a Collector that copies what matters out of every event into sorters
// (sys/spill.h). finish() merges them: duplicates are recognised by fingerprint and counted once,
// matches are grouped by rule × key × window in event-time order, and everything is counted. Memory
// is bounded: sorters spill to scratch files; distinct-value lists are capped (their true counts
// are kept).

#include "base/result.h"
#include "model/correlation.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/rule_info.h"
#include "model/standard_fields.h"
#include "sys/files.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cairn::detect {

/// The words table (content/actions.tsv): what an API call did, in plain English, and to what.
/// Immutable; any thread.
class ActionWords {
 public:
  /// Parses the table and interns the fields it needs. Fails with kInvalidInput and the line of the
  /// first bad template.
  static Result<ActionWords> parse(std::string_view table, FieldTable& fields);
  ActionWords(ActionWords&&) noexcept;
  ActionWords& operator=(ActionWords&&) noexcept;
  ~ActionWords();

  struct Phrase {
    std::string target, words;
  };
  /// Which row describes which type of event, as far as one thread has looked.
  class Memory {
   public:
    Memory();
    Memory(Memory&&) noexcept;
    ~Memory();

   private:
    friend class ActionWords;
    struct Rows;
    std::unique_ptr<Rows> rows_;
  };
  /// Writes the phrase for an event; without a row, words such as "called DescribeFoo" and the
  /// first resource ARN. `type` is a hash of eventSource and eventName.
  void describe(const Event& event, const StandardFields& standard, uint64_t type, Memory& memory,
                Phrase& phrase) const;
  /// The same for one event now and then.
  Phrase describe(const Event& event, const StandardFields& standard) const;

 private:
  struct Table;
  ActionWords();
  std::unique_ptr<Table> table_;
};

/// Who acted; docs/reference/findings.md, "Principals", has the rules. Issuer ARN for roles and
/// federated users, else the ARN, else the service (invokedBy), else principalId with the caller's
/// account before it ("account:<id>/AROA…"), else "account:<id>", "anonymous" or "unknown".
struct PrincipalName {
  std::string_view key;      // view into the event, a static string or a buffer of this thread
  std::string_view session;  // role session name; may be empty
};
/// Returns the principal's name, valid until the next call in this thread or until the reader moves
/// on.
PrincipalName principal_of(const Event& event, const StandardFields& standard);
/// Returns a principal's key as people say it: "user/alice", "role/Admin", "root",
/// "s3.amazonaws.com", "anonymous"; ARNs lose what the account column already says.
std::string short_principal(std::string_view key);
/// Returns a user agent as people say it: "aws-cli/2.15.0", "Boto3/1.26 (in Lambda)", "AWS
/// console", "Terraform/1.5".
std::string client_name(std::string_view user_agent);

/// True when the record says that the call changed something: readOnly, and for records without it
/// the verb of the name (`name` is the event's).
bool is_write(const Event& event, const StandardFields& standard, std::string_view name);

/// Lists in a Finding or PrincipalProfile keep this many values; counts beside them are exact up to
/// kExactDistinct.
inline constexpr size_t kListedValues = 20;
inline constexpr size_t kExactDistinct = 10'000;
/// Outcome::findings holds this many of each level, the earliest; of these the first kFullySampled
/// have all samples, later ones one. Detector::for_each_finding() visits all of them.
inline constexpr size_t kFindingsPerLevel = 3'000;
inline constexpr size_t kFullySampled = 300;
/// Windows that are open at once and collect lists and samples. Beyond, further ones only count
/// (Outcome::findings_not_kept).
inline constexpr size_t kOpenFindings = 10'000;
inline constexpr size_t kPrincipalsKept = 1'000;

/// Where addresses are, for rules that ask. One thread at a time.
class Places {
 public:
  virtual ~Places() = default;
  /// Returns the country's code ("DE"), and the network's number ("AS3320"); "" when not known.
  virtual std::string country_of(std::string_view address) const = 0;
  virtual std::string asn_of(std::string_view address) const = 0;
  /// Returns a number that stands for the place, in this run and later ones; 0 when not known.
  virtual uint64_t spot_of(std::string_view address) const = 0;
  /// Returns the kilometres between two spots at least; 0 when it cannot be told. What a saved
  /// state brings may be any numbers.
  virtual double least_km(uint64_t from, uint64_t to) const = 0;
};

struct Options {
  Level min_level =
      Level::kInformational;           // matches below are counted per rule but make no findings
  bool visit_context_matches = false;  // for_each_match() visits those below min_level too, with
                                       // their time, eventID and place only
  size_t samples_per_finding = 5;
  size_t memory_bytes = 16u << 20;  // for all collectors together; more is spilled
  size_t collectors = 1;  // how many collectors will share it; finish() uses as many threads
  std::vector<AllowEntry> allow;              // for every rule, beside the rules' own lists
  std::span<const Correlation> correlations;  // rules over several events; must outlive the run
  size_t correlation_bytes = 256u << 20;      // for the groups of events that these remember
  /// What state() of an earlier run returned: rules over several events go on from there.
  std::string state = {};
  /// Another run goes on from here: windows that later events may still change stay open, and
  /// Detector::state() returns what to give to it.
  bool keep_state = false;
  /// With keep_state: events are judged once others are so much younger, the rest by the next run.
  /// Logs that are delivered no later than that are then in order, whichever run they reach.
  Duration lateness{};
  const Places* places = nullptr;  // none: no address is known; must outlive the run
};

/// Everything about the run's events that does not depend on rules, and the findings.
struct Outcome {
  uint64_t events = 0;  // read, duplicates included
  uint64_t duplicates = 0;
  uint64_t without_time = 0;
  uint64_t errors = 0;        // unique events with errorCode, or a failed sign-in
  Timestamp first{}, last{};  // over unique events with a time
  std::map<std::string, uint64_t> accounts, regions;  // unique events; bounded
  std::map<std::pair<std::string, std::string>, uint64_t>
      event_types;  // (eventSource, eventName) → events; bounded at 20,000
  std::map<std::string, uint64_t> categories;  // Management, Data, Insight, …
  std::map<int64_t, uint64_t> hours;  // hours since 1970 → unique events; bounded at 200,000
  std::map<std::string, std::map<int64_t, uint64_t>>
      account_hours;  // the same per 12-digit account; empty when more than 200,000 in all
  std::map<std::pair<Level, int64_t>, uint64_t> match_hours;  // level × hour → matching events
  // The same by minutes since 1970, for short periods: both empty when the events fall into more
  // than 10,000 different minutes.
  std::map<int64_t, uint64_t> minutes;
  std::map<std::pair<Level, int64_t>, uint64_t> match_minutes;

  std::vector<uint64_t> rule_matches;  // per rule: unique matching events, before allow-lists
  std::vector<uint64_t> rule_allowed;  // per rule: of these, expected by an allow-list
  std::vector<std::vector<std::string>>
      rule_missing_fields;  // per rule: needed fields that none of its events carried, and
                            // "place of sourceIPAddress" when none of them was of a known place;
                            // empty when it saw none of its events
  std::vector<Finding> findings;  // by level (highest first), then first time, rule, key; bounded
  std::array<uint64_t, kLevelCount> findings_by_level{};  // all of them
  uint64_t findings_not_kept =
      0;  // above kOpenFindings; their matches are counted and visited all the same
  uint64_t forgotten_groups = 0;  // of rules over several events, forgotten for lack of memory:
                                  // these may have missed something
  uint64_t matched_events =
      0;  // unique events with at least one match at or above min_level that is not allowed
  std::vector<PrincipalProfile>
      principals;  // by risk, then key; those with findings and the busiest, bounded
  uint64_t principal_count = 0;
};

/// Takes events from one worker. One thread.
class Collector {
 public:
  ~Collector();
  /// Copies what matters of an event and the rules it satisfied (indexes into the rule list).
  /// `file` is the input's name. An error (full temporary folder) is kept and returned by finish().
  void add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
           std::string_view file);

 private:
  friend class Detector;
  struct State;
  explicit Collector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Owns one run. make_collector() once per worker, then finish() once, from one thread after all
/// workers ended.
class Detector {
 public:
  /// All references must outlive the detector.
  Detector(const std::vector<RuleInfo>& rules, const FieldTable& fields,
           const StandardFields& standard, const ActionWords& words, Files& files, Options options);
  ~Detector();

  Collector& make_collector();
  /// Fails with kUnavailable when scratch files could not be written or read: the findings would
  /// not be complete.
  Result<Outcome> finish();

  /// After finish() with Options::keep_state: what rules over several events remember. It holds
  /// parts of events: names, addresses, error messages.
  const std::string& state() const;

  /// After finish(): visits every finding, in the order of Outcome::findings. The finding is good
  /// until the next.
  Status for_each_finding(const std::function<Status(const Finding& finding)>& visit);

  /// After finish(): visits every unique match at or above min_level (or all:
  /// Options::visit_context_matches) in event-time order (ties by eventID, then rule), for
  /// timelines and --matches.
  Status for_each_match(
      const std::function<Status(uint32_t rule, const EventSummary& event, bool allowed)>& visit);
  /// After finish(): visits every unique event of which findings are made, in the same order, with
  /// the rules that made them, ascending.
  Status for_each_reported_event(const std::function<Status(std::span<const uint32_t> rules,
                                                            const EventSummary& event)>& visit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::detect
