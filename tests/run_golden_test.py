#!/usr/bin/env python3
"""Tests of run_golden.py with a stand-in program: a wrong expectation must fail, --update must write what came out."""

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path

import run_golden

PROGRAM = """#!/bin/sh
echo "read 12,345 events in 0.31 s"
echo "file: $(cat "$1")"
echo "cairn: a warning" >&2
exit 10
"""

GOOD = """# A case.

file in.txt
hello
====
$ cairn in.txt
exit: 10
----
read {{number}} events in {{seconds}}
file: hello
! cairn: a warning
"""


class RunGoldenTest(unittest.TestCase):
    def run_text(self, text, update=False):
        """Returns (whether it passed, what was printed, the file's text afterwards)."""
        with tempfile.TemporaryDirectory() as folder:
            program, path = Path(folder, "cairn"), Path(folder, "case.test")
            program.write_text(PROGRAM)
            os.chmod(program, 0o755)
            path.write_text(text)
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                passed = run_golden.run_file(path, program, update)
            return passed, printed.getvalue(), path.read_text()

    def test_what_matches_passes(self):
        self.assertEqual(self.run_text(GOOD), (True, "", GOOD))
        self.assertTrue(self.run_text(GOOD.replace("file: hello\n", "{{lines}}\n"))[0])
        self.assertTrue(self.run_text(GOOD.replace("file: hello\n", "{{lines}}\nfile: {{any}}\n"))[0])

    def test_what_differs_fails_and_is_shown(self):
        cases = [
            ("exit: 10", "exit: 0", "exit code: expected 0, got 10"),
            ("file: hello", "file: bye", "-file: bye"),
            ("! cairn: a warning\n", "", "+! cairn: a warning"),
            ("file: hello\n", "file: hello\nmore\n", "-more"),
            ("{{seconds}}", "{{size}}", "-read {{number}} events in {{size}}"),
        ]
        for old, new, expected in cases:
            with self.subTest(new):
                passed, printed, _ = self.run_text(GOOD.replace(old, new))
                self.assertFalse(passed)
                self.assertIn(expected, printed)

    def test_update_keeps_placeholders_and_writes_the_rest(self):
        wrong = GOOD.replace("exit: 10\n", "").replace("file: hello\n", "file: bye\n") + "! gone\n"
        self.assertEqual(self.run_text(wrong, update=True)[2], GOOD)

    def test_several_cases_share_a_folder(self):
        text = "$ echo 1 > a\n$ mkdir b\n----\n====\n$ cat a\n> ls\n----\n1\na\nb\n"
        self.assertEqual(self.run_text(text)[:2], (True, ""))

    def test_a_file_that_cannot_be_read_is_an_error(self):
        for text in ("nonsense\n", "$ true\nno dashes\n", "file x\nwithout end\n", "$ echo 1\n----\n{{nonsense}}\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                self.run_text(text)


if __name__ == "__main__":
    unittest.main()
