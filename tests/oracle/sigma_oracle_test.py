#!/usr/bin/env python3
"""Truth tables of sigma_oracle.py, written by hand from the specification."""

import json
import sys
import unittest

try:
    import sigma_oracle
except ModuleNotFoundError as missing:
    print(f"skipped: the Python module {missing.name} is not installed", file=sys.stderr)
    sys.exit(77)

RULE = """title: A rule
id: r
logsource: {{product: aws, service: cloudtrail}}
detection:
{}
"""


def load(detection, placeholders=None):
    """The rule of a detection section; raises when it is rejected."""
    lines = "\n".join("  " + line for line in detection.strip("\n").split("\n"))
    rules, rejected = sigma_oracle.load([RULE.format(lines)], placeholders)
    if rejected:
        raise sigma_oracle.Rejected(rejected[0][1])
    return rules[0]


def event(record):
    return sigma_oracle.Event(record if isinstance(record, str) else json.dumps(record, separators=(",", ":"), ensure_ascii=False))


MISSING = object()


class SigmaOracleTest(unittest.TestCase):
    def check_item(self, item, rows, placeholders=None):
        """Rows are (whether it matches, value of the field f)."""
        rule = load(f"selection:\n  {item}\ncondition: selection", placeholders)
        for expected, value in rows:
            with self.subTest(item=item, value=value):
                self.assertEqual(rule.matches(event({} if value is MISSING else {"f": value})), expected)

    def check_rejected(self, detection):
        with self.subTest(detection=detection), self.assertRaises(sigma_oracle.Rejected):
            load(detection)

    def test_whole_value_without_case(self):
        self.check_item("f: PutObject", [(True, "PutObject"), (True, "putOBJECT"), (False, "PutObjectAcl"), (False, ""), (False, None)])
        self.check_item("f: Ä", [(True, "ä"), (False, "a")])
        self.check_item("f: [K, SUN, SS]", [(False, "\u212a"), (False, "\u017fun"), (False, "\u00df"), (True, "k")])
        self.check_item("f|cased: PutObject", [(True, "PutObject"), (False, "putobject")])

    def test_wildcards(self):
        self.check_item("f: 'Put*'", [(True, "Put"), (True, "putobject"), (False, "xPut")])
        self.check_item("f: 'a?c'", [(True, "abc"), (True, "aéc"), (True, "a\nc"), (False, "ac"), (False, "abbc")])
        self.check_item("f: '*'", [(True, "x"), (True, ""), (True, 0), (True, {}), (False, None), (False, MISSING)])
        self.check_item("f|contains: '*'", [(True, "x"), (True, {"a": 1}), (False, None), (False, MISSING)])

    def test_escapes(self):
        self.check_item(r"f: 'a\*b'", [(True, "a*b"), (False, "axb"), (False, r"a\*b")])
        self.check_item(r"f: 'a\?b'", [(True, "a?b"), (False, "axb")])
        self.check_item(r"f: 'C:\Windows'", [(True, r"C:\Windows")])
        self.check_item(r"f: 'C:\\Windows'", [(True, r"C:\Windows"), (False, r"C:\\Windows")])
        self.check_item(r"f: 'a\\*'", [(True, "a\\"), (True, "a\\b"), (False, "a*")])
        self.check_item(r"f: 'a\\\*'", [(True, r"a\*"), (False, r"a\b")])
        self.check_item(r"f: 'a\\\\'", [(True, r"a" + "\\\\"), (False, "a\\")])
        self.check_item("f: 'a\\'", [(True, "a\\")])
        self.check_item(r"f|endswith: '\cmd'", [(True, r"C:\cmd"), (False, "cmd")])
        self.check_item(r"f|contains: 'a\*'", [(True, "xa*x"), (False, "xax")])

    def test_value_types(self):
        self.check_item("f: 'false'", [(True, False), (True, "False"), (False, True)])
        self.check_item("f: false", [(True, False), (True, "FALSE"), (False, 0)])
        self.check_item("f: '22'", [(True, 22), (True, "22"), (False, 22.5)])
        self.check_item("f: 22", [(True, 22), (True, "22"), (False, 22.0), (False, "022"), (False, 23), (False, "x")])
        self.check_item("f|contains: '\"a\":1'", [(True, {"a": 1}), (True, [{"a": 1}]), (False, {"a": 2})])
        self.check_item("f: '[\"a\",\"b\"]'", [(True, ["a", "b"])])

    def test_numbers_keep_their_text(self):
        rule = load("selection:\n  f: '1.50'\ncondition: selection")
        self.assertTrue(rule.matches(event('{"f": 1.50}')))
        self.assertFalse(rule.matches(event('{"f": 1.5}')))

    def test_compact_text_keeps_strings(self):
        rule = load("selection:\n  f: '{\"a b\":[1,\" x \"]}'\ncondition: selection")
        self.assertTrue(rule.matches(event('{"f": { "a b" : [ 1 , " x " ] } }')))

    def test_null_empty_and_exists(self):
        self.check_item("f: null", [(True, None), (True, MISSING), (False, ""), (False, 0), (False, {})])
        self.check_item("f:", [(True, None), (True, MISSING), (False, "null")])
        self.check_item("f: ''", [(True, ""), (False, None), (False, MISSING), (False, "x"), (False, [])])
        self.check_item("f: 'null'", [(True, "null"), (False, None)])
        self.check_item("f: [null, a]", [(True, None), (True, "a"), (True, MISSING), (False, "b")])
        self.check_item("f|exists: true", [(True, None), (True, ""), (True, "x"), (False, MISSING)])
        self.check_item("f|exists: false", [(False, None), (True, MISSING)])
        for bad in ("f|exists: 'true'", "f|exists: 1", "f|exists: [true]", "f|contains|exists: true", "f|exists: null"):
            self.check_rejected(f"selection:\n  {bad}\ncondition: selection")

    def test_lists(self):
        self.check_item("f: [a, b]", [(True, "A"), (True, "b"), (False, "c")])
        self.check_item("f|contains|all: [a, b]", [(True, "xbxa"), (False, "a"), (False, "b")])
        self.check_item("f|all|contains: [a, b]", [(True, "ab"), (False, "a")])
        self.check_item("f|neq: [a, b]", [(False, "a"), (False, "b"), (True, "c"), (True, MISSING), (True, None)])
        self.check_item("f|contains|neq: a", [(False, "xax"), (True, "b")])
        self.check_item("f|neq: null", [(False, None), (False, MISSING), (True, "")])

    def test_arrays_are_their_elements_too(self):
        self.check_item("f: a", [(True, ["b", "a"]), (True, [["a"]]), (False, ["ab"]), (False, [])])
        self.check_item("f: '{}'", [(True, {}), (False, [{}])])
        self.check_item("f|contains: '{}'", [(True, [{}])])
        self.check_item("f: null", [(True, ["a", None]), (False, ["a"]), (False, [])])

    def test_paths(self):
        def paths(path, record):
            return [value.text for value in event(record).values(path)]

        self.assertEqual(paths("a.b", {"a": {"b": 1}}), ["1"])
        self.assertEqual(paths("a.b", {"a": [{"b": 1}, {"c": 2}, {"b": 3}]}), ["1", "3"])
        self.assertEqual(paths("a.b", {"a": [[{"b": 1}]]}), ["1"])
        self.assertEqual(paths("a.b-c.d", {"a": {"b-c.d": "x"}}), ["x"])
        self.assertEqual(paths("a.b.c", {"a.b": {"c": "x"}}), ["x"])
        self.assertEqual(paths("a", {"a": [1, [2, {"b": 3}]]}), ['[1,[2,{"b":3}]]', "1", "2"])
        self.assertEqual(paths("a.b", {"a": "text", "A": {"b": 1}}), [])
        self.assertEqual(paths("a.b", {"a": {"b": None}}), [""])

    def test_regular_expressions(self):
        self.check_item("f|re: 'Put[A-Z]'", [(True, "xPutObject"), (False, "putobject")])
        self.check_item("f|re|i: '^put'", [(True, "PUT"), (False, "xput")])
        self.check_item("f|re: '^b$'", [(False, "a\nb\nc"), (True, "b")])
        self.check_item("f|re|m: '^b$'", [(True, "a\nb\nc")])
        self.check_item("f|re: 'a.b'", [(False, "a\nb"), (True, "a*b")])
        self.check_item("f|re|s: 'a.b'", [(True, "a\nb")])
        self.check_item(r"f|re: '\d\w[\d\-]'", [(True, "1a-"), (False, "٣aa")])
        self.check_item("f|re: '^[[:alpha:]_]+$'", [(True, "a_B"), (False, "a1"), (False, ":")])
        self.check_item("f|re: '.*'", [(True, ""), (False, None), (False, MISSING)])
        self.check_item("f|re|startswith: 'a|b'", [(True, "bx"), (False, "xb")])
        self.check_item("f|re|endswith: 'a|b'", [(True, "xb"), (False, "bx")])
        self.check_item("f|re|startswith: '(?i)a'", [(True, "Ab"), (False, "bA")])
        self.check_item("f|re|contains: 'a|b'", [(True, "xbx")])
        for bad in ("f|re: '('", r"f|re: '(a)\1'", "f|re: 'a(?=b)'", "f|contains|re: a", "f|i: a"):
            self.check_rejected(f"selection:\n  {bad}\ncondition: selection")

    def test_networks(self):
        self.check_item(
            "f|cidr: 10.0.0.0/8",
            [(True, "10.1.2.3"), (False, "11.0.0.1"), (False, "08.1.250.216"), (False, "AWS Internal"), (False, "::1"), (False, 10), (False, None)],
        )
        self.check_item("f|cidr: [2001:db8::/32, 10.0.0.1]", [(True, "2001:DB8:0::1"), (True, "10.0.0.1"), (False, "cloudformation.amazonaws.com")])
        for bad in ("f|cidr: 10.0.0.0/33", "f|cidr: a", "f|cidr: 1", "f|contains|cidr: 10.0.0.0/8"):
            self.check_rejected(f"selection:\n  {bad}\ncondition: selection")

    def test_numbers(self):
        self.check_item("f|gt: 5", [(True, 6), (True, "6"), (True, 5.5), (False, 5), (False, "x"), (False, True), (False, None), (False, MISSING)])
        self.check_item("f|lte: 5", [(True, 5), (True, "-7"), (False, 5.1)])
        self.check_item("f|gte: 9007199254740993", [(True, 9007199254740993), (False, 9007199254740992)])
        self.check_item("f|gt|neq: 5", [(False, 6), (True, 5), (True, "x")])
        self.check_rejected("selection:\n  f|gt: x\ncondition: selection")

    def test_parts_of_times(self):
        self.check_item("f|hour: 22", [(True, "2024-03-01T22:10:00Z"), (True, "2024-03-01T22:10:00+05:00"), (False, "2024-03-01T21:10:00Z"), (False, "22")])
        self.check_item("f|hour|gte: 22", [(True, "2024-03-01T23:10:00Z"), (False, "2024-03-01T21:10:00Z")])
        self.check_item("f|minute: 5", [(True, "2024-03-01T22:05:00Z")])
        self.check_item("f|day: 1", [(True, "2024-03-01T22:05:00Z"), (False, "2024-13-01T22:05:00Z")])
        self.check_item("f|month: [3, 4]", [(True, "2024-03-01T22:05:00Z"), (False, "2024-05-01T22:05:00Z")])
        self.check_item("f|week: 1", [(True, "2024-01-01T00:00:00Z"), (False, "2023-01-01T00:00:00Z"), (True, "2024-12-30T00:00:00Z")])
        self.check_item("f|year: 2024", [(True, "2024-01-01T00:00:00Z")])

    def test_field_references(self):
        def check(item, rows):
            rule = load(f"selection:\n  {item}\ncondition: selection")
            for expected, record in rows:
                with self.subTest(item=item, record=record):
                    self.assertEqual(rule.matches(event(record)), expected)

        check("f|fieldref: g", [(True, {"f": "a", "g": "A"}), (False, {"f": "a", "g": "b"}), (False, {"f": "a"}), (False, {}), (False, {"f": None, "g": None})])
        check("f|fieldref: g", [(True, {"f": ["a", "b"], "g": ["c", "b"]}), (False, {"f": "*", "g": "b"}), (False, {"f": "b", "g": "*"})])
        check("f|fieldref|cased: g", [(False, {"f": "a", "g": "A"})])
        check("f|fieldref|startswith: g", [(True, {"f": "abc", "g": "ab"}), (False, {"f": "ab", "g": "abc"})])
        check("f|fieldref|endswith: g", [(True, {"f": "abc", "g": "bc"})])
        check("f|fieldref|contains: g", [(True, {"f": "abc", "g": "b"})])
        for bad in ("f|contains|fieldref: g", "f|fieldref: ''", "f|fieldref: 1", "f|fieldref: null"):
            self.check_rejected(f"selection:\n  {bad}\ncondition: selection")
        check("f|fieldref|neq: g", [(False, {"f": "a", "g": "a"}), (True, {"f": "a", "g": "b"}), (True, {"f": "a"})])

    def test_encodings(self):
        self.check_item("f|base64: foobar", [(True, "Zm9vYmFy"), (False, "foobar")])
        for padding in ("", "x", "xx"):
            encoded = __import__("base64").b64encode((padding + "http://x").encode()).decode()
            self.check_item("f|base64offset|contains: 'http://'", [(True, encoded)])
        self.check_item("f|base64offset|contains: a", [(True, "YQ=="), (False, ""), (False, "b")])
        self.check_item("f|wide|base64offset|contains: ab", [(True, "YQBiAA==")])
        self.check_item("f|utf16|base64: a", [(True, "//5hAA==")])
        self.check_item("f|utf16be|base64: a", [(True, "AGE=")])
        self.check_item("f|utf16le|base64: a", [(True, "YQA=")])
        self.check_item(r"f|base64: 'a\*'", [(True, "YSo=")])
        self.check_rejected("selection:\n  f|base64: 'a*'\ncondition: selection")
        self.check_rejected("selection:\n  f|contains|base64: a\ncondition: selection")

    def test_windash(self):
        self.check_item("f|windash|contains: ' -foo-bar'", [(True, "x /foo-bar"), (True, "x –foo-bar"), (True, "x ―foo-bar"), (False, "x /foo/bar"), (False, "x +foo-bar")])
        self.check_item("f|contains|windash: '-f'", [(True, "x /f"), (True, "x -f")])

    def test_placeholders(self):
        values = {"names": ["al*", "bob"], "y": ["1", "2"]}
        self.check_item("f|expand: '%names%-%y%'", [(True, "alice-1"), (True, "BOB-2"), (False, "carol-1"), (False, "%names%-%y%")], values)
        self.check_item(r"f|expand: '\%names%y%'", [(True, "%names1"), (False, "al%y%")], values)
        self.check_item("f|contains|expand: '%y%'", [(True, "x2x")], values)
        self.check_item("f: '%names%'", [(True, "%names%"), (False, "bob")], values)
        self.check_rejected("selection:\n  f|expand: '%unknown%'\ncondition: selection")

    def test_keywords_and_lists_of_maps(self):
        rule = load("words: [evil, 'ba?x*y']\ncondition: words")
        self.assertTrue(rule.matches(event({"a": {"b": "so EVIL"}})))
        self.assertTrue(rule.matches(event({"a": "xbarx 1 y"})))
        self.assertFalse(rule.matches(event({"a": "barx"})))
        rule = load("words:\n  '|all': [one, two]\ncondition: words")
        self.assertTrue(rule.matches(event({"a": "two", "b": "one"})))
        self.assertFalse(rule.matches(event({"a": "two"})))
        rule = load(r"words: ['C:\temp', 'say \"x\"']" + "\ncondition: words")
        self.assertTrue(rule.matches(event({"a": r"in C:\temp"})))
        rule = load("maps:\n  - {f: a, g: b}\n  - f: c\n  - word\ncondition: maps")
        for expected, record in [(True, {"f": "a", "g": "b"}), (False, {"f": "a"}), (True, {"f": "c"}), (True, {"h": "a word"}), (False, {})]:
            self.assertEqual(rule.matches(event(record)), expected)

    def test_conditions(self):
        selections = "a: {f: a}\nb1: {g: a}\nb2: {h: a}\n_c: {i: a}\n"
        rows = {
            "a or b1 and b2": "f gh",
            "(a or b1) and b2": "fh gh",
            "not a and b1": "g",
            "not (a and b1)": " f g",
            "a and not 1 of b*": "f",
            "all of b*": "gh",
            "ANY OF b* AND NOT a": "g h",
            "1 of them": "f g h",
            "all of them": "fgh fghi",
            "1 of *1": "g",
            "1 of b1": "g",
            "1 of _*": "i",
            "not not a": "f",
        }
        for condition, holding in rows.items():
            rule = load(selections + f"condition: {condition}")
            for fields in holding.split(" "):
                with self.subTest(condition=condition, fields=fields):
                    self.assertTrue(rule.matches(event({field: "a" for field in fields})))
        for condition, failing in {"a or b1 and b2": "g h", "not a and b1": "fg f", "1 of them": "i", "all of them": "fg"}.items():
            rule = load(selections + f"condition: {condition}")
            for fields in failing.split(" "):
                with self.subTest(condition=condition, fields=fields):
                    self.assertFalse(rule.matches(event({field: "a" for field in fields})))
        rule = load(selections + "condition: [a, b1]")
        self.assertTrue(rule.matches(event({"g": "a"})))
        for bad in ("d", "1 of d*", "a b1", "(a", "a and", "2 of b*", "a | count() > 5", "''", "1 of", "not", "()"):
            self.check_rejected(selections + f"condition: {bad}")

    def test_rejected_rules(self):
        for bad in ("f|startwith: a", "f|: a", "f|Contains: a", "f: {a: b}", "f: []", "f|contains: null"):
            self.check_rejected(f"selection:\n  {bad}\ncondition: selection")
        for bad in ("selection: {}\ncondition: selection", "selection: {f: a}", "condition: x", "selection: {f: a, f: b}\ncondition: selection"):
            self.check_rejected(bad)

    def test_other_logs_are_passed_over(self):
        rule = RULE.format("  selection: {f: a*}\n  condition: selection")
        rules, rejected = sigma_oracle.load([rule, rule.replace("aws", "windows")])
        self.assertEqual((len(rules), rejected), (1, []))

    def test_filters_take_away(self):
        # f: a is the rule; each row: the filter's body, then g and h of records and whether the rule still matches.
        rows = (
            ("rules: [r]\n  s: {g: x}\n  condition: s", {"x1": False, "y1": True}),
            ("rules: [R]\n  s: {g: x}\n  condition: not s", {"x1": False, "y1": True}),
            ("rules: r\n  s: {g: x}\n  condition: (NOT s)", {"x1": False, "y1": True}),
            ("rules: any\n  s: {g: x}\n  condition: s", {"x1": False, "y1": True}),
            ("rules: [ANY]\n  s: {g: x}\n  condition: s", {"x1": False, "y1": True}),
            ("s: {g: x}\n  condition: s", {"x1": False, "y1": True}),
            ("rules: [other]\n  s: {g: x}\n  condition: s", {"x1": True, "y1": True}),
            ("s: {g: x}\n  t: {h: 1}\n  condition: not s and not t", {"x1": False, "x2": False, "y1": False, "y2": True}),
            ("s: {g: x}\n  t: {h: 1}\n  condition: not s or t", {"x1": True, "x2": False, "y1": True, "y2": True}),
            ("s: {g: x}\n  t: {h: 1}\n  condition: s and not t", {"x1": True, "x2": False, "y1": True, "y2": True}),
            ("s: {g: x}\n  t: {h: 1}\n  condition: [s, not t]", {"x1": False, "x2": False, "y1": False, "y2": True}),
        )
        rule = RULE.format("  selection: {f: a*}\n  condition: selection")
        for body, answers in rows:
            document = f"title: Filter\nlogsource: {{product: aws, service: cloudtrail}}\nfilter:\n  {body}\n"
            rules, rejected = sigma_oracle.load([document, rule])
            self.assertEqual((len(rules), rejected), (1, []), body)
            for (g, h), stays in answers.items():
                self.assertEqual(rules[0].matches(event({"f": "ab", "g": g, "h": h})), stays, (body, g, h))

    def test_broken_filters_are_rejected_alone(self):
        rule = RULE.format("  selection: {f: a*}\n  condition: selection")
        for body in ("rules: []\n  s: {g: x}\n  condition: s", "rules: null\n  s: {g: x}\n  condition: s", "s: {g: x}\n  condition: t", "s: {g|nothing: x}\n  condition: s"):
            document = f"title: Filter\nlogsource: {{product: aws, service: cloudtrail}}\nfilter:\n  {body}\n"
            rules, rejected = sigma_oracle.load([rule + "---\n" + document])
            self.assertEqual((len(rules), len(rejected)), (1, 1), body)
            self.assertTrue(rules[0].matches(event({"f": "ab", "g": "x"})))


if __name__ == "__main__":
    unittest.main()
