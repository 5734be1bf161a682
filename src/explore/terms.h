#pragma once

// Search terms: what a person types, as tests of one event.
//
//   AKIAIOSFODNN7EXAMPLE          the text stands somewhere in the record, case ignored
//   eventName=Get*                a field has this value (* and ? as in file names, case ignored)
//   errorCode!=AccessDenied       it has not
//   userAgent~(?i)kali|pacu       a field holds a match of this RE2 expression; !~ for none
//   requestParameters.maxItems>10 compared as numbers: > >= < <=
//
// A field is a dotted path, or one of the short names of columns.h. A word is a field test when the
// text before its first operator can be a path; everything else is a text.

#include "base/result.h"
#include "model/event.h"
#include "model/field_table.h"
#include "rules/rules.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::explore {

/// One term, understood.
using Term = rules::FieldTest;

/// Reads one term as a person wrote it. Never fails: what is no field test is a text.
Term parse_term(std::string_view word);
/// Returns a text term: all of the word is what to look for.
Term text_term(std::string_view word);
/// Returns a term for an RE2 expression that is looked for in the whole record.
Term regex_term(std::string_view regex);

/// Indicators above these limits are refused.
inline constexpr size_t kIndicatorLimit = 100'000;
inline constexpr size_t kIndicatorFileBytes = 16u << 20;

/// Reads a list of indicators (addresses, keys, ARNs, any text): one a line, blanks around it and
/// empty lines ignored, `#` in front a comment; "[.]" means a dot, as analysts write addresses that
/// nobody shall click. Each once, in the order of the file. Fails with kInvalidInput when the list
/// is empty or a line is longer than 4 KiB, with kExhausted above kIndicatorLimit.
Result<std::vector<std::string>> parse_indicators(std::string_view text);

/// Words of a command line divided into what is asked and where to look.
struct DividedWords {
  std::vector<std::string> asked, paths;
};
/// Divides words that mix both, as in `search TERM… PATH…`: from the last word backwards, words
/// that name something that exists are paths; the first `least_asked` words never are. Fails with
/// kInvalidInput, in words, when nothing is asked or the last word is no path.
Result<DividedWords> divide_words(const std::vector<std::string>& words, size_t least_asked,
                                  std::string_view what_is_asked,
                                  const std::function<bool(const std::string&)>& exists);

/// What to look for.
struct SearchTerms {
  std::vector<Term> tests;              // all must hold, or any
  bool any = false;                     // any test or any indicator is enough
  std::vector<std::string> indicators;  // one of them must occur in the record, when there are some
};

/// Compiled terms. Immutable; may be shared by threads, each with a matcher of its own.
class Search {
 public:
  /// Interns the fields it needs. Fails with kInvalidInput for an expression that is none.
  static Result<Search> compile(SearchTerms terms, FieldTable& fields);

  const SearchTerms& terms() const { return terms_; }
  const rules::RuleSet& rules() const { return rules_; }

  /// The fields that tests name, each once.
  struct Field {
    std::string path;
    SlotId slot;
  };
  const std::vector<Field>& fields() const { return fields_; }

 private:
  Search(SearchTerms terms, rules::RuleSet rules)
      : terms_(std::move(terms)), rules_(std::move(rules)) {}

  SearchTerms terms_;
  rules::RuleSet rules_;  // 0: the tests; from 1: the indicators
  std::vector<Field> fields_;
};

/// Looks at events. One thread.
class SearchMatcher {
 public:
  /// The search must outlive the matcher.
  explicit SearchMatcher(const Search& search);

  /// Tells whether the event is looked for; then `indicators` holds the numbers of those that
  /// occur, ascending.
  bool matches(const Event& event, std::vector<uint32_t>& indicators);
  /// Which of the search's fields some event had, in its order: a field that none has is a likely
  /// mistake.
  const std::vector<bool>& fields_seen() const { return seen_; }

 private:
  const Search& search_;
  rules::Matcher matcher_;
  std::vector<bool> seen_;
  size_t unseen_;
};

}  // namespace cairn::explore
