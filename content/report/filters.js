// What the reader wants to see: kept in the URL's fragment, so that a link shows the same.

const kSets = ["level", "rule", "who", "account", "region", "technique", "ip"];
const kSorts = ["worst", "newest", "oldest", "calls"];

const state = { q: "", from: null, to: null, axisFrom: null, axisTo: null, sort: "worst", page: 1, open: "" };
for (const name of kSets) state[name] = new Set();

function readFragment() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  state.q = fragment.get("q") ?? "";
  for (const name of kSets) state[name] = new Set(fragment.getAll(name).filter((value) => value !== ""));
  state.from = parseTime(fragment.get("from") ?? "");
  state.to = parseTime(fragment.get("to") ?? "");
  state.axisFrom = parseTime(fragment.get("axis-from") ?? "");
  state.axisTo = parseTime(fragment.get("axis-to") ?? "");
  if (state.axisFrom === null || state.axisTo === null || state.axisFrom >= state.axisTo)
    state.axisFrom = state.axisTo = null;
  state.sort = kSorts.includes(fragment.get("sort")) ? fragment.get("sort") : "worst";
  state.page = Math.max(1, Number.parseInt(fragment.get("page") ?? "1", 10) || 1);
  state.open = fragment.get("open") ?? "";
}

function fragmentOf() {
  const fragment = new URLSearchParams();
  if (state.q) fragment.set("q", state.q);
  for (const name of kSets) for (const value of state[name]) fragment.append(name, value);
  if (state.from !== null) fragment.set("from", iso(state.from));
  if (state.to !== null) fragment.set("to", iso(state.to));
  if (state.axisFrom !== null) {
    fragment.set("axis-from", iso(state.axisFrom));
    fragment.set("axis-to", iso(state.axisTo));
  }
  if (state.sort !== "worst") fragment.set("sort", state.sort);
  if (state.page !== 1) fragment.set("page", String(state.page));
  if (state.open) fragment.set("open", state.open);
  return fragment.toString();
}

/** Writes the state into the address; `step` makes it a step that the Back button returns from. */
function writeFragment(step) {
  const fragment = fragmentOf();
  if (fragment === location.hash.slice(1)) return;
  const address = fragment ? `#${fragment}` : location.pathname + location.search;
  try {
    history[step ? "pushState" : "replaceState"](null, "", address);
  } catch {
    location.hash = fragment; // some browsers keep files out of history
  }
}

function isFiltered() {
  return state.q !== "" || state.from !== null || state.to !== null || kSets.some((name) => state[name].size > 0);
}

// --- search

let lowerStrings = null;
let lowerRules = null;
const searches = new Map(); // term → what it hits; a few, since people type

/** Splits at blanks; "two words" stay together. */
function termsOf(query) {
  return [...query.toLowerCase().matchAll(/"([^"]*)"?|(\S+)/g)].map((m) => m[1] ?? m[2]).filter((term) => term !== "");
}

function searchFor(term) {
  if (searches.has(term)) return searches.get(term);
  lowerStrings ??= strings.map((text) => text.toLowerCase());
  lowerRules ??= report.rules.map((rule) =>
    [rule.code, rule.title, kLevels[rule.level], rule.description ?? "", rule.tags.join(" "), (rule.frameworks ?? []).join(" ")]
      .concat(rule.techniques.map(techniqueName))
      .join("\n")
      .toLowerCase(),
  );
  const hits = {
    strings: Uint8Array.from(lowerStrings, (text) => (text.includes(term) ? 1 : 0)),
    rules: lowerRules.map((text) => text.includes(term)),
    groups: term.length >= 3 ? searchEvidence(term) : new Set(),
    term,
  };
  if (searches.size > 20) searches.clear();
  searches.set(term, hits);
  return hits;
}

/** Groups whose sample events say the term where their group does not: event ids, files, messages. */
function searchEvidence(term) {
  const found = new Set();
  // Blocks are searched as text first; few of them need to be parsed.
  const written = JSON.stringify(term)
    .slice(1, -1)
    .replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  for (let number = 0; ; number += 1) {
    const element = document.getElementById(`cairn-evidence-${number}`);
    if (!element) return found;
    if (!element.textContent.toLowerCase().includes(written)) continue;
    const { first, groups: ofGroups, strings: texts } = evidenceBlock(number);
    const hit = texts.map((text) => text.toLowerCase().includes(term));
    ofGroups.forEach((windows, at) => {
      // Texts that groups have, too, are found there.
      const says = (row) => row[2].toLowerCase().includes(term) || row.some((cell, i) => i > 2 && hit[cell - strings.length]);
      if (windows.some((window) => window.some(says))) found.add(first + at);
    });
  }
}

function listHits(list, hit) {
  return typeof list === "number" ? hit[list] === 1 : list.some((id) => hit[id] === 1);
}

