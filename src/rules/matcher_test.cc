// What rules mean on events: a truth table, and the compiled matcher against the plain walk over
// random rules and events.

#include "rules/event_for_test.h"
#include "rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace cairn::rules {
namespace {

std::string rule_text(std::string_view detection) {
  return "title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection: " +
         std::string(detection) + "\n";
}

// Both ways of matching, which must agree.
std::vector<uint32_t> match(Matcher& matcher, const Event& event) {
  std::vector<uint32_t> fast, slow;
  matcher.match(event, fast);
  matcher.match_slowly(event, slow);
  EXPECT_EQ(fast, slow) << event.raw();
  return fast;
}

TEST(Matcher, TruthTable) {
  const struct {
    std::string_view item, event;
    bool matches;
  } kRows[] = {
      // Texts: whole value, case ignored, wildcards over everything
      {"f: abc", R"({"f":"ABC"})", true},
      {"f: abc", R"({"f":"abcd"})", false},
      {"f: ÄÖ", R"({"f":"äö"})", true},
      {"f|cased: abc", R"({"f":"ABC"})", false},
      {"f|cased: ABC", R"({"f":"ABC"})", true},
      {"f|contains|cased: B", R"({"f":"aBc"})", true},
      {"f|contains|cased: b", R"({"f":"aBc"})", false},
      {"f: 'a*c'", R"({"f":"A\n\nC"})", true},
      {"f: 'a?c'", R"({"f":"aéc"})", true},
      {"f: 'a?c'", R"({"f":"ac"})", false},
      {"f|cased: 'A?c'", R"({"f":"abc"})", false},
      {"f|startswith: ab", R"({"f":"ABc"})", true},
      {"f|startswith: ab", R"({"f":"xab"})", false},
      {"f|endswith: bc", R"({"f":"aBC"})", true},
      {"f|endswith: bc", R"({"f":"bcx"})", false},
      {R"(f: 'a\*')", R"({"f":"a*"})", true},
      {R"(f: 'a\*')", R"({"f":"ab"})", false},
      {R"(f|contains: '\\x')", R"({"f":"a\\x"})", true},
      // Numbers and booleans by their text
      {"f: 443", R"({"f":443})", true},
      {"f: 443", R"({"f":"443"})", true},
      {"f: '443'", R"({"f":443})", true},
      {"f: 443", R"({"f":443.0})", false},
      {"f: '4*'", R"({"f":443})", true},
      {"f: true", R"({"f":true})", true},
      {"f: 'True'", R"({"f":true})", true},
      {"f: false", R"({"f":"False"})", true},
      {"f: false", R"({"f":null})", false},
      // null, missing, empty
      {"f: null", R"({})", true},
      {"f: null", R"({"f":null})", true},
      {"f: null", R"({"f":""})", false},
      {"f: null", R"({"f":[null,1]})", true},
      {"f: ''", R"({"f":""})", true},
      {"f: ''", R"({"f":null})", false},
      {"f: ''", R"({})", false},
      {"f: 'null'", R"({"f":null})", false},
      {"f: '*'", R"({"f":""})", true},
      {"f: '*'", R"({"f":"x"})", true},
      {"f: '*'", R"({"f":null})", false},
      {"f: '*'", R"({})", false},
      {"f|contains: '*'", R"({"f":{}})", true},
      {"f|contains: ''", R"({"f":0})", true},
      {"f|contains: ''", R"({"f":null})", false},
      {"f|exists: true", R"({"f":null})", true},
      {"f|exists: true", R"({})", false},
      {"f|exists: false", R"({})", true},
      {"f|exists: false", R"({"f":null})", false},
      {"f|neq: a", R"({"f":"a"})", false},
      {"f|neq: a", R"({"f":"b"})", true},
      {"f|neq: a", R"({})", true},
      {"f|neq: [a, b]", R"({"f":"b"})", false},
      // Lists
      {"f: [a, b]", R"({"f":"B"})", true},
      {"f|contains|all: [a, b]", R"({"f":"xbya"})", true},
      {"f|contains|all: [a, b]", R"({"f":"xb"})", false},
      {"f: [a, null]", R"({})", true},
      // Paths through objects and arrays; objects and arrays by their text
      {"f.g: a", R"({"f":{"g":"a"}})", true},
      {"f.g: a", R"({"f":[{"g":"b"},{"g":"a"}]})", true},
      {"f.g: a", R"({"f":{"g":["b","a"]}})", true},
      {"f.g|contains|all: [a, b]", R"({"f":{"g":["b","a"]}})", true},
      {"f.g|neq: a", R"({"f":{"g":["b","a"]}})", false},
      {"f: '{\"g\":\"A\"}'", R"({"f":{"g":"a"}})", true},
      {"f|contains: '\"g\":\"a\"'", R"({"f": { "g" : "a" } })", true},
      {"f: '{\"g\":\"a\"}'", R"({"f":[{"g":"a"}]})", false},
      {"f: '[{\"g\":\"a\"}]'", R"({"f":[{"g":"a"}]})", true},
      {"f|contains: '[1,2]'", R"({"f":[1, 2]})", true},
      {"f|re: '^\\{\"g\":[0-9]+\\}$'", R"({"f":{"g":7}})", true},
      {"f.g: null", R"({"f":{}})", true},
      {"f.g: null", R"({"f":[{"g":1},{}]})", false},
      // Regular expressions
      {"f|re: b", R"({"f":"abc"})", true},
      {"f|re: B", R"({"f":"abc"})", false},
      {"f|re|i: B", R"({"f":"abc"})", true},
      {"f|re: '^b'", R"({"f":"a\nb"})", false},
      {"f|re|m: '^b'", R"({"f":"a\nb"})", true},
      {"f|re: a.b", R"({"f":"a\nb"})", false},
      {"f|re|s: a.b", R"({"f":"a\nb"})", true},
      {"f|re|startswith: b", R"({"f":"ab"})", false},
      {"f|re|startswith: a|b", R"({"f":"bx"})", true},
      {"f|re|endswith: a|b", R"({"f":"bx"})", false},
      {"f|re: '4+'", R"({"f":443})", true},
      // Networks
      {"f|cidr: 10.0.0.0/8", R"({"f":"10.9.8.7"})", true},
      {"f|cidr: 10.0.0.0/8", R"({"f":"11.9.8.7"})", false},
      {"f|cidr: [10.0.0.0/8, '2001:db8::/32']", R"({"f":"2001:DB8::7"})", true},
      {"f|cidr: 0.0.0.0/0", R"({"f":"cloudformation.amazonaws.com"})", false},
      {"f|cidr: 0.0.0.0/0", R"({"f":"AWS Internal"})", false},
      {"f|cidr: 0.0.0.0/0", R"({"f":"08.1.250.216"})", false},
      {"f|cidr|neq: 10.0.0.0/8", R"({"f":"AWS Internal"})", true},
      // Other fields of the event
      {"f|fieldref: g", R"({"f":"a","g":"A"})", true},
      {"f|fieldref: g", R"({"f":"a","g":"b"})", false},
      {"f|fieldref: g", R"({"f":"a"})", false},
      {"f|fieldref: g", R"({})", false},
      {"f|fieldref: g", R"({"f":null,"g":null})", false},
      {"f|fieldref|neq: g", R"({"f":"a"})", true},
      {"f|fieldref|cased: g", R"({"f":"a","g":"A"})", false},
      {"f|fieldref: g.h", R"({"f":["x","y"],"g":[{"h":"z"},{"h":"Y"}]})", true},
      {"f|fieldref|startswith: g", R"({"f":"abc","g":"AB"})", true},
      {"f|fieldref|endswith: g", R"({"f":"abc","g":"ab"})", false},
      {"f|fieldref|contains: g", R"({"f":"abc","g":"b"})", true},
      {"f|fieldref: g", R"({"f":5,"g":"5"})", true},
      // Numbers
      {"f|gt: 5", R"({"f":6})", true},
      {"f|gt: 5", R"({"f":5})", false},
      {"f|gt: 5", R"({"f":"6"})", true},
      {"f|gt: 5", R"({"f":"many"})", false},
      {"f|gt: 5", R"({"f":true})", false},
      {"f|gt: 5", R"({})", false},
      {"f|gte: 5.5", R"({"f":5.50})", true},
      {"f|lt: 1e3", R"({"f":999})", true},
      {"f|lt: 9", R"({"f":10})", false},
      {"f|lte: -1", R"({"f":-1})", true},
      {"f|lt: 9007199254740993", R"({"f":9007199254740992})", true},
      {"f|gt: 5", R"({"f":[1,9]})", true},
      // Parts of a time
      {"f|hour: 7", R"({"f":"2024-03-09T07:08:09Z"})", true},
      {"f|hour: 7", R"({"f":"2024-03-09T07:08:09+05:00"})", true},
      {"f|minute: 8", R"({"f":"2024-03-09 07:08"})", true},
      {"f|day: 9", R"({"f":"2024-03-09T07:08:09Z"})", true},
      {"f|month: 3", R"({"f":"2024-03-09T07:08:09Z"})", true},
      {"f|year: 2024", R"({"f":"2024-03-09T07:08:09Z"})", true},
      {"f|week: 10", R"({"f":"2024-03-09T07:08:09Z"})", true},
      {"f|week: 53", R"({"f":"2021-01-03T00:00:00Z"})", true},
      {"f|week: 1", R"({"f":"2024-12-30T00:00:00Z"})", true},
      {"f|hour|gte: 18", R"({"f":"2024-03-09T17:59:59Z"})", false},
      {"f|hour|gte: 18", R"({"f":"2024-03-09T18:00:00Z"})", true},
      {"f|hour: 7", R"({"f":"2024-02-30T07:08:09Z"})", false},
      {"f|hour: 7", R"({"f":"soon"})", false},
      // Encodings
      {"f|base64|contains: foobar", R"({"f":"xxZm9vYmFyxx"})", true},
      {"f|base64offset|contains: foobar", R"({"f":"eGZvb2JhcnM="})", true},
      {"f|windash|contains: ' -enc'", R"({"f":"x /enc"})", true},
      {"f|windash|contains: ' -enc'", R"({"f":"x –ENC"})", true},
      // Keywords: the record's text, and the same with its escapes undone
      {"'|all': [alpha, BETA]", R"({"a":"Alpha","b":{"c":"beta"}})", true},
      {"'|all': [alpha, gamma]", R"({"a":"Alpha","b":{"c":"beta"}})", false},
      {"'|all': ['a\"b', 'x']", R"({"a":"a\"b","c":"x"})", true},
      {"'|re': 'say \"hi\"'", R"({"a":"say \"hi\""})", true},
      {"'|re': 'c.*d'", R"({"a":"c","b":"d"})", true},
      {"'|cased': Alpha", R"({"a":"alpha"})", false},
  };
  for (const auto& row : kRows) {
    FieldTable fields;
    Diagnostics diagnostics;
    std::vector<RuleFile> files = {
        {"r.yml", rule_text("{s: {" + std::string(row.item) + "}, condition: s}")}};
    RuleSet rules = RuleSet::load_sigma(files, {}, fields, diagnostics);
    ASSERT_EQ(rules.size(), 1u) << row.item;
    fields.freeze();
    EventForTest event(fields, std::string(row.event));
    Matcher matcher(rules);
    EXPECT_EQ(!match(matcher, event.event()).empty(), row.matches)
        << row.item << " on " << row.event;
  }
}

