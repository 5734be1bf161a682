#include "rules/filter_pattern.h"

#include "rules/filter_tree.h"
#include "rules/pattern_text.h"

#include <re2/re2.h>

#include <algorithm>

namespace cairn::rules {

namespace {

bool contains(const FilterTerm& term, std::string_view text) {
  if (term.operand.kind == FilterOperand::Kind::kRegex)
    return re2::RE2::PartialMatch({text.data(), text.size()}, *term.operand.regex);
  return text.find(term.operand.text) != std::string_view::npos;
}

/// AWS: `?` terms count only where there is nothing else.
bool matches_terms(const std::vector<FilterTerm>& terms, std::string_view text) {
  bool all_optional = std::all_of(terms.begin(), terms.end(), [](const FilterTerm& term) {
    return term.kind == FilterTerm::Kind::kOptional;
  });
  if (all_optional) {
    return std::any_of(terms.begin(), terms.end(),
                       [&](const FilterTerm& term) { return contains(term, text); });
  }
  return std::all_of(terms.begin(), terms.end(), [&](const FilterTerm& term) {
    return term.kind == FilterTerm::Kind::kOptional ||
           contains(term, text) == (term.kind == FilterTerm::Kind::kPlain);
  });
}

/// Judges the conditions of a tree; `test` judges one.
template <typename Test>
bool holds(const FilterCondition& condition, const Test& test) {
  auto inner = [&](const FilterCondition& child) { return holds(child, test); };
  switch (condition.kind) {
    case FilterCondition::Kind::kAnd:
      return std::all_of(condition.children.begin(), condition.children.end(), inner);
    case FilterCondition::Kind::kOr:
      return std::any_of(condition.children.begin(), condition.children.end(), inner);
    case FilterCondition::Kind::kTest:
      break;
  }
  return test(condition);
}

bool test_node(const FilterCondition& condition, const JsonTree::Node& node) {
  switch (condition.test) {
    case FilterTest::kIsNull:
      return node.kind == JsonTree::Kind::kNull;
    case FilterTest::kIsTrue:
      return node.kind == JsonTree::Kind::kTrue;
    case FilterTest::kIsFalse:
      return node.kind == JsonTree::Kind::kFalse;
    case FilterTest::kNotExists:
      return false;
    case FilterTest::kComparison:
      break;
  }
  return (node.is_string() || node.is_number()) &&
         condition.operand.holds(condition.comparison, node.text, node.is_number());
}

bool test_json(const FilterCondition& condition, const JsonTree& tree,
               std::vector<uint32_t>& nodes) {
  nodes.clear();
  condition.selector.select(tree, nodes);
  if (condition.test == FilterTest::kNotExists) return nodes.empty();
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](uint32_t node) { return test_node(condition, tree[node]); });
}

/// Which words of a line the entries of a pattern stand for. The last of a pattern without an
/// ellipsis takes the rest of the line.
class DelimitedLine {
 public:
  DelimitedLine(const FilterPattern::Contents& pattern, LogEvent& event)
      : pattern_(pattern), words_(event.words()), line_(event.text()) {}

  bool fits() const { return words_.size() >= pattern_.entries.size(); }
  /// The word, counted from 0, that an entry stands for.
  size_t word_of(size_t entry) const {
    bool behind = entry >= pattern_.ellipsis;
    return behind ? words_.size() - (pattern_.entries.size() - entry) : entry;
  }
  std::string_view text_of(size_t entry) const {
    size_t word = word_of(entry);
    bool takes_rest = pattern_.ellipsis == SIZE_MAX && entry + 1 == pattern_.entries.size() &&
                      word + 1 < words_.size();
    if (!takes_rest) return words_[word].text;
    std::string_view rest = line_.substr(words_[word].offset);
    while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
    return rest;
  }

 private:
  const FilterPattern::Contents& pattern_;
  const std::vector<LogEvent::Word>& words_;
  std::string_view line_;
};

bool matches_line(const FilterPattern::Contents& pattern, LogEvent& event) {
  if (pattern.entries.empty()) return true;
  DelimitedLine line(pattern, event);
  if (!line.fits()) return false;
  auto test = [&](const FilterCondition& condition) {
    return condition.operand.holds(condition.comparison, line.text_of(condition.entry), false);
  };
  for (const FilterEntry& entry : pattern.entries) {
    for (const FilterCondition& condition : entry.conditions) {
      if (!holds(condition, test)) return false;
    }
  }
  return true;
}

}  // namespace

// ---- LogEvent

void LogEvent::set(std::string_view text) {
  text_ = text;
  json_known_ = is_json_ = words_known_ = false;
}

const JsonTree* LogEvent::json() {
  if (!json_known_) {
    is_json_ = tree_.parse(text_).ok();
    json_known_ = true;
  }
  return is_json_ ? &tree_ : nullptr;
}

const std::vector<LogEvent::Word>& LogEvent::words() {
  if (words_known_) return words_;
  words_known_ = true;
  words_.clear();
  for (size_t at = 0; at < text_.size();) {
    if (is_blank(text_[at])) {
      ++at;
      continue;
    }
    size_t begin = at, end = std::string_view::npos;
    if (text_[at] == '"' || text_[at] == '[')
      end = text_.find(text_[at] == '"' ? '"' : ']', at + 1);
    if (end != std::string_view::npos) {
      words_.push_back({text_.substr(begin + 1, end - begin - 1), begin});
      at = end + 1;
      continue;
    }
    while (at < text_.size() && !is_blank(text_[at])) ++at;
    words_.push_back({text_.substr(begin, at - begin), begin});
  }
  return words_;
}

