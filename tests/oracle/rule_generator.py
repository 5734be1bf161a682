"""Random Sigma rules and random records that they have a fair chance to match, from a seed.

Rules are maps of Python values (str, bool, None, Plain for what is written without quotes, lists, dicts); records the same, with Number for
numbers whose text matters. write_yaml() and write_json() turn them into text.
"""

import base64
import json
import re

# --- texts -----------------------------------------------------------------------------------------------------------------------


class Plain(str):
    """A scalar written as it stands, without quotes: a number, or something that looks like one."""


class Number(str):
    """A JSON number by its text."""


def yaml_scalar(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Plain):
        return str(value)
    if all(character.isprintable() and ord(character) < 0x10000 for character in value):
        return "'" + value.replace("'", "''") + "'"
    escaped = (character if " " <= character <= "~" and character not in '"\\' else f"\\U{ord(character):08X}" for character in value)
    return '"' + "".join(escaped) + '"'


def write_yaml(value, indent=0):
    """Block style for maps and lists."""
    space = "  " * indent
    if isinstance(value, dict) and value:
        return "".join(f"\n{space}{yaml_scalar(key)}:{write_yaml(item, indent + 1)}" for key, item in value.items())
    if isinstance(value, list) and value:
        return "".join(f"\n{space}-{write_yaml(item, indent + 1)}" for item in value)
    if isinstance(value, (dict, list)):
        return " {}" if isinstance(value, dict) else " []"
    return " " + yaml_scalar(value)


