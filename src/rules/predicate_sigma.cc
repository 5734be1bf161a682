#include "rules/predicate_sigma.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "rules/pattern.h"
#include "rules/pattern_writing.h"

#include <algorithm>
#include <set>
#include <vector>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;

/// `field|modifier`, and the values as YAML.
struct Item {
  std::string key, values;
};

std::string_view part_modifier(TimePart part) {
  constexpr std::string_view kWords[] = {"",      "|minute", "|hour", "|day",
                                         "|week", "|month",  "|year"};
  return kWords[static_cast<size_t>(part)];
}

/// Between the outer `*` that a keyword has of its own.
std::string without_outer_runs(const Pattern& pattern) {
  Pattern inner;
  const auto& parts = pattern.parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    bool outer = parts[i].kind == PatternPart::Kind::kAnyRun && (i == 0 || i + 1 == parts.size());
    if (outer) continue;
    if (parts[i].kind == PatternPart::Kind::kText) {
      inner.append_text(parts[i].text);
    } else {
      inner.append(parts[i].kind);
    }
  }
  return inner.to_string();
}

Result<Item> item_of(const Predicate& predicate) {
  Item item;
  item.key = predicate.field;
  const char* lone = nullptr;  // a value that stands for itself
  auto escape = [](const std::string& text) { return Pattern::plain(text).to_string(); };
  auto as_it_is = [](const std::string& text) { return text; };
  std::string (*write)(const std::string&) = escape;
  bool has_case = !predicate.ignore_case;
  const bool keyword = predicate.on_record();
  switch (predicate.op) {
    case Operator::kEquals:
      break;
    case Operator::kStartsWith:
      item.key += "|startswith";
      break;
    case Operator::kEndsWith:
      item.key += "|endswith";
      break;
    case Operator::kContains:
      if (!keyword) item.key += "|contains";
      break;
    case Operator::kGlob:
      write = as_it_is;
      if (keyword) {
        write = [](const std::string& text) { return without_outer_runs(Pattern::parse(text)); };
      }
      break;
    case Operator::kRegex:
      item.key += "|re";
      write = as_it_is;
      has_case = false;
      break;
    case Operator::kCidr:
      item.key += "|cidr";
      write = as_it_is;
      has_case = false;
      break;
    case Operator::kNumberEquals:
      if (predicate.part == TimePart::kNone)
        return refusal_of(predicate, "Sigma compares with = as texts only");
      item.key += part_modifier(predicate.part);
      write = as_it_is;
      has_case = false;
      break;
    case Operator::kLess:
    case Operator::kLessOrEqual:
    case Operator::kGreater:
    case Operator::kGreaterOrEqual: {
      constexpr const char* kSigns[] = {"|lt", "|lte", "|gt", "|gte"};
      item.key += part_modifier(predicate.part);
      item.key += kSigns[static_cast<size_t>(predicate.op) - static_cast<size_t>(Operator::kLess)];
      write = as_it_is;
      has_case = false;
      break;
    }
    case Operator::kFieldEquals:
    case Operator::kFieldStartsWith:
    case Operator::kFieldEndsWith:
    case Operator::kFieldContains: {
      constexpr const char* kParts[] = {"", "|startswith", "|endswith", "|contains"};
      item.key += "|fieldref";
      item.key +=
          kParts[static_cast<size_t>(predicate.op) - static_cast<size_t>(Operator::kFieldEquals)];
      write = as_it_is;
      break;
    }
    case Operator::kHasValue:
      lone = "'*'";
      has_case = false;
      break;
    case Operator::kExists:
      item.key += "|exists";
      lone = "true";
      has_case = false;
      break;
    case Operator::kNullOrMissing:
      lone = "null";
      has_case = false;
      break;
    default:
      return refusal_of(predicate, "Sigma has no such operator");
  }
  if (keyword && (lone != nullptr || predicate.op == Operator::kEquals))
    return refusal_of(predicate, "a keyword is a part of the record");
  if (has_case) item.key += "|cased";
  if (lone != nullptr) {
    item.values = lone;
    return item;
  }
  for (const std::string& operand : predicate.operands) {
    if (!is_valid_utf8(operand)) return refusal_of(predicate, "YAML holds UTF-8 only");
    if (!item.values.empty()) item.values += ", ";
    item.values += yaml_quoted(write(operand));
  }
  if (predicate.operands.size() != 1 || keyword) item.values = "[" + item.values + "]";
  return item;
}

