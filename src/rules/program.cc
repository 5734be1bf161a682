#include "rules/program.h"

#include <algorithm>
#include <optional>

namespace cairn::rules {
namespace {

using Kind = Expression::Kind;
using How = PredicateUse::How;

// Up to so many texts wanted anywhere in the record are looked for one by one: each takes a tenth
// of the time of the automaton's pass.
constexpr size_t kFewRecordTexts = 8;

bool is_text(Operator op) { return op < Operator::kGlob; }
bool is_presence(Operator op) { return op >= Operator::kHasValue; }

// How often a predicate on this field is met, and what it costs to look: compared with each other
// only.
double rarity(std::string_view field) {
  if (field.empty()) return 4000;  // a pass over the whole record
  if (field == "eventName") return 1;
  if (field == "errorCode") return 10;
  if (field == "eventSource") return 20;
  if (field == "userIdentity.type" || field == "eventType" || field == "awsRegion") return 200;
  bool lazy = field.find('.') != field.npos && !field.starts_with(kIdentityKey);
  return lazy ? 400 : 40;
}

// Nothing when no rule can be registered under the predicate: it holds for what is missing, or
// would hold for nearly everything.
std::optional<double> dispatch_cost(const Predicate& predicate) {
  double base = rarity(predicate.field);
  double many = 1 + 0.1 * static_cast<double>(predicate.operands.size());
  switch (predicate.op) {
    case Operator::kEquals:
      return base * many;
    case Operator::kStartsWith:
    case Operator::kEndsWith:
    case Operator::kContains:
      return base * many * 4;
    case Operator::kFieldEquals:
    case Operator::kFieldStartsWith:
    case Operator::kFieldEndsWith:
    case Operator::kFieldContains:
    case Operator::kNullOrMissing:
    case Operator::kPrefixBits:
    case Operator::kTimeOfDay:
    case Operator::kCovers:
    case Operator::kGrants:
    case Operator::kElement:
    case Operator::kFilterPattern:
    case Operator::kEventPattern:
      return std::nullopt;
    case Operator::kHasValue:
    case Operator::kExists:
      if (predicate.on_record()) return std::nullopt;
      return base * 30;
    default:
      return base * many * 8;
  }
}

}  // namespace

class Program::Compiler {
 public:
  Compiler(Program& program, const FieldTable& fields) : out_(program), fields_(fields) {}

  void run(const std::vector<Expression>& expressions) {
    for (const Expression& expression : expressions) intern(expression);
    take_apart_few_record_texts();
    std::vector<std::vector<uint32_t>> rules_of(out_.uses.size());
    for (uint32_t rule = 0; rule < expressions.size(); ++rule) {
      register_rule(expressions[rule], rule, rules_of);
    }
    lay_out_registrations(rules_of);
    for (PredicateId id = 0; id < out_.uses.size(); ++id) place(id);
    for (uint32_t c = 0; c < out_.columns.size(); ++c) {
      Column& column = out_.columns[c];
      if (!column.folded.literals.empty()) column.folded.literals.build();
      if (!column.exact.literals.empty()) column.exact.literals.build();
      if (column.dispatches) out_.dispatching_columns.push_back(c);
    }
    for (const Expression& expression : expressions) out_.roots.push_back(emit(expression).node);
  }

 private:
  struct Access {
    double cost = 0;
    std::vector<PredicateId> predicates;
  };
  struct Emitted {
    uint32_t node;
    double cost;
  };

  static std::string key(const Predicate& predicate) {
    return predicate.field + '\0' + to_string(predicate);
  }
  PredicateId id_of(const Predicate& predicate) const { return ids_.at(key(predicate)); }

  void intern(const Expression& expression) {
    for (const Expression& child : expression.children) intern(child);
    if (expression.kind != Kind::kPredicate) return;
    const Predicate& predicate = expression.predicate;
    auto [entry, is_new] =
        ids_.try_emplace(key(predicate), static_cast<PredicateId>(out_.checks.size()));
    if (!is_new) return;
    out_.checks.emplace_back(predicate);
    PredicateUse use;
    use.column = column_of(predicate);
    use.how = is_presence(predicate.op) ? How::kPresence
              : is_text(predicate.op)   ? How::kWithColumn
                                        : How::kAlone;
    out_.uses.push_back(use);
  }

  void take_apart_few_record_texts() {
    std::vector<PredicateId> found;
    size_t texts = 0;
    for (PredicateId id = 0; id < out_.uses.size(); ++id) {
      const Predicate& predicate = out_.checks[id].predicate();
      if (!predicate.on_record() || out_.uses[id].how != How::kWithColumn) continue;
      if (predicate.op != Operator::kContains || !predicate.ignore_case) return;
      found.push_back(id);
      texts += predicate.operands.size();
    }
    if (texts > kFewRecordTexts) return;
    for (PredicateId id : found) out_.uses[id].how = How::kAlone;
  }

  uint32_t column_of(const Predicate& predicate) {
    auto [entry, is_new] =
        columns_.try_emplace(predicate.slot, static_cast<uint32_t>(out_.columns.size()));
    if (is_new) {
      Column& column = out_.columns.emplace_back();
      column.slot = predicate.slot;
      column.on_record = predicate.on_record();
      column.lazy = !column.on_record && fields_.lazy_root(predicate.slot) != kNoSlot;
    }
    return entry->second;
  }

