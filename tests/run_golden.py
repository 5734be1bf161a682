#!/usr/bin/env python3
"""Runs the recorded behaviour of the whole program: tests/golden/*.test.

    tests/run_golden.py --cairn PROGRAM [--update] FILE...

A file is read from top to bottom; all of it happens in one fresh folder, with the program on the PATH:

    # What this shows.                      comments, before the first block
    as: nobody                              run the commands without root's rights (skipped where that cannot be had)

    file logs/one.json                      writes a file; the text ends at a line of ====
    {"Records":[]}
    ====
    $ cairn scan logs --plain               a command for bash; several `$` lines are run together, the last one's exit code counts
    exit: 10                                expected exit code, 0 when not said
    ----
    2 findings in {{seconds}} s             expected standard output, up to a line of ==== or the end of the file
    ! cairn: a message                      then standard error, each line after "! "

Placeholders, for what may differ from run to run or is not the point: {{number}}, {{seconds}}, {{size}} (each a number with its point, commas
or unit), {{any}} (anything on this line), and a line of {{lines}} (any number of lines). --update writes down what came out, and keeps expected
lines that still match.

The commands see: PATH, HOME and TMPDIR inside the fresh folder, LC_ALL=C.UTF-8, TZ=UTC, CAIRN_GEOIP=none, SOURCE = the repository, REAL_LOGS = real logs beside
the repository (a file that says `needs: real logs` is skipped when they are not there).
"""

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REAL_LOGS = ROOT.parent / "shared" / "data" / "cloudtrail"
TIME_LIMIT_SECONDS = 300
SKIPPED = 77
NOBODY = 65534

PLACEHOLDERS = {
    "number": r"[0-9][0-9,.]*",
    "seconds": r"[0-9][0-9,.]* ?(?:ms|s|min)?",
    "size": r"[0-9][0-9,.]* ?(?:B|bytes|[kKMG]i?B)",
    "any": r".*?",
}


class Skip(Exception):
    """The machine cannot run this case; the text says why."""


def pattern_of(line):
    parts = re.split(r"\{\{(\w+)\}\}", line)
    text = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            text += re.escape(part)
        elif part in PLACEHOLDERS:
            text += PLACEHOLDERS[part]
        else:
            raise ValueError(f"unknown placeholder {{{{{part}}}}}")
    return re.compile(text)


def matches(expected, actual):
    """Whether the lines agree; a line of {{lines}} stands for any number of lines."""
    patterns = [None if line.strip() == "{{lines}}" else pattern_of(line) for line in expected]
    reachable = {0}
    for pattern in patterns:
        if pattern is None:
            reachable = set(range(min(reachable), len(actual) + 1)) if reachable else set()
        else:
            reachable = {at + 1 for at in reachable if at < len(actual) and pattern.fullmatch(actual[at])}
    return len(actual) in reachable


def merged(expected, actual):
    """Returns the actual lines, with those that an expected line with placeholders describes replaced by it. A {{lines}} after such a line
    stays, up to the next empty line."""
    followed = {before for before, line in zip(expected, expected[1:]) if line.strip() == "{{lines}}"}
    describing = [line for line in expected if "{{" in line and line.strip() != "{{lines}}"]
    result, at, skipping = [], 0, False
    for line in actual:
        if skipping and line.strip():
            continue
        skipping = False
        known = next((i for i in range(at, len(describing)) if pattern_of(describing[i]).fullmatch(line)), None)
        if known is None:
            result.append(line)
        else:
            result.append(describing[known])
            at = known + 1
            if describing[known] in followed:
                result.append("{{lines}}")
                skipping = True
    return result


class Case:
    """One `$` block: its commands, expected exit code and output, and where the expectation stands in the file's lines."""

    def __init__(self, line):
        self.line, self.commands, self.exit_code, self.exit_line = line, [], 0, None
        self.expected, self.begin, self.end = [], 0, 0


def parse(lines):
    """Returns (options, steps): steps are ("file", name, text) or ("case", Case, None)."""
    options, steps, at = {}, [], 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("file "):
            end = lines.index("====", at)
            steps.append(("file", line[len("file ") :].strip(), "".join(text + "\n" for text in lines[at + 1 : end])))
            at = end + 1
        elif line.startswith("$ "):
            case = Case(at + 1)
            while lines[at].startswith(("$ ", "> ")):
                case.commands.append(lines[at][2:])
                at += 1
            if lines[at].startswith("exit: "):
                case.exit_code, case.exit_line = int(lines[at][len("exit: ") :]), at
                at += 1
            if lines[at] != "----":
                raise ValueError(f"line {at + 1}: expected ----, found: {lines[at]}")
            case.begin = at + 1
            case.end = next((i for i in range(at + 1, len(lines)) if lines[i] == "===="), len(lines))
            case.expected = lines[case.begin : case.end]
            steps.append(("case", case, None))
            at = case.end + 1
        elif not line.strip() or line.startswith("#"):
            at += 1
        elif re.match(r"(as|needs|label): ", line):
            name, _, value = line.partition(": ")
            options[name] = value.strip()
            at += 1
        else:
            raise ValueError(f"line {at + 1}: cannot read: {line}")
    return options, steps


