#include "rules/element_check.h"

#include "rules/predicate_check.h"

#include <algorithm>

namespace cairn::rules {

using Kind = JsonTree::Kind;

struct ElementCheck::Part {
  Expression::Kind kind = Expression::Kind::kAnd;
  std::vector<Part> children;
  std::unique_ptr<PredicateCheck> check;  // kPredicate
  std::unique_ptr<ElementCheck> element;  // a predicate on an element of this element

  explicit Part(const Expression& expression) : kind(expression.kind) {
    for (const Expression& child : expression.children) children.emplace_back(child);
    if (kind != Expression::Kind::kPredicate) return;
    check = std::make_unique<PredicateCheck>(expression.predicate);
    if (expression.predicate.op == Operator::kElement)
      element = std::make_unique<ElementCheck>(*expression.predicate.inner);
  }
};

namespace {

/// Adds the nodes at a path below a node: through lists to any element, the longest key first.
void find_nodes(const JsonTree& tree, uint32_t node, std::string_view path,
                std::vector<uint32_t>& found) {
  if (path.empty()) {
    found.push_back(node);
    return;
  }
  if (tree[node].kind == Kind::kArray) {
    for (uint32_t at = node + 1; at < tree[node].next; at = tree[at].next)
      find_nodes(tree, at, path, found);
    return;
  }
  if (tree[node].kind != Kind::kObject) return;
  for (size_t end = path.size(); end != std::string_view::npos && end > 0;
       end = path.rfind('.', end - 1)) {
    uint32_t child = tree.find(node, path.substr(0, end));
    if (child != 0)
      return find_nodes(tree, child, end < path.size() ? path.substr(end + 1) : "", found);
  }
}

/// The values among nodes: a list stands for those of its elements that are no objects or lists.
std::vector<const JsonTree::Node*> values_at(const JsonTree& tree, uint32_t object,
                                             std::string_view path) {
  std::vector<uint32_t> nodes;
  find_nodes(tree, object, path, nodes);
  std::vector<const JsonTree::Node*> values;
  for (uint32_t node : nodes) {
    values.push_back(&tree[node]);
    if (tree[node].kind != Kind::kArray) continue;
    for (uint32_t at = node + 1; at < tree[node].next; at = tree[at].next)
      if (tree[at].is_scalar()) values.push_back(&tree[at]);
  }
  return values;
}

bool has_text(const JsonTree::Node& node) { return node.is_scalar() && node.kind != Kind::kNull; }

}  // namespace

bool covers_port(std::string_view from, std::string_view to, std::string_view port) {
  auto low = parse_number(from), high = parse_number(to), wanted = parse_number(port);
  if (!low || !high || !wanted) return false;
  if (low->value == -1 && high->value == -1) return true;
  return low->value <= wanted->value && wanted->value <= high->value;
}

ElementCheck::ElementCheck(const Expression& expression)
    : root_(std::make_unique<Part>(expression)) {}
ElementCheck::~ElementCheck() = default;

bool ElementCheck::holds(const JsonTree& document, CheckScratch& scratch) const {
  return !document.nodes().empty() && any_object(document, 0, scratch);
}

bool ElementCheck::any_object(const JsonTree& tree, uint32_t node, CheckScratch& scratch) const {
  if (tree[node].kind == Kind::kObject) return holds(*root_, tree, node, scratch);
  if (tree[node].kind != Kind::kArray) return false;
  for (uint32_t at = node + 1; at < tree[node].next; at = tree[at].next)
    if (any_object(tree, at, scratch)) return true;
  return false;
}

bool ElementCheck::holds(const Part& part, const JsonTree& tree, uint32_t object,
                         CheckScratch& scratch) const {
  auto inner = [&](const Part& child) { return holds(child, tree, object, scratch); };
  switch (part.kind) {
    case Expression::Kind::kAnd:
      return std::all_of(part.children.begin(), part.children.end(), inner);
    case Expression::Kind::kOr:
      return std::any_of(part.children.begin(), part.children.end(), inner);
    case Expression::Kind::kNot:
      return !inner(part.children.front());
    case Expression::Kind::kPredicate:
      break;
  }
  return asks(part, tree, object, scratch);
}

bool ElementCheck::asks(const Part& part, const JsonTree& tree, uint32_t object,
                        CheckScratch& scratch) const {
  const Predicate& predicate = part.check->predicate();
  if (predicate.op == Operator::kElement) {
    std::vector<uint32_t> nodes;
    find_nodes(tree, object, predicate.field, nodes);
    return std::any_of(nodes.begin(), nodes.end(), [&](uint32_t node) {
      return part.element->any_object(tree, node, scratch);
    });
  }
  auto values = values_at(tree, object, predicate.field);
  auto is_null = [](const JsonTree::Node* node) { return node->kind == Kind::kNull; };
  switch (predicate.op) {
    case Operator::kExists:
      return !values.empty();
    case Operator::kHasValue:
      return !std::all_of(values.begin(), values.end(), is_null);
    case Operator::kNullOrMissing:
      return values.empty() || std::any_of(values.begin(), values.end(), is_null);
    case Operator::kCovers: {
      auto others = values_at(tree, object, predicate.other_field);
      if (values.empty() || others.empty()) return false;
      return std::any_of(predicate.operands.begin(), predicate.operands.end(),
                         [&](const std::string& port) {
                           return covers_port(values[0]->text, others[0]->text, port);
                         });
    }
    default:
      return std::any_of(values.begin(), values.end(), [&](const JsonTree::Node* node) {
        return has_text(*node) && part.check->holds_for(node->text, scratch);
      });
  }
}

}  // namespace cairn::rules
