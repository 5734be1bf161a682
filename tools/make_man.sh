#!/usr/bin/env bash
# Makes the manual pages from docs/reference: one source for the web, `cairn help` and man.
#   tools/make_man.sh VERSION FOLDER
# Commands become section 1 (cairn-scan), topics section 7 (cairn-findings); docs/reference/cairn.md is cairn(1). Needs lowdown.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=${1:?version} out=${2:?folder}
mkdir -p "$out"
# The date of the pages is that of the sources, so that the same sources make the same bytes.
date=$(git log -1 --format=%cs -- docs/reference 2>/dev/null || true)
for page in docs/reference/*.md; do
  topic=$(basename "$page" .md)
  title=$(head -n 1 "$page" | sed 's/^# *//' | tr -d '`')
  name=cairn-$topic section=7
  [[ $title == "cairn $topic"* ]] && section=1
  [[ $topic == cairn ]] && name=cairn section=1
  # NAME wants one sentence: the page's first paragraph up to its first full stop, without markup.
  sentence=$(awk 'NR > 1 && NF { text = text " " $0; next } NR > 2 && text { exit } END { print text }' "$page" |
    sed 's/^ *//; s/[`*]//g; s/\[\([^]]*\)\]([^)]*)/\1/g; s/\. .*$//; s/\.$//')
  {
    printf '## NAME\n\n%s - %s\n\n## DESCRIPTION\n\n' "$name" "$sentence"
    # Links lead to pages of this manual.
    tail -n +2 "$page" | sed -E 's/\[([^]]*)\]\(([a-z-]+)\.md(#[a-z-]*)?\)/\1 (cairn-\2)/g; s/\[([^]]*)\]\([^)]*\)/\1/g'
  } | lowdown -s -Tman -M title="${name^^}" -M section="$section" -M date="$date" -M source="cairn $version" -o "$out/$name.$section"
done