def environment(folder, program, as_nobody):
    programs = folder / ".programs"
    programs.mkdir()
    if as_nobody and os.geteuid() == 0:
        shutil.copy(program, programs / "cairn")  # the build tree may be closed to others
    else:
        (programs / "cairn").symlink_to(program)
    temporary = folder / ".tmp"
    temporary.mkdir(mode=0o777)
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {**kept, "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "HOME": str(temporary), "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8", "TZ": "UTC", "CAIRN_GEOIP": "none",
            "SOURCE": str(ROOT), "REAL_LOGS": str(REAL_LOGS)}


def run(case, folder, variables, as_nobody):
    """Returns (exit code, output lines)."""
    command = ["bash", "-c", "\n".join(case.commands)]
    if as_nobody and os.geteuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    done = subprocess.run(command, cwd=folder / "work", env=variables, capture_output=True, timeout=TIME_LIMIT_SECONDS, stdin=subprocess.DEVNULL, check=False)
    lines = done.stdout.decode(errors="backslashreplace").splitlines()
    return done.returncode, lines + [("! " + line).rstrip() for line in done.stderr.decode(errors="backslashreplace").splitlines()]


def run_file(path, program, update):
    """Runs one file; returns whether all its cases came out as expected."""
    lines = path.read_text().splitlines()
    options, steps = parse(lines)
    if options.get("needs") == "real logs" and not REAL_LOGS.is_dir():
        raise Skip("the real logs are not here")
    as_nobody = options.get("as") == "nobody"
    if as_nobody and os.geteuid() == 0 and not shutil.which("setpriv"):
        raise Skip("running as root, and there is no setpriv")

    good, changes = True, []
    with tempfile.TemporaryDirectory(prefix="cairn-golden-") as name:
        folder = Path(name)
        work = folder / "work"
        work.mkdir()
        variables = environment(folder, program, as_nobody)
        if as_nobody and os.geteuid() == 0:
            folder.chmod(0o755)
            for owned in (work, folder / ".tmp"):
                os.chown(owned, NOBODY, NOBODY)
        for kind, what, text in steps:
            if kind == "file":
                (work / what).parent.mkdir(parents=True, exist_ok=True)
                (work / what).write_text(text)
                if as_nobody and os.geteuid() == 0:
                    for made in (work, *work.rglob("*")):
                        os.chown(made, NOBODY, NOBODY)
                continue
            code, actual = run(what, folder, variables, as_nobody)
            if code == what.exit_code and matches(what.expected, actual):
                continue
            good = False
            if update:
                changes.append((what, code, merged(what.expected, actual)))
                continue
            print(f"{path}:{what.line}: $ " + "\n  ".join(what.commands))
            if code != what.exit_code:
                print(f"  exit code: expected {what.exit_code}, got {code}")
            for line in difflib.unified_diff(what.expected, merged(what.expected, actual), "expected", "actual", lineterm="", n=2):
                print("  " + line)
        subprocess.run(["chmod", "-R", "u+rwX", name], check=False)  # a case may have locked a folder

    for case, code, actual in reversed(changes):
        lines[case.begin : case.end] = actual
        if case.exit_line is not None:
            lines[case.exit_line] = f"exit: {code}"
        elif code != 0:
            lines.insert(case.begin - 1, f"exit: {code}")
    if changes:
        path.write_text("\n".join(lines) + "\n")
        print(f"{path}: updated")
    return good or update


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True, type=Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    failed = skipped = 0
    for path in arguments.files:
        try:
            failed += not run_file(path, arguments.cairn.resolve(), arguments.update)
        except Skip as reason:
            skipped += 1
            print(f"{path}: skipped: {reason}")
        except (ValueError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"{path}: {error}")
    print(f"golden: {len(arguments.files) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    if failed:
        return 1
    return SKIPPED if skipped == len(arguments.files) else 0


if __name__ == "__main__":
    sys.exit(main())