  // The cheapest set of predicates of which one must hold when the expression does.
  std::optional<Access> access(const Expression& expression) const {
    if (expression.kind == Kind::kNot) return std::nullopt;
    if (expression.kind == Kind::kPredicate) {
      auto cost = dispatch_cost(expression.predicate);
      if (!cost) return std::nullopt;
      return Access{*cost, {id_of(expression.predicate)}};
    }
    std::optional<Access> best;
    if (expression.kind == Kind::kOr) best.emplace();
    for (const Expression& child : expression.children) {
      auto found = access(child);
      if (expression.kind == Kind::kAnd) {
        if (found && (!best || found->cost < best->cost)) best = std::move(found);
      } else {
        if (!found) return std::nullopt;
        best->cost += found->cost;
        best->predicates.insert(best->predicates.end(), found->predicates.begin(),
                                found->predicates.end());
      }
    }
    return best;
  }

  void register_rule(const Expression& expression, uint32_t rule,
                     std::vector<std::vector<uint32_t>>& rules_of) {
    auto found = access(expression);
    if (!found) {
      out_.always.push_back(rule);
      return;
    }
    for (PredicateId id : found->predicates) {
      if (rules_of[id].empty() || rules_of[id].back() != rule) rules_of[id].push_back(rule);
    }
  }

  void lay_out_registrations(const std::vector<std::vector<uint32_t>>& rules_of) {
    for (PredicateId id = 0; id < rules_of.size(); ++id) {
      PredicateUse& use = out_.uses[id];
      use.first_rule = static_cast<uint32_t>(out_.registered.size());
      use.rule_count = static_cast<uint32_t>(rules_of[id].size());
      out_.registered.insert(out_.registered.end(), rules_of[id].begin(), rules_of[id].end());
      if (use.rule_count > 0) out_.columns[use.column].dispatches = true;
    }
  }

  // Puts the predicate where its column will answer it.
  void place(PredicateId id) {
    const Predicate& predicate = out_.checks[id].predicate();
    PredicateUse& use = out_.uses[id];
    Column& column = out_.columns[use.column];
    switch (use.how) {
      case How::kPresence:
        if (predicate.op == Operator::kExists) column.exists = id;
        if (predicate.op == Operator::kHasValue) column.has_value = id;
        break;
      case How::kAlone:
        if (use.rule_count > 0) {
          use.how = How::kWithColumn;
          column.scanned.push_back(id);
        }
        break;
      case How::kWithColumn:
        place_texts(predicate, id, predicate.ignore_case ? column.folded : column.exact);
        break;
    }
  }

  static void place_texts(const Predicate& predicate, PredicateId id, Column::Texts& texts) {
    texts.any = true;
    for (const std::string& operand : predicate.operands) {
      if (predicate.op == Operator::kEquals) {
        texts.equal[operand].push_back(id);
        continue;
      }
      auto anchor = predicate.op == Operator::kStartsWith ? LiteralSet::Anchor::kStart
                    : predicate.op == Operator::kEndsWith ? LiteralSet::Anchor::kEnd
                                                          : LiteralSet::Anchor::kAnywhere;
      texts.literals.add(operand, anchor, id);
    }
  }

  // What it costs to evaluate a predicate when a rule is looked at.
  double evaluation_cost(PredicateId id) const {
    const PredicateUse& use = out_.uses[id];
    const Column& column = out_.columns[use.column];
    if (column.dispatches && use.how == How::kWithColumn) return 1;
    double base = column.on_record ? 100 : column.lazy ? 20 : 1;
    switch (use.how) {
      case How::kPresence:
        return base * 2;
      case How::kWithColumn:
        return base * 4;
      case How::kAlone:
        break;
    }
    return base * (out_.checks[id].predicate().op == Operator::kRegex ? 30 : 10);
  }

  Emitted emit(const Expression& expression) {
    Node node{expression.kind, 0, 0};
    double cost = 0;
    if (expression.kind == Kind::kPredicate) {
      node.first = id_of(expression.predicate);
      cost = evaluation_cost(node.first);
    } else {
      std::vector<Emitted> emitted;
      for (const Expression& child : expression.children) {
        emitted.push_back(emit(child));
        cost += emitted.back().cost;
      }
      // The order of children changes nothing but the time: cheap ones may spare the others.
      std::stable_sort(emitted.begin(), emitted.end(),
                       [](const Emitted& a, const Emitted& b) { return a.cost < b.cost; });
      node.first = static_cast<uint32_t>(out_.children.size());
      node.count = static_cast<uint32_t>(emitted.size());
      for (const Emitted& child : emitted) out_.children.push_back(child.node);
    }
    out_.nodes.push_back(node);
    return {static_cast<uint32_t>(out_.nodes.size() - 1), cost};
  }

  Program& out_;
  const FieldTable& fields_;
  std::unordered_map<std::string, PredicateId> ids_;
  std::unordered_map<SlotId, uint32_t> columns_;
};

Program Program::compile(const std::vector<Expression>& expressions, const FieldTable& fields) {
  Program program;
  Compiler(program, fields).run(expressions);
  return program;
}

}  // namespace cairn::rules
