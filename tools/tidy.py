#!/usr/bin/env python3
"""Runs clang-tidy over our sources, newest change first, and remembers what passed.

    tools/tidy.py --build TREE [--jobs N] [--budget SECONDS] [FILE...]

Newest are files with changes that are not committed, then those of the latest commits. A file is looked at again when it, a header of ours that it includes (directly or not), or .clang-tidy changed: a stamp named by the hash of
all of them lies in TREE/tidy/. With a budget no new file is begun after that many seconds; what was not looked at is listed, and is no error.
"""

import argparse
import concurrent.futures
import hashlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLANG_TIDY = "clang-tidy-14"
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


def reachable(path, seen):
    """Adds to `seen` the file and every header of ours that it includes."""
    if path in seen or not path.exists():
        return seen
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        reachable(ROOT / "src" / name.decode(), seen)
    return seen


def stamp_name(path):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for file in sorted(reachable(path, set())):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{path.stem}-{digest.hexdigest()[:24]}"


def recency():
    """Path → how long ago it changed, as a rank: 0 for what is not committed, then by commit. A fresh clone's file times say nothing."""
    def git(*arguments):
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.splitlines() if done.returncode == 0 else []

    ranks = {}
    for name in git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard"):
        ranks[ROOT / name] = 0
    for name in git("log", "--format=", "--name-only", "-n", "200"):
        ranks.setdefault(ROOT / name, len(ranks) + 1)
    return ranks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=float, default=0, help="seconds; 0 = no limit")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()

    database = json.loads((arguments.build / "compile_commands.json").read_text())
    known = {Path(entry["file"]).resolve() for entry in database if entry["file"].endswith(".cc")}
    wanted = {path.resolve() for path in arguments.files} or known
    for path in sorted(wanted - known):
        print(f"tidy: {path}: not part of the build in {arguments.build}")
    stamps = arguments.build / "tidy"
    stamps.mkdir(exist_ok=True)
    waiting = [path for path in wanted & known if path.is_relative_to(ROOT) and not (stamps / stamp_name(path)).exists()]
    ranks = recency()
    oldest = len(ranks) + 1
    # With its header: a file is as new as the newer of the two.
    waiting.sort(key=lambda path: (min(ranks.get(path, oldest), ranks.get(path.with_suffix(".h"), oldest)), path))

    begin, failed, skipped = time.monotonic(), [], []

    def look_at(path):
        if arguments.budget and time.monotonic() - begin > arguments.budget:
            return path, None, ""
        name = stamp_name(path)
        done = subprocess.run([CLANG_TIDY, "--quiet", "-p", str(arguments.build), str(path)], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            (stamps / name).touch()
        return path, done.returncode == 0, done.stdout

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as workers:
        try:
            for path, passed, said in workers.map(look_at, waiting):
                if passed is None:
                    skipped.append(path)
                elif not passed:
                    failed.append(path)
                    print(said)
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)
            return 130

    for path in skipped:
        print(f"tidy: not looked at, out of time: {path.relative_to(ROOT)}")
    looked_at = len(waiting) - len(skipped)
    print(f"tidy: looked at {looked_at} of {len(wanted & known)} files in {time.monotonic() - begin:.0f} s, {len(failed)} with complaints")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
