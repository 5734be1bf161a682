#!/usr/bin/env python3
"""Holds the sources against the plan of the house in layers.txt, and against what no compiler checks.

Fails on: an #include that layers.txt does not allow, or of a header that is not a door; CMake DEPS that say something else; a third-party
library outside its room; `throw`, raw `new` and `delete`; a header nobody includes; a .cc that does not include its own header first; a
TODO without an issue number. Lists, for a person to look at: the longest functions and files.

    tools/check_layers.py [ROOT]

layers.txt has two kinds of lines:

    FLOOR ROOM: ROOMS IT MAY INCLUDE | DOORS
    library NAME <HEADERS>: ROOMS        headers are names, or folders ending in /
"""

import re
import sys
from pathlib import Path

LONG_FUNCTION_LINES = 70
LONG_HEADER_LINES, LONG_SOURCE_LINES = 300, 600
LISTED = 10

# Libraries of tests: fine in *_test.cc, fuzz/ and bench/, never in the product.
TEST_LIBRARIES = ("gtest/", "gmock/", "rapidcheck", "benchmark/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>\w*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
# A private constructor cannot be reached by make_unique: `std::unique_ptr<T>(new T(...))` gives its owner at once.
OWNED_NEW = re.compile(r"unique_ptr<[^;{}()]*>\s*\w*\s*[({]\s*new\b")


class Room:
    def __init__(self, floor, name, allowed, doors):
        self.floor, self.name, self.allowed, self.doors = floor, name, allowed, doors


class House:
    """layers.txt, read; `problems` collects what is wrong with the file itself."""

    def __init__(self, text):
        self.rooms, self.libraries, self.problems = {}, [], []
        for number, line in enumerate(text.splitlines(), 1):
            line = line.split("#")[0].strip()
            room = re.fullmatch(r"(\d+)\s+(\w+):([^|]*)\|(.*)", line)
            library = re.fullmatch(r"library\s+(\S+)\s+<([^>]*)>:(.*)", line)
            if room:
                floor, name, allowed, doors = room.groups()
                self.rooms[name] = Room(int(floor), name, set(allowed.split()), set(doors.split()))
            elif library:
                name, headers, rooms = library.groups()
                self.libraries.append((name, tuple(headers.split()), set(rooms.split())))
            elif line:
                self.problems.append(f"layers.txt:{number}: cannot read this line")
        for room in self.rooms.values():
            for other in sorted(room.allowed):
                if other not in self.rooms:
                    self.problems.append(f"layers.txt: {room.name} may include {other}, which is no room")
                elif self.rooms[other].floor >= room.floor:
                    self.problems.append(f"layers.txt: {room.name} (floor {room.floor}) may include {other} (floor "
                                         f"{self.rooms[other].floor}): only lower floors can be included")

    def library_of(self, header):
        for name, headers, rooms in self.libraries:
            if any(header == known or (known.endswith("/") and header.startswith(known)) for known in headers):
                return name, rooms
        return None


def blank(match):
    """Replaces a comment or literal by its line breaks, so that line numbers stay."""
    return "\n" * match.group().count("\n") + " "


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def is_standard(header):
    """C++'s own headers have neither a folder nor an extension; C's and the system's end in .h and are listed as libraries."""
    return "/" not in header and "." not in header


def check_includes(house, room, path, name, text, problems):
    """Checks one file's #include lines; returns the headers of ours that it includes and the rooms they belong to."""
    included, used = [], set()
    is_test = name.endswith("_test.cc")
    for match in INCLUDE.finditer(text):
        ours, theirs = match.groups()
        where = f"{path}:{line_of(text, match.start())}"
        if ours:
            included.append(ours)
            other, _, header = ours.partition("/")
            if other not in house.rooms or not header:
                problems.append(f'{where}: "{ours}" is not written as room/header.h')
            elif other == room.name:
                pass
            elif other not in room.allowed:
                problems.append(f'{where}: {room.name} must not include "{ours}": layers.txt does not allow {other}')
            elif header not in house.rooms[other].doors:
                problems.append(f'{where}: "{ours}" is not a door of {other}')
            else:
                used.add(other)
        elif not is_standard(theirs):
            if theirs.startswith(TEST_LIBRARIES):
                if not is_test:
                    problems.append(f"{where}: <{theirs}> is for tests only")
                continue
            library = house.library_of(theirs)
            if library is None:
                problems.append(f"{where}: <{theirs}> belongs to no library line of layers.txt")
            elif room.name not in library[1] and not (is_test and library[0] == "system"):  # a test may break the world by hand
                problems.append(f"{where}: <{theirs}>: {library[0]} is for {' and '.join(sorted(library[1]))} only")
    return included, used


def check_code(path, text, problems):
    code = NOT_CODE.sub(blank, text)
    lines = text.splitlines()
    for match in re.finditer(r"\bthrow\b", code):
        # Some libraries leave no other way; such a place says so, with its reason.
        begin = line_of(code, match.start()) - 1
        if any("tidy: allow throw," in line for line in lines[begin : begin + 3]):
            continue
        problems.append(f"{path}:{line_of(code, match.start())}: our code does not throw: return an Error")
    owned = {match.end() for match in OWNED_NEW.finditer(code)}
    for match in re.finditer(r"\bnew\b(?!\s*\()", code):
        if match.end() not in owned and not re.search(r"#\s*include|operator\s*$", code[:match.start()].rsplit("\n", 1)[-1]):
            problems.append(f"{path}:{line_of(code, match.start())}: raw new: use make_unique or a container")
    for match in re.finditer(r"(?<!=)(?<!= )\bdelete\b(?!\s*[;,)])", code):
        if not re.search(r"operator\s*$", code[:match.start()].rsplit("\n", 1)[-1]):
            problems.append(f"{path}:{line_of(code, match.start())}: raw delete: give the object an owner")
    for match in re.finditer(r"\bTODO\b(?!\(#\d+\))", text):
        problems.append(f"{path}:{line_of(text, match.start())}: a TODO carries an issue number: TODO(#12)")


def check_own_header(root, path, name, included, problems):
    own = name[: -len(".cc")] + ".h"
    if name.endswith("_test.cc") or not (path.parent / own).exists():
        return
    if not included or included[0] != f"{path.parent.name}/{own}":
        problems.append(f'{path.relative_to(root)}: includes "{path.parent.name}/{own}", its own header, first')


def check_cmake(house, room, folder, used, problems):
    path = folder / "CMakeLists.txt"
    if not path.exists():
        return
    text = re.sub(r"#[^\n]*", "", path.read_text())
    match = re.search(r"cairn_room\(\s*(\w+)([^)]*)\)", text)
    where = f"src/{room.name}/CMakeLists.txt"
    if match and match.group(1) != room.name:
        problems.append(f"{where}: declares the room {match.group(1)}")
    linked = set(re.findall(r"\bcairn_(\w+)\b", text)) & set(house.rooms)
    if match:
        part = re.search(r"\bDEPS\b(.*?)(?:\bLIBS\b|\bTHREADS\b|$)", match.group(2), re.DOTALL)
        linked |= set(part.group(1).split()) if part else set()
    linked.discard(room.name)
    for other in sorted(linked - room.allowed):
        problems.append(f"{where}: links {other}, which layers.txt does not allow")
    for other in sorted(used - linked):
        problems.append(f"{where}: {room.name} includes {other} but does not name it in DEPS")


def functions(text):
    """Yields (first line, length, name) of functions at namespace level, which the formatter starts and ends in the first column."""
    begin = None
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line == "}" and begin:
            head = " ".join(lines[begin - 1 : begin + 2]).split("{")[0]
            name = re.search(r"([\w:~]+)\(", head)
            if name:
                yield begin, number - begin + 1, name.group(1)
            begin = None
        elif re.match(r"[A-Za-z_]", line) and not re.match(r"namespace\b|using\b|#|extern\b", line) and begin is None:
            begin = number
        if line.endswith(";") and begin == number:
            begin = None
        elif line.startswith(("};", "}  //")):
            begin = None


def check(root):
    """Returns (problems, notes)."""
    house = House((root / "layers.txt").read_text())
    problems, notes = list(house.problems), []
    included_anywhere, headers, long_functions, long_files = set(), [], [], []
    source = root / "src"

    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        files = sorted(path for path in folder.rglob("*") if path.suffix in (".h", ".cc"))
        if folder.name not in house.rooms:
            if files:
                problems.append(f"src/{folder.name}: layers.txt knows no such room")
            continue
        room, used = house.rooms[folder.name], set()
        for door in sorted(room.doors):
            if files and not (folder / door).exists():
                problems.append(f"layers.txt: {room.name} has no header {door}")
        for path in files:
            relative, text = path.relative_to(root), path.read_text()
            included, rooms = check_includes(house, room, relative, path.name, text, problems)
            used |= rooms
            included_anywhere.update(included)
            check_code(relative, text, problems)
            lines = text.count("\n")
            if path.suffix == ".h":
                headers.append(path)
                if "#pragma once" not in text:
                    problems.append(f"{relative}: a header begins with #pragma once")
            else:
                check_own_header(root, path, path.name, included, problems)
            if lines > (LONG_HEADER_LINES if path.suffix == ".h" else LONG_SOURCE_LINES):
                long_files.append((lines, str(relative)))
            for begin, length, name in functions(text):
                if length > LONG_FUNCTION_LINES:
                    long_functions.append((length, f"{relative}:{begin}: {name}"))
        check_cmake(house, room, folder, used, problems)

    for folder in ("fuzz", "bench", "tests"):
        for path in sorted((root / folder).glob("*.cc")) if (root / folder).is_dir() else []:
            included_anywhere.update(ours for ours, _ in INCLUDE.findall(path.read_text()) if ours)
    for path in headers:
        name = str(path.relative_to(source))
        room, _, header = name.partition("/")
        if name not in included_anywhere and header not in house.rooms[room].doors:
            problems.append(f"src/{name}: nobody includes this file")

    for title, found in (("functions", long_functions), ("files", long_files)):
        if found:
            notes.append(f"Longest {title}, for a person to look at:")
            notes += [f"  {size:5} lines  {where}" for size, where in sorted(found, reverse=True)[:LISTED]]
    return problems, notes


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    problems, notes = check(root)
    print("\n".join(notes + problems))
    print(f"layers: {len(problems)} problems" if problems else "layers: the house is as drawn")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
