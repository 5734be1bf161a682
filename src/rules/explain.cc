#include "rules/explain.h"

#include "base/check.h"
#include "formats/json_writer.h"
#include "rules/element_check.h"
#include "rules/json_event.h"
#include "rules/policy.h"
#include "rules/predicate_check.h"
#include "rules/rule_set.h"

#include <algorithm>

namespace cairn::rules {

namespace {

using Kind = Explanation::Kind;

std::string as_json(const FieldValue& value) {
  if (value.is_null()) return "null";
  std::string_view text = value.text.substr(0, kExplainedBytes);
  std::string out;
  if (value.kind == FieldKind::kString) {
    append_json_string(out, text);
  } else {
    out = text;
  }
  return text.size() < value.text.size() ? out + "…" : out;
}

std::vector<std::string> shown(std::span<const FieldValue> values) {
  std::vector<std::string> out;
  for (const FieldValue& value : values.first(std::min(values.size(), kExplainedValues)))
    out.push_back(as_json(value));
  return out;
}

/// The text of an object that begins at a place of a JSON text.
std::string_view object_at(std::string_view text, size_t begin) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = begin; i < text.size(); ++i) {
    char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      ++depth;
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      return text.substr(begin, i + 1 - begin);
    }
  }
  return text.substr(begin);
}

/// The objects that a value is, or that are in it when it is a list.
std::vector<std::string> objects_in(std::string_view text, uint64_t& count) {
  std::vector<std::string> objects;
  JsonTree tree;
  if (!tree.parse(text).ok()) return objects;
  auto visit = [&](auto&& self, uint32_t node) -> void {
    if (tree[node].kind == JsonTree::Kind::kObject) {
      if (count++ < kExplainedElements) objects.emplace_back(object_at(text, tree[node].offset));
    } else if (tree[node].kind == JsonTree::Kind::kArray) {
      for (uint32_t at = node + 1; at < tree[node].next; at = tree[at].next) self(self, at);
    }
  };
  visit(visit, 0);
  return objects;
}

/// Walks a condition; inside elements each object is an event of its own.
class Explainer {
 public:
  Explanation explain(const Expression& expression, const Event& event) {
    if (expression.kind == Expression::Kind::kPredicate)
      return explain_test(expression.predicate, event, [&](const Predicate& predicate) {
        return PredicateCheck(predicate).holds(event, scratch_);
      });
    return explain_children(expression,
                            [&](const Expression& child) { return explain(child, event); });
  }

 private:
  template <typename Child>
  static Explanation explain_children(const Expression& expression, const Child& child_of) {
    Explanation out;
    for (const Expression& child : expression.children) out.children.push_back(child_of(child));
    auto holds = [](const Explanation& child) { return child.holds; };
    switch (expression.kind) {
      case Expression::Kind::kNot:
        out.kind = Kind::kNone;
        out.holds = !out.children.front().holds;
        break;
      case Expression::Kind::kOr:
        out.kind = Kind::kAny;
        out.holds = std::any_of(out.children.begin(), out.children.end(), holds);
        break;
      default:
        out.holds = std::all_of(out.children.begin(), out.children.end(), holds);
    }
    return out;
  }

  template <typename Holds>
  Explanation explain_test(const Predicate& predicate, const Event& event, const Holds& holds) {
    Explanation out;
    out.kind = Kind::kTest;
    out.field = predicate.on_record() ? kRecordName : predicate.field;
    out.test = to_string(predicate).substr(out.field.size());
    if (predicate.op == Operator::kCovers) {
      out.field += ".." + predicate.other_field;
      out.test.erase(0, 2 + predicate.other_field.size());
    }
    out.test.erase(0, out.test.find_first_not_of(' '));
    out.holds = holds(predicate);
    if (predicate.on_record()) return out;
    auto slot = event.fields().find(predicate.field);
    std::span<const FieldValue> values = slot ? event.all(*slot) : std::span<const FieldValue>();
    if (predicate.op == Operator::kElement) {
      explain_elements(predicate, values, out);
      return out;
    }
    out.values = shown(values);
    out.value_count = values.size();
    std::string other = predicate.other_field;
    if (predicate.op >= Operator::kFieldEquals && predicate.op <= Operator::kFieldContains)
      other = predicate.operands.front();
    if (other.empty()) return out;
    out.other_field = other;
    if (auto place = event.fields().find(other)) out.other_values = shown(event.all(*place));
    return out;
  }

  void explain_elements(const Predicate& predicate, std::span<const FieldValue> values,
                        Explanation& out) {
    out.kind = Kind::kElement;
    out.test = "";
    for (const FieldValue& value : values) {
      if (!value.has_value()) continue;
      std::string buffer;
      std::string text(policy_text(value.text, buffer));
      for (std::string& object : objects_in(text, out.value_count)) {
        Explanation& element = out.children.emplace_back(explain_object(*predicate.inner, object));
        element.test = "element " + std::to_string(out.children.size());
      }
    }
  }

  Explanation explain_object(const Expression& expression, const std::string& object) {
    FieldTable fields;
    Expression bound = expression;
    intern(bound, fields);
    fields.freeze();
    JsonEvent event(fields);
    JsonTree tree;
    if (!event.set(object).ok() || !tree.parse(object).ok()) return {};
    Explanation out = explain_in_object(bound, event.event(), tree);
    if (out.kind != Kind::kTest && out.kind != Kind::kElement) return out;
    Explanation whole;
    whole.holds = out.holds;
    whole.children.push_back(std::move(out));
    return whole;
  }

  static void intern(Expression& expression, FieldTable& fields) {
    for (Expression& child : expression.children) intern(child, fields);
    if (expression.kind != Expression::Kind::kPredicate) return;
    if (!expression.predicate.on_record()) fields.intern(expression.predicate.field);
    if (!expression.predicate.other_field.empty()) fields.intern(expression.predicate.other_field);
  }

  Explanation explain_in_object(const Expression& expression, const Event& object,
                                const JsonTree& tree) {
    if (expression.kind == Expression::Kind::kPredicate)
      return explain_test(expression.predicate, object, [&](const Predicate& predicate) {
        return ElementCheck(leaf(predicate)).holds(tree, scratch_);
      });
    return explain_children(expression, [&](const Expression& child) {
      return explain_in_object(child, object, tree);
    });
  }

  CheckScratch scratch_;
};

/// Marks what the answer hangs on: of parts that must all hold the ones that do not, and so on.
void mark_decisive(Explanation& part) {
  part.decides = true;
  for (Explanation& child : part.children) {
    bool same = part.kind == Kind::kNone || child.holds == part.holds;
    if (same) mark_decisive(child);
  }
}

}  // namespace

Explanation explain(const RuleSet& rules, size_t rule, const Event& event) {
  const RuleSet::Contents& contents = rules.contents();
  CAIRN_CHECK(rule < contents.expressions.size());
  Explanation out = Explainer().explain(contents.expressions[rule], event);
  mark_decisive(out);
  return out;
}

}  // namespace cairn::rules