// Beyond a few values on both sides they are not compared each with each.
TEST(Matcher, FieldsOfManyValues) {
  for (const char* item : {"f|fieldref: g", "f|fieldref|cased: g", "f|fieldref|contains: g"}) {
    for (std::string same : {"F39", "f39", "none"}) {
      std::string event = R"({"f":[null)";
      for (int i = 0; i < 40; ++i) event += ",\"f" + std::to_string(i) + '"';
      event += R"(],"g":[null)";
      for (int i = 0; i < 40; ++i) event += ",\"g" + std::to_string(i) + '"';
      event += ",\"" + same + "\"]}";
      FieldTable fields;
      Diagnostics diagnostics;
      std::vector<RuleFile> files = {
          {"r.yml", rule_text("{s: {" + std::string(item) + "}, condition: s}")}};
      RuleSet rules = RuleSet::load_sigma(files, {}, fields, diagnostics);
      fields.freeze();
      EventForTest record(fields, event);
      Matcher matcher(rules);
      bool expected = same == "f39" ||
                      (same == "F39" && std::string_view(item).find("cased") == std::string::npos);
      EXPECT_EQ(!match(matcher, record.event()).empty(), expected) << item << ' ' << same;
    }
  }
}

TEST(Matcher, KeywordsAndListsOfMaps) {
  const struct {
    std::string_view detection, event;
    bool matches;
  } kRows[] = {
      {"{s: [beta, 7], condition: s}", R"({"a":"xBETAx"})", true},
      {"{s: [beta, 7], condition: s}", R"({"a":17})", true},
      {"{s: [beta, 7], condition: s}", R"({"a":"alpha"})", false},
      {"{s: ['al*ha'], condition: s}", R"({"a":"the alpha"})", true},
      {"{s: ['*'], condition: s}", R"({})", true},
      {"{s: [{a: 1, b: 2}, {c: 3}], condition: s}", R"({"c":3})", true},
      {"{s: [{a: 1, b: 2}, {c: 3}], condition: s}", R"({"a":1})", false},
      {"{s: [word, {c: 3}], condition: s}", R"({"c":3})", true},
      {"{s: {a: 1}, t: {b: 2}, condition: s and not t}", R"({"a":1,"b":3})", true},
      {"{s: {a: 1}, t: {b: 2}, condition: not s and not t}", R"({})", true},
  };
  for (const auto& row : kRows) {
    FieldTable fields;
    Diagnostics diagnostics;
    std::vector<RuleFile> files = {{"r.yml", rule_text(row.detection)}};
    RuleSet rules = RuleSet::load_sigma(files, {}, fields, diagnostics);
    ASSERT_EQ(rules.size(), 1u) << row.detection;
    fields.freeze();
    EventForTest event(fields, std::string(row.event));
    Matcher matcher(rules);
    EXPECT_EQ(!match(matcher, event.event()).empty(), row.matches)
        << row.detection << " on " << row.event;
  }
}

