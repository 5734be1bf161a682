#!/usr/bin/env bash
# What asking who did it costs a scan, and whether it stays in memory.
#   bench/identity.sh CAIRN FOLDER...     prints a Markdown table
# Processor seconds of one thread, the least of five runs in turns: a shared machine only adds. The pack is the built-in one.
set -euo pipefail
cairn=${1:?usage: bench/identity.sh CAIRN FOLDER...}
shift
cost() {
  { /usr/bin/time -f 'cost %U %S' "$cairn" scan "$@" --quiet --threads 1 >/dev/null || true; } 2>&1 | awk '/^cost/ { print $2 + $3 }'
}
less() { awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b < a) ? b : a }'; }
peak() {
  { /usr/bin/time -f 'peak %M' "$cairn" scan "$@" --quiet >/dev/null || true; } 2>&1 | awk '/^peak/ { printf "%d MiB", $2 / 1024 }'
}
printf '| logs | sessions | seconds without | with | more | with a page | more | peak memory |\n|---|---|---|---|---|---|---|---|\n'
page=$(mktemp --suffix .html)
trap 'rm -f "$page"' EXIT
for logs; do
  sessions=$("$cairn" sessions "$logs" --quiet --csv --columns events | tail -n +2 | wc -l)
  without='' with='' written=''
  for _ in 1 2 3 4 5; do
    without=$(less "$without" "$(cost "$logs" --no-incidents)")
    with=$(less "$with" "$(cost "$logs")")
    written=$(less "$written" "$(cost "$logs" --html "$page")")
  done
  awk -v logs="$(basename "$logs")" -v n="$sessions" -v a="$without" -v b="$with" -v c="$written" -v m="$(peak "$logs")" \
    'BEGIN { printf "| %s | %d | %.2f | %.2f | %.1f %% | %.2f | %.1f %% | %s |\n", logs, n, a, b, 100 * (b - a) / a, c, 100 * (c - a) / a, m }'
done
