// From the text of a rule to its expression: table of constructs, table of what is wrong, and what
// the loader counts.

#include "rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Loaded {
  explicit Loaded(const std::vector<RuleFile>& files, const LoadOptions& options = {})
      : rules(RuleSet::load_sigma(files, options, fields, diagnostics)) {}

  std::string codes() const {
    std::string out;
    for (const Diagnostic& remark : diagnostics.items()) {
      out += (out.empty() ? "" : " ") + remark.code;
    }
    return out;
  }

  FieldTable fields;
  Diagnostics diagnostics;
  RuleSet rules;
};

const LoadOptions kOptions = {.placeholders = {{"admins", {"alice", "bob*"}}, {"none", {}}}};

std::string rule_text(std::string_view detection) {
  std::string out = "title: t\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n";
  size_t begin = 0;
  while (begin < detection.size()) {
    size_t end = std::min(detection.find('\n', begin), detection.size());
    out += "  " + std::string(detection.substr(begin, end - begin)) + "\n";
    begin = end + 1;
  }
  return out;
}

// The expression of a rule whose only selection `s` holds one item.
std::string lowered(std::string_view item, std::string* codes = nullptr) {
  Loaded loaded({{"r.yml", rule_text("s:\n  " + std::string(item) + "\ncondition: s")}}, kOptions);
  if (codes != nullptr) *codes = loaded.codes();
  return loaded.rules.size() == 1 ? loaded.rules.explain(0) : "rejected";
}

