#pragma once

// The door of `rules`: rule texts in, a compiled rule set out, and a matcher that tells which rules
// an event satisfies.
//
// Text → documents (yaml) → Sigma rules (sigma_parse) → predicates (lower) → one shared program
// (compile) → Matcher. The predicate form (predicate.h, private) is common to all rule languages:
// Sigma now, CloudWatch filter patterns and EventBridge patterns later.

#include "base/diagnostics.h"
#include "base/result.h"
#include "formats/yaml.h"
#include "model/correlation.h"
#include "model/event.h"
#include "model/field_table.h"
#include "model/rule_info.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cairn::rules {

/// A rule file's name (for diagnostics) and text. One file may hold several YAML documents.
struct RuleFile {
  std::string name;
  std::string text;
  /// The text's documents, when they were parsed before (formats/yaml.h, deserialize_yaml). Then
  /// the text is only used to show lines in diagnostics, and may be empty.
  std::vector<YamlNode> documents = {};
};

struct LoadOptions {
  /// Values for `|expand` placeholders: name without the percent signs → values.
  std::map<std::string, std::vector<std::string>> placeholders;
  /// Rules may be for any logs, and need not say for which.
  bool any_log_source = false;
};

/// One thing asked of an event outside of any rule: of the values of a field, or of the record's
/// text.
struct FieldTest {
  enum class Kind : uint8_t {
    kContains,  // the operand stands somewhere, as it is; case is ignored; an IPv4 address is not
                // found inside a longer one
    kValue,     // the whole value, with * and ?, case ignored; "address/bits" also takes the
                // addresses of that network; "" stands for missing, null and empty
    kRegex,     // RE2, found anywhere in the value; case counts
    kLess,      // as numbers
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
  };
  Kind kind = Kind::kContains;
  std::string field;  // path; empty: the whole record
  std::string operand;
  bool negated = false;  // no value does

  bool operator==(const FieldTest&) const = default;
};

/// Tests of which all must hold, or any.
struct Question {
  std::vector<FieldTest> tests;
  bool any = false;
};

/// What loading did with the documents it was given: documents = loaded + filters + rejected +
/// other_log_source.
struct LoadCounts {
  uint64_t files = 0;
  uint64_t documents = 0;
  uint64_t loaded = 0;
  uint64_t filters = 0;           // filter documents joined to the rules they list
  uint64_t rejected = 0;          // rules and filters, with an error in the diagnostics
  uint64_t other_log_source = 0;  // for Windows, Azure …: not for CloudTrail, not an error
  uint64_t correlations = 0;      // of the loaded ones, those over several events
  uint64_t twins = 0;             // rules for refused attempts that loaded ones have beside them
  uint64_t parts = 0;             // rules made of the searches of Sigma 1 rules that count
};

/// Compiled rules. Immutable once made; may be shared by threads. Each thread matches with a
/// Matcher of its own.
class RuleSet {
 public:
  /// Parses and compiles Sigma rules, interning the fields they need. A rule that cannot be loaded
  /// never stops the others: it is rejected with coded, located diagnostics. Two rules with one id:
  /// the second is rejected. Filter documents apply to the rules of all files, before and after;
  /// correlations refer to rules of all files by id, name or title.
  /// Semantics: docs/reference/sigma.md.
  static RuleSet load_sigma(std::span<const RuleFile> files, const LoadOptions& options,
                            FieldTable& fields, Diagnostics& diagnostics);

  /// Compiles questions as they are, one "rule" each, interning the fields they need; infos are
  /// empty but for their ids, the questions' numbers. Fails with kInvalidInput for a regular
  /// expression or a number that is none.
  static Result<RuleSet> for_questions(std::span<const Question> questions, FieldTable& fields);

  /// Returns a set of one rule of another, no correlation, to be measured by itself. `fields` is
  /// the table that the other was loaded with; it may be frozen.
  static RuleSet only(const RuleSet& rules, size_t rule, const FieldTable& fields);

  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;
  ~RuleSet();

  size_t size() const;
  const RuleInfo& info(size_t rule) const;
  const std::vector<RuleInfo>& infos() const;
  const LoadCounts& counts() const;
  /// The rules over several events, each behind those that it refers to. Their infos come after
  /// those of all others; a Matcher knows nothing of them.
  const std::vector<Correlation>& correlations() const;
  /// Returns the rule's lowered condition as text, for `cairn rules explain` and the tests:
  /// `(eventName = "x" and not …)`.
  std::string explain(size_t rule) const;

  struct Contents;  // the room's own
  const Contents& contents() const { return *contents_; }

 private:
  friend class Matcher;
  RuleSet();
  std::unique_ptr<Contents> contents_;
};

/// Finds the rules that an event satisfies. Holds caches bounded in size; one thread. Cost grows
/// with the rules that could match, not with the rules loaded.
class Matcher {
 public:
  /// The rule set must outlive the matcher.
  explicit Matcher(const RuleSet& rules);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// Appends the indexes of the satisfied rules, ascending, to `matched` (cleared first).
  void match(const Event& event, std::vector<uint32_t>& matched);
  /// The same answer by a plain walk of each condition, for tests and `explain`.
  void match_slowly(const Event& event, std::vector<uint32_t>& matched);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::rules
