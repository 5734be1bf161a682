#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

std::string rule_with(const std::string& where) {
  return "title: t\nid: t\nlogsource: {product: aws, service: cloudtrail}\n"
         "detection: {s: {eventName: '*'}, condition: s}\ncairn:\n  where: " +
         where + "\n";
}

/// "match", "no match", or the codes of all remarks.
std::string verdict(const std::string& where, const std::string& members) {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleFile file{"t.yml", rule_with(where), {}};
  RuleSet rules = RuleSet::load_sigma({&file, 1}, {}, fields, diagnostics);
  if (diagnostics.has_errors()) return std::string(diagnostics.items().front().code);
  fields.freeze();
  EventForTest event(fields,
                     R"({"eventName":"X","recipientAccountId":"111122223333",)" + members + "}");
  Matcher matcher(rules);
  std::vector<uint32_t> fast, slow;
  matcher.match(event.event(), fast);
  matcher.match_slowly(event.event(), slow);
  EXPECT_EQ(fast, slow) << where;
  return fast.empty() ? "no match" : "match";
}

struct Row {
  const char* where;
  const char* members;
  const char* expected;
};

TEST(Where, WhatItMatches) {
  const Row rows[] = {
      // Both conditions must hold for the same element.
      {"{element: p.items, has: {port: 22, cidr|prefix: 0}}",
       R"("p":{"items":[{"port":22,"cidr":"10.0.0.0/8"},{"port":443,"cidr":"0.0.0.0/0"}]})",
       "no match"},
      {"{element: p.items, has: {port: 22, cidr|prefix: 0}}",
       R"("p":{"items":[{"port":443,"cidr":"10.0.0.0/8"},{"port":22,"cidr":"::/0"}]})", "match"},
      // A single object is an element too, and lists inside an element are any of theirs.
      {"{element: p, has: {port: 22}}", R"("p":{"port":"22"})", "match"},
      {"{element: p.items, has: {ranges.items.cidr|prefix: 0}}",
       R"("p":{"items":[{"ranges":{"items":[{"cidr":"10.0.0.0/8"},{"cidr":"0.0.0.0/0"}]}}]})",
       "match"},
      {"{element: p, has: [{a: 1}, {b: 2}]}", R"("p":[{"a":2},{"b":2}])", "match"},
      {"{element: p, has: {a: null}}", R"("p":[{"a":2},{"b":2}])", "match"},
      {"{element: p, has: {a|exists: true, b|exists: false}}", R"("p":[{"a":2,"b":1},{"b":2}])",
       "no match"},
      {"{element: p, has: {a.b|startswith: x}}", R"("p":[{"a.b":"XY"}])", "match"},
      {"{element: p, has: {n|gte: 5}}", R"("p":[{"n":4},{"n":"6"}])", "match"},
      {"{element: p, has: {t: [x, y]}}", R"("p":[{"t":["a","Y"]}])", "match"},
      {"{element: p, has: {a|neq: x}}", R"("p":[{"a":"x"}])", "no match"},
      {"{element: p, has: {element: q, has: {a: 1, b: 2}}}",
       R"("p":[{"q":[{"a":1,"b":3},{"a":2,"b":2}]}])", "no match"},
      {"{element: p, has: {element: q, has: {a: 1, b: 2}}}", R"("p":[{"q":[{"a":1,"b":2}]}])",
       "match"},
      {"{element: [p, q], has: {a: 1}}", R"("q":{"a":1})", "match"},
      {"{element: p, has: {a: 1}}", R"("p":"a text")", "no match"},
      {"{element: p, has: {a: 1}}", R"("p":[[{"a":1}]])", "match"},
      // Ranges of ports.
      {"{element: p, has: {from..to|covers: [22, 3389]}}", R"("p":{"from":20,"to":30})", "match"},
      {"{element: p, has: {from..to|covers: [22, 3389]}}", R"("p":{"from":"3389","to":"3389"})",
       "match"},
      {"{element: p, has: {from..to|covers: [22, 3389]}}", R"("p":{"from":23,"to":3388})",
       "no match"},
      {"{element: p, has: {from..to|covers: 22}}", R"("p":{"from":-1,"to":-1})", "match"},
      {"{element: p, has: {from..to|covers: 22}}", R"("p":{"from":1})", "no match"},
      {"{element: p, has: {from..to|covers: 22}}", R"("p":{"from":"all","to":"all"})", "no match"},
      // Documents.
      {"{policy: d, grants: foreign}",
       R"("d":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"}}}")",
       "match"},
      {"{policy: d, grants: [everyone, admin]}",
       R"("d":"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"}}}")",
       "no match"},
      {"{policy: [c, d], grants: everyone}",
       R"("d":{"Statement":{"Effect":"Allow","Principal":"*"}})", "match"},
      // Times of the day, beyond midnight and in a zone.
      {"{time: '20:00-06:00'}", R"("eventTime":"2024-01-01T23:30:00Z")", "match"},
      {"{time: '20:00-06:00'}", R"("eventTime":"2024-01-01T06:00:00Z")", "no match"},
      {"{time: '20:00-06:00', zone: '+01:00'}", R"("eventTime":"2024-01-01T05:30:00Z")",
       "no match"},
      {"{time: '00:00-24:00', days: [sat, sun]}", R"("eventTime":"2024-01-06T12:00:00Z")", "match"},
      {"{time: '00:00-24:00', days: [sat, sun]}", R"("eventTime":"2024-01-05T23:30:00Z")",
       "no match"},
      {"{time: '00:00-24:00', zone: '+01:00', days: sat}", R"("eventTime":"2024-01-05T23:30:00Z")",
       "match"},
      {"{time: '09:00-17:00'}", R"("x":1)", "no match"},
      // Together.
      {"{any: [{fields: {a: 1}}, {element: p, has: {b: 2}}]}", R"("p":{"b":2})", "match"},
      {"{all: [{fields: {a: 1}}, {element: p, has: {b: 2}}]}", R"("p":{"b":2})", "no match"},
      {"[{fields: {a: 1}}, {not: {element: p, has: {b: 2}}}]", R"("a":1,"p":{"b":3})", "match"},
      {"{fields: {c|prefix: [0, 8]}}", R"("c":"10.0.0.0/8")", "match"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(verdict(row.where, row.members), row.expected) << row.where << "\n" << row.members;
}

