#!/usr/bin/env bash
# Joins changelog/unreleased/*.md into a section, by kind.
#   tools/make_changelog.sh                prints the section of the coming release
#   tools/make_changelog.sh 1.2.0 DATE     puts it into CHANGELOG.md and removes the fragments
# A fragment is one sentence in a file named after its kind: added-…, changed-…, fixed-…, removed-….
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

section() {
  local title=$1 kind fragment fragments
  printf '## %s\n' "$title"
  for kind in added changed fixed removed; do
    fragments=(changelog/unreleased/"$kind"-*.md)
    [[ -e ${fragments[0]} ]] || continue
    printf '\n### %s\n\n' "${kind^}"
    for fragment in "${fragments[@]}"; do
      # Line breaks inside a fragment are only layout.
      printf -- '- %s\n' "$(tr '\n' ' ' <"$fragment" | sed 's/ *$//')"
    done
  done
}

for fragment in changelog/unreleased/*.md; do
  [[ -e $fragment ]] || break
  [[ $fragment =~ /(added|changed|fixed|removed)-[a-z0-9-]+\.md$ ]] || {
    printf 'make_changelog: %s: expected added-, changed-, fixed- or removed- and a few words\n' "$fragment" >&2
    exit 1
  }
done

if [[ $# -eq 0 ]]; then
  section Unreleased
elif [[ $# -eq 2 ]]; then
  section "$1 ($2)" >changelog/section.tmp
  # The newest release stands first, below the marker line.
  sed -i -e '/^<!-- releases -->$/{' -e 'a\' -e '' -e 'r changelog/section.tmp' -e '}' CHANGELOG.md
  rm -f changelog/section.tmp changelog/unreleased/*.md
else
  printf 'usage: tools/make_changelog.sh [VERSION DATE]\n' >&2
  exit 2
fi
