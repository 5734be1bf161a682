#pragma once

// What all collectors of a run share, immutable after construction: the rules made ready. And what
// each collector holds.

#include "detect/allow_list.h"
#include "detect/contexts.h"
#include "detect/detect.h"
#include "detect/match_record.h"
#include "detect/reach.h"
#include "detect/row_store.h"
#include "detect/tally.h"
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
    bool own_key = false;    // the key is not simply the principal
    bool reported = false;   // at or above the run's level, and not only a part of other rules
    bool is_source = false;  // correlations look at its matches …
    std::vector<SlotId> captured;       // … and ask this of their events
    std::vector<uint32_t> allowed_for;  // … and whether lists of their own allow these
  };
  /// Where a source's values stand among those captured of its rule.
  struct Source {
    static constexpr size_t kNowhere = SIZE_MAX;
    std::vector<size_t> group_by, fields;
    size_t allowed = kNowhere;  // there is a value when the correlation's list allows the event
  };

  Source capture(const Correlation::Source& source, const FieldTable& fields);
  void place_allow_lists();

  const std::vector<RuleInfo>& infos;
  const StandardFields& standard;
  const ActionWords& words;
  Files& files;
  Options options;
  std::vector<Rule> rules;
  std::vector<std::vector<Source>> sources;  // by correlation
  AllowList allow;
  ReachIndex reach;
};

struct Collector::State {
  State(const Run& shared, uint32_t number, size_t budget_bytes);

  void add(const Event& event, uint64_t fingerprint, std::span<const uint32_t> rules,
           std::string_view file);
  /// Ends adding: every sum is in the sorters and the tally.
  void close();
  void add_match(const Event& event, const Row& row, std::span<const uint32_t> matched,
                 std::string_view file, const ContextTexts& context, std::string_view session);
  std::string_view key_of(const Run::Rule& rule, const Event& event, const ContextTexts& context,
                          std::string& buffer) const;
  void keep(const Status& done) {
    if (!done.ok() && status.ok()) status = done;
  }

  const Run& run;
  Status status;  // the first failure
  RowStore rows;
  SpillSorter matches;       // of rules that are more than parts of others
  SpillSorter candidates;    // matches that correlations look at
  SharedTexts shared_texts;  // of the matches
  ContextTable contexts;
  TypeTable types;
  Tally tally;
  ReachLog reach;
  ActionWords::Memory words;  // of this collector
  // Reused from match to match.
  MatchRecord record;
  EncodedMatch encoded;
  ActionWords::Phrase phrase;
  std::vector<std::string> own_keys, captured;
};

}  // namespace cairn::detect
