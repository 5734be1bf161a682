// The ATT&CK matrix: tactics as columns, techniques of the rules in them.

let wholeMatrix = null; // also techniques without findings; null: as the width allows

/** Technique → what the loaded rules have of it: rules, blind rules, groups shown, worst level. */
function techniquesOf(result) {
  const found = new Map();
  for (const rule of report.rules) {
    for (const id of rule.techniques) {
      let entry = found.get(id);
      if (!entry) found.set(id, (entry = { id, rules: 0, blind: 0, groups: 0, worst: 0, tactics: new Set() }));
      entry.rules += 1;
      if (rule.blind) entry.blind += 1;
      const shown = result.ofRule[rule.index];
      entry.groups += shown;
      if (shown > 0) entry.worst = Math.max(entry.worst, rule.level);
      const known = attack.techniques[id];
      for (const tactic of known ? known[1].split(" ").filter((name) => rule.tactics.includes(name) || rule.tactics.length === 0) : rule.tactics) entry.tactics.add(tactic);
      // A tag names a technique whose own tactics it does not: the technique's then stand.
      if (entry.tactics.size === 0 && known) known[1].split(" ").forEach((tactic) => entry.tactics.add(tactic));
    }
  }
  return [...found.values()];
}

function drawAttack(result) {
  const section = byId("attack");
  const techniques = techniquesOf(result);
  if (techniques.length === 0) {
    section.hidden = true;
    return;
  }
  const all = wholeMatrix ?? innerWidth >= 1000;
  const hit = techniques.filter((entry) => entry.groups > 0);
  const remark = `${plural(hit.length, "technique")} ${isFiltered() ? "in what is shown" : "seen"}, of ${count(techniques.length)} that the rules know. ${count(techniques.filter((t) => t.rules === t.blind).length)} could not have been seen in these logs.`;
  const tactics = Object.keys(attack.tactics).filter((tactic) => techniques.some((entry) => entry.tactics.has(tactic) && (all || entry.groups > 0)));
  const column = (tactic) => {
    const cells = techniques.filter((entry) => entry.tactics.has(tactic) && (all || entry.groups > 0)).sort((a, b) => (b.groups > 0) - (a.groups > 0) || b.worst - a.worst || b.groups - a.groups || (a.id < b.id ? -1 : 1));
    return h("li", { class: "tactic" }, h("h3", {}, attack.tactics[tactic]), h("ul", {}, cells.map(cell)));
  };
  const everything = h("input", { type: "checkbox", id: "matrix-all", onChange: (event) => matrixWanted(event.target.checked, result) });
  everything.checked = all;
  section.replaceChildren(
    heading("attack", "MITRE ATT&CK", remark),
    h("label", { class: "check" }, everything, " also techniques without a finding"),
    tactics.length > 0 ? h("ul", { class: "matrix", style: { "--tactics": String(tactics.length) } }, tactics.map(column)) : h("p", { class: "nothing" }, "No technique in what is shown."),
  );
}

function matrixWanted(all, result) {
  wholeMatrix = all;
  drawAttack(result);
  byId("matrix-all").focus();
}

function cell(entry) {
  const blind = entry.rules === entry.blind;
  const short = attack.techniques[entry.id]?.[0] ?? entry.id;
  const kind = entry.groups > 0 ? `hit ${kLevels[entry.worst]}` : blind ? "blind" : "quiet";
  const says = entry.groups > 0 ? plural(entry.groups, "finding") : blind ? "could not be seen" : "nothing found";
  const inside = [h("span", { class: "technique" }, short), h("span", { class: "technique-facts" }, h("span", {}, data(entry.id)), entry.groups > 0 ? h("span", { class: "n" }, mark(entry.worst), count(entry.groups)) : null, h("span", { class: "unseen" }, `, ${says}`))];
  const title = `${entry.id} ${techniqueName(entry.id)}: ${says}, ${plural(entry.rules, "rule")}${entry.blind > 0 ? `, ${count(entry.blind)} blind` : ""}`;
  if (entry.groups === 0 && !state.technique.has(entry.id)) return h("li", { class: `cell ${kind}`, title }, inside);
  return h("li", { class: `cell ${kind}` }, h("button", { type: "button", title, "aria-pressed": String(state.technique.has(entry.id)), onClick: () => toggle("technique", entry.id) }, inside));
}
