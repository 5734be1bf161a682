#include "rules/predicate.h"

#include "rules/case_fold.h"
#include "rules/pattern.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace cairn::rules {
namespace {

using Kind = Expression::Kind;

std::string_view word(Operator op) {
  switch (op) {
    case Operator::kEquals:
    case Operator::kNumberEquals:
    case Operator::kFieldEquals:
      return "=";
    case Operator::kStartsWith:
    case Operator::kFieldStartsWith:
      return "starts with";
    case Operator::kEndsWith:
    case Operator::kFieldEndsWith:
      return "ends with";
    case Operator::kContains:
    case Operator::kFieldContains:
      return "contains";
    case Operator::kGlob:
      return "like";
    case Operator::kRegex:
      return "matches";
    case Operator::kCidr:
      return "in network";
    case Operator::kLess:
      return "<";
    case Operator::kLessOrEqual:
      return "<=";
    case Operator::kGreater:
      return ">";
    case Operator::kGreaterOrEqual:
      return ">=";
    case Operator::kPrefixBits:
      return "has prefix length";
    case Operator::kTimeOfDay:
      return "is at";
    case Operator::kCovers:
      return "covers";
    case Operator::kGrants:
      return "grants";
    case Operator::kElement:
      return "has an element";
    case Operator::kFilterPattern:
      return "satisfies filter pattern";
    case Operator::kEventPattern:
      return "satisfies event pattern";
    case Operator::kHasValue:
      return "has a value";
    case Operator::kExists:
      return "exists";
    case Operator::kNullOrMissing:
      return "is null";
  }
  return "?";
}

std::string_view word(TimePart part) {
  constexpr std::string_view kWords[] = {"", "minute", "hour", "day", "week", "month", "year"};
  return kWords[static_cast<size_t>(part)];
}

bool is_text(Operator op) { return op <= Operator::kGlob; }
bool is_number(Operator op) {
  return op >= Operator::kNumberEquals && op <= Operator::kGreaterOrEqual;
}
bool is_field(Operator op) {
  return op >= Operator::kFieldEquals && op <= Operator::kFieldContains;
}

std::string quoted(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string operand_text(const Predicate& predicate, const std::string& operand) {
  bool plain = predicate.op >= Operator::kPrefixBits && predicate.op <= Operator::kElement;
  if (is_number(predicate.op) || plain) return operand;
  if (is_field(predicate.op)) return "field " + operand;
  return quoted(operand);
}

// Keeps the first of equal children. Long lists go by their texts: comparing each with each would
// take a minute for a hostile rule.
void remove_repeated(std::vector<Expression>& list) {
  constexpr size_t kCompareEach = 16;
  if (list.size() > kCompareEach) {
    std::set<std::string> seen;
    std::erase_if(
        list, [&seen](const Expression& child) { return !seen.insert(to_string(child)).second; });
    return;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    auto later = list.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    list.erase(std::remove(later, list.end(), list[i]), list.end());
  }
}

Expression combine(Kind kind, std::vector<Expression> children) {
  Expression out{kind, {}, {}};
  for (Expression& child : children) {
    if (child.kind == kind) {
      for (Expression& grandchild : child.children) {
        out.children.push_back(std::move(grandchild));
      }
    } else {
      out.children.push_back(std::move(child));
    }
  }
  auto& list = out.children;
  remove_repeated(list);
  if (list.size() == 1) return Expression(std::move(list.front()));
  return out;
}

}  // namespace

Expression leaf(Predicate predicate) {
  canonicalize(predicate);
  return {Kind::kPredicate, {}, std::move(predicate)};
}

Expression all_of(std::vector<Expression> children) {
  return combine(Kind::kAnd, std::move(children));
}

Expression any_of(std::vector<Expression> children) {
  return combine(Kind::kOr, std::move(children));
}

Expression negation(Expression expression) {
  if (expression.kind == Kind::kNot) return Expression(std::move(expression.children.front()));
  Expression out{Kind::kNot, {}, {}};
  out.children.push_back(std::move(expression));
  return out;
}

size_t size_of(const Expression& expression) {
  size_t size = 1;
  for (const Expression& child : expression.children) size += size_of(child);
  return size;
}

void ask_for_pattern(Predicate& predicate, Pattern pattern) {
  if (predicate.on_record()) {
    Pattern anywhere;
    anywhere.append(PatternPart::Kind::kAnyRun);
    anywhere.append(pattern);
    anywhere.append(PatternPart::Kind::kAnyRun);
    pattern = std::move(anywhere);
  }
  bool open_start = pattern.starts_with_any_run(), open_end = pattern.ends_with_any_run();
  const auto& parts = pattern.parts();
  size_t inner = parts.size() - (open_start ? 1 : 0) - (open_end && parts.size() > 1 ? 1 : 0);
  const PatternPart* middle = inner == 1 ? &parts[open_start ? 1 : 0] : nullptr;
  if (parts.size() == 1 && open_start) {
    predicate.op = Operator::kHasValue;
    predicate.ignore_case = false;
  } else if (parts.empty()) {
    predicate.op = Operator::kEquals;
    predicate.operands = {""};
  } else if (middle != nullptr && middle->kind == PatternPart::Kind::kText) {
    predicate.op = open_start ? (open_end ? Operator::kContains : Operator::kEndsWith)
                              : (open_end ? Operator::kStartsWith : Operator::kEquals);
    predicate.operands = {middle->text};
  } else {
    predicate.op = Operator::kGlob;
    predicate.operands = {pattern.to_string()};
  }
}

void canonicalize(Predicate& predicate) {
  if (predicate.ignore_case && is_text(predicate.op)) {
    for (std::string& operand : predicate.operands) {
      if (predicate.op == Operator::kGlob) {
        Pattern pattern = Pattern::parse(operand);
        pattern.fold();
        operand = pattern.to_string();
      } else {
        fold_case(operand);
      }
    }
  }
  auto& list = predicate.operands;
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

void bind(Expression& expression, FieldTable& fields) {
  if (expression.kind == Kind::kPredicate && expression.predicate.op == Operator::kEventPattern) {
    for (const char* path : {"eventSource", "eventType", "eventID", "recipientAccountId",
                             "userIdentity.accountId", "awsRegion", "eventTime"})
      fields.intern(path);
  }
  for (Expression& child : expression.children) bind(child, fields);
  if (expression.kind != Kind::kPredicate) return;
  Predicate& predicate = expression.predicate;
  if (!predicate.on_record()) predicate.slot = fields.intern(predicate.field);
  if (is_field(predicate.op)) predicate.other_slot = fields.intern(predicate.operands.front());
  if (predicate.op == Operator::kGrants)
    predicate.other_slot = fields.intern(predicate.other_field);
}

std::string to_string(const Predicate& predicate) {
  std::string out = predicate.on_record() ? kRecordName : predicate.field;
  if (predicate.op == Operator::kCovers) (out += "..") += predicate.other_field;
  if (predicate.part != TimePart::kNone) (out += '|') += word(predicate.part);
  (out += ' ') += word(predicate.op);
  bool has_case = is_text(predicate.op) || is_field(predicate.op);
  if (has_case && !predicate.ignore_case) out += " cased";
  if (predicate.operands.empty()) return out;
  if (predicate.operands.size() == 1) {
    return out + ' ' + operand_text(predicate, predicate.operands.front());
  }
  out += " any of (";
  for (const std::string& operand : predicate.operands) {
    if (&operand != &predicate.operands.front()) out += ", ";
    out += operand_text(predicate, operand);
  }
  return out + ')';
}

std::string to_string(const Expression& expression) {
  switch (expression.kind) {
    case Kind::kPredicate:
      return to_string(expression.predicate);
    case Kind::kNot:
      return "not " + to_string(expression.children.front());
    case Kind::kAnd:
    case Kind::kOr:
      break;
  }
  bool both = expression.kind == Kind::kAnd;
  if (expression.children.empty()) return both ? "always" : "never";
  std::string out = "(";
  for (const Expression& child : expression.children) {
    if (&child != &expression.children.front()) out += both ? " and " : " or ";
    out += to_string(child);
  }
  return out + ')';
}

}  // namespace cairn::rules
