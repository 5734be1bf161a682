#include "rules/filter_tree.h"
#include "rules/pattern_text.h"

#include <algorithm>
#include <charconv>

namespace cairn::rules {

namespace {

/// Officially a bare value is letters, digits and underscores; AWS's own examples have more.
bool is_bare_byte(char c) {
  return is_name_byte(c) || std::string_view(".:/*+@#$~").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// A recursive descent over the pattern; the first fault ends it.
class FilterParser {
 public:
  FilterParser(std::string_view text, const std::string& name, Diagnostics& diagnostics)
      : text_(text), name_(name), diagnostics_(diagnostics) {}

  bool run(FilterPattern::Contents& contents) {
    contents.text = text_;
    if (text_.size() > FilterPattern::kBytesLimit) {
      return fail("filter-pattern-limit", FilterPattern::kBytesLimit,
                  "a filter pattern has at most " + format_count(FilterPattern::kBytesLimit) +
                      " characters, this one " + format_count(text_.size()),
                  "");
    }
    skip_blanks();
    if (at_end()) {
      contents.kind = FilterPattern::Kind::kEverything;
      return true;
    }
    if (peek() == '{') {
      contents.kind = FilterPattern::Kind::kJson;
      return json(contents.condition);
    }
    if (peek() == '[') {
      contents.kind = FilterPattern::Kind::kDelimited;
      return delimited(contents);
    }
    contents.kind = FilterPattern::Kind::kTerms;
    return terms(contents.terms);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  bool take(std::string_view word) {
    skip_blanks();
    if (!looking_at(word)) return false;
    at_ += word.size();
    return true;
  }
  /// A keyword, in any case, with no letter behind it.
  bool take_keyword(std::string_view word) {
    skip_blanks();
    bool there = equals_ignore_case(text_.substr(at_, word.size()), word) &&
                 !is_name_byte(peek(word.size()));
    if (there) at_ += word.size();
    return there;
  }

  bool fail(const char* code, size_t at, std::string message, std::string hint) {
    diagnostics_.add(error_at(text_, name_, code, at, std::move(message), std::move(hint)));
    return false;
  }
  bool fail_here(std::string message, std::string hint = "") {
    return fail("filter-pattern-syntax", std::min(at_, text_.size()), std::move(message),
                std::move(hint));
  }

  // ---- Values

  /// At a quote: reads to the closing one.
  bool quoted(std::string& out) {
    size_t open = at_++;
    while (!at_end() && peek() != '"') {
      if (peek() == '\\' && (peek(1) == '"' || peek(1) == '\\')) ++at_;
      out += text_[at_++];
    }
    if (at_end())
      return fail("filter-pattern-syntax", open, "this quotation mark is never closed", "");
    ++at_;
    return true;
  }

  /// At a percent sign: reads the expression up to the next one.
  bool regex(FilterOperand& operand) {
    size_t open = at_;
    size_t close = text_.find('%', open + 1);
    if (close == std::string_view::npos) {
      return fail("filter-pattern-regex", open, "this percent sign is never closed",
                  "a regular expression stands between two percent signs; quote the text if it is "
                  "meant as it is");
    }
    if (++regexes_ > FilterPattern::kRegexLimit) {
      return fail("filter-pattern-limit", open,
                  "a pattern has at most " + format_count(FilterPattern::kRegexLimit) +
                      " regular expressions",
                  "join them with |");
    }
    std::string reason;
    size_t place = 0;
    operand.kind = FilterOperand::Kind::kRegex;
    operand.text = text_.substr(open + 1, close - open - 1);
    operand.regex = compile_filter_regex(operand.text, reason, place);
    if (operand.regex == nullptr)
      return fail("filter-pattern-regex", open + 1 + place, std::move(reason), "");
    at_ = close + 1;
    return true;
  }

  bool value(FilterOperand& operand) {
    skip_blanks();
    if (peek() == '%') return regex(operand);
    std::string text;
    if (peek() == '"') {
      if (!quoted(text)) return false;
      operand = make_operand(std::move(text), true);
      return true;
    }
    if (looking_at("$.") || looking_at("$["))
      return fail_here("a field cannot be compared with another one", "quote it to mean a text");
    while (!at_end() && is_bare_byte(peek())) text += text_[at_++];
    if (text.empty()) {
      return fail_here("a value is missing here",
                       "write a number, a word, \"a text\" or %an expression%");
    }
    operand = make_operand(std::move(text), false);
    return true;
  }

  bool comparison(Comparison& out) {
    skip_blanks();
    if (looking_at("==")) {
      return fail_here("== is no operator of filter patterns", "write = for equal");
    }
    static constexpr std::pair<std::string_view, Comparison> kAll[] = {
        {"!=", Comparison::kNotEqual},
        {"<=", Comparison::kLessOrEqual},
        {">=", Comparison::kGreaterOrEqual},
        {"=", Comparison::kEqual},
        {"<", Comparison::kLess},
        {">", Comparison::kGreater}};
    for (const auto& [text, meaning] : kAll) {
      if (!take(text)) continue;
      out = meaning;
      return true;
    }
    return fail_here("an operator is missing here", "write one of = != < <= > >=");
  }

  /// The operator and the value of a condition.
  bool compare(FilterCondition& condition) {
    if (!comparison(condition.comparison)) return false;
    skip_blanks();
    size_t begin = at_;
    if (!value(condition.operand)) return false;
    bool has_order =
        condition.comparison != Comparison::kEqual && condition.comparison != Comparison::kNotEqual;
    if (has_order && condition.operand.kind == FilterOperand::Kind::kRegex) {
      return fail("filter-pattern-syntax", begin,
                  "an expression cannot be greater or less than a value", "use = or !=");
    }
    return true;
  }

  // ---- Term patterns

  bool terms(std::vector<FilterTerm>& out) {
    for (skip_blanks(); !at_end(); skip_blanks()) {
      FilterTerm term;
      if (peek() == '?' || peek() == '-') {
        term.kind = peek() == '?' ? FilterTerm::Kind::kOptional : FilterTerm::Kind::kAbsent;
        ++at_;
        skip_blanks();
      }
      if (at_end()) return fail_here("a term is missing at the end", "");
      if (peek() == '%') {
        if (!regex(term.operand)) return false;
      } else if (peek() == '"') {
        if (!quoted(term.operand.text)) return false;
        // AWS: a phrase of blanks, or of nothing, matches everything.
        if (term.kind == FilterTerm::Kind::kPlain &&
            std::all_of(term.operand.text.begin(), term.operand.text.end(), is_blank))
          term.operand.text.clear();
      } else if (std::string_view("{[?-").find(peek()) != std::string_view::npos) {
        return fail_here("a term cannot begin with this character",
                         "put the term in quotation marks");
      } else {
        while (!at_end() && !is_blank(peek()) && peek() != '"') term.operand.text += text_[at_++];
      }
      if (!at_end() && !is_blank(peek()))
        return fail_here("a blank is missing between two terms",
                         "put the whole text in quotation marks");
      out.push_back(std::move(term));
    }
    return true;
  }

  // ---- JSON patterns

  bool json(FilterCondition& out) {
    ++at_;
    skip_blanks();
    if (peek() == '}')
      return fail_here("an empty pattern", "leave the pattern out to match everything");
    if (!any(out, [this](FilterCondition& c) { return json_primary(c); })) return false;
    if (!take("}")) return fail_here("expected &&, || or } here", hint_for_value());
    skip_blanks();
    if (!at_end()) return fail_here("something stands behind the closing brace");
    return true;
  }

  /// `read` reads one operand of && and ||.
  template <typename Read>
  bool any(FilterCondition& out, const Read& read) {
    return joined(out, FilterCondition::Kind::kOr, "||", [&](FilterCondition& c) {
      return joined(c, FilterCondition::Kind::kAnd, "&&", read);
    });
  }

  template <typename Read>
  bool joined(FilterCondition& out, FilterCondition::Kind kind, std::string_view sign,
              const Read& read) {
    FilterCondition first;
    if (!read(first)) return false;
    if (!take(sign)) {
      out = std::move(first);
      return true;
    }
    out.kind = kind;
    out.children.push_back(std::move(first));
    do {
      if (!read(out.children.emplace_back())) return false;
    } while (take(sign));
    return true;
  }

  std::string hint_for_value() const {
    return at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '}' && text_[at_] != ')'
               ? "a value with other than letters and digits needs quotation marks"
               : "";
  }

  bool json_primary(FilterCondition& out) {
    if (take("(")) {
      if (!any(out, [this](FilterCondition& c) { return json_primary(c); })) return false;
      if (!take(")")) return fail_here("a closing parenthesis is missing here", hint_for_value());
      return true;
    }
    return json_condition(out);
  }

  bool json_condition(FilterCondition& out) {
    skip_blanks();
    size_t begin = at_;
    std::string reason;
    if (!read_selector(text_, at_, out.selector, reason)) return fail_here(std::move(reason));
    auto is_wildcard = [](const JsonSelector::Part& part) {
      return part.kind == JsonSelector::Part::Kind::kAnyKey ||
             part.kind == JsonSelector::Part::Kind::kAnyIndex;
    };
    auto wildcards =
        std::count_if(out.selector.parts.begin(), out.selector.parts.end(), is_wildcard);
    wildcards_ += wildcards > 0 ? 1 : 0;
    if (wildcards > 1 || wildcards_ > FilterPattern::kWildcardLimit) {
      return fail("filter-pattern-limit", begin,
                  "one selector has at most one wildcard, and a pattern at most " +
                      format_count(FilterPattern::kWildcardLimit) + " of them",
                  "");
    }
    if (take_keyword("IS")) return is_test(out);
    if (take_keyword("NOT")) {
      out.test = FilterTest::kNotExists;
      return take_keyword("EXISTS") || fail_here("expected EXISTS behind NOT");
    }
    if (take_keyword("EXISTS")) {
      return fail("filter-pattern-syntax", begin, "EXISTS is known only as NOT EXISTS",
                  "write = * for a field that has a text or a number");
    }
    return compare(out);
  }

  bool is_test(FilterCondition& out) {
    if (take_keyword("NULL")) {
      out.test = FilterTest::kIsNull;
    } else if (take_keyword("TRUE")) {
      out.test = FilterTest::kIsTrue;
    } else if (take_keyword("FALSE")) {
      out.test = FilterTest::kIsFalse;
    } else {
      skip_blanks();
      return fail_here("expected NULL, TRUE or FALSE behind IS", "");
    }
    return true;
  }

  // ---- Space-delimited patterns

  bool delimited(FilterPattern::Contents& contents) {
    ++at_;
    skip_blanks();
    if (take("]")) return delimited_end(contents);
    while (true) {
      skip_blanks();
      if (looking_at("...")) {
        if (contents.ellipsis != SIZE_MAX) return fail_here("only one ... can stand in a pattern");
        contents.ellipsis = contents.entries.size();
        at_ += 3;
      } else if (!entry(contents)) {
        return false;
      }
      if (take("]")) return delimited_end(contents);
      if (!take(",")) {
        skip_blanks();
        return fail_here("expected a comma or ] here", hint_for_value());
      }
    }
  }

  bool entry(FilterPattern::Contents& contents) {
    FilterEntry& entry = contents.entries.emplace_back();
    skip_blanks();
    if (peek() == ',' || peek() == ']') return true;
    size_t begin = at_;
    if (!name(entry.name)) return false;
    for (size_t i = 0; i + 1 < contents.entries.size(); ++i) {
      if (!entry.name.empty() && contents.entries[i].name == entry.name)
        return fail("filter-pattern-syntax", begin, "two fields are called " + entry.name, "");
    }
    skip_blanks();
    if (peek() == ',' || peek() == ']') return true;
    first_ = true;
    FilterCondition condition;
    if (!any(condition, [&](FilterCondition& c) { return entry_condition(c, contents); }))
      return false;
    contents.entries.back().conditions.push_back(std::move(condition));
    return true;
  }

  /// The name before an operator; none is fine where the entry has no name.
  bool name(std::string& out) {
    if (peek() >= '0' && peek() <= '9')
      return fail_here("a field's name cannot begin with a digit");
    while (!at_end() && is_name_byte(peek())) out += text_[at_++];
    return true;
  }

  bool entry_condition(FilterCondition& out, FilterPattern::Contents& contents) {
    out.entry = contents.entries.size() - 1;
    if (!std::exchange(first_, false)) {
      skip_blanks();
      size_t begin = at_;
      std::string named;
      if (!name(named)) return false;
      if (!named.empty() && !find_entry(contents, named, out.entry)) {
        return fail("filter-pattern-syntax", begin, "no field is called " + named,
                    "a condition stands in the entry of its own field");
      }
    }
    return compare(out);
  }

  static bool find_entry(const FilterPattern::Contents& contents, const std::string& name,
                         size_t& entry) {
    for (size_t i = 0; i < contents.entries.size(); ++i) {
      if (contents.entries[i].name != name) continue;
      entry = i;
      return true;
    }
    return false;
  }

  bool delimited_end(FilterPattern::Contents&) {
    skip_blanks();
    return at_end() || fail_here("something stands behind the closing bracket");
  }

  std::string_view text_;
  const std::string& name_;
  Diagnostics& diagnostics_;
  size_t at_ = 0;
  size_t regexes_ = 0, wildcards_ = 0;
  bool first_ = true;  // the condition that follows the entry's own name
};

}  // namespace

bool parse_filter(std::string_view text, const std::string& name, FilterPattern::Contents& contents,
                  Diagnostics& diagnostics) {
  return FilterParser(text, name, diagnostics).run(contents);
}

namespace {

bool read_bracket(std::string_view text, size_t& at, JsonSelector& selector, std::string& reason) {
  using Kind = JsonSelector::Part::Kind;
  ++at;
  if (text.substr(at).starts_with("*]")) {
    selector.parts.push_back({Kind::kAnyIndex, "", 0});
    at += 2;
    return true;
  }
  if (at < text.size() && text[at] == '\'') {
    size_t end = text.find("']", at + 1);
    if (end == std::string_view::npos) {
      reason = "expected '] behind the name";
      return false;
    }
    selector.parts.push_back({Kind::kKey, std::string(text.substr(at + 1, end - at - 1)), 0});
    at = end + 2;
    return true;
  }
  size_t index = 0;
  auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), index);
  bool is_index = error == std::errc() && end != text.data() + text.size() && *end == ']';
  if (!is_index) {
    reason = at < text.size() && text[at] == '"'
                 ? "a name in brackets takes single quotes: ['…']"
                 : "expected a number, * or a 'name' in these brackets";
    return false;
  }
  selector.parts.push_back({Kind::kIndex, "", index});
  at = static_cast<size_t>(end - text.data()) + 1;
  return true;
}

}  // namespace

bool read_selector(std::string_view text, size_t& at, JsonSelector& selector, std::string& reason) {
  if (at >= text.size() || text[at] != '$') {
    reason = "expected a field such as $.eventName here";
    return false;
  }
  ++at;
  auto peek = [&](size_t ahead = 0) { return at + ahead < text.size() ? text[at + ahead] : '\0'; };
  while (peek() == '.' || peek() == '[') {
    if (peek() == '.' && peek(1) == '[') ++at;
    if (peek() == '[') {
      if (!read_bracket(text, at, selector, reason)) return false;
      continue;
    }
    ++at;
    if (peek() == '*') {
      ++at;
      selector.parts.push_back({JsonSelector::Part::Kind::kAnyKey, "", 0});
      continue;
    }
    std::string key;
    while (at < text.size() && is_name_byte(text[at])) key += text[at++];
    if (key.empty()) {
      reason = "a name is missing behind the dot";
      return false;
    }
    selector.parts.push_back({JsonSelector::Part::Kind::kKey, std::move(key), 0});
  }
  if (selector.parts.empty()) reason = "a name is missing behind the dollar sign: $.name";
  return !selector.parts.empty();
}

}  // namespace cairn::rules