TEST(SigmaItems, LowerTable) {
  const struct {
    std::string_view item, expression, codes;
  } kRows[] = {
      // Values
      {"f: Abc", R"(f = "abc")", ""},
      {"f: 443", R"(f = "443")", ""},
      {"f: '443'", R"(f = "443")", ""},
      {"f: 000123456789", R"(f = "000123456789")", ""},
      {"f: 1.50", R"(f = "1.50")", ""},
      {"f: true", R"(f = "true")", ""},
      {"f: 'False'", R"(f = "false")", ""},
      {"f: null", "f is null", ""},
      {"f: ~", "f is null", ""},
      {"f:", "f is null", ""},
      {"f: 'null'", R"(f = "null")", ""},
      {"f: ''", R"(f = "")", ""},
      {"f: '*'", "f has a value", ""},
      {"f: '**'", "f has a value", ""},
      {"f: 'a*'", R"(f starts with "a")", ""},
      {"f: '*a'", R"(f ends with "a")", ""},
      {"f: '*A*'", R"(f contains "a")", ""},
      {"f: 'a*b'", R"(f like "a*b")", ""},
      {"f: 'a?'", R"(f like "a?")", ""},
      {"f: '?'", R"(f like "?")", ""},
      {"f: '*?*'", R"(f like "*?*")", ""},
      {R"(f: 'a\*')", R"(f = "a*")", ""},
      {R"(f: 'a\\*')", R"(f starts with "a\\")", ""},
      {R"(f: 'a\\\*')", R"(f = "a\\*")", ""},
      {R"(f: 'C:\x')", R"(f = "c:\\x")", ""},
      {"f: '%admins%'", R"(f = "%admins%")", ""},
      {"f: ÄB", R"(f = "äb")", ""},
      // Lists
      {"f: [b, a, A]", R"(f = any of ("a", "b"))", ""},
      {"f: [a, 'b*', 'c*']", R"((f = "a" or f starts with any of ("b", "c")))", ""},
      {"f: [a, null]", R"((f = "a" or f is null))", "sigma-null-in-list"},
      {"f: ['', null]", R"((f = "" or f is null))", "sigma-null-in-list"},
      // contains, startswith, endswith, all, neq, cased
      {"f|contains: a", R"(f contains "a")", ""},
      {"f|contains: '*a*'", R"(f contains "a")", ""},
      {"f|contains: ''", "f has a value", ""},
      {"f|contains: '*'", "f has a value", ""},
      {"f|contains: a*b", R"(f like "*a*b*")", ""},
      {"f|startswith: a", R"(f starts with "a")", ""},
      {"f|startswith: 'a*'", R"(f starts with "a")", ""},
      {R"(f|startswith: 'a\*')", R"(f starts with "a*")", ""},
      {"f|startswith: '*a'", R"(f contains "a")", ""},
      {"f|endswith: a", R"(f ends with "a")", ""},
      {"f|contains|all: [a, b]", R"((f contains "a" and f contains "b"))", ""},
      {"f|all|contains: [a, b]", R"((f contains "a" and f contains "b"))", ""},
      {"f|all: [a, 'b*']", R"((f = "a" and f starts with "b"))", ""},
      {"f|all: a", R"(f = "a")", "sigma-all-single"},
      {"f|neq: a", R"(not f = "a")", ""},
      {"f|neq: [a, b]", R"(not f = any of ("a", "b"))", ""},
      {"f|neq: null", "not f is null", ""},
      {"f|contains|neq: [a, b]", R"(not f contains any of ("a", "b"))", ""},
      {"f|contains|all|neq: [a, b]", R"(not (f contains "a" and f contains "b"))", ""},
      {"f|cased: Ab", R"(f = cased "Ab")", ""},
      {"f|contains|cased: Ab", R"(f contains cased "Ab")", ""},
      {"f|cased|startswith: Ab", R"(f starts with cased "Ab")", ""},
      {"f|cased: A*b", R"(f like cased "A*b")", ""},
      // re
      {"f|re: '^A.*b$'", R"(f matches "^A.*b$")", ""},
      {R"(f|re: 'a\*\d')", R"(f matches "a\\*\\d")", ""},
      {"f|re|i: a", R"(f matches "(?i)a")", ""},
      {"f|re|ignorecase|multiline|dotall: a", R"(f matches "(?ims)a")", ""},
      {"f|re|i|m|s: a", R"(f matches "(?ims)a")", ""},
      {"f|re: [a, b]", R"(f matches any of ("a", "b"))", ""},
      {"f|re|all: [a, b]", R"((f matches "a" and f matches "b"))", ""},
      {"f|re|contains: a", R"(f matches "a")", ""},
      {"f|re|startswith: a|b", R"x(f matches "\\A(?:a|b)")x", ""},
      {"f|re|endswith: a", R"(f matches "(?:a)\\z")", ""},
      // cidr, exists, fieldref
      {"f|cidr: 192.0.2.0/24", R"(f in network "192.0.2.0/24")", ""},
      {"f|cidr: [10.0.0.0/8, '2001:db8::/32']",
       R"(f in network any of ("10.0.0.0/8", "2001:db8::/32"))", ""},
      {"f|cidr: 192.0.2.1/24", R"(f in network "192.0.2.1/24")", "sigma-cidr-host-bits"},
      {"f|exists: true", "f exists", ""},
      {"f|exists: False", "not f exists", ""},
      {"f|exists|neq: true", "not f exists", ""},
      {"f|fieldref: g.h", "f = field g.h", ""},
      {"f|fieldref|startswith: g", "f starts with field g", ""},
      {"f|fieldref|endswith: g", "f ends with field g", ""},
      {"f|fieldref|contains: g", "f contains field g", ""},
      {"f|fieldref|neq: g", "not f = field g", ""},
      {"f|fieldref|cased: g", "f = cased field g", ""},
      {"f|fieldref: [g, h]", "(f = field g or f = field h)", ""},
      {"f|fieldref|all: [g, h]", "(f = field g and f = field h)", ""},
      // numbers, time parts
      {"f|gt: 5", "f > 5", ""},
      {"f|gte: '5.5'", "f >= 5.5", ""},
      {"f|lt: -3", "f < -3", ""},
      {"f|lte: [1, 2]", "f <= any of (1, 2)", ""},
      {"f|gt|neq: 5", "not f > 5", ""},
      {"f|hour: 9", "f|hour = 9", ""},
      {"f|week: [1, 53]", "f|week = any of (1, 53)", ""},
      {"f|hour|gte: 18", "f|hour >= 18", ""},
      {"f|minute|lt: 5", "f|minute < 5", ""},
      {"f|day: 1", "f|day = 1", ""},
      {"f|month: 12", "f|month = 12", ""},
      {"f|year|neq: 2024", "not f|year = 2024", ""},
      // encodings
      {"f|base64: foo", R"(f = "zm9v")", ""},
      {"f|base64|contains: foo", R"(f contains "zm9v")", ""},
      {"f|base64offset|contains: foobar", R"(f contains any of ("mb29iyx", "zm9vymfy", "zvb2jhc"))",
       ""},
      {"f|base64offset|contains|all: [foobar, foobar]",
       R"(f contains any of ("mb29iyx", "zm9vymfy", "zvb2jhc"))", ""},
      {"f|wide: a", R"(f = "a\x00")", ""},
      {"f|utf16le: a", R"(f = "a\x00")", ""},
      {"f|utf16be: a", R"(f = "\x00a")", ""},
      {"f|utf16|base64: a", R"(f = "//5haa==")", ""},
      {"f|wide|base64offset|contains: ab", R"(f contains any of ("eayg", "hagia", "yqbia"))", ""},
      {"f|windash|contains: ' -a'", R"(f contains any of (" -a", " /a", " –a", " —a", " ―a"))", ""},
      // expand
      {"f|expand: '%admins%'", R"((f = "alice" or f starts with "bob"))", ""},
      {"f|contains|expand: 'x%admins%y'", R"((f contains "xalicey" or f like "*xbob*y*"))", ""},
      {"f|expand: '%admins%%admins%'",
       R"((f = "alicealice" or f starts with "alicebob" or f like any of ("bob*alice", "bob*bob*")))",
       ""},
      {R"(f|expand: '\%admins\%')", R"(f = "%admins%")", ""},
      {"f|expand: '50%'", R"(f = "50%")", ""},
      // keywords through an empty field
      {"'|all': [a, B]", R"((record contains "a" and record contains "b"))", ""},
      {"'|re': a.b", R"(record matches "a.b")", ""},
      {"'|cased': Ab", R"(record contains cased "Ab")", ""},
  };
  for (const auto& row : kRows) {
    std::string codes;
    EXPECT_EQ(lowered(row.item, &codes), row.expression) << row.item;
    EXPECT_EQ(codes, row.codes) << row.item;
  }
}

TEST(SigmaSelections, LowerTable) {
  const struct {
    std::string_view detection, expression;
  } kRows[] = {
      {"s: {a: 1, b: 2}\ncondition: s", R"((a = "1" and b = "2"))"},
      {"s: [{a: 1, b: 2}, {c: 3}]\ncondition: s", R"(((a = "1" and b = "2") or c = "3"))"},
      {"s: [x, 'y z', 7]\ncondition: s", R"(record contains any of ("7", "x", "y z"))"},
      {"s: word\ncondition: s", R"(record contains "word")"},
      {"s: ['a*b', 'c?']\ncondition: s", R"(record like any of ("*a*b*", "*c?*"))"},
      {"s: [x, {a: 1}]\ncondition: s", R"((a = "1" or record contains "x"))"},
      {"a: {f: 1}\nb: {f: 2}\ncondition: a and not b", R"((f = "1" and not f = "2"))"},
      {"a: {f: 1}\nb: {f: 2}\ncondition: [a, b]", R"((f = "1" or f = "2"))"},
      {"a: {f: 1}\nb: {f: 2}\ncondition: a or a or b", R"((f = "1" or f = "2"))"},
      {"a1: {f: 1}\na2: {f: 2}\nb: {f: 3}\ncondition: 1 of a* and b",
       R"(((f = "1" or f = "2") and f = "3"))"},
      {"a1: {f: 1}\na2: {f: 2}\ncondition: all of a*", R"((f = "1" and f = "2"))"},
      {"a: {f: 1}\nb: {f: 2}\n_c: {f: 3}\ncondition: 1 of them", R"((f = "1" or f = "2"))"},
      {"a: {f: 1}\n_c: {f: 3}\ncondition: all of * ", R"((f = "1" and f = "3"))"},
      {"xay: {f: 1}\nxby: {f: 2}\nxyz: {f: 3}\ncondition: 1 of x*y and xyz",
       R"(((f = "1" or f = "2") and f = "3"))"},
      {"a: {f: 1}\ncondition: not not a", R"(f = "1")"},
      {"a: {f.g-h: 1}\ncondition: a", R"(f.g-h = "1")"},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"r.yml", rule_text(row.detection)}});
    ASSERT_EQ(loaded.rules.size(), 1u)
        << row.detection << format_text(loaded.diagnostics.items().at(0));
    EXPECT_EQ(loaded.rules.explain(0), row.expression) << row.detection;
    EXPECT_EQ(loaded.codes(), "") << row.detection;
  }
}

