#include "explore/terms.h"

#include "base/text.h"
#include "explore/columns.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace cairn::explore {

namespace {

constexpr size_t kIndicatorBytes = 4096;

bool is_path_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '.';
}

struct Operator {
  std::string_view text;
  Term::Kind kind;
  bool negated;
};
// Longer ones first.
constexpr std::array<Operator, 8> kOperators = {{
    {"!=", Term::Kind::kValue, true},
    {"!~", Term::Kind::kRegex, true},
    {">=", Term::Kind::kGreaterOrEqual, false},
    {"<=", Term::Kind::kLessOrEqual, false},
    {"=", Term::Kind::kValue, false},
    {"~", Term::Kind::kRegex, false},
    {">", Term::Kind::kGreater, false},
    {"<", Term::Kind::kLess, false},
}};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

Term text_term(std::string_view word) {
  return {Term::Kind::kContains, "", std::string(word), false};
}

Term regex_term(std::string_view regex) {
  return {Term::Kind::kRegex, "", std::string(regex), false};
}

Term parse_term(std::string_view word) {
  size_t end = 0;
  while (end < word.size() && is_path_byte(word[end])) ++end;
  std::string_view path = word.substr(0, end), rest = word.substr(end);
  bool starts_well = !path.empty() && !is_digit(path[0]) && path[0] != '.' && path[0] != '-';
  if (!starts_well) return text_term(word);
  for (const Operator& candidate : kOperators) {
    if (!rest.starts_with(candidate.text)) continue;
    return {candidate.kind, field_path(path), std::string(rest.substr(candidate.text.size())),
            candidate.negated};
  }
  return text_term(word);
}

Result<std::vector<std::string>> parse_indicators(std::string_view text) {
  std::vector<std::string> indicators;
  std::unordered_set<std::string> seen;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    if (line.size() > kIndicatorBytes)
      return Error{ErrorCode::kInvalidInput, "line " + std::to_string(number) + " is longer than " +
                                                 format_bytes(kIndicatorBytes)};
    std::string indicator(line);
    replace_all(indicator, "[.]", ".");
    if (!seen.insert(to_lower(indicator)).second) continue;
    if (indicators.size() == kIndicatorLimit)
      return Error{ErrorCode::kExhausted,
                   "more than " + format_count(kIndicatorLimit) + " indicators"};
    indicators.push_back(std::move(indicator));
  }
  if (indicators.empty()) return Error{ErrorCode::kInvalidInput, "holds no indicator"};
  return indicators;
}

Result<DividedWords> divide_words(const std::vector<std::string>& words, size_t least_asked,
                                  std::string_view what_is_asked,
                                  const std::function<bool(const std::string&)>& exists) {
  size_t first_path = words.size();
  while (first_path > least_asked && exists(words[first_path - 1])) --first_path;
  if (words.size() <= least_asked) {
    return Error{ErrorCode::kInvalidInput, words.size() < least_asked || words.empty()
                                               ? "name " + std::string(what_is_asked) +
                                                     ", then the files or folders to look in"
                                               : "name the files or folders to look in (- for "
                                                 "standard input) after \"" +
                                                     printable(words.back()) + "\""};
  }
  if (first_path == words.size())
    return Error{ErrorCode::kInvalidInput,
                 "no such file or folder: \"" + printable(words.back()) +
                     "\" (the last word says where to look; --in PATH says it anywhere)"};
  auto middle = words.begin() + static_cast<std::ptrdiff_t>(first_path);
  return DividedWords{{words.begin(), middle}, {middle, words.end()}};
}

Result<Search> Search::compile(SearchTerms terms, FieldTable& fields) {
  std::vector<rules::Question> questions(1);
  questions[0] = {terms.tests, terms.any};
  for (const std::string& indicator : terms.indicators)
    questions.push_back({{text_term(indicator)}, false});
  TRY_ASSIGN(rules::RuleSet set, rules::RuleSet::for_questions(questions, fields));
  Search search(std::move(terms), std::move(set));
  for (const Term& test : search.terms_.tests) {
    if (test.field.empty()) continue;
    SlotId slot = fields.intern(test.field);
    auto same = [slot](const Field& field) { return field.slot == slot; };
    if (std::none_of(search.fields_.begin(), search.fields_.end(), same))
      search.fields_.push_back({test.field, slot});
  }
  return search;
}

SearchMatcher::SearchMatcher(const Search& search)
    : search_(search),
      matcher_(search.rules()),
      seen_(search.fields().size(), false),
      unseen_(search.fields().size()) {}

bool SearchMatcher::matches(const Event& event, std::vector<uint32_t>& indicators) {
  for (size_t i = 0; unseen_ > 0 && i < seen_.size(); ++i) {
    if (seen_[i] || !event.get(search_.fields()[i].slot).present()) continue;
    seen_[i] = true;
    --unseen_;
  }
  const SearchTerms& terms = search_.terms();
  matcher_.match(event, indicators);
  bool tests_hold = !indicators.empty() && indicators.front() == 0;
  if (tests_hold) indicators.erase(indicators.begin());
  for (uint32_t& indicator : indicators) --indicator;
  if (terms.any) return tests_hold || !indicators.empty();
  return tests_hold && (terms.indicators.empty() || !indicators.empty());
}

}  // namespace cairn::explore
