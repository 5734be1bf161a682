#!/usr/bin/env python3
"""Runs Cairn and its peers in turns over the same files and prints medians as Markdown. Called by bench/run_bench.sh.

Single-threaded work is compared by CPU seconds (user and system, from the kernel's accounting of the process), threads and starting by elapsed
time. Rounds alternate between all competitors, so that a slow minute of the machine hits each of them. Files are in the page cache: one unmeasured
run comes first.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAIRN = ROOT / "build/cairn"
INFLATE = ROOT / "build/release/bench/inflate_bench"
REAL_TREE = ROOT.parent / "shared/data/cloudtrail/sec504"
JQ_SHARE = 20  # jq reads every 20th file only: it would take minutes
START_ROUNDS = 21
OK_EXITS = (0, 1, 10)


class Run:
    """One finished process: elapsed and CPU seconds, peak resident bytes, output."""

    def __init__(self, command, cwd=None):
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=cwd)
        self.output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.monotonic() - begin
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss * 1024
        if process.returncode not in OK_EXITS:
            raise RuntimeError(f"{' '.join(map(str, command))[:200]}: exit code {process.returncode}")


def scan(path, *options, threads=1):
    return lambda: Run([CAIRN, "scan", path, "--threads", str(threads), "--quiet", *options])


def only(rules):
    return ("--rules", rules, "--no-builtin")


def zcat(files):
    listing = "\0".join(map(str, files))

    def work():
        begin = time.monotonic()
        process = subprocess.Popen(["xargs", "-0", "zcat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        process.stdin.write(listing.encode())
        process.stdin.close()
        _, _, usage = os.wait4(process.pid, 0)
        run = Run.__new__(Run)
        run.seconds, run.cpu, run.memory = time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
        return run

    return work


def shell(command):
    """A pipeline's CPU time is that of all its processes: bash waits for them."""
    return lambda: Run(["bash", "-c", command])


def duckdb(work, path, threads=1):
    """Times the query alone, so that starting Node.js is not held against it."""

    def work_once():
        run = Run(["node", "duckdb.mjs", f"{path.resolve()}/**/*.json.gz", str(threads)], cwd=work / "peers")
        answer = json.loads(run.output)
        run.cpu, run.seconds, run.events = answer["cpu_seconds"], answer["seconds"], answer["events"]
        return run

    return work_once


def inflate(path):
    def work_once():
        run = Run([INFLATE, path])
        run.answer = json.loads(run.output)
        run.cpu, run.seconds = run.answer["cpu_seconds"], run.answer["seconds"]
        return run

    return work_once


def in_turns(competitors, rounds):
    """Returns name → list of runs; one unmeasured run each comes first."""
    results = {name: [] for name in competitors}
    for number in range(rounds + 1):
        for name, work in competitors.items():
            print(f"\r  round {number}/{rounds}: {name:<40}", end="", file=sys.stderr)
            run = work()
            if number > 0:
                results[name].append(run)
    print("\r" + " " * 70 + "\r", end="", file=sys.stderr)
    return results


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def megabytes(size):
    return f"{size / 1e6:,.0f}"


def tree_facts(path):
    """Returns (files, text bytes, events) of a tree, as a scan counts them."""
    answer = json.loads(subprocess.run([INFLATE, path], capture_output=True, check=True).stdout)
    out = ROOT / "build/bench/facts"
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([CAIRN, "scan", path, "--quiet", "--out", out], check=False)
    summary = json.loads((out / "summary.json").read_text())
    return answer["files"], answer["text_bytes"], events_of(summary)


def events_of(summary):
    return summary["events"]["read"]


def one_event(arguments):
    path = arguments.work / "one-event.json"
    path.write_text('{"eventVersion":"1.08","eventTime":"2024-01-01T00:00:00Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"1"}\n')
    return path


def with_matches(name, corpus, work, events):
    """Says how many events matched: copying out what matched is a part of the work."""
    rules = {"cairn scan, 832 rules": only(work / "rules-832"), "cairn scan, 832 noisy rules": only(work / "rules-832-noisy"), "cairn scan, built-in pack": ()}
    if name not in rules:
        return name
    matches = work / "matches.tsv"
    subprocess.run([CAIRN, "scan", corpus, "--quiet", "--matches", matches, *rules[name]], check=False)
    # Not in this process: what it holds counts in the peak memory of the processes that it starts.
    count = subprocess.run(["bash", "-c", f"cut -f2 {matches} | sort -u | wc -l"], capture_output=True, check=True)
    return f"{name} ({int(count.stdout) / events:.1%} of events match)"


class Goals:
    def __init__(self):
        self.rows = []

    def add(self, goal, must, measured, met):
        self.rows.append((goal, must, measured, "yes" if met else "**no**"))


