#include "rules/predicate_event_pattern.h"

#include "base/text.h"
#include "formats/json_writer.h"
#include "rules/event_pattern.h"
#include "rules/network.h"
#include "rules/pattern.h"
#include "rules/pattern_writing.h"
#include "rules/predicate_sql.h"

#include <algorithm>
#include <map>
#include <set>

namespace cairn::rules {

namespace {

using Kind = Expression::Kind;

constexpr size_t kBranches = 200;

/// What one field must be: any of the matchers, each a JSON text.
struct FieldMatch {
  std::string field;
  std::vector<std::string> matchers;
};
using Branch = std::vector<FieldMatch>;

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string json_list(const std::vector<std::string>& items) {
  return "[" + join(items, ",") + "]";
}

bool has_letters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

/// Could a number or boolean of JSON pass? Its text could in Sigma; EventBridge minds types.
bool may_be_no_text(const Pattern& pattern) {
  if (pattern.matches("true") || pattern.matches("false")) return true;
  return std::all_of(pattern.parts().begin(), pattern.parts().end(), [](const PatternPart& part) {
    return part.kind != PatternPart::Kind::kText ||
           part.text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  });
}
bool may_be_object(const Pattern& pattern) {
  return pattern.starts_with_any_run() || pattern.matches("{}") || pattern.matches("[]") ||
         (!pattern.parts().empty() && (pattern.parts().front().kind != PatternPart::Kind::kText ||
                                       pattern.parts().front().text.starts_with('{') ||
                                       pattern.parts().front().text.starts_with('[')));
}

class PatternWriter {
 public:
  explicit PatternWriter(bool plain) : plain_(plain) {}

  Result<PatternText> write(const Expression& expression) {
    TRY_ASSIGN(std::vector<Branch> branches, branches_of(expression, false));
    if (branches.empty()) return refusal("a pattern always can match");
    for (Branch& branch : branches) {
      TRY(check(branch));
    }
    TRY_ASSIGN(std::string detail, detail_of(branches));
    return accepted_by<EventPattern>("EventBridge", "{\"detail\":" + detail + "}", assumptions_);
  }

 private:
  // ---- Multiplying out

  Result<std::vector<Branch>> branches_of(const Expression& expression, bool negated) {
    switch (expression.kind) {
      case Kind::kNot:
        return branches_of(expression.children.front(), !negated);
      case Kind::kPredicate: {
        auto match = match_of(expression.predicate, negated);
        if (!match.ok()) return refusal_of(expression.predicate, match.error().message, negated);
        return std::vector<Branch>{{std::move(match).value()}};
      }
      case Kind::kAnd:
      case Kind::kOr:
        break;
      default:
        return refusal("this kind of condition has no form in a pattern");
    }
    const bool both = (expression.kind == Kind::kAnd) != negated;
    std::vector<Branch> out;
    if (both) out.emplace_back();
    for (const Expression& child : expression.children) {
      TRY_ASSIGN(std::vector<Branch> inner, branches_of(child, negated));
      if (both) {
        TRY(multiply(out, inner));
      } else {
        add(out, inner);
      }
    }
    return out;
  }

  static Status multiply(std::vector<Branch>& out, const std::vector<Branch>& inner) {
    if (out.size() * inner.size() > kBranches)
      return refusal("it multiplies out to too many branches");
    std::vector<Branch> product;
    for (const Branch& left : out) {
      for (const Branch& right : inner) {
        product.push_back(left);
        product.back().insert(product.back().end(), right.begin(), right.end());
      }
    }
    out = std::move(product);
    return {};
  }

  /// Alternatives on one field are one list.
  static void add(std::vector<Branch>& out, const std::vector<Branch>& inner) {
    for (const Branch& branch : inner) {
      auto same = std::find_if(out.begin(), out.end(), [&](const Branch& other) {
        return branch.size() == 1 && other.size() == 1 && other[0].field == branch[0].field;
      });
      if (same == out.end()) {
        out.push_back(branch);
      } else {
        auto& list = (*same)[0].matchers;
        list.insert(list.end(), branch[0].matchers.begin(), branch[0].matchers.end());
      }
    }
  }

  // ---- Predicates