TEST(Matcher, AnswersInOrderAndForgetsTheLastEvent) {
  FieldTable fields;
  Diagnostics diagnostics;
  std::vector<RuleFile> files;
  for (std::string value : {"b", "a", "b", "*"}) {
    files.push_back({"r" + std::to_string(files.size()) + ".yml",
                     rule_text("{s: {eventName: '" + value + "'}, condition: s}")});
  }
  RuleSet rules = RuleSet::load_sigma(files, {}, fields, diagnostics);
  fields.freeze();
  Matcher matcher(rules);
  std::vector<uint32_t> matched = {77};
  EventForTest b(fields, R"({"eventName":"B"})"), a(fields, R"({"eventName":"a"})"),
      none(fields, "{}");
  for (int round = 0; round < 3; ++round) {
    matcher.match(b.event(), matched);
    EXPECT_THAT(matched, testing::ElementsAre(0, 2, 3));
    matcher.match(a.event(), matched);
    EXPECT_THAT(matched, testing::ElementsAre(1, 3));
    matcher.match(none.event(), matched);
    EXPECT_THAT(matched, testing::IsEmpty());
  }
}

TEST(Matcher, NoRulesMatchNothing) {
  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules = RuleSet::load_sigma({}, {}, fields, diagnostics);
  fields.freeze();
  Matcher matcher(rules);
  EventForTest event(fields, R"({"a":1})");
  EXPECT_TRUE(match(matcher, event.event()).empty());
}

