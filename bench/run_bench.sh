#!/usr/bin/env bash
# Measures Cairn beside its peers; `./run bench` calls it after building build/cairn and the benchmark programs.
#   bench/run_bench.sh [--rounds N] [--events N | --corpus FOLDER]        prints Markdown tables
# --corpus measures any folder of .json.gz logs instead of a simulated one.
# Prepares what is compared in build/bench/ (kept for the next time), then bench/measure.py runs everything in turns.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=5 events=700000 logs=
while [[ $# -gt 0 ]]; do
  case $1 in
    --rounds) rounds=${2:?} ;;
    --events) events=${2:?} ;;
    --corpus) logs=$(realpath "${2:?}") ;;
    *)
      printf 'run_bench: unknown argument "%s"\n' "$1" >&2
      exit 2
      ;;
  esac
  shift 2
done
say() { printf '%s\n' "$*" >&2; }
work=build/bench
mkdir -p "$work"

# The corpus: an organisation's month, so that file sizes, compression and event kinds vary as they do in an account.
corpus=$work/corpus-$events
if [[ -z $logs && ! -e $corpus/simulation.json ]]; then
  say "Simulating about $events events in $corpus"
  rm -rf "$corpus"
  build/cairn simulate "$corpus" --seed 1 --size medium --length 14d --events "$events" --attack all --quiet
fi

# Rules: 832 is the size of the largest public set for CloudTrail.
for count in 1 100 832 1000 5000; do
  [[ -e $work/rules-$count/rule-00000.yml && $work/rules-$count -nt bench/generate_rules.py ]] ||
    python3 bench/generate_rules.py "$count" "$work/rules-$count"
done

[[ -e $work/rules-832-noisy/rule-00000.yml && $work/rules-832-noisy -nt bench/generate_rules.py ]] ||
  python3 bench/generate_rules.py 832 "$work/rules-832-noisy" --noisy

# DuckDB comes from npm, pinned by its lock file.
if command -v npm >/dev/null; then
  mkdir -p "$work/peers"
  if ! cmp -s bench/peers/package-lock.json "$work/peers/package-lock.json" || [[ ! -e $work/peers/node_modules ]]; then
    cp bench/peers/package.json bench/peers/package-lock.json "$work/peers/"
    say "Fetching DuckDB from npm"
    (cd "$work/peers" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
      say "npm could not fetch DuckDB (see $work/peers/npm.log): it is left out"
      rm -rf "$work/peers/node_modules"
    }
  fi
  cp bench/peers/duckdb.mjs "$work/peers/"
else
  say "npm is not installed: DuckDB is left out (apt-get install npm)"
fi

python3 bench/measure.py --work "$work" --corpus "${logs:-$corpus/AWSLogs}" --rounds "$rounds"