TEST(SigmaRules, ReportsTable) {
  const struct {
    std::string_view detection, code;
    size_t line, column, length;  // rule_text() puts the detection from line 4, column 3
  } kRows[] = {
      {"s: {f|contians: a}\ncondition: s", "sigma-unknown-modifier", 4, 9, 8},
      {"s: {f||contains: a}\ncondition: s", "sigma-unknown-modifier", 4, 7, 11},
      {"s: {f|Contains: a}\ncondition: s", "sigma-unknown-modifier", 4, 9, 8},
      {"s: {f|contains|re: a}\ncondition: s", "sigma-modifier-order", 4, 18, 2},
      {"s: {f|contains|cidr: 10.0.0.0/8}\ncondition: s", "sigma-modifier-order", 4, 18, 4},
      {"s: {f|i: a}\ncondition: s", "sigma-modifier-combination", 4, 9, 1},
      {"s: {f|cidr|contains: 10.0.0.0/8}\ncondition: s", "sigma-modifier-combination", 4, 14, 8},
      {"s: {f|re|cased: a}\ncondition: s", "sigma-modifier-combination", 4, 12, 5},
      {"s: {f|gt|contains: 1}\ncondition: s", "sigma-modifier-combination", 4, 12, 8},
      {"s: {f|gt|lt: 1}\ncondition: s", "sigma-modifier-combination", 4, 12, 2},
      {"s: {f|exists|contains: true}\ncondition: s", "sigma-modifier-combination", 4, 16, 8},
      {"s: {f|base64|windash|re: a}\ncondition: s", "sigma-modifier-order", 4, 24, 2},
      {"s: {'|exists': true}\ncondition: s", "sigma-modifier-combination", 4, 9, 6},
      {"s: {'|gt': 1}\ncondition: s", "sigma-modifier-combination", 4, 9, 2},
      {"s: {f|exists: yes}\ncondition: s", "sigma-modifier-value", 4, 9, 6},
      {"s: {f|exists: 'true'}\ncondition: s", "sigma-modifier-value", 4, 9, 6},
      {"s: {f|exists: [true, false]}\ncondition: s", "sigma-modifier-value", 4, 9, 6},
      {"s: {f|gt: many}\ncondition: s", "sigma-modifier-value", 4, 13, 4},
      {"s: {f|gt: 5*}\ncondition: s", "sigma-modifier-value", 4, 13, 2},
      {"s: {f|hour: 9h}\ncondition: s", "sigma-modifier-value", 4, 15, 2},
      {"s: {f|fieldref: ''}\ncondition: s", "sigma-modifier-value", 4, 19, 2},
      {"s: {f|base64offset|contains: a}\ncondition: s", "", 0, 0, 0},
      {"s: {f|base64: ''}\ncondition: s", "sigma-modifier-value", 4, 17, 2},
      {"s: {f|cidr: 10.0.0.0/33}\ncondition: s", "sigma-cidr", 4, 15, 11},
      {"s: {f|cidr: example.com}\ncondition: s", "sigma-cidr", 4, 15, 11},
      {"s: {f|base64: 'a*'}\ncondition: s", "sigma-encoding-wildcard", 4, 17, 4},
      {"s: {f|contains|base64: 'a'}\ncondition: s", "sigma-encoding-wildcard", 4, 26, 3},
      {"s: {f|contains: null}\ncondition: s", "sigma-null", 4, 19, 1},
      {"s: [null]\ncondition: s", "sigma-null", 4, 7, 1},
      {"s: {f|expand: 'x%who%'}\ncondition: s", "sigma-placeholder", 4, 19, 5},
      {"s: {f|expand: '%none%'}\ncondition: s", "sigma-placeholder", 4, 18, 6},
      {"s: {f|re: 'a(?=b)'}\ncondition: s", "sigma-regex", 4, 15, 3},
      {"s: {f|re: '(a)\\1'}\ncondition: s", "sigma-regex", 4, 17, 2},
      {"s: {f|re: '(a'}\ncondition: s", "sigma-regex", 4, 14, 2},
      {"s: {f|re: '(?<n>a)'}\ncondition: s", "sigma-regex", 4, 14, 3},
      {"s: {f|re: [ok, '[']}\ncondition: s", "sigma-regex", 4, 19, 1},
      {"s: {f: []}\ncondition: s", "sigma-empty-list", 4, 7, 1},
      {"s: {f: {g: 1}}\ncondition: s", "sigma-value-type", 4, 10, 1},
      {"s: {f: [[1]]}\ncondition: s", "sigma-value-type", 4, 11, 1},
      {"s: [[a]]\ncondition: s", "sigma-value-type", 4, 7, 1},
      {"s: {}\ncondition: s", "sigma-empty-selection", 4, 3, 1},
      {"s: []\ncondition: s", "sigma-empty-selection", 4, 3, 1},
      {"s:\ncondition: s", "sigma-empty-selection", 4, 3, 1},
      {"s: [{a: 1}, {}]\ncondition: s", "sigma-empty-selection", 4, 3, 1},
      {"s: {f: 1}", "sigma-missing-condition", 4, 3, 1},
      {"condition: s", "sigma-missing-selection", 4, 3, 1},
      {"s: {f: 1}\ncondition: t", "sigma-unknown-selection", 5, 14, 1},
      {"s: {f: 1}\ncondition: s and S", "sigma-unknown-selection", 5, 20, 1},
      {"s: {f: 1}\ncondition: 1 of t*", "sigma-empty-quantifier", 5, 19, 2},
      {"_s: {f: 1}\ncondition: 1 of them", "sigma-empty-quantifier", 5, 19, 4},
      {"s: {f: 1}\ncondition: {s: 1}", "sigma-condition-syntax", 5, 14, 1},
      {"s: {f: 1}\ncondition: []", "sigma-condition-syntax", 5, 14, 1},
      {"s: {f: 1}\ncondition: s | count() by x > 3", "sigma-aggregation", 5, 16, 1},
      {"s: {f: 1}\ntimeframe: 5m\ncondition: s", "sigma-timeframe", 5, 3, 9},
      {"s: {f: 1}\nt: {f: 2}\ncondition: s", "sigma-unused-selection", 5, 3, 1},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"r.yml", rule_text(row.detection)}}, kOptions);
    ASSERT_EQ(loaded.codes(), row.code) << row.detection;
    bool rejected = loaded.diagnostics.has_errors();
    EXPECT_EQ(loaded.rules.size(), rejected ? 0u : 1u) << row.detection;
    EXPECT_EQ(loaded.rules.counts().rejected, rejected ? 1u : 0u) << row.detection;
    if (row.code.empty()) continue;
    const Diagnostic& remark = loaded.diagnostics.items()[0];
    EXPECT_EQ(remark.line, row.line) << row.detection;
    EXPECT_EQ(remark.column, row.column) << row.detection;
    EXPECT_EQ(remark.length, row.length) << row.detection;
    EXPECT_FALSE(remark.source_line.empty()) << row.detection;
  }
}

