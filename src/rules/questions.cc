// Questions: tests as predicates, without a rule's text around them.

#include "base/text.h"
#include "rules/predicate_check.h"
#include "rules/rule_set.h"

#include <re2/re2.h>

#include <utility>

namespace cairn::rules {
namespace {

Error bad(const FieldTest& test, std::string_view what) {
  return {ErrorCode::kInvalidInput, "\"" + printable(test.operand) + "\" " + std::string(what)};
}

Expression value_test(const FieldTest& test, Predicate predicate) {
  std::vector<Expression> ways;
  bool host_bits = false;
  bool network = test.operand.find('/') != std::string::npos &&
                 parse_network(test.operand, host_bits).has_value();
  if (network) {
    Predicate inside = predicate;
    inside.op = Operator::kCidr;
    inside.operands = {test.operand};
    ways.push_back(leaf(std::move(inside)));
  }
  if (test.operand.empty() && !test.field.empty()) {
    Predicate nothing = predicate;
    nothing.op = Operator::kNullOrMissing;
    ways.push_back(leaf(std::move(nothing)));
  }
  predicate.ignore_case = true;
  ask_for_pattern(predicate, Pattern::parse(test.operand));
  ways.push_back(leaf(std::move(predicate)));
  return any_of(std::move(ways));
}

/// An address stands by itself: 198.51.100.7 is not in 198.51.100.77, nor in 1.198.51.100.7.
std::string whole_address(std::string_view address) {
  std::string regex = "(?:^|[^0-9.]|[^0-9]\\.)";
  for (char c : address) {
    if (c == '.') regex += '\\';
    regex += c;
  }
  return regex + "(?:$|[^0-9.]|\\.(?:$|[^0-9]))";
}

Expression text_test(const FieldTest& test, Predicate predicate) {
  predicate.ignore_case = true;
  predicate.op = Operator::kContains;
  predicate.operands = {test.operand};
  auto address = parse_address(test.operand);
  if (!address || address->v6) return leaf(std::move(predicate));
  Predicate whole;
  whole.field = test.field;
  whole.op = Operator::kRegex;
  whole.operands = {whole_address(test.operand)};
  std::vector<Expression> both;  // the text first: it is found fast, and mostly not there
  both.push_back(leaf(std::move(predicate)));
  both.push_back(leaf(std::move(whole)));
  return all_of(std::move(both));
}

Operator number_operator(FieldTest::Kind kind) {
  switch (kind) {
    case FieldTest::Kind::kLess:
      return Operator::kLess;
    case FieldTest::Kind::kLessOrEqual:
      return Operator::kLessOrEqual;
    case FieldTest::Kind::kGreater:
      return Operator::kGreater;
    default:
      return Operator::kGreaterOrEqual;
  }
}

Result<Expression> positive(const FieldTest& test) {
  Predicate predicate;
  predicate.field = test.field;
  switch (test.kind) {
    case FieldTest::Kind::kContains:
      if (test.operand.empty()) return bad(test, "is no text to look for");
      return text_test(test, std::move(predicate));
    case FieldTest::Kind::kValue:
      return value_test(test, std::move(predicate));
    case FieldTest::Kind::kRegex: {
      auto regex = compile_regex(test.operand);
      if (!regex->ok())
        return bad(test, "is no regular expression of RE2: " + printable(regex->error()));
      predicate.op = Operator::kRegex;
      predicate.operands = {test.operand};
      return leaf(std::move(predicate));
    }
    default:
      if (!parse_number(test.operand)) return bad(test, "is no number to compare with");
      predicate.op = number_operator(test.kind);
      predicate.operands = {test.operand};
      return leaf(std::move(predicate));
  }
}

}  // namespace

Result<RuleSet> RuleSet::for_questions(std::span<const Question> questions, FieldTable& fields) {
  RuleSet set;
  Contents& contents = *set.contents_;
  for (const Question& question : questions) {
    std::vector<Expression> tests;
    for (const FieldTest& test : question.tests) {
      TRY_ASSIGN(Expression expression, positive(test));
      tests.push_back(test.negated ? negation(std::move(expression)) : std::move(expression));
    }
    Expression whole = question.any ? any_of(std::move(tests)) : all_of(std::move(tests));
    bind(whole, fields);
    RuleInfo info;
    info.id = info.code = std::to_string(contents.infos.size());
    contents.infos.push_back(std::move(info));
    contents.expressions.push_back(std::move(whole));
  }
  contents.program = Program::compile(contents.expressions, fields);
  return set;
}

}  // namespace cairn::rules
