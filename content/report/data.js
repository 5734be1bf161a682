// The data blocks (src/report/html_report.cc writes them) and what is worked out of them once.

function block(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

const report = block("cairn-report");
const attack = block("cairn-attack");
const { strings, clients: clientPairs } = block("cairn-strings");
const groups = block("cairn-groups");

// Looked up by texts from logs: "constructor" must not be found in them.
for (const table of [report.names, attack.tactics, attack.techniques]) Object.setPrototypeOf(table, null);

const kLevels = ["informational", "low", "medium", "high", "critical"];

// Places in the arrays of cairn-groups.
const G = { rule: 0, level: 1, key: 2, block: 3, windows: 4 };
const W = {
  id: 0,
  first: 1,
  seconds: 2,
  count: 3,
  failed: 4,
  accounts: 5,
  principals: 6,
  calls: 7,
  ips: 8,
  regions: 9,
  targets: 10,
  agents: 11,
  errors: 12,
  sessions: 13,
  keys: 14,
  deeds: 15,
  principalCount: 16,
  callCount: 17,
  ipCount: 18,
  targetCount: 19,
};
// Members of an event, after its time, offset and id.
const kEventTexts = [
  "event_source",
  "event_name",
  "region",
  "account",
  "principal",
  "session",
  "access_key",
  "source_ip",
  "user_agent",
  "error_code",
  "error_message",
  "target",
  "words",
  "folder",
  "file",
  "file_verdict",
];

/** A list in the data is 0 (empty), the number of its only text, or an array of numbers. */
function ids(list) {
  if (typeof list !== "number") return list;
  return list === 0 ? [] : [list];
}

const clientOf = new Map();
for (let i = 0; i < clientPairs.length; i += 2) clientOf.set(clientPairs[i], clientPairs[i + 1]);

const principalByKey = new Map(report.principals.map((principal) => [principal.key, principal]));
/** A principal as people say it: "user/alice". */
function nameOf(key) {
  return report.names[key] ?? principalByKey.get(key)?.name ?? key;
}

const riskOf = (key) => principalByKey.get(key)?.risk ?? 0;

report.rules.forEach((rule, index) => {
  rule.index = index;
  // Prose of rule files keeps the line ends of its file.
  for (const name of ["title", "description", "next"]) if (rule[name]) rule[name] = brief(rule[name].replace(/\s+/g, " ").trim(), name === "title" ? 200 : 2000);
  rule.groups = 0;
  rule.techniques = [];
  rule.tactics = [];
  for (const tag of rule.tags) {
    if (!/^attack\./i.test(tag)) continue;
    const name = tag.slice(7).toLowerCase().replaceAll("_", "-");
    if (/^t\d/.test(name)) rule.techniques.push(name.toUpperCase());
    else if (attack.tactics[name]) rule.tactics.push(name);
  }
});
for (const group of groups) report.rules[group[G.rule]].groups += 1;

function techniqueName(id) {
  const known = attack.techniques[id];
  if (!known) return id;
  const parent = id.includes(".") ? attack.techniques[id.split(".")[0]] : null;
  return parent ? `${parent[0]}: ${known[0]}` : known[0];
}

// Evidence: sample events, in blocks that are parsed when somebody wants to see one of them.
const evidenceBlocks = new Map();
function evidenceBlock(number) {
  if (!evidenceBlocks.has(number)) evidenceBlocks.set(number, block(`cairn-evidence-${number}`));
  return evidenceBlocks.get(number);
}

/** The sample events of a group: one list for each window. */
function evidenceOf(index) {
  const { first, groups: ofGroups, strings: texts } = evidenceBlock(groups[index][G.block]);
  return ofGroups[index - first].map((window) =>
    window.map((row) => {
      const event = { time: row[0], offset: row[1], event_id: row[2] };
      kEventTexts.forEach((name, at) => {
        const number = row[at + 3];
        event[name] = number < strings.length ? strings[number] : texts[number - strings.length];
      });
      event.file = event.folder + event.file;
      return event;
    }),
  );
}

/** The whole time that the report is about: events and findings. */
const wholePeriod = (() => {
  let first = report.events.first ?? Infinity;
  let last = report.events.last ?? -Infinity;
  for (const group of groups) {
    for (const window of group[G.windows]) {
      if (window[W.first] === null) continue;
      first = Math.min(first, window[W.first]);
      last = Math.max(last, window[W.first] + window[W.seconds]);
    }
  }
  return first <= last ? { first, last } : null;
})();