def compare_readers(arguments, goals):
    """The large corpus on one thread: Cairn with 832 rules, the ceiling, the peers."""
    corpus, work = arguments.corpus, arguments.work
    files, text, events = tree_facts(corpus)
    gz_files = sorted(corpus.rglob("*.json.gz"))
    competitors = {
        "cairn scan, 832 rules": scan(corpus, *only(work / "rules-832")),
        "cairn scan, 832 noisy rules": scan(corpus, *only(work / "rules-832-noisy")),
        "cairn scan, built-in pack": scan(corpus),
        "cairn's inflate alone": inflate(corpus),
        "zcat": zcat(gz_files),
    }
    if arguments.has_duckdb:
        competitors["DuckDB read_json, four fields"] = duckdb(work, corpus)
    runs = in_turns(competitors, arguments.rounds)

    jq_files = gz_files[::JQ_SHARE]
    listing = work / "jq-files"
    listing.write_bytes(b"\0".join(str(path).encode() for path in jq_files))
    jq_text = int(subprocess.run(["bash", "-c", f"xargs -0 zcat < {listing} | wc -c"], capture_output=True, check=True).stdout)
    if shutil.which("jq"):
        runs.update(in_turns({"jq, one filter": shell(f"xargs -0 zcat < {listing} | jq -c '.Records[] | select(.eventName==\"ConsoleLogin\") | .eventID' > /dev/null")}, 1))

    print(f"## One thread, {events:,} events in {files:,} files, {megabytes(text)} MB of JSON\n")
    rows = []
    for name, done in runs.items():
        cpu = median(done, "cpu")
        share = jq_text / text if name.startswith("jq") else 1
        rows.append((with_matches(name, corpus, work, events), f"{cpu:.2f}" if share == 1 else f"{cpu:.2f} for {share:.0%}", f"{text * share / cpu / 1e6:,.0f}", f"{events * share / cpu:,.0f}", f"{median(done, 'memory') / 1e6:.0f}"))
    table(("work", "CPU seconds", "MB/s of JSON", "events/s", "peak resident MB"), rows)

    cold = median(runs["cairn scan, 832 rules"], "cpu")
    with_reading = median(runs["cairn's inflate alone"], "cpu")
    alone = statistics.median(run.answer["inflate_cpu_seconds"] for run in runs["cairn's inflate alone"])
    goals.add("cold scan with 832 rules against our own inflate alone", "≥ 0.42",
              f"{alone / cold:.2f} (with reading the files: {with_reading / cold:.2f})", alone / cold >= 0.42)
    if arguments.has_duckdb:
        ratio = median(runs["DuckDB read_json, four fields"], "cpu") / cold
        goals.add("… against DuckDB `read_json` of four fields, same files", "≥ 3.5x", f"{ratio:.1f}x", ratio >= 3.5)
    return text, events


def compare_small_files(arguments, goals):
    tree = REAL_TREE if REAL_TREE.is_dir() else None
    if tree is None:
        print("The tree of real small files is not here: not measured.\n")
        return
    files, text, events = tree_facts(tree)
    rules = only(arguments.work / "rules-832")
    competitors = {"cairn scan, 832 rules": scan(tree, *rules), "cairn scan, one event": scan(one_event(arguments), *rules)}
    competitors["cairn's inflate alone, with reading"] = inflate(tree)
    if arguments.has_duckdb:
        competitors["DuckDB read_json, four fields"] = duckdb(arguments.work, tree)
    runs = in_turns(competitors, arguments.rounds)
    print(f"## Real small files: {events:,} events in {files:,} files, {megabytes(text)} MB of JSON, one thread\n")
    # DuckDB's time is that of the query alone, so starting Cairn and loading rules is shown apart.
    start = median(runs.pop("cairn scan, one event"), "cpu")
    rows = [("cairn scan, starting and loading 832 rules taken off", median(runs["cairn scan, 832 rules"], "cpu") - start)]
    rows += [(name, median(done, "cpu")) for name, done in runs.items()]
    table(("work", "CPU seconds", "MB/s of JSON", "files/s"), [(name, f"{cpu:.3f}", f"{text / cpu / 1e6:,.0f}", f"{files / cpu:,.0f}") for name, cpu in rows])
    if arguments.has_duckdb:
        ratio = median(runs["DuckDB read_json, four fields"], "cpu") / rows[0][1]
        goals.add("… on the tree of real small files against DuckDB", "≥ 10x", f"{ratio:.1f}x", ratio >= 10)