TEST(SigmaRules, ReportsDocumentsTable) {
  const std::string ok = "detection: {s: {f: 1}, condition: s}\n";
  const std::string aws = "logsource: {product: aws, service: cloudtrail}\n";
  const struct {
    std::string text, code;
  } kRows[] = {
      {"- a\n", "sigma-not-a-rule"},
      {"just text\n", "sigma-not-a-rule"},
      {"title: t\n", "sigma-not-a-rule"},
      {"title: t\n" + ok, "sigma-missing-logsource"},
      {"title: t\nlogsource: aws\n" + ok, "sigma-missing-logsource"},
      {"title: t\n" + aws, "sigma-missing-detection"},
      {"title: t\n" + aws + "detection: [a]\n", "sigma-missing-detection"},
      {aws + ok, "sigma-missing-title"},
      {"title: t\nlevel: hihg\n" + aws + ok, "sigma-level"},
      {"title: {a: b}\n" + aws + ok, "sigma-value-type sigma-missing-title"},
      {"title: t\ntags: {a: b}\n" + aws + ok, "sigma-value-type"},
      {"title: t\ntags: [a, [b]]\n" + aws + ok, "sigma-value-type"},
      {"title: t\naction: global\n" + aws + ok, "sigma-action"},
      {"title: t\ncorrelation: {type: event_count, rules: x, timespan: 1m}\n", "sigma-correlation"},
      {"title: t\nfilter: [x]\n" + aws, "sigma-filter"},
      {"title: t\nfilter: {rules: [x]}\n" + aws, "sigma-missing-condition"},
      {"title: t\nfilter: {rules: any, condition: s}\n" + aws, "sigma-missing-selection"},
      {"title: t\nfilter: {s: {f: 1}, condition: s}\n", "sigma-missing-logsource"},
      {"title: t\ntitle: u\n" + aws + ok, "yaml-duplicate-key"},
      {"title: t\ncairn: 3\n" + aws + ok, "cairn-value"},
      {"title: t\ncairn: {cod: X}\n" + aws + ok, "cairn-unknown-key"},
      {"title: t\ncairn: {dedup: {windw: 1h}}\n" + aws + ok, "cairn-unknown-key"},
      {"title: t\ncairn: {dedup: {window: soon}}\n" + aws + ok, "cairn-value"},
      {"title: t\ncairn: {dedup: [a]}\n" + aws + ok, "cairn-value"},
      {"title: t\ncairn: {allow: {cidr: x}}\n" + aws + ok, "cairn-value"},
      {"title: t\ncairn: {allow: [{cidr: x}]}\n" + aws + ok, "cairn-value"},
      {"title: t\ncairn: {allow: [{principle: x}]}\n" + aws + ok, "cairn-unknown-key"},
      {"title: t\ncairn: {frameworks: {a: b}}\n" + aws + ok, "cairn-value"},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"r.yml", row.text}});
    EXPECT_EQ(loaded.codes(), row.code) << row.text;
    EXPECT_EQ(loaded.rules.counts().documents, 1u) << row.text;
    EXPECT_EQ(loaded.rules.counts().rejected, loaded.diagnostics.has_errors() ? 1u : 0u)
        << row.text;
  }
}

