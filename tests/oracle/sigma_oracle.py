#!/usr/bin/env python3
"""A second opinion on Sigma: evaluates single-event rules over CloudTrail records by the plainest reading of the specification.

    tests/oracle/sigma_oracle.py --rules PATH... EVENTS.jsonl...    prints one `rule id<TAB>event id` line per match

Written without looking at the engine, so that the two agree only when both are right (differential.py compares them). Slow on purpose: every
rule is a tree of functions, every condition is walked, every pattern becomes one Python regular expression.

What the specification leaves open, and the choice made here, the same as docs/reference/sigma.md:

- A path goes through objects and arrays; a field has as many values as the path has ends, and a predicate holds when any of them satisfies it.
  An array is itself a value (its JSON text) and so is each plain element; an object in it leads to what is inside. Keys may contain dots: every
  way to cut the path into keys counts.
- Text is compared by code points; without case, capital letters equal the small letter that takes as many bytes (so not the Kelvin sign and k).
- After `re`, `startswith` and `endswith` anchor the expression, `contains` changes nothing.
- Booleans compare as `true` and `false`, numbers by their text in the record, objects and arrays by their JSON text without blanks.
- A plain number in a rule compares by its text too, unless a modifier makes it a comparison. `null` holds for a field with no value at all or
  with a null value.
- Keywords are looked for in the record's text, as it stands and with JSON's escapes undone; the empty one is in every record.
- `1 of x*` over no selection, an unknown name, modifier or placeholder, and a value that a modifier cannot work on reject the rule.
- Parts of times are taken from dates and times as they are written, not from numbers.
- A filter document takes events away from each rule that it lists by id, name or title without case; from all of them when it lists `any` or
  nothing. What a condition describes is taken away; of one whose first word (opening parentheses aside) is `not`, the rest is. Of several
  conditions each takes away its own.
"""

import argparse
import base64
import datetime
import functools
import ipaddress
import re
import sys
from decimal import Decimal
from pathlib import Path

import yaml

# --- records ---------------------------------------------------------------------------------------------------------------------