def compare_rules(arguments, events, goals):
    """What matching costs an event. Loading rules is paid once, however many events there are: it is measured on one event and taken off."""
    counts = (1, 100, 1000, 5000)
    one = one_event(arguments)
    competitors = {}
    for count in counts:
        rules = only(arguments.work / f"rules-{count}")
        competitors[f"{count} rules"] = scan(arguments.corpus, *rules)
        competitors[f"{count} rules, one event"] = scan(one, *rules)
    runs = in_turns(competitors, arguments.rounds)
    load = {count: median(runs[f"{count} rules, one event"], "cpu") for count in counts}
    cpu = {count: median(runs[f"{count} rules"], "cpu") - load[count] for count in counts}
    added = {count: (cpu[count] - cpu[1]) / events * 1e6 for count in counts}
    print("## Rules, one thread\n")
    table(("rules", "loading, ms", "CPU seconds without loading", "events/s", "added µs per event"),
          [(f"{count:,}", f"{load[count] * 1e3:.0f}", f"{cpu[count]:.2f}", f"{events / cpu[count]:,.0f}", f"{added[count]:.2f}") for count in counts])
    for count, must in ((1000, 0.7), (5000, 1.0)):
        goals.add(f"rules, added µs per event at {count:,}", f"≤ {must}", f"{added[count]:.2f}", added[count] <= must)
    goals.add("slowdown from 100 to 5,000 rules", "≤ 1.5x", f"{cpu[5000] / cpu[100]:.2f}x", cpu[5000] / cpu[100] <= 1.5)


def compare_threads(arguments, goals):
    rules = only(arguments.work / "rules-832")
    runs = in_turns({f"{threads} threads": scan(arguments.corpus, *rules, threads=threads) for threads in (1, 2)}, arguments.rounds)
    seconds = {threads: median(runs[f"{threads} threads"], "seconds") for threads in (1, 2)}
    print("## Threads\n")
    table(("threads", "elapsed seconds", "peak resident MB"), [(threads, f"{seconds[threads]:.2f}", f"{median(runs[f'{threads} threads'], 'memory') / 1e6:.0f}") for threads in (1, 2)])
    ratio = seconds[1] / seconds[2]
    goals.add("two threads against one", "≥ 1.8x", f"{ratio:.2f}x", ratio >= 1.8)
    return median(runs["2 threads"], "memory")


def measure_memory(arguments, corpus_memory, goals):
    """Peak resident memory must not grow with the input: one large file, plain and compressed."""
    plain = arguments.work / "one-file.jsonl"
    if not plain.exists():
        listing = arguments.work / "memory-files"
        listing.write_bytes(b"\0".join(str(path).encode() for path in sorted(arguments.corpus.rglob("*.json.gz"))))
        subprocess.run(["bash", "-c", f"set -e; xargs -0 zcat < {listing} | jq -c '.Records[]' > {plain}.new; gzip -1 < {plain}.new > {plain}.gz; mv {plain}.new {plain}"], check=True)
    rules = only(arguments.work / "rules-832")
    rows, worst = [("the corpus, two threads", "", f"{corpus_memory / 2**20:.0f}")], corpus_memory
    for path in (plain, plain.with_name(plain.name + ".gz")):
        run = scan(path, *rules, threads=2)()
        rows.append((f"one file: {path.name}", megabytes(path.stat().st_size), f"{run.memory / 2**20:.0f}"))
        worst = max(worst, run.memory)
    print("## Memory\n")
    table(("input", "MB stored", "peak resident MiB"), rows)
    goals.add("resident memory, any input size", "≤ 64 MiB", f"{worst / 2**20:.0f} MiB", worst <= 64 * 2**20)


def measure_start(arguments, goals):
    runs = in_turns({"start": scan(one_event(arguments), threads=2)}, START_ROUNDS)["start"]
    milliseconds = median(runs, "seconds") * 1e3
    print(f"## Start\n\nA scan of one event with the built-in pack: {milliseconds:.1f} ms elapsed, the process's start and end included.\n")
    goals.add("start with the pack loaded", "≤ 20 ms", f"{milliseconds:.1f} ms", milliseconds <= 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    arguments.has_duckdb = (arguments.work / "peers/node_modules").is_dir() and shutil.which("node") is not None

    goals = Goals()
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    print(f"{os.cpu_count()} processors ({model}), medians of {arguments.rounds} alternating runs, files in the page cache.\n")
    _, events = compare_readers(arguments, goals)
    compare_small_files(arguments, goals)
    compare_rules(arguments, events, goals)
    memory = compare_threads(arguments, goals)
    measure_memory(arguments, memory, goals)
    measure_start(arguments, goals)
    print("## Goals\n")
    table(("goal", "must", "measured", "met"), goals.rows)


if __name__ == "__main__":
    main()