// ---- JsonSelector

void JsonSelector::select(const JsonTree& tree, std::vector<uint32_t>& nodes) const {
  if (tree.nodes().empty()) return;
  std::vector<uint32_t> next;
  size_t from = nodes.size();
  nodes.push_back(0);
  for (const Part& part : parts) {
    next.clear();
    for (size_t i = from; i < nodes.size(); ++i) {
      uint32_t node = nodes[i];
      bool is_object = tree[node].kind == JsonTree::Kind::kObject;
      bool is_array = tree[node].kind == JsonTree::Kind::kArray;
      if (part.kind == Part::Kind::kKey) {
        if (uint32_t child = tree.find(node, part.key); child != 0) next.push_back(child);
        continue;
      }
      if (part.kind == Part::Kind::kAnyKey ? !is_object : !is_array) continue;
      size_t index = 0;
      for (uint32_t child = node + 1; child < tree[node].next; child = tree[child].next, ++index) {
        if (part.kind != Part::Kind::kIndex || index == part.index) next.push_back(child);
      }
    }
    nodes.resize(from);
    nodes.insert(nodes.end(), next.begin(), next.end());
  }
}

std::string JsonSelector::to_string() const {
  std::string out = "$";
  for (const Part& part : parts) {
    bool plain = std::all_of(part.key.begin(), part.key.end(), is_name_byte);
    switch (part.kind) {
      case Part::Kind::kKey:
        out += plain ? "." + part.key : ".['" + part.key + "']";
        break;
      case Part::Kind::kIndex:
        out += "[" + std::to_string(part.index) + "]";
        break;
      case Part::Kind::kAnyKey:
        out += ".*";
        break;
      case Part::Kind::kAnyIndex:
        out += "[*]";
        break;
    }
  }
  return out;
}

// ---- FilterPattern

FilterPattern::FilterPattern(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;
FilterPattern& FilterPattern::operator=(FilterPattern&&) noexcept = default;
FilterPattern::~FilterPattern() = default;

std::optional<FilterPattern> FilterPattern::parse(std::string_view text, const std::string& name,
                                                  Diagnostics& diagnostics) {
  auto contents = std::make_unique<Contents>();
  if (!parse_filter(text, name, *contents, diagnostics)) return std::nullopt;
  return FilterPattern(std::move(contents));
}

FilterPattern::Kind FilterPattern::kind() const { return contents_->kind; }
const std::string& FilterPattern::text() const { return contents_->text; }

bool FilterPattern::matches(LogEvent& event) const {
  switch (contents_->kind) {
    case Kind::kEverything:
      return true;
    case Kind::kTerms:
      return matches_terms(contents_->terms, event.text());
    case Kind::kDelimited:
      return matches_line(*contents_, event);
    case Kind::kJson:
      break;
  }
  const JsonTree* tree = event.json();
  if (tree == nullptr) return false;
  std::vector<uint32_t> nodes;
  return holds(contents_->condition, [&](const FilterCondition& condition) {
    return test_json(condition, *tree, nodes);
  });
}

std::vector<std::pair<std::string, std::string_view>> FilterPattern::extract(
    LogEvent& event) const {
  std::vector<std::pair<std::string, std::string_view>> values;
  if (contents_->kind != Kind::kDelimited || !matches(event)) return values;
  DelimitedLine line(*contents_, event);
  std::vector<std::string> names(event.words().size());
  for (size_t i = 0; i < contents_->entries.size(); ++i)
    names[line.word_of(i)] = contents_->entries[i].name;
  bool has_rest = contents_->ellipsis == SIZE_MAX && !contents_->entries.empty();
  size_t count = has_rest ? contents_->entries.size() : names.size();
  for (size_t word = 0; word < count; ++word) {
    bool is_last_entry = has_rest && word + 1 == count;
    values.emplace_back("$" + (names[word].empty() ? std::to_string(word + 1) : names[word]),
                        is_last_entry ? line.text_of(word) : event.words()[word].text);
  }
  return values;
}

// ---- FieldReference

Result<FieldReference> FieldReference::parse(std::string_view text) {
  FieldReference reference;
  std::string reason;
  size_t at = 0;
  if (text.starts_with("$.") || text.starts_with("$[")) {
    reference.in_json_ = true;
    if (!read_selector(text, at, reference.selector_, reason) || at != text.size()) {
      return Error{ErrorCode::kInvalidInput,
                   reason.empty() ? "a field is followed by something else" : reason};
    }
    return reference;
  }
  bool is_name =
      text.size() > 1 && text[0] == '$' && std::all_of(text.begin() + 1, text.end(), is_name_byte);
  if (!is_name) return Error{ErrorCode::kInvalidInput, "expected $.field or $name"};
  reference.name_ = text;
  return reference;
}

std::optional<std::string> FieldReference::value(LogEvent& event,
                                                 const FilterPattern& pattern) const {
  if (!in_json_) {
    for (const auto& [name, text] : pattern.extract(event))
      if (name == name_) return std::string(text);
    return std::nullopt;
  }
  const JsonTree* tree = event.json();
  if (tree == nullptr) return std::nullopt;
  std::vector<uint32_t> nodes;
  selector_.select(*tree, nodes);
  if (nodes.size() != 1) return std::nullopt;
  const JsonTree::Node& node = (*tree)[nodes[0]];
  if (!node.is_string() && !node.is_number()) return std::nullopt;
  return std::string(node.text);
}

}  // namespace cairn::rules
