#!/usr/bin/env bash
# Measures loading into the lake beside DuckDB's own read_json → COPY of the same columns, in turns, with two threads each.
#   bench/lake_bench.sh LOGS [ROUNDS]          prints a Markdown table
# Needs build/cairn, node, and DuckDB for it (bench/run_bench.sh fetches that into build/bench/peers).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

logs=$(realpath "${1:?name a folder of .json.gz logs}") rounds=${2:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/cairn-lake-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
export CAIRN_KEY_FILE=$work/key
peers=build/bench/peers
cp bench/peers/duckdb_load.mjs "$peers/"

# measure NAME COMMAND...: one line "NAME elapsed cpu peak_kilobytes".
measure() {
  local name=$1
  shift
  /usr/bin/time --format "$name %e %U %S %M" --output "$work/times" --append "$@" >/dev/null
}

for ((round = 1; round <= rounds; ++round)); do
  rm -rf "$work/lake" "$work/plain"
  build/cairn key init --lake "$work/lake" >/dev/null
  measure cairn build/cairn load "$logs" --lake "$work/lake" --threads 2 --quiet
  measure cairn-plain build/cairn load "$logs" --lake "$work/plain" --plain --threads 2 --quiet
  (cd "$peers" && measure duckdb node duckdb_load.mjs "$logs/**/*.json.gz" 2 "$work/without.parquet")
  (cd "$peers" && measure duckdb-raw node duckdb_load.mjs "$logs/**/*.json.gz" 2 "$work/with.parquet" raw)
done

stored() { find "$@" -type f -printf '%s\n' | awk '{sum += $1} END {print sum}'; }
gz=$(stored "$logs")
echo "| load | elapsed | CPU | peak memory | size against gzip |"
echo "|---|---|---|---|---|"
row() {
  local name=$1 words=$2 size=$3
  grep "^$name " "$work/times" | sort -k2 -n | awk -v words="$words" -v size="$size" -v gz="$gz" -v rounds="$rounds" \
    'NR == int((rounds + 1) / 2) {printf "| %s | %.1f s | %.1f s | %.0f MiB | %.2f |\n", words, $2, $3 + $4, $5 / 1024, size / gz}'
}
row cairn "cairn load, encrypted, sorted, with raw" "$(stored "$work/lake/events")"
row cairn-plain "cairn load --plain" "$(stored "$work/plain/events")"
row duckdb "DuckDB read_json → COPY, without raw" "$(stored "$work/without.parquet")"
row duckdb-raw "the same with the record as JSON" "$(stored "$work/with.parquet")"