  Result<FieldMatch> match_of(const Predicate& predicate, bool negated) {
    if (predicate.on_record()) return refusal("a pattern asks for fields, never for words");
    FieldMatch match{predicate.field, {}};
    const FieldShape shape = field_shape(predicate.field);
    const bool text = shape == FieldShape::kText;
    single_ = plain_ || shape != FieldShape::kAny;
    if (shape == FieldShape::kAny && plain_) {
      assumptions_.insert(predicate.field +
                          " is a single text, number or boolean: no array on the way, no array or "
                          "object at its end");
    }
    switch (predicate.op) {
      case Operator::kHasValue:
      case Operator::kExists:
      case Operator::kNullOrMissing: {
        if (!single_) return refusal("an object there exists for Sigma and not for EventBridge");
        TRY(presence(predicate.op, negated, text, match.matchers));
        return match;
      }
      case Operator::kEquals:
      case Operator::kStartsWith:
      case Operator::kEndsWith:
      case Operator::kContains:
      case Operator::kGlob: {
        TRY(texts(predicate, negated, text, match.matchers));
        return match;
      }
      case Operator::kCidr: {
        if (negated) return refusal("anything-but knows no networks");
        TRY(networks(predicate, match.matchers));
        return match;
      }
      case Operator::kRegex:
        return refusal("patterns have no regular expressions");
      case Operator::kNumberEquals:
      case Operator::kLess:
      case Operator::kLessOrEqual:
      case Operator::kGreater:
      case Operator::kGreaterOrEqual:
        return refusal("Sigma also compares texts that are numbers, EventBridge does not");
      default:
        return refusal("a pattern cannot say this");
    }
  }

  static Status presence(Operator op, bool negated, bool text, std::vector<std::string>& out) {
    const std::string missing = "{\"exists\":false}";
    if (op == Operator::kExists) {
      out = {negated ? missing : "{\"exists\":true}"};
    } else if ((op == Operator::kNullOrMissing) != negated) {
      out = {"null", missing};
    } else if (text) {
      out = {"{\"wildcard\":\"*\"}"};
    } else {
      return refusal("no matcher takes every value but null");
    }
    return {};
  }

  Status texts(const Predicate& predicate, bool negated, bool text, std::vector<std::string>& out) {
    std::vector<std::string> operands;
    bool minds_case = true;
    const bool affix = predicate.op == Operator::kStartsWith || predicate.op == Operator::kEndsWith;
    const bool wildcard = predicate.op == Operator::kContains || predicate.op == Operator::kGlob;
    for (const std::string& operand : predicate.operands) {
      Pattern pattern = pattern_of(predicate.op, operand);
      if (predicate.ignore_case && !is_ascii(operand))
        return refusal("EventBridge folds letters outside A to Z in its own way");
      const bool boolean = operand == "true" || operand == "false";
      if (!text && may_be_no_text(pattern) &&
          !(boolean && predicate.op == Operator::kEquals && !negated))
        return refusal("a number or boolean there is a text for Sigma and none for EventBridge");
      if (!single_) {
        if (negated)
          return refusal("of an array, `not` asks for every element, anything-but for one");
        if (may_be_object(pattern))
          return refusal("Sigma looks into objects and arrays there as JSON, EventBridge does not");
      }
      if (!text && boolean) out.push_back(operand);
      if (predicate.ignore_case && has_letters(operand)) minds_case = false;
      TRY_ASSIGN(std::string written,
                 wildcard ? wildcard_text(pattern) : Result<std::string>(operand));
      operands.push_back(json_text(written));
    }
    if (!minds_case && wildcard) return refusal("wildcards of EventBridge mind case");
    const std::string name = wildcard                                ? "wildcard"
                             : predicate.op == Operator::kStartsWith ? "prefix"
                             : affix                                 ? "suffix"
                             : minds_case                            ? ""
                                                                     : "equals-ignore-case";
    if (negated) {
      if (affix && !minds_case) return refusal("anything-but minds case in prefixes and suffixes");
      std::string list = json_list(operands);
      out = {
          "{\"exists\":false}",
          "{\"anything-but\":" + (name.empty() ? list : "{\"" + name + "\":" + list + "}") + "}"};
      return {};
    }
    for (const std::string& operand : operands) {
      if (name.empty()) {
        out.push_back(operand);
      } else if (affix && !minds_case) {
        out.push_back("{\"" + name + "\":{\"equals-ignore-case\":" + operand + "}}");
      } else {
        out.push_back("{\"" + name + "\":" + operand + "}");
      }
    }
    return {};
  }

