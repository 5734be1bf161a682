#pragma once

// From contexts (who, from where, with what, and how often) to principals: what each did, what is
// unusual about it in words computed from the run itself, and how much it deserves a look. The
// formula and every mark are described in docs/reference/findings.md.

#include "detect/detect.h"
#include "detect/run.h"
#include "detect/tally.h"

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace cairn::detect {

/// What the findings say of one principal.
struct PrincipalFindings {
  std::array<uint64_t, kLevelCount> by_level{};
  std::set<uint32_t> rules;
};

/// Counts of one value (an address, a region …) of a principal.
struct Use {
  uint64_t events = 0;
  uint64_t global_calls = 0;  // of them, of services without regions
  int64_t first_ms = std::numeric_limits<int64_t>::max();
};
using Uses = std::map<std::string, Use, std::less<>>;

/// Who else uses the addresses that profiles could remark on.
class AddressBook {
 public:
  void watch(const std::string& address) { uses_[address]; }
  bool empty() const { return uses_.empty(); }
  /// Notes that a principal used an address; of no interest when it is not watched.
  void note(std::string_view address, std::string_view principal);
  /// Adds what another book of the same addresses noted.
  void absorb(const AddressBook& other);
  /// True when several principals used the address.
  bool is_shared(const std::string& address) const;

 private:
  struct Use {
    std::string principal;
    bool shared = false;
  };
  std::map<std::string, Use, std::less<>> uses_;
};

/// Takes the contexts of one principal after another (sorted by principal); keeps the profiles
/// worth showing.
class ProfileBuilder {
 public:
  explicit ProfileBuilder(const std::map<std::string, PrincipalFindings>& findings)
      : findings_(&findings) {}

  void add(const ContextRecord& record);
  /// Ends the last principal: nothing is added any more.
  void end();
  /// Takes what another builder has, which ended, about other principals.
  void absorb(ProfileBuilder&& other);
  uint64_t principal_count() const { return count_; }

  /// The addresses of which to find out who uses them.
  AddressBook addresses();
  /// Returns the profiles by risk, then key, with what the book says of their addresses.
  std::vector<PrincipalProfile> take(const AddressBook& addresses);

 private:
  struct Candidate {
    PrincipalProfile profile;
    // Public ones → events; empty when there are too many to be worth a remark.
    std::map<std::string, uint64_t, std::less<>> addresses;
    bool operator<(const Candidate& other) const;
  };

  void prune(size_t limit);

  const std::map<std::string, PrincipalFindings>* findings_;
  bool open_ = false;
  std::string key_;
  Counts counts_;
  std::map<std::string, uint64_t, std::less<>> types_, accounts_;  // of identity, of trail → events
  Uses source_ips_, regions_, user_agents_, access_keys_, clients_;
  FlatMap<uint8_t> event_types_;
  uint64_t count_ = 0;
  uint64_t with_public_address_ = 0;  // principals seen from at least one
  std::vector<Candidate> candidates_;
};

/// The part of a user agent that names the program: "aws-cli", "Boto3", "console.amazonaws.com".
std::string_view client_of(std::string_view user_agent);
/// A tool of attackers or testers that the user agent names, in lower case; "" when there is none.
std::string_view tool_in(std::string_view user_agent);

/// Risk from findings and behaviour: see docs/reference/findings.md, "Risk".
double risk_of(const PrincipalProfile& profile, size_t distinct_rules);

}  // namespace cairn::detect
