#!/usr/bin/env python3
"""Types at the shell of `cairn sql` in a pseudo-terminal: statements over lines, completion, history, Ctrl-C, paging.

    tests/check_shell.py --cairn PROGRAM
"""

import argparse
import os
import pty
import re
import select
import signal
import sys
import tempfile
import time
from pathlib import Path

WAIT_SECONDS = 30
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")


class Shell:
    """A shell in a pseudo-terminal of 80 by 20."""

    def __init__(self, cairn, folder, *arguments):
        self.seen = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(HOME=str(folder), TERM="xterm", LC_ALL="C.UTF-8", NO_COLOR="1")
            os.environ.pop("XDG_STATE_HOME", None)
            # libedit never frees the names of functions that are added to it (its map_end()).
            os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            os.execv(cairn, [cairn, "sql", *arguments])
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 80, 0, 0))

    def type(self, text):
        os.write(self.terminal, text.encode())

    def expect(self, pattern):
        """Waits for a pattern behind what was expected before; returns the text up to its end."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            text = ESCAPES.sub(b"", self.seen).decode(errors="replace")
            found = re.search(pattern, text)
            if found:
                self.seen = text[found.end():].encode()
                return text[:found.end()]
            ready, _, _ = select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {pattern!r} in {text!r}")
            try:
                self.seen += os.read(self.terminal, 65536)
            except OSError:
                raise AssertionError(f"the shell ended before {pattern!r}: {text!r}") from None

    def end(self):
        """Waits for the end, which must be a good one."""
        while True:
            ready, _, _ = select.select([self.terminal], [], [], WAIT_SECONDS)
            if not ready:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError(f"the shell does not end: {self.seen.decode(errors='replace')}")
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                break
            if not data:
                break
            self.seen += data
        _, status = os.waitpid(self.pid, 0)
        os.close(self.terminal)
        code = os.waitstatus_to_exitcode(status)
        assert code == 0, f"the shell ended with {code}: {self.seen.decode(errors='replace')}"


def check(cairn, folder):
    record = '{"eventVersion":"1.08","userIdentity":{"type":"Root"},"eventTime":"2024-03-0%d","eventName":"E%d","eventID":"%d"}\n'
    (folder / "logs.jsonl").write_text("".join(record % (i % 9 + 1, i, i) for i in range(50)))

    shell = Shell(cairn, folder, "--logs", "logs.jsonl")
    shell.expect(r"\.help tells more")
    shell.expect("cairn> ")
    shell.type("SELECT count(*) AS events,\n")
    shell.expect(r"\.\.\.> ")
    shell.type("';' AS semicolon FROM cloudtrail_logs\n")
    shell.expect(r"\.\.\.> ")
    shell.type(";\n")
    shell.expect(r"events  semicolon\n\s+50  ;\s*\n1 row in [0-9.]+ s")
    shell.expect("cairn> ")

    # Completion: a column with its member, a key word, a command.
    shell.type("SELECT eventna\tFROM cloudtrail_l\t WHERE useridentity.ty\t = 'Root' LIMIT 1;\n".replace("\tFROM", "\t FROM"))
    shell.expect(r"eventname\s*\n")
    shell.expect(r"E\d+\s*\n1 row")
    shell.expect("cairn> ")
    shell.type(".tab\t\n")
    shell.expect(r"\.tables\s*\ncloudtrail_logs\n")
    shell.expect("cairn> ")
    shell.type(".schema\n")
    shell.expect(r"eventtime +VARCHAR\n")
    shell.expect("cairn> ")
    shell.type(".examples root\n")
    shell.expect(r"root-activity +What did the root user do\?")
    shell.expect("cairn> ")
    shell.type(".nonsense\n")
    shell.expect(r"there is no command \.nonsense")
    shell.expect("cairn> ")

    # Ctrl-C drops what was typed, and stops a query, but never the shell.
    shell.type("SELECT 'unfinished")
    shell.expect("unfinished")
    shell.type("\x03")
    shell.expect(r"\^C")
    shell.expect("cairn> ")
    shell.type("SELECT count(*) FROM range(100000000) a(x), range(100000000) b(y) WHERE (x * y) % 7 = 3;\n")
    shell.expect("working|= 3;")
    time.sleep(1)
    os.kill(shell.pid, signal.SIGINT)
    shell.expect("the query was cancelled")
    shell.expect("cairn> ")

    # Errors leave the shell where it was; timing and formats are its own.
    shell.type("SELECT nothing FROM cloudtrail_logs;\n")
    shell.expect('"nothing" not found')
    shell.expect("cairn> ")
    shell.type(".timing off\n")
    shell.expect("cairn> ")
    shell.type(".format jsonl\n")
    shell.expect("cairn> ")
    shell.type("SELECT 7 / 2 AS n;\n")
    shell.expect(r'\{"n":3\}\n')
    assert "row in" not in shell.expect("cairn> ")

    # A long table is shown page by page.
    shell.type(".format table\n")
    shell.expect("cairn> ")
    shell.type("SELECT eventid FROM cloudtrail_logs;\n")
    assert shell.expect("Enter: more").count("\n") <= 20
    shell.type("\n")
    shell.expect("Enter: more")
    shell.type("q\n")
    shell.expect("cairn> ")

    # Ctrl-D leaves, also when it was pressed while a query ran and the terminal was not the editor's.
    shell.type("SELECT count(*) FROM range(20000) a(x), range(20000) b(y) WHERE (x * y) % 7 = 3;\n")
    shell.expect("working")
    shell.type("\x04")
    shell.end()

    # The history is kept, for its owner only, and a statement over several lines is one entry.
    history = folder / ".local/state/cairn/sql_history"
    assert history.exists() and "unfinished" not in history.read_text()
    assert history.stat().st_mode & 0o077 == 0, oct(history.stat().st_mode)
    shell = Shell(cairn, folder, "--logs", "logs.jsonl")
    shell.expect("cairn> ")
    shell.type("\x1b[A")
    shell.expect(r"range\(20000\) b")
    shell.type("\x03")
    shell.expect("cairn> ")
    shell.type(".quit\n")
    shell.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cairn", required=True)
    cairn = os.path.abspath(parser.parse_args().cairn)
    with tempfile.TemporaryDirectory() as folder:
        check(cairn, Path(folder))
    print("the shell does what it says")


if __name__ == "__main__":
    sys.exit(main())