const kSearched = [W.principals, W.ips, W.accounts, W.calls, W.targets, W.agents, W.errors, W.sessions, W.keys, W.regions, W.deeds];

function windowSays(hits, index, group, window) {
  if (hits.rules[group[G.rule]] || hits.strings[group[G.key]] || hits.groups.has(index)) return true;
  if (window[W.id].toLowerCase().includes(hits.term)) return true;
  return kSearched.some((at) => listHits(window[at], hits.strings));
}

// --- filtering

let numberOf = null;
/** Numbers of texts, for comparing with lists in the data. */
function numbers(values) {
  numberOf ??= new Map(strings.map((text, number) => [text, number]));
  return new Set([...values].map((value) => numberOf.get(value) ?? -1));
}
function meets(list, wanted) {
  return typeof list === "number" ? wanted.has(list) : list.some((id) => wanted.has(id));
}
function isTechnique(wanted, technique) {
  return wanted === technique || technique.startsWith(`${wanted}.`);
}

/** What is left after filtering: groups with their remaining windows, and counts for every other part of the page. */
function applyFilters() {
  const terms = termsOf(state.q).map(searchFor);
  const rules = report.rules.map(
    (rule) =>
      (state.rule.size === 0 || state.rule.has(rule.code)) &&
      (state.technique.size === 0 ||
        [...state.technique].some((wanted) => rule.techniques.some((technique) => isTechnique(wanted, technique)))),
  );
  const lists = [
    [W.principals, state.who],
    [W.accounts, state.account],
    [W.regions, state.region],
    [W.ips, state.ip],
  ]
    .filter(([, values]) => values.size > 0)
    .map(([at, values]) => [at, numbers(values)]);

  const found = [];
  const spans = kLevels.map(() => []); // per level: first, last, count, first, …; whatever the time filter
  for (let index = 0; index < groups.length; index += 1) {
    const group = groups[index];
    if (!rules[group[G.rule]]) continue;
    if (state.level.size > 0 && !state.level.has(kLevels[group[G.level]])) continue;
    let entry = null;
    for (const window of group[G.windows]) {
      if (!lists.every(([at, wanted]) => meets(window[at], wanted))) continue;
      if (!terms.every((hits) => windowSays(hits, index, group, window))) continue;
      const first = window[W.first];
      const last = first === null ? null : first + window[W.seconds];
      if (first !== null) spans[group[G.level]].push(first, last, window[W.count]);
      if (state.from !== null && (first === null || last < state.from)) continue;
      if (state.to !== null && (first === null || first > state.to)) continue;
      if (entry === null) {
        entry = { index, group, windows: [], count: 0, failed: 0, first, last };
        found.push(entry);
      }
      entry.windows.push(window);
      entry.count += window[W.count];
      entry.failed += window[W.failed];
      if (first !== null && (entry.first === null || first < entry.first)) entry.first = first;
      if (last !== null && (entry.last === null || last > entry.last)) entry.last = last;
    }
  }
  return { found: sorted(found), spans, ...countValues(found) };
}

function sorted(found) {
  const late = (seconds, otherwise) => (seconds === null ? otherwise : seconds);
  if (state.sort === "newest") return found.sort((a, b) => late(b.last, -Infinity) - late(a.last, -Infinity) || a.index - b.index);
  if (state.sort === "oldest") return found.sort((a, b) => late(a.first, Infinity) - late(b.first, Infinity) || a.index - b.index);
  if (state.sort === "calls") return found.sort((a, b) => b.count - a.count || a.index - b.index);
  return found;
}

/** Groups by value of each filter; a group counts once for each of its values. */
function countValues(found) {
  const levels = kLevels.map(() => 0);
  const ofRule = report.rules.map(() => 0);
  const tally = () => ({ groups: new Map(), seen: new Map() });
  const kinds = { who: W.principals, account: W.accounts, region: W.regions, ip: W.ips };
  const counted = {};
  for (const [name, at] of Object.entries(kinds)) {
    const { groups: perValue, seen } = tally();
    found.forEach((entry, order) => {
      const level = entry.group[G.level];
      for (const window of entry.windows) {
        const list = window[at];
        for (const id of typeof list === "number" ? [list] : list) {
          if (id === 0) continue;
          let value = perValue.get(id);
          if (value === undefined) perValue.set(id, (value = { groups: 0, calls: 0, worst: 0, levels: [0, 0, 0, 0, 0] }));
          value.calls += window[W.count];
          if (seen.get(id) === order) continue;
          seen.set(id, order);
          value.groups += 1;
          value.levels[level] += 1;
          value.worst = Math.max(value.worst, level);
        }
      }
    });
    counted[name] = perValue;
  }
  for (const entry of found) {
    levels[entry.group[G.level]] += 1;
    ofRule[entry.group[G.rule]] += 1;
  }
  return { levels, ofRule, counted };
}
