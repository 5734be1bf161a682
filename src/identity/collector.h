#pragma once

#include "identity/facts.h"
#include "sys/spill.h"

#include <limits>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace cairn::identity {

/// Values, how often each was used and when first. Bounded: the smallest ones are kept, which does
/// not depend on the order of adding.
class UsedValues {
 public:
  static constexpr int64_t kNoTime = std::numeric_limits<int64_t>::max();

  void add(std::string_view value, uint64_t events, int64_t first_ms);
  void pack(std::string& out) const;
  void take(PackReader& reader);
  /// Most used first.
  std::vector<Used> most_used(size_t limit) const;
  size_t bytes() const { return bytes_; }

 private:
  struct Sum {
    std::string value;
    uint64_t events = 0;
    int64_t first_ms = kNoTime;
  };
  /// The value's sum, made when it is new; null when the ones held are all smaller.
  Sum* find_or_add(std::string_view value);

  std::vector<Sum> values_;  // in order of value
  size_t last_ = 0;          // the one added to last: most events of a session repeat it
  size_t bytes_ = 0;
};

/// What is summed of one session.
struct SessionSum {
  Facts facts;
  uint64_t events = 0, errors = 0, writes = 0;
  bool time_known = false, mfa = false;
  int64_t first_ms = 0, last_ms = 0;
  std::string account;
  UsedValues source_ips, regions, user_agents, services, calls;

  void note_time(int64_t first, int64_t last);
  void pack(std::string& out) const;
  /// Adds what pack() wrote of the same session.
  void take(PackReader& reader);
  size_t bytes() const;
};

/// A successful sign-in to the console.
struct SignIn {
  int64_t time_ms = 0;
  bool mfa = false;
  std::string source_ip, event_id;
};

struct Collector::State {
  State(const StandardFields& standard_fields, const IdentityFields& identity_fields, Files& files,
        size_t memory_bytes, bool with_calls);

  void add(const Event& event);
  void note_account(const Event& event, SessionSum& sum);
  void add_grant(const Event& event, uint64_t handle, const Facts& facts);
  void add_sign_in(const Event& event, uint64_t handle, const Facts& facts);
  void add_making(const Event& event, std::string_view name, uint64_t handle);
  Status flush();
  Status settle();
  void keep(const Status& done) {
    if (!done.ok() && status.ok()) status = done;
  }

  const StandardFields& standard;
  const IdentityFields& fields;
  const size_t budget_bytes;
  const bool with_calls;
  std::unordered_map<uint64_t, SessionSum> open;
  size_t open_bytes = 0;
  SpillSorter sessions, grants, sign_ins, makings;
  std::set<std::string, std::less<>> accounts;  // that the logs are of
  std::string last_account;                     // the one noted last
  Status status;
  std::string key, payload, call;
};

}  // namespace cairn::identity