TEST(SigmaRules, DiagnosticsReadWell) {
  auto first = [](std::string_view detection) {
    Loaded loaded({{"rules/x.yml", rule_text(detection)}});
    return format_text(loaded.diagnostics.items().at(0));
  };
  EXPECT_EQ(first("selection:\n  eventName|contians: Delete\ncondition: selection"),
            "rules/x.yml:5:15: error: unknown modifier \"contians\" [sigma-unknown-modifier]\n"
            "        eventName|contians: Delete\n"
            "                  ^~~~~~~~\n"
            "  hint: did you mean \"contains\"?\n");
  EXPECT_EQ(first("selection: {f: 1}\ncondition: selektion"),
            "rules/x.yml:5:14: error: the detection has no selection \"selektion\" "
            "[sigma-unknown-selection]\n"
            "      condition: selektion\n"
            "                 ^~~~~~~~~\n"
            "  hint: did you mean \"selection\"?\n");
  EXPECT_EQ(
      first("s:\n  f|re: '^(?!x)'\ncondition: s"),
      "rules/x.yml:5:13: error: regular expression: invalid perl operator: (?! [sigma-regex]\n"
      "        f|re: '^(?!x)'\n"
      "                ^~~\n"
      "  hint: look-around is not supported: use a second selection with \"and\" or \"and not\"\n");
}

