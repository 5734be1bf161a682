#pragma once

// One predicate, ready to be asked by itself. The plain meaning of every operator lives here; the
// compiled program (program.h) asks most texts in bulk and must agree with it.

#include "formats/json_tree.h"
#include "model/event.h"
#include "rules/day_span.h"
#include "rules/element_check.h"
#include "rules/event_pattern.h"
#include "rules/filter_pattern.h"
#include "rules/network.h"
#include "rules/pattern.h"
#include "rules/predicate.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace cairn::rules {

/// What a caller lends a check, so that checks themselves stay immutable and shared between
/// threads.
struct CheckScratch {
  std::string fold, other_fold, record, document;
  std::unique_ptr<JsonTree> json;  // made when first needed
  std::unique_ptr<LogEvent> log;   // likewise
};

/// A number as people write it: decimal digits with sign, point and exponent. Whole numbers compare
/// exactly up to 2^63.
struct Number {
  double value = 0;
  int64_t whole = 0;
  bool is_whole = false;
};
/// Nothing when the text is no such number; also for "inf", "nan", "0x10", "1_000", " 1".
std::optional<Number> parse_number(std::string_view text);

/// Returns the part of a date written as CloudTrail does, by its own clock, or of any other time
/// that Cairn reads, in UTC.
std::optional<int64_t> time_part(std::string_view text, TimePart part);

/// Compiles a regular expression as Cairn reads them: RE2's Perl syntax, UTF-8, bounded memory,
/// silent. Never null; ask ok().
std::unique_ptr<re2::RE2> compile_regex(std::string_view text);

class PredicateCheck {
 public:
  /// The predicate must be bound and canonical; its regular expressions, networks and numbers must
  /// be well-formed (lowering saw to that).
  explicit PredicateCheck(const Predicate& predicate);
  PredicateCheck(PredicateCheck&&) noexcept;
  PredicateCheck& operator=(PredicateCheck&&) noexcept;
  ~PredicateCheck();

  const Predicate& predicate() const { return predicate_; }

  /// Tells whether the event satisfies the predicate.
  bool holds(const Event& event, CheckScratch& scratch) const;
  /// Tells whether one value (not null) does. Not for presence and field operators.
  bool holds_for(std::string_view value, CheckScratch& scratch) const;

 private:
  bool holds_for_text(std::string_view value, CheckScratch& scratch) const;
  bool holds_for_number(std::string_view value) const;
  bool have_one_in_common(std::span<const FieldValue> values, std::span<const FieldValue> others,
                          CheckScratch& scratch) const;
  bool holds_for_fields(const Event& event, CheckScratch& scratch) const;
  bool holds_for_pattern(const Event& event, CheckScratch& scratch) const;
  bool holds_for_documents(const Event& event, CheckScratch& scratch) const;

  // Compiled when first asked: most rules of a pack never get that far on a given pile of logs.
  struct LazyRegex;

  Predicate predicate_;
  std::vector<Pattern> patterns_;
  std::vector<std::unique_ptr<LazyRegex>> regexes_;
  std::vector<Network> networks_;
  std::vector<Number> numbers_;
  std::vector<DaySpan> day_spans_;
  std::unique_ptr<ElementCheck> element_;
  std::unique_ptr<FilterPattern> filter_;
  std::unique_ptr<EventPattern> event_pattern_;
  bool ascii_ = false;  // all operands are
};

/// Returns the record's text with JSON's escapes undone; a view of the record itself when it has
/// none.
std::string_view unescaped_record(std::string_view raw, std::string& scratch);

/// The meaning of an expression, by a plain walk.
bool holds(const Expression& expression, const Event& event, CheckScratch& scratch);

}  // namespace cairn::rules
