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
  int64_t first_ms = std::numeric_limits<int64_t>::max();
};
using Uses = std::map<std::string, Use, std::less<>>;

/// Takes the contexts of one principal after another (sorted by principal); keeps the profiles
/// worth showing.
class ProfileBuilder {
 public:
  explicit ProfileBuilder(const std::map<std::string, PrincipalFindings>& findings)
      : findings_(findings) {}

  void add(const ContextRecord& record);
  /// Ends the last principal. Call once.
  void finish();
  uint64_t principal_count() const { return count_; }
  /// Principals seen from at least one public address.
  uint64_t with_public_address() const { return with_public_address_; }

  /// Second visit of all contexts, after finish(): who else uses the addresses of the profiles?
  void note_address(const ContextRecord& record);
  /// Adds what note_address() found, and returns the profiles by risk, then key.
  std::vector<PrincipalProfile> take();

 private:
  struct Candidate {
    PrincipalProfile profile;
    std::set<std::string, std::less<>>
        public_addresses;  // empty when there are too many to be worth a remark
    std::map<std::string, uint64_t, std::less<>> events_by_address;
    bool operator<(const Candidate& other) const;
  };
  struct AddressUse {
    std::string principal;
    bool shared = false;
  };

  void end_principal();
  void prune(size_t limit);

  const std::map<std::string, PrincipalFindings>& findings_;
  bool open_ = false;
  std::string key_;
  Counts counts_;
  std::map<std::string, uint64_t, std::less<>> types_, accounts_;  // of identity, of trail → events
  Uses source_ips_, regions_, user_agents_, access_keys_, clients_;
  FlatMap<uint8_t> event_types_;
  uint64_t count_ = 0, with_public_address_ = 0;
  std::vector<Candidate> candidates_;
  std::map<std::string, AddressUse, std::less<>> addresses_;
};

/// The part of a user agent that names the program: "aws-cli", "Boto3", "console.amazonaws.com".
std::string_view client_of(std::string_view user_agent);
/// A tool of attackers or testers that the user agent names, in lower case; "" when there is none.
std::string_view tool_in(std::string_view user_agent);

/// Risk from findings and behaviour: see docs/reference/findings.md, "Risk".
double risk_of(const PrincipalProfile& profile, size_t distinct_rules);

}  // namespace cairn::detect
