#include "explore/terms.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace cairn::explore {
namespace {

using Kind = Term::Kind;

TEST(TermsTest, WordsBecomeTests) {
  struct Row {
    const char* word;
    Term test;
  };
  for (const Row& row : {
           Row{"AKIAIOSFODNN7EXAMPLE", {Kind::kContains, "", "AKIAIOSFODNN7EXAMPLE", false}},
           Row{"eventName=Get*", {Kind::kValue, "eventName", "Get*", false}},
           Row{"EVENTNAME=x", {Kind::kValue, "eventName", "x", false}},
           Row{"ip=192.0.2.1", {Kind::kValue, "sourceIPAddress", "192.0.2.1", false}},
           Row{"errorCode!=AccessDenied", {Kind::kValue, "errorCode", "AccessDenied", true}},
           Row{"errorCode=", {Kind::kValue, "errorCode", "", false}},
           Row{"userAgent~(?i)kali|pacu", {Kind::kRegex, "userAgent", "(?i)kali|pacu", false}},
           Row{"userAgent!~^aws", {Kind::kRegex, "userAgent", "^aws", true}},
           Row{"requestParameters.maxItems>=10",
               {Kind::kGreaterOrEqual, "requestParameters.maxItems", "10", false}},
           Row{"a<=1", {Kind::kLessOrEqual, "a", "1", false}},
           Row{"a<1", {Kind::kLess, "a", "1", false}},
           Row{"a>1", {Kind::kGreater, "a", "1", false}},
           Row{"a==b", {Kind::kValue, "a", "=b", false}},
           Row{"requestParameters.x-amz-acl=public-read",
               {Kind::kValue, "requestParameters.x-amz-acl", "public-read", false}},
           Row{"arn:aws:iam::1:user/a=b", {Kind::kContains, "", "arn:aws:iam::1:user/a=b", false}},
           Row{"\"eventName\":\"x=y\"", {Kind::kContains, "", "\"eventName\":\"x=y\"", false}},
           Row{"=x", {Kind::kContains, "", "=x", false}},
           Row{"198.51.100.7=x", {Kind::kContains, "", "198.51.100.7=x", false}},
       }) {
    EXPECT_EQ(parse_term(row.word), row.test) << row.word;
  }
}

TEST(TermsTest, Indicators) {
  auto list = parse_indicators("\xEF\xBB\xBF# bad hosts\r\n198.51.100[.]7 \r\n\n  AKIA1\nakia1\n");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list.value(), (std::vector<std::string>{"198.51.100.7", "AKIA1"}));
  EXPECT_FALSE(parse_indicators("# nothing\n").ok());
  EXPECT_FALSE(parse_indicators(std::string(5000, 'x')).ok());
}

TEST(TermsTest, WordsAreDividedFromTheRight) {
  struct Row {
    std::vector<std::string> words;
    size_t least;
    std::string expected;  // asked | paths, or "error"
  };
  auto exists = [](const std::string& word) {
    return word == "-" || word == "logs" || word == "more";
  };
  for (const Row& row : {
           Row{{"term", "logs"}, 1, "term|logs"},
           Row{{"a", "b", "logs", "more"}, 1, "a b|logs more"},
           Row{{"logs", "logs"}, 1, "logs|logs"},
           Row{{"a", "logs", "b", "-"}, 1, "a logs b|-"},
           Row{{"logs", "more"}, 0, "|logs more"},
           Row{{"logs"}, 1, "error"},
           Row{{"a", "nowhere"}, 1, "error"},
           Row{{}, 1, "error"},
           Row{{}, 0, "error"},
       }) {
    auto divided = divide_words(row.words, row.least, "a term", exists);
    std::string text = "error";
    if (divided.ok()) {
      text.clear();
      for (const std::string& word : divided.value().asked)
        text += (text.empty() ? "" : " ") + word;
      text += '|';
      for (const std::string& word : divided.value().paths)
        text += (text.ends_with('|') ? "" : " ") + word;
    }
    EXPECT_EQ(text, row.expected);
  }
}

}  // namespace
}  // namespace cairn::explore
