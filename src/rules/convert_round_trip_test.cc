// Random conditions, printed in another language, read again by its own parser, and held against
// random events: the same truth, or a refusal.

#include "rules/event_for_test.h"
#include "rules/event_pattern.h"
#include "rules/expression_for_test.h"
#include "rules/filter_pattern.h"
#include "rules/pattern_expression.h"
#include "rules/predicate_check.h"
#include "rules/predicate_event_pattern.h"
#include "rules/predicate_filter_pattern.h"
#include "rules/predicate_sigma.h"
#include "rules/rule_set.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cairn::rules {
namespace {

constexpr size_t kConditions = 600;
constexpr size_t kEvents = 60;

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  Expression condition(size_t depth) {
    size_t kind = number(depth == 0 ? 1 : 4);
    if (kind == 0) return predicate();
    if (kind == 1) return negation(condition(depth - 1));
    std::vector<Expression> children;
    for (size_t i = 0; i < 2 + number(2); ++i) children.push_back(condition(depth - 1));
    return kind == 2 ? all_of(std::move(children)) : any_of(std::move(children));
  }

  std::string event() {
    std::string out = "{\"eventID\":\"e\"";
    member(out, "eventName", false);
    member(out, "errorCode", false);
    std::string identity, request;
    member(identity, "type", false);
    member(request, "a", true);
    member(request, "b", true);
    out += ",\"userIdentity\":{" + identity.substr(identity.empty() ? 0 : 1) + "}";
    return out + ",\"requestParameters\":{" + request.substr(request.empty() ? 0 : 1) + "}}";
  }

 private:
  size_t number(size_t below) { return random_() % below; }
  template <size_t N>
  std::string one_of(const char* const (&list)[N]) {
    return list[number(N)];
  }

  Expression predicate() {
    static const char* const kFields[] = {"eventName", "errorCode", "userIdentity.type",
                                          "requestParameters.a", "requestParameters.b"};
    static const char* const kTexts[] = {"abc", "ABC", "x-y", "5", "tr", "", "a\"b\\", "b%", "Ä"};
    static const char* const kGlobs[] = {"a*c", "*b*", "a?c", "\\*x*y"};
    static const Operator kOperators[] = {
        Operator::kEquals,   Operator::kEquals, Operator::kStartsWith,   Operator::kEndsWith,
        Operator::kContains, Operator::kGlob,   Operator::kCidr,         Operator::kGreater,
        Operator::kHasValue, Operator::kExists, Operator::kNullOrMissing};
    Predicate made;
    made.field = one_of(kFields);
    made.op = kOperators[number(std::size(kOperators))];
    made.ignore_case = made.op <= Operator::kGlob && number(2) == 0;
    if (made.op >= Operator::kHasValue) return leaf(made);
    for (size_t i = 0; i < 1 + number(2); ++i) {
      std::string text = made.op == Operator::kGlob      ? one_of(kGlobs)
                         : made.op == Operator::kCidr    ? "10.0.0.0/8"
                         : made.op == Operator::kGreater ? "3"
                                                         : one_of(kTexts);
      // What lowering makes of an empty text with wildcards is kHasValue.
      if (text.empty() && made.op != Operator::kEquals) text = "abc";
      made.operands.push_back(std::move(text));
    }
    return leaf(made);
  }

  void member(std::string& out, const char* name, bool any_json) {
    static const char* const kTexts[] = {
        "\"abc\"", "\"ABC\"", "\"aBc\"",        "\"x-y\"",      "\"5\"",    "\"true\"", "\"\"",
        "null",    "\"axc\"", "\"a\\\"b\\\\\"", "\"10.1.2.3\"", "\"*xyy\"", "\"b%\"",   "\"ä\""};
    static const char* const kOthers[] = {
        "5", "5.0",  "true", "[]", "[\"abc\",\"q\"]", "[null,\"x-y\"]", "{\"k\":\"abc\"}",
        "7", "false"};
    if (number(5) == 0) return;
    bool other = any_json && number(2) == 0;
    out += std::string(",\"") + name + "\":" + (other ? one_of(kOthers) : one_of(kTexts));
  }

  std::mt19937 random_;
};

/// An expression read from the text of a detection.
TEST(ConvertRoundTripTest, SameTruthOrRefused) {
  const uint32_t seed = 20261122;
  Maker maker(seed);
  std::vector<std::string> events;
  for (size_t i = 0; i < kEvents; ++i) events.push_back(maker.event());
  size_t filters = 0, patterns = 0, rules = 0, conditions_read = 0;
  for (size_t i = 0; i < kConditions; ++i) {
    Expression written = maker.condition(3);
    FieldTable fields;
    bind(written, fields);
    auto filter_text = filter_pattern_of(written, false);
    auto event_text = event_pattern_of(written, false);
    // Patterns read back as conditions.
    std::vector<std::pair<std::string, Expression>> read_back;
    if (filter_text.ok()) {
      auto read = expression_of_filter(filter_text.value().text, false);
      if (read.ok()) read_back.emplace_back(filter_text.value().text, read.value().expression);
    }
    if (event_text.ok()) {
      auto read = expression_of_event_pattern(event_text.value().text, false);
      if (read.ok()) read_back.emplace_back(event_text.value().text, read.value().expression);
    }
    for (auto& [text, expression] : read_back) bind(expression, fields);
    conditions_read += read_back.size();
    auto sigma = sigma_detection_of(written);
    Expression again = sigma.ok() ? expression_for_test(sigma.value(), fields) : Expression{};
    fields.freeze();
    Diagnostics diagnostics;
    auto filter = filter_text.ok()
                      ? FilterPattern::parse(filter_text.value().text, "filter", diagnostics)
                      : std::nullopt;
    auto pattern = event_text.ok()
                       ? EventPattern::parse(event_text.value().text, "event", diagnostics)
                       : std::nullopt;
    filters += filter ? 1u : 0u;
    patterns += pattern ? 1u : 0u;
    rules += sigma.ok() ? 1u : 0u;
    for (const std::string& text : events) {
      EventForTest event(fields, text);
      CheckScratch scratch;
      const bool truth = holds(written, event.event(), scratch);
      if (sigma.ok()) {
        ASSERT_EQ(holds(again, event.event(), scratch), truth) << to_string(written) << "\n"
                                                               << sigma.value() << text;
      }
      for (const auto& [pattern_text, expression] : read_back) {
        ASSERT_EQ(holds(expression, event.event(), scratch), truth) << pattern_text << "\n"
                                                                    << to_string(expression) << "\n"
                                                                    << text;
      }
      if (filter) {
        LogEvent log;
        log.set(text);
        ASSERT_EQ(filter->matches(log), truth) << to_string(written) << "\n"
                                               << filter_text.value().text << "\n"
                                               << text;
      }
      if (pattern) {
        JsonTree tree;
        ASSERT_TRUE(tree.parse("{\"detail\":" + text + "}").ok());
        ASSERT_EQ(pattern->matches(tree), truth) << to_string(written) << "\n"
                                                 << event_text.value().text << "\n"
                                                 << text;
      }
    }
  }
  // Enough of them are not refused for the comparison to mean something.
  EXPECT_GT(filters, kConditions / 20);
  EXPECT_GT(patterns, kConditions / 20);
  EXPECT_GT(rules, kConditions / 2);
  EXPECT_GT(conditions_read, kConditions / 20);
}

}  // namespace
}  // namespace cairn::rules