TEST(SigmaRules, LogSourcesDecideWhatIsOurs) {
  const struct {
    std::string_view logsource;
    bool ours;
  } kRows[] = {
      {"{product: aws, service: cloudtrail}", true},
      {"{product: AWS, service: CloudTrail}", true},
      {"{product: aws}", true},
      {"{service: cloudtrail}", true},
      {"{}", true},
      {"{product: aws, category: x}", true},
      {"{product: windows}", false},
      {"{product: aws, service: route53}", false},
      {"{product: azure, service: cloudtrail}", false},
      {"{category: process_creation}", false},
  };
  for (const auto& row : kRows) {
    std::string text = "title: t\nlogsource: " + std::string(row.logsource) +
                       "\ndetection: {s: {f: 1}, condition: s}\n";
    Loaded loaded({{"r.yml", text}});
    EXPECT_EQ(loaded.rules.size(), row.ours ? 1u : 0u) << row.logsource;
    EXPECT_EQ(loaded.rules.counts().other_log_source, row.ours ? 0u : 1u) << row.logsource;
    EXPECT_THAT(loaded.diagnostics.items(), IsEmpty());
  }
  // What is for others is not looked at: their rules may use anything.
  Loaded loaded(std::vector<RuleFile>{
      {"r.yml", "title: t\nlogsource: {product: windows}\ndetection: {s: {f|magic: 1}}\n"}});
  EXPECT_EQ(loaded.rules.counts().other_log_source, 1u);
  EXPECT_EQ(loaded.codes(), "");
}

