#!/usr/bin/env python3
"""Questions to a lake beside DuckDB on the same Parquet files, unencrypted. Prints Markdown tables.

    python3 bench/lake_queries.py LOGS [--work FOLDER] [--rounds N]     after ./run build and ./run bench (which fetches DuckDB)

Loads LOGS into an encrypted lake and a plain one in the work folder, which stay there and are used again. DuckDB reads the plain lake's
files. Every question is asked of a new process each time, in turns; what counts is the time of the statement, with two threads, files in the
page cache: DuckDB's by its own clock, Cairn's as the process's time without that of one that asks `SELECT 1`. First rows are counted from the
start of the process.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
SEED = (
    "SELECT eventTime, userIdentity.arn, errorMessage FROM cloudtrail_logs WHERE eventName = 'ConsoleLogin' AND errorMessage IS NOT NULL",
    "SELECT eventTime, userIdentity.arn, eventName, requestParameters FROM cloudtrail_logs WHERE eventName LIKE '%Policy%' OR eventName LIKE '%Role%'",
)


def questions(event, key, address, day, next_day):
    return {
        "count(*)": "SELECT count(*) FROM cloudtrail_logs",
        "failed sign-ins (the seed's first)": SEED[0],
        "policies and roles (the seed's second), counted": f"SELECT count(eventtime), count(arn), count(requestparameters) FROM ({SEED[1]})",
        "the most frequent event names": "SELECT eventname, count(*) FROM cloudtrail_logs GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
        "errors by hour": "SELECT substr(eventtime, 1, 13), count(*) FROM cloudtrail_logs WHERE errorcode IS NOT NULL GROUP BY 1 ORDER BY 1",
        "a day by name and source": f"SELECT eventname, eventsource, count(*) FROM cloudtrail_logs WHERE eventtime >= '{day}' AND eventtime < '{next_day}' GROUP BY 1, 2",
        "look-up: an event id": f"SELECT eventname, requestparameters FROM cloudtrail_logs WHERE eventid = '{event}'",
        "look-up: an access key": f"SELECT eventtime, eventname FROM cloudtrail_logs WHERE useridentity.accesskeyid = '{key}'",
        "look-up: an address": f"SELECT eventtime, eventname FROM cloudtrail_logs WHERE sourceipaddress = '{address}'",
        "look-up: an id that is not there": "SELECT eventname FROM cloudtrail_logs WHERE eventid = '00000000-0000-0000-0000-000000000000'",
    }


class Bench:
    def __init__(self, logs, work, cairn, peers):
        self.work, self.cairn, self.peers = work, cairn, peers
        self.env = dict(os.environ, CAIRN_KEY_FILE=str(work / "key"))
        self.lakes = {"encrypted": work / "encrypted", "plain": work / "plain"}
        for name, lake in self.lakes.items():
            if (lake / "catalog.db").exists():
                continue
            if name == "encrypted":
                self.run("key", "init", "--lake", lake)
            self.run("load", logs, "--lake", lake, "--threads", "2", "--quiet", *(["--plain"] if name == "plain" else []))

        self.start = {lake: median(self.elapsed(lake, "SELECT 1") for _ in range(9)) for lake in self.lakes}

    def run(self, *arguments):
        done = subprocess.run([self.cairn, *map(str, arguments)], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"cairn {arguments[0]} failed: {done.stderr}")
        return done

    def ask(self, lake, sql, *more):
        return self.run("sql", "--lake", self.lakes[lake], "--threads", "2", *more, sql)

    def elapsed(self, lake, sql):
        begin = time.monotonic()
        subprocess.run([self.cairn, "sql", "--lake", self.lakes[lake], "--threads", "2", "--format", "csv", sql], env=self.env, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - begin

    def seconds(self, lake, sql):
        """Seconds of a statement: the process, without what one takes that asks nothing of the files."""
        return self.elapsed(lake, sql) - self.start[lake]

    def duckdb(self, sql):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump([sql], file)
            file.flush()
            pattern = str(self.lakes["plain"] / "events/**/*.parquet")
            done = subprocess.run(["node", "duckdb_queries.mjs", pattern, "2", file.name], cwd=self.peers, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                sys.exit(f"DuckDB failed: {done.stderr}")
            return json.loads(done.stdout)[0]

    def first_row(self, lake, sql):
        """Seconds from the start of the process to its first row of a table."""
        begin = time.monotonic()
        with subprocess.Popen([self.cairn, "sql", "--lake", self.lakes[lake], "--threads", "2", sql], env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            seen = b""
            while seen.count(b"\n") < 2:
                seen += (more := os.read(process.stdout.fileno(), 65536))
                if not more:
                    break  # an answer without rows: its end
            return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path)
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench/lake-queries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cairn", type=Path, default=ROOT / "build/cairn")
    parser.add_argument("--peers", type=Path, default=ROOT / "build/bench/peers", help="a folder with DuckDB for node in node_modules")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    (arguments.peers / "duckdb_queries.mjs").write_bytes((ROOT / "bench/peers/duckdb_queries.mjs").read_bytes())
    bench = Bench(arguments.logs, arguments.work, arguments.cairn.resolve(), arguments.peers.resolve())

    rare = "SELECT max(eventid), {0} FROM cloudtrail_logs WHERE {0} IS NOT NULL GROUP BY {0} HAVING count(*) BETWEEN 5 AND 500 ORDER BY count(*), {0} LIMIT 1"
    cell = lambda column: bench.ask("plain", rare.format(column), "--format", "csv").stdout.splitlines()[1].split(",")
    event, key = cell("useridentity.accesskeyid")
    _, address = cell("sourceipaddress")
    middle = "SELECT CAST(d AS VARCHAR) || ',' || CAST(d + 1 AS VARCHAR) FROM (SELECT CAST(approx_percentile(eventtime_ts, 0.5) AS DATE) AS d FROM cloudtrail_logs)"
    day, next_day = bench.ask("plain", middle, "--format", "csv").stdout.splitlines()[1].strip('"').split(",")
    print("| question | rows | encrypted lake | plain lake | DuckDB on its files | encrypted against DuckDB |\n|---|---:|---:|---:|---:|---:|")
    for name, sql in questions(event, key, address, day, next_day).items():
        rows = bench.ask("encrypted", sql, "--format", "csv").stdout.count("\n") - 1
        times = {"encrypted": [], "plain": [], "duckdb": []}
        for _ in range(arguments.rounds):
            times["encrypted"].append(bench.seconds("encrypted", sql))
            times["plain"].append(bench.seconds("plain", sql))
            times["duckdb"].append(bench.duckdb(sql))
        ours, plain, theirs = (median(times[who]) for who in ("encrypted", "plain", "duckdb"))
        print(f"| {name} | {rows:,} | {ours:.3f} s | {plain:.3f} s | {theirs:.3f} s | {ours / theirs:.2f} |", flush=True)
    print("\nStarting (`SELECT 1`): " + ", ".join(f"{lake} {seconds:.3f} s" for lake, seconds in bench.start.items()))
    print("\n| first row of a table, from the start of the process | encrypted | plain |\n|---|---:|---:|")
    for name, sql in zip(("the seed's first", "the seed's second"), SEED):
        firsts = [median(bench.first_row(lake, sql) for _ in range(arguments.rounds)) for lake in ("encrypted", "plain")]
        print(f"| {name} | {firsts[0]:.2f} s | {firsts[1]:.2f} s |", flush=True)


if __name__ == "__main__":
    main()