JSON_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[-+0-9.eE]+|true|false|null|[\[\]{}:,])', re.DOTALL)
JSON_ESCAPE = re.compile(r'\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
SHORT_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def undo_escapes(text):
    def character(match):
        high, low, single, short = match.groups()
        if high:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        if single:
            code = int(single, 16)
            return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
        return SHORT_ESCAPES.get(short, short)

    return JSON_ESCAPE.sub(character, text)


class Value:
    """A JSON value that remembers its text: `text` is what rules compare with, `json` the compact JSON text."""

    __slots__ = ("kind", "text", "json", "members", "items")

    def __init__(self, kind, text, json):
        self.kind, self.text, self.json = kind, text, json
        self.members, self.items = [], []


def parse_record(text):
    tokens, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = JSON_TOKEN.match(text, at)
        if not match:
            raise ValueError(f"no JSON at character {at}")
        tokens.append(match.group(1))
        at = match.end()
    value, used = read_value(tokens, 0)
    if used != len(tokens):
        raise ValueError("text behind the record")
    return value


def read_value(tokens, at):
    token = tokens[at]
    if token[0] == '"':
        return Value("string", undo_escapes(token[1:-1]), token), at + 1
    if token in ("true", "false"):
        return Value("bool", token, token), at + 1
    if token == "null":
        return Value("null", "", token), at + 1
    if token not in "[]{}:,":
        return Value("number", token, token), at + 1
    if token not in "[{":
        raise ValueError(f"unexpected {token}")
    value, closing, begin = Value("array" if token == "[" else "object", "", ""), "]" if token == "[" else "}", at
    at += 1
    while tokens[at] != closing:
        if value.kind == "object":
            if tokens[at][0] != '"' or tokens[at + 1] != ":":
                raise ValueError("expected a key and a colon")
            member, behind = read_value(tokens, at + 2)
            value.members.append((undo_escapes(tokens[at][1:-1]), member))
        else:
            item, behind = read_value(tokens, at)
            value.items.append(item)
        at = behind
        if tokens[at] == ",":
            at += 1
        elif tokens[at] != closing:
            raise ValueError("expected a comma")
    value.text = value.json = "".join(tokens[begin : at + 1])
    return value, at + 1


def elements(value):
    """The plain elements of an array, and of arrays inside it."""
    for item in value.items:
        if item.kind == "array":
            yield from elements(item)
        elif item.kind != "object":
            yield item


def follow(value, parts):
    if not parts:
        yield value
        yield from elements(value)
        return
    for item in value.items:
        yield from follow(item, parts)
    for taken in range(len(parts), 0, -1):
        key = ".".join(parts[:taken])
        for name, member in value.members:
            if name == key:
                yield from follow(member, parts[taken:])


class Event:
    def __init__(self, text):
        self.text, self.root = text, parse_record(text)
        self.plain_text = undo_escapes(text)
        self.known = {}

    def values(self, path):
        if path not in self.known:
            self.known[path] = list(follow(self.root, path.split(".")))
        return self.known[path]

    def identity(self):
        return next((value.text for value in self.values("eventID")), "")


# --- values of rules -------------------------------------------------------------------------------------------------------------


class Rejected(Exception):
    """The rule cannot be loaded; the text says why."""


ANY_RUN, ANY_ONE = object(), object()  # the wildcards * and ?, in a pattern: a list of these and of characters

INTEGER = re.compile(r"[-+]?[0-9]+")
NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class Scalar:
    """A value as written in the rule: kind null, bool, number or string."""

    def __init__(self, text, quoted):
        self.text, self.kind = text, "string"
        if quoted:
            return
        if text in ("", "~", "null", "Null", "NULL"):
            self.kind = "null"
        elif text in ("true", "True", "TRUE", "false", "False", "FALSE"):
            self.kind, self.text = "bool", text.lower()
        elif NUMBER.fullmatch(text):
            self.kind = "number"


def pattern_of(text):
    """A backslash before *, ? or a backslash yields that character; before anything else both stay."""
    pattern, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in "*?\\":
            at += 1
            pattern.append(text[at])
        else:
            pattern.append({"*": ANY_RUN, "?": ANY_ONE}.get(text[at], text[at]))
        at += 1
    return pattern


def literal_of(pattern, modifier):
    if ANY_RUN in pattern or ANY_ONE in pattern:
        raise Rejected(f"{modifier}: the value contains a wildcard")
    return "".join(pattern)


@functools.cache
def fold(text):
    if text.isascii():
        return text.lower()

    def small(character):
        lower = character.lower()
        return lower if len(lower.encode()) == len(character.encode()) else character

    return "".join(map(small, text))


def matcher_of(pattern, cased, whole=True):
    """A function that tells whether a text is, or contains, the pattern."""
    source = "".join(
        ".*" if part is ANY_RUN else "." if part is ANY_ONE else re.escape(part if cased else fold(part)) for part in pattern
    )
    expression = re.compile(source, re.DOTALL)
    test = expression.fullmatch if whole else expression.search
    return lambda text: test(text if cased else fold(text)) is not None


# Python and PCRE differ in what \w, \d, \s and \b mean beyond ASCII; PCRE knows ASCII only.
ASCII_CLASSES = {"w": "0-9A-Za-z_", "d": "0-9", "s": r"\t\n\f\r "}
POSIX_CLASSES = {"[:alpha:]": "A-Za-z", "[:digit:]": "0-9", "[:alnum:]": "0-9A-Za-z", "[:upper:]": "A-Z", "[:lower:]": "a-z", "[:space:]": r"\t\n\v\f\r "}


def regular_expression(operand):
    text = operand.text
    if re.search(r"(?<!\\)\(\?(?:[=!>|#&R]|<[=!])|(?<!\\)(?:\\\\)*\\[1-9]|[+*?}]\+", text):
        raise Rejected("re: look-around, back references, atomic and possessive groups are not in the subset")
    inline = re.match(r"\(\?([ims]+)\)", text)  # holds for the whole expression, but Python wants it before the anchors
    flags = functools.reduce(lambda flags, letter: flags | FLAGS[letter], inline.group(1) if inline else "", operand.flags)
    source, at, in_class = "", inline.end() if inline else 0, False
    while at < len(text):
        character = text[at]
        if character == "\\" and at + 1 < len(text):
            at += 1
            letter = text[at]
            if letter in ASCII_CLASSES:
                source += ASCII_CLASSES[letter] if in_class else f"[{ASCII_CLASSES[letter]}]"
            elif letter.lower() in ASCII_CLASSES and not in_class:
                source += f"[^{ASCII_CLASSES[letter.lower()]}]"
            elif letter in "bB" and not in_class:
                source += rf"(?a:\{letter})"
            elif letter == "z":
                source += r"\Z"
            else:
                source += "\\" + letter
        else:
            if character == "[" and not in_class:
                in_class = True
                if text[at + 1 : at + 2] == "^":
                    source, at, character = source + "[", at + 1, "^"
                if text[at + 1 : at + 2] == "]":
                    source, at, character = source + character, at + 1, r"\]"
            elif character == "[":
                name = next((name for name in POSIX_CLASSES if text.startswith(name, at)), "")
                character, at = (POSIX_CLASSES[name], at + len(name) - 1) if name else (r"\[", at)
            elif character == "]":
                in_class = False
            source += character
        at += 1
    try:
        re.compile(source)
        if operand.after and not operand.before:
            source = rf"\A(?:{source})"
        if operand.before and not operand.after:
            source = rf"(?:{source})\Z"
        return re.compile(source, flags)
    except (re.error, OverflowError) as error:
        raise Rejected(f"re: {error}") from error


def number_of(text):
    return Decimal(text) if NUMBER.fullmatch(text) else None


TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(?:[Zz]|[-+]\d\d:?\d\d)?")
TIME_PARTS = ("minute", "hour", "day", "week", "month", "year")


def time_part(text, part):
    match = TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute = (int(group) for group in match.groups()[:5])
    try:
        date = datetime.datetime(year, month, day, hour, minute)
    except ValueError:
        return None
    return Decimal(date.isocalendar()[1] if part == "week" else getattr(date, part))


COMPARISONS = {
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "equal": lambda left, right: left == right,
}
ENCODINGS = {"wide": "utf-16-le", "utf16le": "utf-16-le", "utf16be": "utf-16-be"}
WRAPS = {"contains": (True, True), "startswith": (False, True), "endswith": (True, False)}
FLAGS = {
    "i": re.IGNORECASE,
    "ignorecase": re.IGNORECASE,
    "m": re.MULTILINE,
    "multiline": re.MULTILINE,
    "s": re.DOTALL,
    "dotall": re.DOTALL,
}
DASHES = "-/\u2013\u2014\u2015"


class Operand:
    """One value on its way through the modifiers. kind: null, bool, number, text (a pattern), bytes, regex, network, field."""

    def __init__(self, kind, **facts):
        self.kind = kind
        self.text = self.pattern = self.flags = self.comparison = self.part = None
        self.before = self.after = False  # field, regex: anything may stand before or after it
        self.__dict__.update(facts)

    def but(self, **facts):
        return Operand(**{**self.__dict__, **facts})


def operand_of(scalar):
    if scalar.kind == "string":
        return Operand("text", text=scalar.text, pattern=pattern_of(scalar.text))
    return Operand(scalar.kind, text=scalar.text)


def as_text(operand, modifier):
    """Numbers and booleans count as their text where a modifier works on text."""
    if operand.kind == "text":
        return operand
    if operand.kind in ("number", "bool"):
        return Operand("text", text=operand.text, pattern=list(operand.text))
    raise Rejected(f"{modifier}: cannot be applied to {operand.kind}")


def wrap(operand, modifier):
    before, after = WRAPS[modifier]
    if operand.kind in ("regex", "field"):
        return operand.but(before=operand.before or before, after=operand.after or after)
    operand = as_text(operand, modifier)
    pattern = list(operand.pattern)
    if before and pattern[:1] != [ANY_RUN]:
        pattern.insert(0, ANY_RUN)
    if after and pattern[-1:] != [ANY_RUN]:
        pattern.append(ANY_RUN)
    return operand.but(pattern=pattern)


def encode(operand, modifier):
    text = literal_of(as_text(operand, modifier).pattern, modifier)
    encoded = b"\xff\xfe" + text.encode("utf-16-le") if modifier == "utf16" else text.encode(ENCODINGS[modifier])
    # Standing alone, the bytes are compared as the characters they are.
    return Operand("text", text=None, pattern=list(encoded.decode("latin-1")), encoded=encoded)


def bytes_of(operand, modifier):
    encoded = getattr(operand, "encoded", None)
    return encoded if encoded is not None else literal_of(as_text(operand, modifier).pattern, modifier).encode()


def base64_of(operand):
    text = base64.b64encode(bytes_of(operand, "base64")).decode()
    return Operand("text", text=text, pattern=list(text))


def base64_offsets_of(operand):
    data, results = bytes_of(operand, "base64offset"), []
    for shift in range(3):
        text = base64.b64encode(b" " * shift + data).decode()
        text = text[(0, 2, 3)[shift] : (None, -3, -2)[(len(data) + shift) % 3]]
        if text:  # a value of one byte has shifts in which no character depends on it alone
            results.append(Operand("text", text=text, pattern=list(text)))
    return results


def is_word(part):
    return isinstance(part, str) and (part == "_" or part.isalnum())


def windash(operand):
    """Every dash or slash where a word begins stands for each of them."""
    results = [[]]
    pattern = as_text(operand, "windash").pattern
    for at, part in enumerate(pattern):
        begins = part in ("-", "/") and not (at > 0 and is_word(pattern[at - 1])) and at + 1 < len(pattern) and is_word(pattern[at + 1])
        results = [result + [choice] for result in results for choice in (DASHES if begins else [part])]
        if len(results) > 5**5:
            raise Rejected("windash: too many permutations")
    return [Operand("text", text=None, pattern=result) for result in results]


def expand(operand, placeholders):
    if operand.kind != "text":
        return [operand]
    results, pattern, at = [[]], operand.pattern, 0
    while at < len(pattern):
        if pattern[at] == "\\" and pattern[at + 1 : at + 2] == ["%"]:
            results, at = [result + ["%"] for result in results], at + 2
            continue
        close = at + 1
        while pattern[at] == "%" and close < len(pattern) and is_word(pattern[close]):
            close += 1
        if pattern[at] == "%" and close > at + 1 and pattern[close : close + 1] == ["%"]:
            name = "".join(pattern[at + 1 : close])
            if name not in placeholders:
                raise Rejected(f"expand: no value for %{name}%")
            results = [result + pattern_of(value) for result in results for value in placeholders[name]]
            at = close + 1
            continue
        results, at = [result + [pattern[at]] for result in results], at + 1
    return [Operand("text", text=None, pattern=result) for result in results]


def network_of(text):
    address, _, bits = text.partition("/")
    try:
        if bits and not INTEGER.fullmatch(bits):
            raise ValueError("the prefix is no number")
        ipaddress.ip_address(address)
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Rejected(f"cidr: {error}") from error


def apply(modifier, operand, modifiers, placeholders):
    """Returns the operands that one operand becomes, alternatives; `modifiers` are all of the item's."""
    if modifier in WRAPS:
        return [wrap(operand, modifier)]
    if modifier in FLAGS:
        if operand.kind != "regex":
            raise Rejected(f"{modifier}: only after re")
        return [operand.but(flags=operand.flags | FLAGS[modifier])]
    if modifier == "re":
        if operand.kind == "null":
            raise Rejected("re: null is no regular expression")
        if "cased" in modifiers:
            raise Rejected("cased: regular expressions have the flag i instead")
        return [Operand("regex", text=operand.text, flags=re.NOFLAG)]
    if modifier == "cidr":
        if operand.kind != "text":
            raise Rejected("cidr: the value is no network")
        return [Operand("network", network=network_of(operand.text))]
    if modifier in ENCODINGS or modifier == "utf16":
        return [encode(operand, modifier)]
    if modifier == "base64":
        return [base64_of(operand)]
    if modifier == "base64offset":
        return base64_offsets_of(operand)
    if modifier == "windash":
        return windash(operand)
    if modifier == "expand":
        return expand(operand, placeholders)
    if modifier == "fieldref":
        if operand.kind != "text" or not operand.text:
            raise Rejected("fieldref: the value is no field name")
        return [Operand("field", path=operand.text)]
    if modifier in ("lt", "lte", "gt", "gte"):
        if operand.kind == "text" and operand.text is not None and NUMBER.fullmatch(operand.text):
            operand = Operand("number", text=operand.text, part=operand.part)
        if operand.kind != "number" or operand.comparison:
            raise Rejected(f"{modifier}: the value is no number")
        return [operand.but(comparison=modifier)]
    if modifier in TIME_PARTS:
        if operand.kind == "text" and operand.text is not None and INTEGER.fullmatch(operand.text):
            operand = Operand("number", text=operand.text)
        if operand.kind != "number" or operand.part:
            raise Rejected(f"{modifier}: the value is no number")
        return [operand.but(part=modifier)]
    raise Rejected(f"unknown modifier {modifier}")


# --- predicates: functions from an event to a truth value ------------------------------------------------------------------------


def any_value(path, test):
    return lambda event: any(value.kind != "null" and test(value) for value in event.values(path))


def field_test(path, operand, cased):
    """How a field's value must relate to the other field's."""

    def related(left, right):
        left, right = (left, right) if cased else (fold(left), fold(right))
        if operand.before and operand.after:
            return right in left
        return left.endswith(right) if operand.before else left.startswith(right) if operand.after else left == right

    return lambda event: any(
        left.kind != "null" and right.kind != "null" and related(left.text, right.text)
        for left in event.values(path)
        for right in event.values(operand.path)
    )


def value_test(path, operand, cased):
    """A predicate for one finished operand."""
    if operand.kind == "null":
        return lambda event: not event.values(path) or any(value.kind == "null" for value in event.values(path))
    if operand.kind == "text":
        matches = matcher_of(operand.pattern, cased)
        return any_value(path, lambda value: matches(value.text))
    if operand.kind == "bool" or (operand.kind == "number" and not operand.comparison and not operand.part):
        matches = matcher_of(list(operand.text), cased)
        return any_value(path, lambda value: matches(value.text))
    if operand.kind == "number":
        compare, wanted, part = COMPARISONS[operand.comparison or "equal"], Decimal(operand.text), operand.part

        def test(value):
            if value.kind not in ("number", "string"):
                return False
            number = time_part(value.text, part) if part else number_of(value.text)
            return number is not None and compare(number, wanted)

        return any_value(path, test)
    if operand.kind == "regex":
        expression = regular_expression(operand)
        return any_value(path, lambda value: expression.search(value.text) is not None)
    if operand.kind == "network":

        def inside(value):
            try:
                return value.kind == "string" and ipaddress.ip_address(value.text) in operand.network
            except ValueError:
                return False

        return any_value(path, inside)
    return field_test(path, operand, cased)


def keyword_test(operand, cased):
    if operand.kind == "regex":
        expression = regular_expression(operand)
        return lambda event: any(expression.search(text) for text in (event.text, event.plain_text))
    if operand.comparison or operand.part:
        raise Rejected("a comparison needs a field")
    operand = as_text(operand, "keyword")
    matches = matcher_of(operand.pattern, cased, whole=False)
    return lambda event: matches(event.text) or matches(event.plain_text)


def item_test(key, node, placeholders):
    """`field|modifier…: value or list`; a key without a field means keywords."""
    path, *modifiers = key.split("|")
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not all(isinstance(item, yaml.ScalarNode) for item in nodes):
        raise Rejected(f"{key}: the values must be plain values")
    if not nodes:
        raise Rejected(f"{key}: an empty list")
    scalars = [Scalar(item.value, item.style is not None) for item in nodes]

    value_modifiers = [modifier for modifier in modifiers if modifier not in ("all", "cased", "neq")]
    for first in ("re", "cidr", "exists", "fieldref"):
        if first in value_modifiers[1:]:
            raise Rejected(f"{first} must come first")
    if "exists" in modifiers:
        lone_boolean = len(scalars) == 1 and not isinstance(node, yaml.SequenceNode) and scalars[0].kind == "bool"
        if not path or not lone_boolean or len(value_modifiers) > 1 or "cased" in modifiers:
            raise Rejected("exists: takes one field, one boolean and no other modifier")
        wanted = (scalars[0].text == "true") != ("neq" in modifiers)
        return lambda event: bool(event.values(path)) == wanted

    cased, negated, link = "cased" in modifiers, "neq" in modifiers, all if "all" in modifiers else any
    groups = [[operand_of(scalar)] for scalar in scalars]
    for modifier in value_modifiers:
        groups = [[new for old in group for new in apply(modifier, old, modifiers, placeholders)] for group in groups]

    make = (lambda operand: value_test(path, operand, cased)) if path else (lambda operand: keyword_test(operand, cased))
    tests = [[make(operand) for operand in group] for group in groups]
    return lambda event: link(any(test(event) for test in group) for group in tests) != negated


def selection_test(node, placeholders):
    """A map is the AND of its items, a list the OR of its members, a plain value a keyword."""
    if isinstance(node, yaml.MappingNode):
        if not node.value:
            raise Rejected("an empty selection")
        tests = [item_test(key.value, value, placeholders) for key, value in node.value]
        return lambda event: all(test(event) for test in tests)
    if isinstance(node, yaml.SequenceNode):
        if not node.value:
            raise Rejected("an empty selection")
        tests = [selection_test(item, placeholders) for item in node.value]
        return lambda event: any(test(event) for test in tests)
    return keyword_test(operand_of(Scalar(node.value, node.style is not None)), False)


# --- conditions ------------------------------------------------------------------------------------------------------------------


class Condition:
    """or: and ("or" and)*; and: not ("and" not)*; not: "not" not | of; of: (1|any|all) "of" (them|pattern) | name | "(" or ")"."""

    def __init__(self, text, selections):
        self.words, self.at, self.selections = re.findall(r"[()|]|[^\s()|]+", text), 0, selections
        if "|" in self.words:
            raise Rejected("condition: aggregations are not single-event rules")
        self.test = self.read_or()
        if self.at != len(self.words):
            raise Rejected(f"condition: unexpected {self.words[self.at]}")

    def next_is(self, *keywords, ahead=0):
        at = self.at + ahead
        return at < len(self.words) and self.words[at].lower() in keywords

    def read_or(self):
        tests = [self.read_and()]
        while self.next_is("or"):
            self.at += 1
            tests.append(self.read_and())
        return lambda event: any(test(event) for test in tests)

    def read_and(self):
        tests = [self.read_not()]
        while self.next_is("and"):
            self.at += 1
            tests.append(self.read_not())
        return lambda event: all(test(event) for test in tests)

    def read_not(self):
        if self.next_is("not"):
            self.at += 1
            test = self.read_not()
            return lambda event: not test(event)
        return self.read_selections()

    def read_selections(self):
        if self.at >= len(self.words):
            raise Rejected("condition: ends too early")
        if self.next_is("("):
            self.at += 1
            test = self.read_or()
            if not self.next_is(")"):
                raise Rejected("condition: a parenthesis is not closed")
            self.at += 1
            return test
        if self.next_is("1", "any", "all") and self.next_is("of", ahead=1):
            link = all if self.next_is("all") else any
            self.at += 2
            if self.at >= len(self.words) or self.words[self.at] in "()":
                raise Rejected("condition: expected them or a pattern")
            tests = self.named(self.words[self.at])
            self.at += 1
            return lambda event: link(test(event) for test in tests)
        name = self.words[self.at]
        if name not in self.selections:
            raise Rejected(f"condition: no selection is called {name}")
        self.at += 1
        return self.selections[name]

    def named(self, pattern):
        if pattern.lower() == "them":
            names = [name for name in self.selections if not name.startswith("_")]
        else:
            expression = re.compile(".*".join(map(re.escape, pattern.split("*"))))
            names = [name for name in self.selections if expression.fullmatch(name)]
        if not names:
            raise Rejected(f"condition: no selection matches {pattern}")
        return [self.selections[name] for name in names]


# --- rules -----------------------------------------------------------------------------------------------------------------------


def scalar_text(members, key):
    node = members.get(key)
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def condition_tests(node, placeholders, passed_over):
    """A detection (or filter) map with its selections: (text, test) of each of its conditions."""
    if not isinstance(node, yaml.MappingNode):
        raise Rejected("detection: is no map")
    members = {key.value: value for key, value in node.value}
    selections = {
        name: selection_test(value, placeholders) for name, value in members.items() if name not in ("condition", *passed_over)
    }
    if not selections or "condition" not in members:
        raise Rejected("detection: needs a selection and a condition")
    condition = members["condition"]
    nodes = condition.value if isinstance(condition, yaml.SequenceNode) else [condition]
    if not nodes or not all(isinstance(item, yaml.ScalarNode) for item in nodes):
        raise Rejected("condition: must be a text or a list of texts")
    return [(item.value, Condition(item.value, selections).test) for item in nodes]


def detection_test(node, placeholders):
    tests = [test for _, test in condition_tests(node, placeholders, ("timeframe",))]
    return lambda event: any(test(event) for test in tests)


def taken_away(text, test):
    """What a filter's condition takes away from its rules."""
    says_what_stays = text.replace("(", " ").lower().split()[:1] == ["not"]
    return (lambda event: not test(event)) if says_what_stays else test


class Filter:
    def __init__(self, node, placeholders):
        if not isinstance(node, yaml.MappingNode):
            raise Rejected("filter: is no map")
        listed = {key.value: value for key, value in node.value}.get("rules")
        nodes = listed.value if isinstance(listed, yaml.SequenceNode) else [listed] if listed else []
        if not all(isinstance(item, yaml.ScalarNode) for item in nodes):
            raise Rejected("filter: rules must be texts")
        self.names = {item.value.lower() for item in nodes if item.value not in ("", "~", "null") or item.style}
        if listed is not None and not self.names:
            raise Rejected("filter: an empty list of rules")
        self.for_all = listed is None or "any" in self.names
        self.tests = [taken_away(text, test) for text, test in condition_tests(node, placeholders, ("rules",))]

    def is_for(self, rule):
        return self.for_all or not self.names.isdisjoint(name.lower() for name in (rule.id, rule.name, rule.title) if name)


class Rule:
    def __init__(self, members, placeholders):
        self.id, self.name, self.title = (scalar_text(members, key) for key in ("id", "name", "title"))
        self.test = detection_test(members["detection"], placeholders)
        self.filters = []

    def matches(self, event):
        return self.test(event) and not any(test(event) for one in self.filters for test in one.tests)


def check_duplicate_keys(node):
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, value in node.value if not (key.value == "<<" and key.style is None)]
        if len(keys) != len(set(keys)):
            raise Rejected("a key stands twice in one map")
        for _, value in node.value:
            check_duplicate_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            check_duplicate_keys(item)