TEST(SigmaRules, FillsTheInfo) {
  Loaded loaded(std::vector<RuleFile>{{"iam/x.yml", R"(title: Somebody did it
id: 7B1E0000-0000-4000-8000-000000000001
name: x-1
description: |
  Two lines
  of it.
author: A
level: HIGH
tags: [attack.persistence, attack.t1098]
falsepositives: [none, some]
logsource: {product: aws, service: cloudtrail}
detection:
  who: {userIdentity.type: Root}
  what:
    eventSource: IAM.amazonaws.com
    eventName: [CreateUser, 'Attach*Policy', '*Key']
    requestParameters.a|exists: true
  other: {errorCode: null}
  condition: what and (who or not other)
cairn:
  code: IAM-99
  frameworks: ["CIS 1.1", "PCI 8"]
  dedup: {by: [principal, requestParameters.bucketName], window: 30m}
  allow: [{principal: "*/deploy"}, {cidr: 10.0.0.0/8, account: "111122223333"}]
  next: Look.
)"}});
  ASSERT_EQ(loaded.codes(), "");
  RuleInfo expected;
  expected.id = "7B1E0000-0000-4000-8000-000000000001";
  expected.code = "IAM-99";
  expected.title = "Somebody did it";
  expected.file = "iam/x.yml";
  const RuleInfo& info = loaded.rules.info(0);
  EXPECT_EQ(info.id, expected.id);
  EXPECT_EQ(info.code, expected.code);
  EXPECT_EQ(info.title, expected.title);
  EXPECT_EQ(info.file, expected.file);
  EXPECT_EQ(info.description, "Two lines\nof it.");
  EXPECT_EQ(info.author, "A");
  EXPECT_EQ(info.level, Level::kHigh);
  EXPECT_THAT(info.tags, ElementsAre("attack.persistence", "attack.t1098"));
  EXPECT_THAT(info.false_positives, ElementsAre("none", "some"));
  EXPECT_THAT(info.frameworks, ElementsAre("CIS 1.1", "PCI 8"));
  EXPECT_THAT(info.dedup_by, ElementsAre("principal", "requestParameters.bucketName"));
  EXPECT_EQ(info.dedup_window, std::chrono::minutes(30));
  EXPECT_THAT(info.allow, ElementsAre(AllowEntry{"*/deploy", "", "", ""},
                                      AllowEntry{"", "10.0.0.0/8", "", "111122223333"}));
  EXPECT_EQ(info.next_step, "Look.");
  EXPECT_THAT(info.needed_event_sources, ElementsAre("iam.amazonaws.com"));
  EXPECT_THAT(info.needed_event_names, ElementsAre("*key", "attach*policy", "createuser"));
  EXPECT_THAT(info.needed_fields, ElementsAre("eventName", "eventSource", "requestParameters.a"));
  EXPECT_TRUE(loaded.fields.find("requestParameters.bucketName"));
  EXPECT_FALSE(loaded.fields.find("principal"));
}

TEST(SigmaRules, NeedsOnlyWhatIsUnavoidable) {
  const struct {
    std::string_view detection;
    std::vector<std::string> names, fields;
  } kRows[] = {
      {"a: {eventName: A}\nb: {eventName: B}\ncondition: a or b", {"a", "b"}, {"eventName"}},
      {"a: {eventName: A}\nb: {f: B}\ncondition: a or b", {}, {}},
      {"a: {eventName: A, g: 1}\nb: {f: B, g: 2}\ncondition: a or b", {}, {"g"}},
      {"a: {eventName: A}\ncondition: not a", {}, {}},
      {"a: {eventName: A}\nb: {eventName: [A, B]}\ncondition: a and b", {"a"}, {"eventName"}},
      {"a: {eventName|re: A}\ncondition: a", {}, {"eventName"}},
      {"a: {f: null}\ncondition: a", {}, {}},
      {"a: {f: null}\ncondition: not a", {}, {"f"}},
      {"a: {eventName|cased: 'A\\*'}\ncondition: a", {"a\\*"}, {"eventName"}},
      {"a: {f|fieldref: g}\ncondition: a", {}, {"f", "g"}},
      {"a: [word]\ncondition: a", {}, {}},
      {"a: {f: null}\nb: {eventName: B}\ncondition: not (a or b)", {}, {"f"}},
  };
  for (const auto& row : kRows) {
    Loaded loaded({{"r.yml", rule_text(row.detection)}});
    ASSERT_EQ(loaded.rules.size(), 1u) << row.detection;
    EXPECT_EQ(loaded.rules.info(0).needed_event_names, row.names) << row.detection;
    EXPECT_EQ(loaded.rules.info(0).needed_fields, row.fields) << row.detection;
  }
}

TEST(SigmaRules, CountsEveryDocument) {
  auto rule = [](std::string_view id, std::string_view value) {
    return "id: " + std::string(id) + "\n" +
           rule_text("s: {f: " + std::string(value) + "}\ncondition: s");
  };
  Loaded loaded(
      {{"a.yml", rule("one", "1") + "---\n" + rule("two", "[]") + "---\n---\n" + rule("ONE", "3")},
       {"b.yml", rule("two", "2") + "---\ntitle: x\ncorrelation: {}\n---\n[\n"},
       {"c.yml", ""}});
  const LoadCounts& counts = loaded.rules.counts();
  EXPECT_EQ(counts.files, 3u);
  EXPECT_EQ(counts.documents, 6u);
  EXPECT_EQ(counts.loaded, 2u);
  EXPECT_EQ(counts.rejected, 4u);
  EXPECT_EQ(loaded.codes(),
            "sigma-empty-list sigma-duplicate-id yaml-syntax sigma-correlation sigma-correlation "
            "sigma-correlation sigma-correlation");
  EXPECT_EQ(loaded.rules.info(0).id, "one");
  EXPECT_EQ(loaded.rules.info(1).id, "two");  // the first "two" was rejected: the id is free
}

TEST(SigmaRules, NamesRulesWithoutId) {
  const std::string rule = rule_text("s: {f: 1}\ncondition: s");
  Loaded loaded({{"dir/a.yml", rule + "---\n" + rule + "---\nname: c\n" + rule}});
  ASSERT_EQ(loaded.rules.size(), 3u);
  EXPECT_EQ(loaded.rules.info(0).id, "dir/a.yml");
  EXPECT_EQ(loaded.rules.info(1).id, "dir/a.yml#2");
  EXPECT_EQ(loaded.rules.info(2).id, "c");
  EXPECT_EQ(loaded.rules.info(2).code, "c");
}

TEST(SigmaRules, LoadsDocumentsParsedBefore) {
  const std::string text = rule_text("s: {f|contains: A}\ncondition: s") + "---\ntitle: x\n";
  Diagnostics diagnostics;
  auto documents = parse_yaml(text, "r.yml", diagnostics).documents;
  auto copied = deserialize_yaml(serialize_yaml(documents));
  ASSERT_TRUE(copied.ok());
  Loaded from_text({{"r.yml", text}});
  Loaded from_documents({{"r.yml", "", copied.value()}});
  ASSERT_EQ(from_documents.rules.size(), 1u);
  EXPECT_EQ(from_documents.rules.explain(0), from_text.rules.explain(0));
  EXPECT_EQ(from_documents.codes(), from_text.codes());
  EXPECT_EQ(from_documents.diagnostics.items()[0].line, from_text.diagnostics.items()[0].line);
}

TEST(SigmaRules, HostileSizesAreRefused) {
  std::string dashes = "s: {f|windash: '";
  for (int i = 0; i < 20; ++i) dashes += " -a";
  std::string many = "s: {a: 1, b: 2, c: 3, d: 4}\ncondition: s";
  for (int i = 0; i < 30'000; ++i) many += " or not s";
  for (const std::string& detection : {dashes + "'}\ncondition: s", many}) {
    Loaded loaded({{"r.yml", rule_text(detection)}});
    EXPECT_EQ(loaded.codes(), "sigma-too-large");
    EXPECT_EQ(loaded.rules.size(), 0u);
  }
}

// A place is found without reading the file from its beginning, and no remark holds a line that
// nobody can read: a file of 8 MiB on one line would take gigabytes otherwise.
TEST(SigmaRules, ManyRemarksOnLongLinesStaySmall) {
  std::string items = "s: {";
  for (int i = 0; i < 20'000; ++i) items += "é" + std::to_string(i) + "|x: 1, ";
  Loaded loaded({{"r.yml", rule_text(items + "}\ncondition: s")}});
  ASSERT_EQ(loaded.diagnostics.items().size(), 20'000u);
  EXPECT_EQ(loaded.diagnostics.items().back().source_line, "");
  EXPECT_GT(loaded.diagnostics.items().back().column, 200'000u);
}

TEST(SigmaRules, FindsPlacesInFilesOfManyDocuments) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "---\na: b\n";
  text += "---\n" + rule_text("s: {f|contians: A}\ncondition: s");
  Loaded loaded({{"r.yml", text}});
  const Diagnostic& last = loaded.diagnostics.items().back();
  EXPECT_EQ(last.code, "sigma-unknown-modifier");
  EXPECT_EQ(last.source_line.substr(last.column - 1, last.length), "contians");
  EXPECT_GT(last.line, 40'000u);
}

}  // namespace
}  // namespace cairn::rules