class DetectionWriter {
 public:
  Result<std::string> write(const Expression& expression) {
    TRY_ASSIGN(std::string condition, condition_of(expression));
    return selections_ + "  condition: " + condition + "\n";
  }

 private:
  std::string add_selection(const std::string& body) {
    std::string name = count_ == 0 ? "selection" : "selection" + std::to_string(count_ + 1);
    ++count_;
    selections_ += "  " + name + ":" + body;
    return name;
  }

  static std::string member(const Item& item) {
    return "    " + yaml_quoted(item.key) + ": " + item.values + "\n";
  }

  Result<std::string> leaf_selection(const Item& item) {
    // Keywords without a modifier are a list of their own.
    if (item.key.empty()) return add_selection(" " + item.values + "\n");
    return add_selection("\n" + member(item));
  }

  Result<std::string> condition_of(const Expression& expression) {
    switch (expression.kind) {
      case Kind::kPredicate: {
        TRY_ASSIGN(Item item, item_of(expression.predicate));
        return leaf_selection(item);
      }
      case Kind::kNot: {
        TRY_ASSIGN(std::string inner, condition_of(expression.children.front()));
        return "not " + inner;
      }
      case Kind::kAnd:
      case Kind::kOr:
        break;
      default:
        return Error{ErrorCode::kUnsupported, "Sigma has no such kind of condition"};
    }
    if (expression.children.empty()) {
      return Error{ErrorCode::kUnsupported,
                   "a condition that always or never holds has no "
                   "selections"};
    }
    bool both = expression.kind == Kind::kAnd;
    std::vector<std::string> parts;
    if (both) {
      TRY(together(expression, parts));
    }
    for (const Expression& child : expression.children) {
      if (both && is_plain(child)) continue;
      TRY_ASSIGN(std::string part, condition_of(child));
      parts.push_back(std::move(part));
    }
    if (parts.size() == 1) return std::move(parts.front());
    return "(" + join(parts, both ? " and " : " or ") + ")";
  }

  static bool is_plain(const Expression& child) {
    return child.kind == Kind::kPredicate && !child.predicate.on_record();
  }

  /// Predicates that must all hold stand in one selection, as people write them; a second one with
  /// the same key begins another.
  Status together(const Expression& expression, std::vector<std::string>& parts) {
    std::vector<Item> items;
    for (const Expression& child : expression.children) {
      if (!is_plain(child)) continue;
      TRY_ASSIGN(Item item, item_of(child.predicate));
      items.push_back(std::move(item));
    }
    while (!items.empty()) {
      std::set<std::string> keys;
      std::vector<Item> left;
      std::string body = "\n";
      for (Item& item : items) {
        if (keys.insert(item.key).second) {
          body += member(item);
        } else {
          left.push_back(std::move(item));
        }
      }
      parts.push_back(add_selection(body));
      items = std::move(left);
    }
    return {};
  }

  std::string selections_;
  size_t count_ = 0;
};

}  // namespace

std::string yaml_quoted(std::string_view text) {
  bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F;
  });
  if (!plain) {
    std::string out;
    append_json_string(out, text);
    return out;
  }
  std::string out = "'";
  for (char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

Result<std::string> sigma_detection_of(const Expression& expression) {
  return DetectionWriter().write(expression);
}

}  // namespace cairn::rules
