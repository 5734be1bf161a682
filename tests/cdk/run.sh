#!/usr/bin/env bash
# Reads the template inside Cairn with aws-cdk-lib's CfnInclude, or says why it was skipped (exit code 77).
#   tests/cdk/run.sh FOLDER CAIRN     FOLDER keeps node_modules and what was made
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
cairn=$2
skip() {
  printf 'skipped: %s\n' "$*"
  exit 77
}
command -v node >/dev/null || skip "node is not installed (apt-get install nodejs)"
command -v npm >/dev/null || skip "npm is not installed (apt-get install npm)"
mkdir -p "$folder"
if ! cmp -s "$here/package-lock.json" "$folder/package-lock.json" || [[ ! -e $folder/node_modules/.package-lock.json ]]; then
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || {
    rm -rf "$folder/node_modules"
    skip "npm could not fetch aws-cdk-lib (see $folder/npm.log)"
  }
fi
cp "$here"/*.mjs "$folder/"
"$cairn" template builtin >"$folder/security.yaml"
"$cairn" template check "$folder/security.yaml" --json >"$folder/check.json"
exec node "$folder/cdk_test.mjs" "$folder"
