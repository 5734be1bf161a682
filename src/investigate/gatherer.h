#pragma once

// What a question keeps of the events while they are read: what was done (an Act for each change
// and each credential issued) and what was used (a count for each combination of caller, call,
// region, address, client and error). Both go to scratch files when they grow.

#include "base/result.h"
#include "detect/detect.h"
#include "identity/identity.h"
#include "model/event.h"
#include "model/standard_fields.h"
#include "sys/files.h"
#include "sys/spill.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace cairn::investigate {

/// What this room asks of an event beyond the standard fields.
struct InvestigateFields {
  SlotId issued_key, resource_arn, policy_document;

  static InvestigateFields intern_into(FieldTable& fields);
};

/// A call that worked and changed something, issued a credential, or signed in.
struct Act {
  bool looked = false;  // none of these: kept because it shows who called (Wanted::callers)
  bool time_known = false;
  int64_t time_ms = 0;
  uint64_t handle = 0;  // identity::handle_of()
  std::string event_id, source, name, region, account, principal, session, access_key, source_ip;
  std::string target, words;  // of the words table
  std::string issued_key;     // the credential it gave
  std::string record;         // compact JSON, where asked for

  void pack(std::string& out) const;
  static Act unpack(std::string_view bytes);
};

/// "iam:CreateUser".
std::string call_name(std::string_view source, std::string_view name);

/// A combination and how often it occurred.
struct Use {
  uint64_t handle = 0;
  std::string source, name, region, source_ip, user_agent, error, resource;
  uint64_t events = 0;
  bool time_known = false;
  int64_t first_ms = 0, last_ms = 0;
  std::string first_event;  // eventID of the first
};

/// What a Gatherer keeps.
struct Wanted {
  bool uses = false;
  bool use_resources = false;  // tell uses apart by resource, not by region, address and client
  bool acts = false;
  /// With acts: of each credential and address also a call that is none, the first that a gatherer
  /// sees, marked as `looked`, without words and record.
  bool callers = false;
  /// Which calls are acts with their records, whether they changed anything or not; null: none.
  std::function<bool(std::string_view source, std::string_view name)> with_record;
  /// The resource of an event, before what its record lists; null, or "": that.
  std::function<std::string(const Event&)> resource_of;
  /// How a resource that the record lists is written; null: as it is.
  std::function<std::string(std::string_view)> spell_resource;
  /// Which events count at all; null: all.
  std::function<bool(const Event&)> about;
};

/// Takes the events of one worker. One thread.
class Gatherer {
 public:
  /// `words` may be null when no acts are wanted. All references must outlive the gatherer.
  Gatherer(const StandardFields& standard, const InvestigateFields& fields,
           const detect::ActionWords* words, Files& files, size_t memory_bytes, Wanted wanted);

  /// `fingerprint` tells copies of an event: of acts, one counts. Uses count copies. An error (full
  /// temporary folder) is kept and returned by for_each_*().
  void add(const Event& event, uint64_t fingerprint);

  /// Visits the acts of all gatherers in order of time, those without a time last, each event once.
  static Status for_each_act(const std::vector<Gatherer*>& gatherers,
                             const std::function<Status(const Act&)>& visit);
  /// Visits the uses of all gatherers, in an order that depends only on the events.
  static Status for_each_use(const std::vector<Gatherer*>& gatherers,
                             const std::function<Status(const Use&)>& visit);

 private:
  struct Sum {
    uint64_t events = 0;
    bool time_known = false;
    int64_t first_ms = 0, last_ms = 0;
    std::string first_event;
    void join(const Sum& other);
  };
  void keep(Status status);
  void add_use(const Event& event, uint64_t handle);
  void count_use(const Event& event, std::string_view resource, uint64_t handle, bool first = true);
  bool is_new_caller(const Event& event, uint64_t handle);
  enum class Kept : uint8_t { kLooked, kAct, kActWithRecord };
  void add_act(const Event& event, uint64_t handle, uint64_t fingerprint, Kept kept);
  Status flush_uses();

  const StandardFields& standard_;
  const InvestigateFields& fields_;
  const detect::ActionWords* words_;
  Wanted wanted_;
  size_t use_budget_;
  SpillSorter acts_, use_runs_;
  std::unordered_map<std::string, Sum> uses_;
  size_t use_bytes_ = 0;
  std::unordered_set<uint64_t> callers_;  // seen, by credential and address
  detect::ActionWords::Memory memory_;
  detect::ActionWords::Phrase phrase_;
  std::string key_, payload_;
  Status failure_;
};

/// True when the record says that it changed something; without a word about it, when its name does
/// not begin like a question.
bool is_write(const Event& event, const StandardFields& standard);
/// True for the calls that give a credential: AssumeRole and its kin.
bool issues_credential(std::string_view event_name);
bool has_failed(const Event& event, const StandardFields& standard);
/// The error as a short text: the code, else "failed"; "" for none.
std::string error_of(const Event& event, const StandardFields& standard);

}  // namespace cairn::investigate
