#include "rules/filter_pattern.h"

#include <gtest/gtest.h>

#include <span>

namespace cairn::rules {
namespace {

const char* const kE1 =
    R"({"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],)"
    R"("objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c","ThisFlag":true})";
const char* const kE2 =
    R"({"user":{"id":1,"email":"John.Stiles@example.com"},"users":[{"id":2,"email":"John.Doe@example.com"},)"
    R"({"id":3,"email":"Jane.Doe@example.com"}],"actions":["GET","PUT","DELETE"],"coordinates":[[0,1,2],[4,5,6],[7,8,9]]})";

struct Row {
  std::string_view pattern, event;
  bool matches;
};

void expect_rows(std::span<const Row> rows) {
  LogEvent event;
  for (const Row& row : rows) {
    Diagnostics diagnostics;
    auto pattern = FilterPattern::parse(row.pattern, "p", diagnostics);
    ASSERT_TRUE(pattern.has_value())
        << row.pattern << "\n"
        << (diagnostics.empty() ? "" : format_text(diagnostics.items()[0]));
    event.set(row.event);
    EXPECT_EQ(pattern->matches(event), row.matches) << row.pattern << "\n" << row.event;
  }
}

TEST(FilterPattern, TermsTable) {
  const Row kRows[] = {
      {"ERROR", "[ERROR 400] BAD REQUEST", true},
      {"ERROR", "[ERROR 419] MISSING ARGUMENTS", true},
      {"ERROR", "Exiting with ERRORCODE: -1", true},
      {"ERROR", "[INFO 200] OK", false},
      {"ERROR", "an error happened", false},
      {"Exception", "[ERROR] Unhanded exception: InvalidQueryException", true},
      {"ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true},
      {"ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false},
      {"ERROR Exception", "[ERROR] Caught IllegalArgumentException", true},
      {"ERROR WARN", "ERROR message", false},
      {"?ERROR ?ARGUMENTS", "[ERROR 401] UNAUTHORIZED REQUEST", true},
      {"?ERROR ?ARGUMENTS", "[INFO 200] OK", false},
      {"?ERROR ?WARN", "WARN message", true},
      {"?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", true},
      {"?ERROR ?ARGUMENTS REQUEST", "[WARN] UNAUTHORIZED REQUEST", true},
      {"?ERROR ?ARGUMENTS REQUEST", "[ERROR] MISSING ARGUMENTS", false},
      {"\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true},
      {"\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL ERROR ON SERVER", false},
      {"\"hello cruel\"", "hello cruela", true},
      {"goodbye world", "goodbye cruel world", true},
      {"ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true},
      {"ERROR -ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS", false},
      {"\"ERROR\" - \"Exiting\"", "Exiting with ERRORCODE: -1", false},
      {"-ERROR", "fine", true},
      {"-ERROR", "an ERROR", false},
      {"\"[ERROR]\" Exception", "2024 [ERROR] Terminating the application", false},
      {"\" \"", "any", true},
      {"\"\"", "any", true},
      {"", "any", true},
      {"  ", "any", true},
      {"\"a\\\"b\"", "x a\"b", true},
      {"eventName.x", "eventName.x=1", true},
  };
  expect_rows(kRows);
}

TEST(FilterPattern, RegexTable) {
  const Row kRows[] = {
      {"%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true},
      {"%AUTHORIZED%", "[SUCCESS 200] OK", false},
      {"%^[hc]at%", "hat trick", true},
      {"%^[hc]at%", "a hat", false},
      {"%[hc]at$%", "the cat", true},
      {"%colou?r%", "color", true},
      {"%colou?r%", "colour", true},
      {"%a{3,5}%", "aaaa", true},
      {"%a{3,5}%", "aa", false},
      {"%^a{,2}$%", "aaa", false},
      {"%^a{,2}$%", "aa", true},
      {"%gray|grey%", "grey", true},
      {"%^starting|^initializing|^shutting down%", "shutting down now", true},
      {"%^starting|^initializing|^shutting down%", "skipping initializing ...", false},
      {"%abcc|ab[^c]$%", "abcc ...", true},
      {"%abcc|ab[^c]$%", "aba", true},
      {"%abcc|ab[^c]$%", "aac ...", false},
      {"%\\[.\\]%", "value [7] here", true},
      {"%ab+c%", "abbc", true},
      {"%ab+c%", "ac", false},
      {"%.at%", "4at", true},
      {"%10.10.0.1%", "10010,051", true},
      {"%10\\.10\\.0\\.1%", "10010,051", false},
      {"%\\x3A%", "key:value", true},
      {"%[[:alpha:]]x%", "ax", false},
      {"-%ab+c%", "abbc", false},
  };
  expect_rows(kRows);
}

TEST(FilterPattern, JsonTable) {
  const Row kRows[] = {
      {"{ $.eventType = \"UpdateTrail\" }", kE1, true},
      {"{ $.eventType = UpdateTrail }", kE1, true},
      {"{ $.sourceIPAddress != 123.123.* }", kE1, true},
      {"{ $.sourceIPAddress != 111.111.* }", kE1, false},
      {"{ $.arrayKey[0] = \"value\" }", kE1, true},
      {"{ $.arrayKey[1] = \"value\" }", kE1, false},
      {"{ $.eventType = %Trail% }", kE1, true},
      {"{ $.arrayKey[*] = %val.{2}% }", kE1, true},
      {"{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }", kE1, true},
      {"{ $.['cluster.name'] = \"c\" }", kE1, true},
      {"{ $['cluster.name'] = \"c\" }", kE1, true},
      {"{ $.SomeObject IS NULL }", kE1, true},
      {"{ $.eventType IS NULL }", kE1, false},
      {"{ $.missing IS NULL }", kE1, false},
      {"{ $.SomeOtherObject NOT EXISTS }", kE1, true},
      {"{ $.SomeObject NOT EXISTS }", kE1, false},
      {"{ $.ThisFlag IS TRUE }", kE1, true},
      {"{ $.ThisFlag is false }", kE1, false},
      {"{ $.ThisFlag[0] = \"value\" }", kE1, false},
      {"{ $.objectList[1].id = 2 }", kE1, true},
      {"{ $.objectList[1].number = 2 }", kE1, false},
      {"{ $.objectList[*].id = 2 }", kE1, true},
      {"{ $.arrayKey = \"value\" }", kE1, false},
      {"{ $.objectList[0] != \"x\" }", kE1, false},
      {"{ $.missing != \"x\" }", kE1, false},
      {"{ $.SomeObject = \"*\" }", kE1, false},
      {"{ $.SomeObject != \"x\" }", kE1, false},
      {"{ $.ThisFlag = true }", kE1, false},
      {"{ $.flag = true }", R"({"flag":"true"})", true},
      {"{ $.flag IS TRUE }", R"({"flag":"true"})", false},
      {"{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", kE2, true},
      {"{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", kE2,
       false},
      {"{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\" && "
       "$.actions[2] = \"nonmatch\" }",
       kE2, true},
      {"{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = \"nonmatch\") && "
       "$.actions[2] = \"nonmatch\" }",
       kE2, false},
      {"{ $.coordinates[1][2] = 6 }", kE2, true},
      {"{ $.bandwidth > 75 }", R"({"bandwidth":75})", false},
      {"{ $.latency < 50 }", R"({"latency":49.5})", true},
      {"{ $.errorCode = 400}", R"({"errorCode":400})", true},
      {"{ $.errorCode != 500 }", R"({"errorCode":500})", false},
      {"{ $.number[0] = 1e+3 }", R"({"number":[1000]})", true},
      {"{ $.number[0] != 1e-3 }", R"({"number":[1000]})", true},
      {"{ $.numbers[0] < 10e3 }", R"({"numbers":[9999]})", true},
      {"{ $.latency > +1000 }", R"({"latency":1001})", true},
      {"{ $.errorCode = 4* }", R"({"errorCode":404})", true},
      {"{ $.count = \"3\" }", R"({"count":3})", true},
      {"{ $.count = 3 }", R"({"count":"3"})", true},
      {"{ $.count > 2 }", R"({"count":"many"})", false},
      {"{ $.count != 2 }", R"({"count":"many"})", true},
      {"{ $.foo = bar || $.foo = baz }", R"({"foo":"baz"})", true},
      {"{ $.eventType = \"UpdateTrail\" }", "eventType=UpdateTrail", false},
      {"{ $.eventType NOT EXISTS }", "not json", false},
      {"{ $.users != 1 }", R"({"users":[1,2,3]})", false},
      {"{ $.eventName = \"*Event\" }", R"({"eventName":"PutEvent"})", true},
      {"{ $.eventName = \"Event*\" }", R"({"eventName":"EventId"})", true},
      {"{ $.eventName = \"Ev*nt\" }", R"({"eventName":"Event"})", true},
      {"{($.errorCode = \"AccessDenied\") && ($.userIdentity.invokedBy != "
       "\"cloudfront.amazonaws.com\")}",
       R"({"errorCode":"AccessDenied","userIdentity":{}})", false},
      {"{ $.latency = * }", R"({"latency":50,"requestType":"GET"})", true},
      {"{ $.a = 1 || $.b = 2 && $.c = 3 }", R"({"b":2,"c":3})", true},
      {"{ $.a = 1 || $.b = 2 && $.c = 3 }", R"({"a":1})", true},
      {"{ $.a = 1 || $.b = 2 && $.c = 3 }", R"({"b":2,"c":4})", false},
  };
  expect_rows(kRows);
}

const char* const kLine =
    R"(127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534)";

TEST(FilterPattern, DelimitedTable) {
  const Row kRows[] = {
      {"[ip, user, username, timestamp, request, status_code, bytes]", kLine, true},
      {"[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, "
       "bytes]",
       kLine, true},
      {"[..., request =*.html*, status_code = 4*, bytes]", kLine, true},
      {"[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, "
       "bytes]",
       kLine, true},
      {"[ip, server, username, timestamp, request, status_code, bytes > 1000]", kLine, true},
      {"[ip, server, username, timestamp, request, status_code, bytes > 2000]", kLine, false},
      {"[..., request=*.html*, status_code=4*,]", kLine, true},
      {"[a,b,c,d,e,f,g,h]", kLine, false},
      {"[ip, ..., bytes]", kLine, true},
      {"[ip, user, ...]", kLine, true},
      {"[..., bytes]", kLine, true},
      {"[]", kLine, true},
      {"[w1=ERROR, w2]", "ERROR 09/25/2014 12:00:02 Failed to process request", true},
      {"[w1=ERROR, w2]", "INFO 09/25/2014 12:00:02 Failed to process request", false},
      {"[w1=ERROR, w2]", "ERROR", false},
      {"[w1=ERROR]", "ERROR 09/25/2014", false},
      {"[w1=ERROR || w1=WARNING, w2]", "WARNING 09/25/2014 12:00:02 Invalid user request", true},
      {"[w1!=ERROR && w1!=WARNING, w2]", "INFO 09/25/2014", true},
      {"[w1!=ERROR && w1!=WARNING, w2]", "ERROR 09/25/2014", false},
      {"[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
       "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200", true},
      {"[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
       "INFO 09/25/2014 12:00:00 POST /service/resource/67/part/111 1310", false},
      {"[w1=ERROR || w1=%WARN%, w2]", "WARNING 09/25/2014", true},
      {"[IP, UserInfo, User, Timestamp, RequestInfo, StatusCode=404, Bytes]",
       R"(127.0.0.1 - bob [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 404 2326)",
       true},
  };
  expect_rows(kRows);
}

std::string extracted(std::string_view pattern, std::string_view line) {
  Diagnostics diagnostics;
  auto parsed = FilterPattern::parse(pattern, "p", diagnostics);
  if (!parsed) return "error";
  LogEvent event;
  event.set(line);
  std::string out;
  for (const auto& [name, text] : parsed->extract(event))
    out += (out.empty() ? "" : "; ") + name + "=" + std::string(text);
  return out;
}

TEST(FilterPattern, ExtractsTable) {
  EXPECT_EQ(extracted("[ip, user, username, timestamp, request, status_code, bytes]", kLine),
            "$ip=127.0.0.1; $user=Prod; $username=frank; $timestamp=10/Oct/2000:13:25:15 -0700; "
            "$request=GET /index.html HTTP/1.0; $status_code=404; $bytes=1534");
  EXPECT_EQ(extracted("[..., request=*.html*, status_code=4*,]", kLine),
            "$1=127.0.0.1; $2=Prod; $3=frank; $4=10/Oct/2000:13:25:15 -0700; "
            "$request=GET /index.html HTTP/1.0; $status_code=404; $7=1534");
  EXPECT_EQ(extracted("[level, rest]", "ERROR it did  not work "),
            "$level=ERROR; $rest=it did  not work");
  EXPECT_EQ(extracted("[]", "a b"), "$1=a; $2=b");
  EXPECT_EQ(extracted("[level=INFO, rest]", "ERROR x"), "");
  EXPECT_EQ(extracted("{ $.a = 1 }", R"({"a":1})"), "");
}

TEST(FilterPattern, RefusesTable) {
  const struct {
    std::string pattern, code;
    size_t column;
  } kRows[] = {
      {"{ $.a = }", "filter-pattern-syntax", 9},
      {"{ $.a }", "filter-pattern-syntax", 7},
      {"{ $.a = 1", "filter-pattern-syntax", 10},
      {"{ $.a = 1 } trailing", "filter-pattern-syntax", 13},
      {"{ a = 1 }", "filter-pattern-syntax", 3},
      {"{ $.a == 1 }", "filter-pattern-syntax", 7},
      {"{ $.a = 1 && }", "filter-pattern-syntax", 14},
      {"{ ($.a = 1 }", "filter-pattern-syntax", 12},
      {"{ $.a IS MAYBE }", "filter-pattern-syntax", 10},
      {"{ $.a EXISTS }", "filter-pattern-syntax", 3},
      {"{ $.a IS NOT NULL }", "filter-pattern-syntax", 10},
      {"{ $.a[x] = 1 }", "filter-pattern-syntax", 7},
      {"{ $.a = \"unterminated }", "filter-pattern-syntax", 9},
      {"{ $.a = $.b }", "filter-pattern-syntax", 9},
      {"{ $.*[*] = \"a\" }", "filter-pattern-limit", 3},
      {"{ $.a[*]=1 || $.b[*]=1 || $.c[*]=1 || $.d[*]=1 }", "filter-pattern-limit", 39},
      {"{ $.a = %x% || $.a = %y% || $.a = %z% }", "filter-pattern-limit", 35},
      {"{ $.[\"a b\"] = 1 }", "filter-pattern-syntax", 6},
      {"{ $.a > %x% }", "filter-pattern-syntax", 9},
      {"{ }", "filter-pattern-syntax", 3},
      {"{ $ = 1 }", "filter-pattern-syntax", 4},
      {"{ $. = 1 }", "filter-pattern-syntax", 5},
      {"\"ERROR", "filter-pattern-syntax", 1},
      {"ERROR ?", "filter-pattern-syntax", 8},
      {"x {y}", "filter-pattern-syntax", 3},
      {"a\"b\"", "filter-pattern-syntax", 2},
      {"%something!%", "filter-pattern-regex", 11},
      {"%(ab)+%", "filter-pattern-regex", 2},
      {"%%", "filter-pattern-regex", 2},
      {"%abc", "filter-pattern-regex", 1},
      {"%a{3,%", "filter-pattern-regex", 3},
      {"%\\p%", "filter-pattern-regex", 2},
      {"%[ab%", "filter-pattern-regex", 5},
      {"%+a%", "filter-pattern-regex", 2},
      {"[a, a]", "filter-pattern-syntax", 5},
      {"[..., ...]", "filter-pattern-syntax", 7},
      {"[a, b = 1 || c = 2]", "filter-pattern-syntax", 14},
      {"[1a]", "filter-pattern-syntax", 2},
      {"[a", "filter-pattern-syntax", 3},
      {"[a] x", "filter-pattern-syntax", 5},
      {std::string(1025, 'a'), "filter-pattern-limit", 1025},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    EXPECT_FALSE(FilterPattern::parse(row.pattern, "p", diagnostics).has_value()) << row.pattern;
    ASSERT_EQ(diagnostics.items().size(), 1u) << row.pattern;
    EXPECT_EQ(diagnostics.items()[0].code, row.code) << row.pattern;
    EXPECT_EQ(diagnostics.items()[0].column, row.column) << row.pattern << "\n"
                                                         << format_text(diagnostics.items()[0]);
  }
}

TEST(FieldReference, Table) {
  const struct {
    std::string_view reference, pattern, event, value;
  } kRows[] = {
      {"$.a.b", "{ $.a.b = * }", R"({"a":{"b":12.50}})", "12.50"},
      {"$.a", "{ $.a = * || $.b = * }", R"({"b":1})", "nothing"},
      {"$.a", "{ $.a IS TRUE }", R"({"a":true})", "nothing"},
      {"$bytes", "[ip, bytes]", "1.2.3.4 99", "99"},
      {"$2", "[ip, ]", "1.2.3.4 99", "99"},
      {"$3", "[ip, bytes]", "1.2.3.4 99", "nothing"},
      {"bytes", "[ip, bytes]", "1.2.3.4 99", "error"},
      {"$.a b", "{ $.a = * }", "{}", "error"},
  };
  for (const auto& row : kRows) {
    Diagnostics diagnostics;
    auto pattern = FilterPattern::parse(row.pattern, "p", diagnostics);
    ASSERT_TRUE(pattern.has_value()) << row.pattern;
    auto reference = FieldReference::parse(row.reference);
    if (!reference.ok()) {
      EXPECT_EQ(row.value, "error") << row.reference;
      continue;
    }
    LogEvent event;
    event.set(row.event);
    EXPECT_EQ(reference.value().value(event, *pattern).value_or("nothing"), row.value)
        << row.reference;
  }
}

}  // namespace
}  // namespace cairn::rules
