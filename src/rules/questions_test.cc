// What questions mean, by the compiled program and by the plain walk.

#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

constexpr const char* kRecord =
    R"({"eventName":"GetObject","sourceIPAddress":"198.51.100.7","errorCode":"",)"
    R"("userAgent":"say \"hi\"","requestParameters":{"maxKeys":1000,"tags":["red","Blue"]}})";

using Kind = FieldTest::Kind;

bool asks(const Question& question) {
  FieldTable fields;
  auto set = RuleSet::for_questions(std::span(&question, 1), fields);
  EXPECT_TRUE(set.ok());
  fields.freeze();
  EventForTest event(fields, kRecord);
  Matcher matcher(set.value());
  std::vector<uint32_t> fast, slow;
  matcher.match(event.event(), fast);
  matcher.match_slowly(event.event(), slow);
  EXPECT_EQ(fast, slow);
  return !fast.empty();
}

TEST(QuestionsTest, OneTest) {
  struct Row {
    FieldTest test;
    bool holds;
  };
  for (const Row& row : {
           Row{{Kind::kContains, "", "getobject"}, true},
           Row{{Kind::kContains, "", "get*"}, false},
           Row{{Kind::kContains, "", "say \"HI\""}, true},
           Row{{Kind::kContains, "", "say \\\"hi"}, true},
           Row{{Kind::kContains, "eventName", "OBJ"}, true},
           Row{{Kind::kContains, "", "198.51.100.7"}, true},
           Row{{Kind::kContains, "", "98.51.100.7"}, false},
           Row{{Kind::kContains, "", "98.51.100"}, true},
           Row{{Kind::kContains, "", "PutObject", true}, true},
           Row{{Kind::kValue, "eventName", "getobject"}, true},
           Row{{Kind::kValue, "eventName", "get"}, false},
           Row{{Kind::kValue, "eventName", "Get*"}, true},
           Row{{Kind::kValue, "eventName", "*", true}, false},
           Row{{Kind::kValue, "requestParameters.tags", "blue"}, true},
           Row{{Kind::kValue, "requestParameters.tags", "blue", true}, false},
           Row{{Kind::kValue, "sourceIPAddress", "198.51.100.0/24"}, true},
           Row{{Kind::kValue, "sourceIPAddress", "192.0.2.0/24"}, false},
           Row{{Kind::kValue, "errorCode", ""}, true},
           Row{{Kind::kValue, "errorMessage", ""}, true},
           Row{{Kind::kValue, "eventName", ""}, false},
           Row{{Kind::kValue, "errorMessage", "", true}, false},
           Row{{Kind::kRegex, "eventName", "^Get"}, true},
           Row{{Kind::kRegex, "eventName", "^get"}, false},
           Row{{Kind::kRegex, "", "(?i)get(object|bucket)"}, true},
           Row{{Kind::kGreater, "requestParameters.maxKeys", "999"}, true},
           Row{{Kind::kGreater, "requestParameters.maxKeys", "1000"}, false},
           Row{{Kind::kLessOrEqual, "requestParameters.maxKeys", "1e3"}, true},
           Row{{Kind::kLess, "eventName", "5"}, false},
       }) {
    EXPECT_EQ(asks({{row.test}, false}), row.holds)
        << static_cast<int>(row.test.kind) << " " << row.test.field << " " << row.test.operand;
  }
}

TEST(QuestionsTest, AllOrAny) {
  FieldTest yes{Kind::kContains, "", "getobject"}, no{Kind::kContains, "", "putobject"};
  EXPECT_FALSE(asks({{yes, no}, false}));
  EXPECT_TRUE(asks({{yes, no}, true}));
  EXPECT_TRUE(asks({{}, false}));
}

TEST(QuestionsTest, ManyTextsAreToldApart) {
  std::vector<Question> questions;
  for (const char* text : {"198.51.100.7", "198.51.100.77", "getobject", "nobody", "BLUE", "red"})
    questions.push_back({{{Kind::kContains, "", text}}, true});
  FieldTable fields;
  auto set = RuleSet::for_questions(questions, fields);
  ASSERT_TRUE(set.ok());
  fields.freeze();
  EventForTest event(fields, kRecord);
  Matcher matcher(set.value());
  std::vector<uint32_t> matched;
  matcher.match(event.event(), matched);
  EXPECT_EQ(matched, (std::vector<uint32_t>{0, 2, 4, 5}));
}

TEST(QuestionsTest, WhatIsNoQuestion) {
  for (const FieldTest& test :
       {FieldTest{Kind::kRegex, "", "("}, FieldTest{Kind::kGreater, "a", "x"},
        FieldTest{Kind::kContains, "", ""}}) {
    FieldTable fields;
    Question question{{test}, false};
    auto set = RuleSet::for_questions(std::span(&question, 1), fields);
    ASSERT_FALSE(set.ok()) << test.operand;
    EXPECT_EQ(set.error().code, ErrorCode::kInvalidInput);
  }
}

}  // namespace
}  // namespace cairn::rules