// Random rules and events over a small world of fields and texts, so that they meet.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  std::string detection() {
    std::string out = "{";
    size_t selections = 1 + below(3);
    for (size_t s = 0; s < selections; ++s)
      out += "s" + std::to_string(s) + ": " + selection() + ", ";
    return out + "condition: " + condition(selections, 3) + "}";
  }

  std::string event() {
    std::string out = "{";
    for (std::string_view field : {"eventName", "eventSource", "userAgent", "sourceIPAddress"}) {
      if (below(5) > 0) out += (out == "{" ? "" : ",") + quoted(field) + ":" + value(0);
    }
    if (below(3) > 0) {
      out += std::string(out == "{" ? "" : ",") + R"("requestParameters":)" + value(3);
    }
    return out + "}";
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }
  template <size_t N>
  std::string pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }
  static std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

  std::string word() {
    std::string out;
    for (size_t n = below(5); n > 0; --n) out += pick({"a", "b", "A", "é", "É", "-", "1"});
    return out;
  }

  std::string text() {
    return below(6) == 0 ? pick({"10.0.0.1", "10.9.9.9", "2024-01-02T03:04:05Z", "7", "12"})
                         : word();
  }

  std::string value(int depth) {
    switch (below(depth > 0 ? 8 : 5)) {
      case 0:
        return pick({"null", "true", "false", "7", "12.5", "-3"});
      case 5:
      case 6: {
        std::string out = "{";
        for (std::string_view key : {"x", "y"}) {
          if (below(3) > 0) out += (out == "{" ? "" : ",") + quoted(key) + ":" + value(depth - 1);
        }
        return out + "}";
      }
      case 7: {
        std::string out = "[";
        for (size_t n = below(3); n > 0; --n) out += (out == "[" ? "" : ",") + value(depth - 1);
        return out + "]";
      }
      default:
        return quoted(text());
    }
  }

  std::string field() {
    return pick({"eventName", "eventName", "eventSource", "userAgent", "sourceIPAddress",
                 "requestParameters", "requestParameters.x", "requestParameters.y",
                 "requestParameters.x.y"});
  }

  std::string pattern() {
    std::string out = word();
    for (size_t n = below(3); n > 0; --n) out += pick({"*", "?", "a", "b"}) + word();
    return "'" + out + "'";
  }

  std::string list(std::string (World::*one)()) {
    std::string out = "[" + (this->*one)();
    for (size_t n = below(3); n > 0; --n) out += ", " + (this->*one)();
    return out + "]";
  }

  std::string item() {
    std::string name = field();
    switch (below(12)) {
      case 0:
        return name + ": null";
      case 1:
        return name + "|exists: " + pick({"true", "false"});
      case 2:
        return name + "|re: " + pick({"a", "'^b'", "'[ab]$'", "'1|É'"});
      case 3:
        return name + "|cidr: " + pick({"10.0.0.0/8", "10.0.0.0/24"});
      case 4:
        return name + "|" + pick({"gt", "lt", "gte", "lte"}) + ": " + pick({"7", "12", "0"});
      case 5:
        return name + "|fieldref: " + field();
      case 6:
        return name + pick({"|contains: ", "|startswith: ", "|endswith: ", "|contains|all: "}) +
               list(&World::pattern);
      case 7:
        return name + pick({"|cased: ", "|contains|cased: ", "|neq: "}) + list(&World::pattern);
      case 8:
        return name + "|hour: 3";
      default:
        return name + ": " + list(&World::pattern);
    }
  }

  std::string selection() {
    if (below(8) == 0) return list(&World::pattern);
    std::vector<std::string> items;
    std::string out = "{" + item();
    if (below(2) == 0) {
      // A second item on another field: a map holds each key once.
      std::string more = "'|all': " + list(&World::pattern);
      out += ", " + (below(4) == 0 ? more : "userIdentity.type: " + pattern());
    }
    return out + "}";
  }

  std::string condition(size_t selections, int depth) {
    switch (below(depth > 0 ? 6 : 2)) {
      case 2:
        return "(" + condition(selections, depth - 1) + " and " + condition(selections, depth - 1) +
               ")";
      case 3:
        return "(" + condition(selections, depth - 1) + " or " + condition(selections, depth - 1) +
               ")";
      case 4:
        return "not " + condition(selections, depth - 1);
      case 5:
        return pick({"1 of s*", "all of s*", "1 of them"});
      default:
        return "s" + std::to_string(below(selections));
    }
  }

  std::mt19937 random_;
};