def is_for_cloudtrail(node):
    members = {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    return scalar_text(members, "product").lower() == "aws" and scalar_text(members, "service").lower() in ("", "cloudtrail")


def load(texts, placeholders=None):
    """Returns (rules, rejected): rejected are pairs of the rule's id or title and the reason. Documents for other logs are passed over."""
    rules, rejected, filters, identities = [], [], [], set()
    for text in texts:
        try:
            documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        except yaml.YAMLError as error:
            rejected.append(("", f"YAML: {error}"))
            continue
        for document in documents:
            members = {key.value: value for key, value in document.value} if isinstance(document, yaml.MappingNode) else {}
            if not is_for_cloudtrail(members.get("logsource")):
                continue
            try:
                check_duplicate_keys(document)
                if "filter" in members:
                    filters.append(Filter(members["filter"], placeholders or {}))
                elif "detection" in members:
                    rule = Rule(members, placeholders or {})
                    if rule.id in identities:
                        raise Rejected("another rule has this id")
                    identities.add(rule.id)
                    rules.append(rule)
            except Rejected as reason:
                rejected.append((scalar_text(members, "id") or scalar_text(members, "title"), str(reason)))
    for rule in rules:
        rule.filters = [one for one in filters if one.is_for(rule)]
    return rules, rejected


def rule_texts(paths):
    for path in map(Path, paths):
        files = sorted(file for file in path.rglob("*") if file.suffix in (".yml", ".yaml")) if path.is_dir() else [path]
        for file in files:
            yield file.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Evaluates Sigma rules over CloudTrail records, one a line, the plain and slow way.")
    parser.add_argument("--rules", action="append", required=True, help="a rule file or a folder of them")
    parser.add_argument("events", nargs="+", help="a file of JSON lines")
    arguments = parser.parse_args()
    rules, rejected = load(rule_texts(arguments.rules))
    for name, reason in rejected:
        print(f"rejected {name}: {reason}", file=sys.stderr)
    for path in arguments.events:
        for line in Path(path).read_text(encoding="utf-8").rstrip("\n").split("\n"):
            event = Event(line)
            for rule in rules:
                if rule.matches(event):
                    print(rule.id, event.identity(), sep="\t")


if __name__ == "__main__":
    main()
