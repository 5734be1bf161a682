#pragma once

// What all collectors of a run share: the rules made ready, and the names of the numbers they
// write. Immutable after construction.

#include "detect/allow_list.h"
#include "detect/detect.h"
#include "detect/match_record.h"
#include "detect/reach.h"
#include "detect/row_store.h"
#include "sys/spill.h"

#include <string>
#include <string_view>
#include <vector>

namespace cairn::detect {

struct Run {
  Run(const std::vector<RuleInfo>& rule_infos, const FieldTable& fields,
      const StandardFields& standard_fields, const ActionWords& action_words, Files& file_system,
      Options run_options);

  struct KeyPart {
    enum class Kind : uint8_t { kPrincipal, kAccount, kRegion, kIp, kField, kUnknown };
    Kind kind = Kind::kPrincipal;
    SlotId slot = kNoSlot;  // kField
  };
  struct Rule {
    AllowList allow;
    std::vector<KeyPart> key;
    bool own_key = false;   // the key is not simply the principal
    bool reported = false;  // at or above the run's level
  };

  const std::vector<RuleInfo>& infos;
  const StandardFields& standard;
  const ActionWords& words;
  Files& files;
  Options options;
  std::vector<Rule> rules;
  AllowList allow;
  ReachIndex reach;
};

/// Names of contexts and types, in the collectors' name sorter. Key: kind, hash, kNames; payload:
/// packed texts. The tally's sums of the same context or type follow under kSums, so that one merge
/// joins both.
enum class NameKind : char { kContext = 'c', kType = 't' };
inline constexpr char kNames = 0, kSums = 1;
std::string name_key(NameKind kind, uint64_t hash, char part);

/// Texts of a context, in this order in its payload.
struct ContextTexts {
  std::string_view principal, identity_type, account, access_key, source_ip, user_agent, region;
};
/// Texts of an event type.
struct TypeTexts {
  std::string_view source, name, category;
};

struct Collector::State {
  State(const Run& shared, size_t budget_bytes);

  void add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
           std::string_view file);
  uint64_t note_type(const Event& event, TypeTexts& texts);
  uint64_t note_context(const ContextTexts& texts);
  void add_match(const Event& event, uint64_t fingerprint, std::span<const uint32_t> matched,
                 std::string_view file, const ContextTexts& context, std::string_view session);
  std::string key_of(const Run::Rule& rule, const Event& event, const ContextTexts& context) const;
  void keep(const Status& done) {
    if (!done.ok() && status.ok()) status = done;
  }

  const Run& run;
  Status status;  // the first failure
  RowStore rows;
  SpillSorter matches;
  SpillSorter names;
  ReachLog reach;
  FlatMap<uint8_t> known_contexts, known_types;  // already in `names`
  MatchRecord record;                            // reused
  EncodedMatch encoded;
  std::string payload;
};

/// True when the record says that the call changed something: readOnly, and for records without it
/// the verb of the name.
bool is_write(const Event& event, const StandardFields& standard, std::string_view name);

}  // namespace cairn::detect