TEST(Matcher, AgreesWithThePlainWalk) {
  const char* given = std::getenv("CAIRN_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                         : std::random_device{}();
  SCOPED_TRACE("repeat with CAIRN_TEST_SEED=" + std::to_string(seed));
  World world(seed);
  size_t matches = 0, answers = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<RuleFile> files;
    for (int r = 0; r < 40; ++r) {
      files.push_back({"r" + std::to_string(r) + ".yml", rule_text(world.detection())});
    }
    FieldTable fields;
    Diagnostics diagnostics;
    RuleSet rules = RuleSet::load_sigma(files, {}, fields, diagnostics);
    for (const Diagnostic& remark : diagnostics.items()) {
      ASSERT_NE(remark.severity, DiagnosticSeverity::kError) << format_text(remark);
    }
    fields.freeze();
    Matcher matcher(rules);
    for (int e = 0; e < 40; ++e) {
      EventForTest event(fields, world.event());
      std::vector<uint32_t> fast, slow;
      matcher.match(event.event(), fast);
      matcher.match_slowly(event.event(), slow);
      if (fast != slow) {
        for (uint32_t r = 0; r < rules.size(); ++r) {
          bool in_fast = std::count(fast.begin(), fast.end(), r) > 0;
          bool in_slow = std::count(slow.begin(), slow.end(), r) > 0;
          EXPECT_EQ(in_fast, in_slow) << rules.explain(r) << " on " << event.event().raw();
        }
        return;
      }
      matches += fast.size();
      answers += rules.size();
    }
  }
  // A world in which nothing or everything matches would prove nothing.
  EXPECT_GT(matches, answers / 20);
  EXPECT_LT(matches, answers - answers / 20);
}

}  // namespace
}  // namespace cairn::rules