def write_json(value, spaced=False, escaped=False):
    comma, colon = (", ", ": ") if spaced else (",", ":")
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + comma.join(json.dumps(key, ensure_ascii=escaped) + colon + write_json(item, spaced, escaped) for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + comma.join(write_json(item, spaced, escaped) for item in value) + "]"
    text = json.dumps(value, ensure_ascii=escaped)
    return text.replace("/", "\\/") if escaped and isinstance(value, str) else text


# --- records ---------------------------------------------------------------------------------------------------------------------

NAMES = ["PutObject", "putobject", "GetObject", "StopLogging", "ConsoleLogin", "CreateUser", "AssumeRole", "PutBucketPolicy"]
SOURCES = ["s3.amazonaws.com", "iam.amazonaws.com", "signin.amazonaws.com", "cloudtrail.amazonaws.com"]
ADDRESSES = [
    "198.51.100.7", "10.1.2.3", "10.255.0.1", "192.168.0.1", "08.1.250.216", "256.1.1.1", "1.2.3", "AWS Internal", "cloudformation.amazonaws.com",
    "2001:db8::1", "2001:DB8:0:0::1", "fe80::1", "::1", "::ffff:10.1.2.3", "10.1.2.3 ", "10.0.0.0/8",
]  # fmt: skip
NUMBERS = ["0", "1", "22", "22.0", "22.5", "-5", "1e3", "1.50", "443", "65535", "9007199254740993", "9223372036854775808", "0.0", "-0"]
TIMES = ["2024-03-01T22:10:05Z", "2024-12-30T00:00:00Z", "2023-01-01T05:59:59+05:00", "2024-02-30T10:00:00Z", "2024-03-01 03:07:09", "not a time"]
TEXTS = [
    "", " ", "alice", "Alice", "ALICE", "bob", "role/Admin", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/Bob", "111122223333",
    "true", "false", "True", "No", "Yes", "null", "22", "022", "22.0", " 22", "1e3", "-5", "0x16", "*", "?", "a*b", "axb", "a?b", "**",
    "C:\\Windows\\cmd.exe", "C:\\\\share", "\\", "a\\", "a\\*b", "a\\b", "back\\\\slash", "\u00e9t\u00e9", "\u00c9T\u00c9", "stra\u00dfe", "STRASSE", "\u0130stanbul",
    "\u212aelvin", "kelvin", "\u017fun", "sun", "\u03c3\u03c2\u03a3", "\u041f\u0440\u0418", "\u043f\u0420\u0438", "\uff21\uff42", "\uff41\uff22", "\u0178\u00dd", "\u00ff\u00fd", "\u65e5\u672c\u8a9e", "smile \U0001f600", "line\nbreak", "a\nb\nc", "tab\there", 'say "x"', "it's",
    '{"Effect":"Allow","Principal":"*"}', '{"Effect": "Deny", "Resource": ["a","b"]}', "http://evil.example/x", "100%", "%name%", "-enc foo", "/enc foo",
    "\u2013enc foo", "\u2015enc foo", "x-enc", "run --enc foo /c", "aws-cli/2.15.0 Python/3.11", "[S3Console/0.4]", "a.b", "a/b", "(a|b)", "^a$", "a+b", "nul\u0000nul",
    "e\u0000v\u0000i\u0000l\u0000", "AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket",
]  # fmt: skip

# The shape of a record: text = what usually stands there; a dict = an object (or a list of such objects).
SHAPE = {
    "errorCode": "text", "errorMessage": "text", "userAgent": "text", "sourceIPAddress": "address", "awsRegion": "text", "readOnly": "bool",
    "userIdentity": {"type": "text", "arn": "text", "userName": "text", "accountId": "number", "invokedBy": "text",
                     "sessionContext": {"sessionIssuer": {"type": "text", "userName": "text"}, "attributes": {"mfaAuthenticated": "bool"}}},
    "requestParameters": {"name": "text", "userName": "text", "count": "number", "flag": "bool", "x-amz-acl": "text", "x-amz.dotted": "text", "policy": "text", "when": "time",
                          "ipPermissions": {"items": {"cidrIp": "address", "fromPort": "number", "groups": {"id": "text"}}},
                          "tags": {"Key": "text", "Value": "text"}, "list": "text", "a": {"b": {"c": "text"}}, "a.b": {"d": "text"}},
    "responseElements": {"ConsoleLogin": "text", "publiclyAccessible": "bool", "pending": {"password": "text"}},
    "additionalEventData": {"MFAUsed": "bool", "bytes": "number"},
    "resources": {"ARN": "text", "accountId": "number"},
    "dotted.top": "text",
}  # fmt: skip


def paths_of(shape, before=""):
    for key, inner in shape.items():
        yield before + key, inner
        if isinstance(inner, dict):
            yield from paths_of(inner, before + key + ".")


PATHS = list(paths_of(SHAPE))


class Generator:
    def __init__(self, random):
        self.random = random
        self.hot = random.sample(TEXTS, 14) + [base64.b64encode(random.choice(TEXTS).encode()).decode()]
        self.seen = {}  # path → texts that records have there

    def some(self, chance):
        return self.random.random() < chance

    def text(self):
        text = self.random.choice(self.hot if self.some(0.75) else TEXTS)
        if self.some(0.06):
            padding, encoding = self.random.choice(["", "x", "xx"]), self.random.choice(["utf-8", "utf-16-le", "utf-16", "utf-16-be"])
            return base64.b64encode((padding + text + self.random.choice(["", "y"])).encode(encoding)).decode()
        if self.some(0.12):
            text += self.random.choice(["", " ", "-", "/"]) + self.random.choice(self.hot)
        return text.swapcase() if self.some(0.05) else text

    def leaf(self, usual, depth=0):
        kind = self.random.choices([usual, "text", "number", "bool", "null", "list", "object"], [70, 8, 5, 4, 6, 5 if depth < 3 else 0, 2 if depth < 3 else 0])[0]
        if kind == "address":
            return self.random.choice(ADDRESSES)
        if kind == "time" or (usual == "time" and kind in ("number", "text")):
            return self.random.choice(TIMES)
        if kind == "number":
            number = self.random.choice(NUMBERS)
            return Number(number) if self.some(0.7) else number
        if kind == "bool":
            return self.random.choice([True, False, "true", "false", "No", "Yes", "True"])
        if kind == "null":
            return None
        if kind == "list":
            return [self.leaf(usual, depth + 1) for _ in range(self.random.randrange(4))]
        if kind == "object":
            return {self.random.choice(["a", "b", "name", "ARN"]): self.leaf(usual, depth + 1) for _ in range(self.random.randrange(3))}
        return self.text()

    def filled(self, shape, presence):
        record = {}
        for key, inner in shape.items():
            if not self.some(presence):
                continue
            if not isinstance(inner, dict) or self.some(0.08):
                record[key] = self.leaf(inner if isinstance(inner, str) else "text")
            elif self.some(0.2):
                record[key] = [self.filled(inner, 0.7) for _ in range(self.random.randrange(4))]
            else:
                record[key] = self.filled(inner, 0.7)
        return record

    def record(self, number):
        record = self.filled(SHAPE, self.random.choice([0.2, 0.5, 0.8]))
        if "x-amz.dotted" not in str(record) and self.some(0.1) and isinstance(record.get("requestParameters"), dict):
            record["requestParameters"]["x-amz"] = {"dotted": self.leaf("text")}
        record |= {
            "eventVersion": "1.08",
            "eventTime": self.random.choice(["2024-03-01T22:10:05Z", "2024-12-30T00:00:00Z", "2023-01-01T05:59:59Z", "2024-07-14T13:30:00Z"]),
            "eventSource": self.random.choice(SOURCES),
            "eventName": self.random.choice(NAMES),
            "eventID": f"e0000000-0000-4000-8000-{number:012}",
            "eventType": "AwsApiCall",
        }
        items = list(record.items())
        self.random.shuffle(items)
        record = dict(items)
        self.remember(record, "")
        return record

    def style(self):
        """How a record is written: arguments of write_json()."""
        return {"spaced": self.some(0.15), "escaped": self.some(0.2)}

    def remember(self, value, path):
        if isinstance(value, dict):
            for key, item in value.items():
                self.remember(item, f"{path}.{key}" if path else key)
        if isinstance(value, list):
            for item in value:
                self.remember(item, path)
        text = value if isinstance(value, str) else write_json(value) if value is not None else ""
        self.seen.setdefault(path, []).append(str(text))

    # --- rules -------------------------------------------------------------------------------------------------------------------

    def seen_text(self, path):
        """A text that some record has at this path, most of the time."""
        if path in self.seen and self.some(0.85):
            return self.random.choice(self.seen[path])
        return self.text()

    def piece(self, text):
        begin = self.random.randrange(len(text) + 1)
        return text[begin : begin + self.random.randrange(1, 12)]

    def as_value(self, text, wildcards=0.25):
        """A text as a value of a rule: mostly escaped as it should be, sometimes with wildcards put in."""
        if self.some(0.85):
            text = re.sub(r"([*?])|\\(?=[*?\\]|$)", lambda match: "\\" + match.group(), text)
        if self.some(wildcards) and text:
            for _ in range(self.random.randrange(1, 3)):
                begin = self.random.randrange(len(text))
                text = text[:begin] + self.random.choice("**?") + text[begin + self.random.randrange(4) :]
        if self.some(0.05):
            begin = self.random.randrange(len(text) + 1)
            text = text[:begin] + self.random.choice(["\\", "\\\\", "\\*", "\\?", "\\\\*", "*"]) + text[begin:]
        return text.swapcase() if self.some(0.2) else text

    def expression(self, text):
        """A regular expression that has a chance to be found in the text."""
        if self.some(0.15):
            return self.random.choice([".*", ".", "^$", "^.+$", "[", "(", "a{2,1}", "(a)\\1", "a(?=b)", "^", "[^\\x00-\\x7f]", "\\bali", "(?i)ALICE", "[[:alpha:]]+", "\\d{12}", "x*"])
        source = ""
        for character in self.piece(text) if self.some(0.7) else text[:20]:
            literal = re.escape(character) if not character.isspace() else character
            choice = self.random.random()
            if choice < 0.75:
                source += literal
            elif choice < 0.8:
                source += "."
            elif choice < 0.84:
                source += "\\w" if character.isalnum() else "\\W" if self.some(0.5) else "[^a]"
            elif choice < 0.87:
                source += "\\d" if character.isdigit() else "\\D"
            elif choice < 0.9:
                source += f"({literal}|zz)"
            elif choice < 0.93:
                source += f"(?:{literal})+"
            elif choice < 0.95:
                source += literal + "{1,3}"
            elif choice < 0.97:
                source += ".*"
            elif character.isalnum():
                source += f"[{character}-{character}0-3]"
            else:
                source += literal + "?"
        return ("^" if self.some(0.15) else "") + source + ("$" if self.some(0.15) else "")

    def path(self):
        if self.some(0.2):
            return self.random.choice(["eventName", "eventSource", "eventTime", "eventType"])
        if self.some(0.06):
            return self.random.choice(["missing", "requestParameters.missing", "requestParameters.name.deeper", "requestParameters.list.0", "EventName", "requestParameters.a", "requestParameters.a.b"])
        if self.some(0.08) and self.seen:
            return self.random.choice(list(self.seen))
        return self.random.choice(PATHS)[0]

    MODIFIERS = {
        "": 400, "contains": 150, "endswith": 80, "startswith": 60, "contains|all": 40, "all|contains": 8, "all": 6, "startswith|all": 4, "re": 60, "re|i": 20, "re|m": 6, "re|s": 6,
        "re|i|s": 3, "re|startswith": 4, "re|endswith": 4, "re|contains": 3, "re|i|endswith": 2, "contains|fieldref": 1, "re|all": 3, "re|neq": 3, "cidr": 50, "cidr|neq": 3, "cidr|all": 2, "exists": 60, "gt": 14, "gte": 14, "lt": 14, "lte": 14, "gt|neq": 3, "neq": 25, "contains|neq": 12,
        "neq|contains|all": 4, "cased": 20, "contains|cased": 10, "cased|startswith": 5, "endswith|cased": 5, "fieldref": 25, "fieldref|contains": 10, "fieldref|startswith": 10,
        "fieldref|endswith": 10, "fieldref|neq": 6, "fieldref|cased": 5, "fieldref|all": 3, "base64": 8, "base64|contains": 6, "base64offset|contains": 12, "base64offset": 3,
        "wide|base64offset|contains": 8, "utf16le|base64|contains": 4, "utf16be|base64|contains": 4, "utf16|base64|contains": 4, "wide|contains": 3, "windash": 6, "windash|contains": 10,
        "contains|windash": 8, "windash|contains|all": 6, "endswith|windash": 4, "base64offset|contains|all": 2, "expand": 6, "contains|expand": 3, "contains|re": 1, "re|cased": 1,
        "startwith": 2, "Contains": 1, "contains|base64": 2, "i": 1, "exists|all": 1, "contains|contains": 1, "startswith|endswith": 1,
    }  # fmt: skip
    TIME_MODIFIERS = ["minute", "hour", "day", "week", "month", "year", "hour|gte", "hour|lt", "hour|neq", "month|lte", "week|gt"]

    def item(self):
        path = self.path()
        modifiers = self.random.choices(list(self.MODIFIERS), list(self.MODIFIERS.values()))[0]
        if modifiers.startswith("cidr") and self.some(0.9):
            path = self.random.choice(["sourceIPAddress", "sourceIPAddress", "requestParameters.ipPermissions.items.cidrIp"])
        if modifiers[:2] in ("gt", "lt") and self.some(0.8):
            path = self.random.choice([path for path, kind in PATHS if kind == "number"])
        if self.some(0.03):
            path, modifiers = self.random.choice(["eventTime", "eventTime", "requestParameters.when"]), self.random.choice(self.TIME_MODIFIERS)
        words = modifiers.split("|")
        if "exists" in words:
            value = self.random.choice([True, False, True, False, True, False, "true", None])
        elif "all" in words or self.some(0.35):
            value = [self.value(path, words) for _ in range(self.random.randrange(1, 5))]
        else:
            value = self.value(path, words)
        return "|".join([path] + words) if modifiers else path, value

    def value(self, path, words):
        text = self.seen_text(path)
        if words[0] == "re":
            return self.expression(text)
        if words[0] == "cidr":
            good = ["10.0.0.0/8", "198.51.100.0/24", "198.51.100.7/32", "0.0.0.0/0", "10.1.2.3", "2001:db8::/32", "::/0", "::1/128", "fe80::/10", "192.168.0.0/16"]
            return self.random.choice(good if self.some(0.95) else ["10.0.0.0/33", "ten", "10.0.0.1/8", "10.0.0.0/", "10.0.0/8", "::/129"])
        if words[0] in self.TIME_MODIFIERS or words[0] in ("gt", "gte", "lt", "lte"):
            return Plain(self.random.choice(["22", "2024", "1", "3", "10", "12", "5", "52", "13", "30"] if words[0] in ("minute", "hour", "day", "week", "month", "year") else NUMBERS)) if self.some(0.97) else text
        if "fieldref" in words:
            return self.path() if self.some(0.5) else self.random.choice(["requestParameters.userName", "userIdentity.userName", "requestParameters.name", "requestParameters.list"])
        if {"base64", "base64offset", "wide"} & set(words):
            if self.some(0.6):
                for candidate in (text, *self.random.sample(self.hot, 5)):
                    try:
                        decoded = base64.b64decode(candidate, validate=True).decode("utf-16-le" if {"wide", "utf16le"} & set(words) else "utf-8")
                        return self.as_value(decoded, 0) or "evil"
                    except ValueError:
                        continue
            return self.as_value(self.random.choice(self.hot), 0.05) or "evil"
        if words == [""] or words == ["neq"]:
            if self.some(0.06):
                return None
            if self.some(0.06):
                return self.random.choice([True, False])
            if self.some(0.1):
                return Plain(self.random.choice(NUMBERS))
            if self.some(0.05):
                return self.random.choice(["", "*", "?", "**", "\\", "?*"])
        if "contains" in words and self.some(0.8):
            return self.as_value(self.piece(text), 0.15)
        if "startswith" in words and self.some(0.8):
            return self.as_value(text[: self.random.randrange(len(text) + 1)], 0.15)
        if "endswith" in words and self.some(0.8):
            return self.as_value(text[self.random.randrange(len(text) + 1) :], 0.15)
        if "expand" in words:
            return self.random.choice(["%name%", "100\\%", "plain", "a%b", "%", self.as_value(text)])
        return self.as_value(text)

    def map(self):
        return dict(self.item() for _ in range(self.random.choice([1, 1, 2, 2, 3])))

    def keyword(self):
        text = self.random.choice(self.random.choice(list(self.seen.values()))) if self.seen and self.some(0.8) else self.text()
        return self.as_value(self.piece(text) if self.some(0.7) else text, 0.2) or "alice"

    def selection(self):
        shape = self.random.choices(["map", "maps", "keywords", "all", "mixed", "keyword", "hostile"], [75, 12, 6, 3, 2, 1, 1])[0]
        if shape == "maps":
            return [self.map() for _ in range(self.random.randrange(1, 4))]
        if shape == "keywords":
            return [self.keyword() for _ in range(self.random.randrange(1, 4))]
        if shape == "all":
            return {"|all": [self.keyword() for _ in range(self.random.randrange(1, 4))]} | (self.map() if self.some(0.3) else {})
        if shape == "mixed":
            return [self.map(), self.keyword(), Plain("22")]
        if shape == "keyword":
            return self.keyword()
        if shape == "hostile":
            return self.random.choice([{}, [], {"eventName": {"a": "b"}}, {"eventName": []}, {"eventName": [["a"]]}, None, {"eventName|contains": None}, {"|contains": "a"}, {"|re": "a.c"}, ""])
        return self.map()

    def condition(self, names, depth=0):
        choice = self.random.random()
        word = (lambda text: text.upper()) if self.some(0.05) else (lambda text: text)
        if choice < 0.02:
            return self.random.choice(["unknown", names[0] + " and", "(" + names[0], names[0] + " " + names[0], "1 of nothing*", "2 of them", "", names[0] + " | count() > 1", "not", names[0] + ")"])
        if depth > 2 or choice < 0.4:
            return self.random.choice(names)
        if choice < 0.55:
            left = self.random.choice(names)
            pattern = self.random.choice(["them", left, left[:3] + "*", "*" + left[-2:], "*", left[0] + "*" + left[-1], "filter*", "sel*"])
            return f"{self.random.choice(['1', 'all', 'any'])} {word('of')} {pattern}"
        if choice < 0.65:
            return f"{word('not')} {self.condition(names, depth + 1)}"
        left, right = self.condition(names, depth + 1), self.condition(names, depth + 1)
        joined = f"{left} {word(self.random.choice(['and', 'and', 'or', 'and not']))} {right}"
        return f"({joined})" if self.some(0.4) else joined

    def rule(self, number):
        names = self.random.sample(["selection", "selection_a", "selection_b", "sel", "filter", "filter_main_1", "_hidden", "keywords"], self.random.choice([1, 1, 2, 2, 3, 4]))
        detection = {name: self.selection() for name in names}
        if self.some(0.03):
            detection["condition"] = [self.condition(names) for _ in range(2)]
        elif len(names) == 1 and self.some(0.6):
            detection["condition"] = names[0]
        else:
            detection["condition"] = self.condition(names)
        return rule_document(number, detection)


    def filter_for(self, rules):
        """A filter document for some of the rules, named by id or title, rarely for all of them."""
        chosen = self.random.sample(rules, self.random.randrange(1, 4))
        names = [rule[self.random.choice(["id", "id", "title"])] for rule in chosen]
        names = [name.upper() if self.some(0.2) else name for name in names]
        if self.some(0.03):
            names = self.random.choice([["any"], "any", "ANY", "nobody", []])
        elif len(names) == 1 and self.some(0.3):
            names = names[0]
        selections = {name: self.map() for name in self.random.sample(["selection", "other", "sel"], self.random.choice([1, 1, 2, 3]))}
        conditions = [self.filter_condition(list(selections)) for _ in range(2 if self.some(0.1) else 1)]
        body = selections | {"condition": conditions if len(conditions) > 1 else conditions[0]}
        if not self.some(0.01):
            body = {"rules": names} | body
        product = "windows" if self.some(0.02) else "aws"
        return {"title": "A filter", "logsource": {"product": product, "service": "cloudtrail"}, "filter": body}

    def filter_condition(self, names):
        """Half of them say what is taken away, half what stays."""
        condition = self.condition(names) if self.some(0.5) else self.random.choice(["1 of them", "all of them", names[0]])
        if self.some(0.5):
            return condition
        return self.random.choice([f"not {condition}", f"not ({condition})", f"(not {condition})", f"NOT {condition}", f"not {names[0]} and not {names[-1]}", f"( ( not {names[0]}) or {condition})"])


def rule_document(number, detection):
    return {
        "title": f"Rule {number}",
        "id": f"f0000000-0000-4000-8000-{number:012}",
        "status": "test",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": detection,
        "level": "medium",
    }
