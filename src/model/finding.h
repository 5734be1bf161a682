#pragma once

// What detection says: one event in words, the findings, the principals. Values, copied out of the
// event.

#include "base/time.h"
#include "model/rule_info.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cairn {

/// One matched event, with everything a reader asks first. Owns its text. All text is untrusted:
/// print it with printable().
struct EventSummary {
  Timestamp time{};
  bool time_known = false;
  std::string event_id, event_name, event_source, region;
  std::string account;  // whose trail: recipientAccountId, else userIdentity.accountId
  std::string
      principal;  // key: role or user ARN, service name … (spec/cloudtrail-log.md section 5)
  std::string session;  // role session name; may be empty
  std::string access_key;
  std::string source_ip, user_agent;
  std::string error_code, error_message;
  std::string target;  // the resource acted on, from the words table; may be empty
  std::string
      words;         // what was done, past tense: "attached policy AdministratorAccess to user bob"
  std::string file;  // input file
  uint64_t offset = 0;  // of the record in the decompressed file
};

/// Matches of one rule by one principal (or the rule's own key) inside one window.
struct Finding {
  std::string id;     // stable: hash of rule, key and the first event; the same for the same logs
  uint32_t rule = 0;  // index into the rule list of the run
  std::string key;    // the dedup key's values, joined with " / "
  std::string principal;  // of the first event
  std::string account;
  Level level = Level::kMedium;
  uint64_t count = 0;   // matching events, duplicates not counted
  uint64_t failed = 0;  // of these, calls that were denied or failed
  Timestamp first{}, last{};
  bool time_known = true;  // false: its events carry no readable time; first and last mean nothing
  std::vector<EventSummary> samples;  // the first few, in time order
  std::vector<std::string> event_names, source_ips, regions, targets, user_agents,
      error_codes;                      // distinct, sorted, bounded
  std::vector<std::string> principals;  // the same; one, unless the key is not the principal
  // How many distinct values there were where a list may be cut (see detect.h, kExactDistinct).
  uint64_t event_name_count = 0, source_ip_count = 0, target_count = 0, principal_count = 0;
};

/// What one principal did over the whole run.
struct PrincipalProfile {
  std::string key;   // as EventSummary::principal
  std::string type;  // userIdentity.type
  std::string account;
  uint64_t events = 0, errors = 0, writes = 0;
  Timestamp first{}, last{};
  std::vector<std::string> source_ips, regions, user_agents,
      access_keys;  // distinct, most used first, bounded
  uint64_t source_ip_count = 0, region_count = 0, user_agent_count = 0, event_name_count = 0;
  std::array<uint64_t, kLevelCount> findings_by_level{};
  double risk = 0;                   // higher first; see detect.h
  std::vector<std::string> unusual;  // in words: "only principal seen from 203.0.113.7", …
};

}  // namespace cairn