TEST(Where, Refused) {
  const char* rows[] = {"{}",
                        "text",
                        "{element: p}",
                        "{element: p, has: {}}",
                        "{element: [], has: {a: 1}}",
                        "{policy: p}",
                        "{policy: p, grants: all}",
                        "{time: '25:00-06:00'}",
                        "{time: '20:00'}",
                        "{time: '01:00-02:00', zone: CET}",
                        "{time: '01:00-02:00', days: [caturday]}",
                        "{any: {}}",
                        "{any: []}",
                        "{elment: p, has: {a: 1}}",
                        "{element: p, has: {a: 1}, grants: admin}",
                        "{fields: {a..b|covers: 22}}",
                        "{element: p, has: {a|covers: 22}}",
                        "{element: p, has: {a..b|covers: ssh}}",
                        "{element: p, has: {a|prefix: 129}}",
                        "{element: p, has: {a|fieldref: b}}"};
  for (const char* where : rows) EXPECT_EQ(verdict(where, R"("x":1)"), "cairn-where") << where;
  EXPECT_EQ(verdict("{fields: {a|contians: x}}", R"("x":1)"), "sigma-unknown-modifier");
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "{not: ";
  EXPECT_EQ(verdict(deep + "{fields: {a: 1}}" + std::string(50, '}'), R"("x":1)"), "cairn-where");
}

}  // namespace
}  // namespace cairn::rules