  static Result<std::string> wildcard_text(const Pattern& pattern) {
    std::string out;
    for (const PatternPart& part : pattern.parts()) {
      if (part.kind == PatternPart::Kind::kOneCharacter)
        return refusal("wildcards of EventBridge have no ? for one character");
      if (part.kind == PatternPart::Kind::kAnyRun) out += '*';
      for (char c : part.text) {
        if (c == '*' || c == '\\') out += '\\';
        out += c;
      }
    }
    return out;
  }

  static Status networks(const Predicate& predicate, std::vector<std::string>& out) {
    for (const std::string& operand : predicate.operands) {
      bool had_host_bits = false;
      auto network = parse_network(operand, had_host_bits);
      if (!network) return refusal("not a network");
      const bool single = network->bits == (network->address.v6 ? 128u : 32u);
      if (single && network->address.v6)
        return refusal(
            "EventBridge takes no network of a single address, and IPv6 has many spellings");
      out.push_back(single ? json_text(operand.substr(0, operand.find('/')))
                           : "{\"cidr\":" + json_text(operand) + "}");
    }
    return {};
  }

  // ---- Writing

  /// The first part of a path that may be an array, with what is before it.
  static std::string array_root(const std::string& field) {
    size_t dot = field.find('.');
    size_t second = dot == std::string::npos ? dot : field.find('.', dot + 1);
    return field.substr(0, second);
  }

  Status check(const Branch& branch) const {
    std::set<std::string> fields, roots;
    for (const FieldMatch& match : branch) {
      if (!fields.insert(match.field).second)
        return refusal("two conditions on " + printable(match.field) + " must hold at once");
      if (field_shape(match.field) != FieldShape::kAny || plain_) continue;
      if (!roots.insert(array_root(match.field)).second) {
        return refusal("EventBridge wants both fields of " + printable(array_root(match.field)) +
                       " in one array element, Sigma takes any");
      }
    }
    for (const std::string& field : fields) {
      for (const std::string& other : fields)
        if (other.starts_with(field + "."))
          return refusal(printable(field) + " is asked for as a value and as an object");
    }
    return {};
  }

  Result<std::string> detail_of(std::vector<Branch>& branches) const {
    // What all branches ask alike stands before $or.
    Branch common;
    if (branches.size() > 1) {
      for (const FieldMatch& match : branches[0]) {
        auto has = [&](const Branch& branch) {
          return std::any_of(branch.begin(), branch.end(), [&](const FieldMatch& other) {
            return other.field == match.field && other.matchers == match.matchers;
          });
        };
        if (std::all_of(branches.begin(), branches.end(), has)) common.push_back(match);
      }
      for (const FieldMatch& match : common) {
        for (Branch& branch : branches)
          std::erase_if(branch,
                        [&](const FieldMatch& other) { return other.field == match.field; });
      }
      bool any_empty = std::any_of(branches.begin(), branches.end(),
                                   [](const Branch& branch) { return branch.empty(); });
      if (!any_empty) {
        std::vector<std::string> alternatives;
        for (const Branch& branch : branches) alternatives.push_back(object_of(branch, ""));
        return object_of(common, "\"$or\":" + json_list(alternatives));
      }
    } else {
      common = branches[0];
    }
    if (common.empty()) return refusal("a pattern must ask for something");
    return object_of(common, "");
  }

  struct Node {
    std::map<std::string, Node> members;
    std::string list;
  };
  static std::string text_of(const Node& node, const std::string& last) {
    if (!node.list.empty()) return node.list;
    std::vector<std::string> parts;
    for (const auto& [name, inner] : node.members)
      parts.push_back(json_text(name) + ":" + text_of(inner, ""));
    if (!last.empty()) parts.push_back(last);
    return "{" + join(parts, ",") + "}";
  }
  static std::string object_of(const Branch& branch, const std::string& last) {
    Node root;
    for (const FieldMatch& match : branch) {
      Node* node = &root;
      for (std::string_view key : split(match.field, '.')) node = &node->members[std::string(key)];
      node->list = json_list(match.matchers);
    }
    return text_of(root, last);
  }

  bool plain_, single_ = true;  // single_: the field at hand is no array
  std::set<std::string> assumptions_;
};

}  // namespace

Result<PatternText> event_pattern_of(const Expression& expression, bool plain_fields) {
  return PatternWriter(plain_fields).write(expression);
}

}  // namespace cairn::rules
