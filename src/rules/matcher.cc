// Running the program on one event. Answers are stamped with the event's number instead of being
// cleared: a predicate's stamp is twice the number when it is known not to hold, one more when it
// holds, less when nobody asked yet.

#include "rules/rule_set.h"
#include "rules/value_memo.h"

#include <algorithm>

namespace cairn::rules {

struct Matcher::State {
  explicit State(const RuleSet::Contents& contents_in)
      : contents(contents_in),
        program(contents_in.program),
        predicate_stamps(program.uses.size(), 0),
        column_stamps(program.columns.size(), 0),
        rule_stamps(program.roots.size(), 0),
        memos(program.columns.size()) {}

  void run(const Event& event_in, std::vector<uint32_t>& matched) {
    event = &event_in;
    ++number;
    woken.clear();
    for (uint32_t column : program.dispatching_columns) answer_column(column);
    for (PredicateId id : woken) {
      const PredicateUse& use = program.uses[id];
      for (uint32_t r = 0; r < use.rule_count; ++r) {
        look_at(program.registered[use.first_rule + r], matched);
      }
    }
    for (uint32_t rule : program.always) look_at(rule, matched);
    std::sort(matched.begin(), matched.end());
  }

  void look_at(uint32_t rule, std::vector<uint32_t>& matched) {
    if (rule_stamps[rule] == number) return;
    rule_stamps[rule] = number;
    if (evaluate(program.roots[rule])) matched.push_back(rule);
  }

  bool evaluate(uint32_t node_number) {
    const Program::Node& node = program.nodes[node_number];
    if (node.kind == Expression::Kind::kPredicate) return ask(node.first);
    const uint32_t* child = program.children.data() + node.first;
    const uint32_t* end = child + node.count;
    switch (node.kind) {
      case Expression::Kind::kAnd:
        return std::all_of(child, end, [this](uint32_t c) { return evaluate(c); });
      case Expression::Kind::kOr:
        return std::any_of(child, end, [this](uint32_t c) { return evaluate(c); });
      default:
        return !evaluate(*child);
    }
  }

  bool ask(PredicateId id) {
    uint64_t& stamp = predicate_stamps[id];
    if (stamp / 2 == number) return stamp % 2 == 1;
    const PredicateUse& use = program.uses[id];
    bool holds = false;
    if (use.how == PredicateUse::How::kWithColumn) {
      if (column_stamps[use.column] != number) answer_column(use.column);
      holds = stamp == 2 * number + 1;
    } else {
      holds = program.checks[id].holds(*event, scratch);
    }
    stamp = 2 * number + (holds ? 1 : 0);
    return holds;
  }

  void set(PredicateId id) {
    uint64_t& stamp = predicate_stamps[id];
    if (stamp == 2 * number + 1) return;
    stamp = 2 * number + 1;
    if (program.uses[id].rule_count > 0) woken.push_back(id);
  }

  void answer_column(uint32_t index) {
    column_stamps[index] = number;
    const Column& column = program.columns[index];
    if (column.on_record) {
      answer_unremembered(column, event->raw());
      std::string_view plain = unescaped_record(event->raw(), scratch.record);
      if (plain.data() != event->raw().data()) answer_unremembered(column, plain);
      return;
    }
    std::span<const FieldValue> values = event->all(column.slot);
    if (!values.empty() && column.exists != kNoPredicate) set(column.exists);
    for (const FieldValue& value : values) {
      if (!value.has_value()) continue;
      if (column.has_value != kNoPredicate) set(column.has_value);
      answer_value(column, memos[index], value.text);
    }
  }

  void answer_value(const Column& column, ValueMemo& memo, std::string_view text) {
    if (!memo.takes(text)) {
      answer_unremembered(column, text);
      return;
    }
    uint64_t hash = hash64(text);
    ValueMemo::Answer answer = memo.find(hash, text);
    if (!answer.known) {
      found.clear();
      column.answer(text, program.checks, scratch, [this](PredicateId id) { found.push_back(id); });
      std::sort(found.begin(), found.end());
      found.erase(std::unique(found.begin(), found.end()), found.end());
      memo.insert(hash, text, found);
      answer.predicates = found;
    }
    for (PredicateId id : answer.predicates) set(id);
  }

  void answer_unremembered(const Column& column, std::string_view text) {
    column.answer(text, program.checks, scratch, [this](PredicateId id) { set(id); });
  }

  const RuleSet::Contents& contents;
  const Program& program;
  const Event* event = nullptr;
  uint64_t number = 0;  // of the event
  std::vector<uint64_t> predicate_stamps, column_stamps, rule_stamps;
  std::vector<ValueMemo> memos;    // by column
  std::vector<PredicateId> woken;  // predicates that hold and have rules registered under them
  std::vector<PredicateId> found;
  CheckScratch scratch;
};

Matcher::Matcher(const RuleSet& rules) : state_(std::make_unique<State>(*rules.contents_)) {}
Matcher::~Matcher() = default;

void Matcher::match(const Event& event, std::vector<uint32_t>& matched) {
  matched.clear();
  state_->run(event, matched);
}

void Matcher::match_slowly(const Event& event, std::vector<uint32_t>& matched) {
  matched.clear();
  const auto& expressions = state_->contents.expressions;
  for (uint32_t rule = 0; rule < expressions.size(); ++rule) {
    if (holds(expressions[rule], event, state_->scratch)) matched.push_back(rule);
  }
}

}  // namespace cairn::rules
