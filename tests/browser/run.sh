#!/usr/bin/env bash
# Runs a browser test, or says why it was skipped (exit code 77).
#   tests/browser/run.sh TEST FOLDER CAIRN …     TEST: report_test or dashboard_test, with what its first lines name
#                                                FOLDER keeps node_modules and what was made
# Chromium comes from Debian; playwright-core and axe-core from npm, pinned by the lock file.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
test=$1
folder=$2
shift 2
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}
command -v chromium >/dev/null || skip "chromium is not installed (apt-get install chromium)"
command -v node >/dev/null || skip "node is not installed (apt-get install nodejs)"
command -v npm >/dev/null || skip "npm is not installed (apt-get install npm)"
mkdir -p "$folder"
if ! cmp -s "$here/package-lock.json" "$folder/package-lock.json" || [[ ! -e $folder/node_modules/.package-lock.json ]]; then
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  # --ignore-scripts: no browser is fetched, Debian's is used.
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
    rm -rf "$folder/node_modules"
    skip "npm could not fetch playwright-core and axe-core (see $folder/npm.log)"
  }
fi
cp "$here"/*.mjs "$here"/*.yaml "$folder/"
exec node "$folder/$test.mjs" "$folder" "$@"
