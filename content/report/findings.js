// The findings: filters above, a page of rows, and the evidence of each one click away.

const kPageSize = 50;
const kPrintedRows = 400;
const kOptionsShown = 300;
const kEventsShown = 25;
const kListShown = 12;

let printing = false;

// --- filters

const kFilterNames = { rule: "Rule", who: "Principal", account: "Account", region: "Region", technique: "Technique" };

function buildFilters() {
  const search = h("input", { type: "search", id: "search", placeholder: "Search names, addresses, words, event ids …", autocomplete: "off", spellcheck: "false", "aria-label": "Search", "aria-keyshortcuts": "/" });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => change({ q: search.value.trim() }), 150);
  });
  const select = (name) =>
    h("label", { class: "pick" }, h("span", {}, kFilterNames[name]), h("select", { id: `pick-${name}`, onChange: (event) => pick(name, event.target) }));
  const sort = h(
    "select",
    { id: "sort", onChange: (event) => change({ sort: event.target.value }) },
    [
      ["worst", "Worst first"],
      ["newest", "Newest first"],
      ["oldest", "Oldest first"],
      ["calls", "Most calls first"],
    ].map(([value, text]) => h("option", { value }, text)),
  );
  byId("filters").replaceChildren(
    h("div", { class: "filter-row" }, search, h("div", { class: "levels", id: "levels", role: "group", "aria-label": "Levels" })),
    h("div", { class: "filter-row picks" }, Object.keys(kFilterNames).map(select), h("label", { class: "pick" }, h("span", {}, "Order"), sort)),
    h("div", { class: "chips", id: "chips" }),
  );
}

function pick(name, select) {
  const value = select.value;
  select.selectedIndex = 0;
  if (value !== "") add(name, value);
}

function optionsOf(name, result) {
  if (name === "rule")
    return report.rules.map((rule) => [rule.code, `${rule.code}  ${rule.title}`, result.ofRule[rule.index]]).filter(([, , n]) => n > 0);
  if (name === "technique") {
    const found = new Map();
    for (const rule of report.rules) {
      const n = result.ofRule[rule.index];
      if (n > 0) for (const id of rule.techniques) found.set(id, (found.get(id) ?? 0) + n);
    }
    return [...found].map(([id, n]) => [id, `${id}  ${techniqueName(id)}`, n]);
  }
  return [...result.counted[name]].map(([id, value]) => [strings[id], name === "who" ? whoText(strings[id]) : strings[id], value.groups]);
}
function whoText(key) {
  const account = principalByKey.get(key)?.account;
  return report.events.accounts.length > 1 && account ? `${nameOf(key)}  ${account}` : nameOf(key);
}

function drawFilters(result) {
  const search = byId("search");
  if (document.activeElement !== search && search.value !== state.q) search.value = state.q;
  byId("sort").value = state.sort;
  for (const name of Object.keys(kFilterNames)) {
    const options = optionsOf(name, result)
      .filter(([value]) => !state[name].has(value))
      .sort((a, b) => b[2] - a[2] || (a[1] < b[1] ? -1 : 1))
      .slice(0, kOptionsShown);
    byId(`pick-${name}`).replaceChildren(
      h("option", { value: "" }, state[name].size > 0 ? "or …" : "any"),
      ...options.map(([value, text, n]) => h("option", { value: value }, `${brief(text, 70)}  (${count(n)})`)),
    );
  }
  const focused = document.activeElement?.dataset?.level;
  byId("levels").replaceChildren(
    ...[4, 3, 2, 1, 0]
      .filter((level) => result.levels[level] > 0 || state.level.has(kLevels[level]) || groups.some((group) => group[G.level] === level))
      .map((level) =>
        h(
          "button",
          { type: "button", class: `level ${kLevels[level]}`, "data-level": kLevels[level], "aria-pressed": String(state.level.has(kLevels[level])), onClick: () => toggle("level", kLevels[level]) },
          mark(level),
          h("span", { class: "n" }, count(result.levels[level])),
          " ",
          kLevels[level],
        ),
      ),
  );
  if (focused) byId("levels").querySelector(`[data-level="${focused}"]`)?.focus();
  drawChips();
}

function drawChips() {
  const chip = (text, name, remove) =>
    button([h("span", { class: "kind" }, `${name} `), data(brief(text, 60)), h("span", { class: "cross", "aria-hidden": "true" }, " ×")], remove, { class: "chip", "aria-label": `Remove filter: ${name} ${text}` });
  const chips = [];
  if (state.q) chips.push(chip(state.q, "search", () => change({ q: "" })));
  for (const name of kSets)
    for (const value of state[name]) {
      const text = name === "who" ? nameOf(value) : name === "technique" ? `${value} ${techniqueName(value)}` : value;
      chips.push(chip(text, name === "who" ? "principal" : name === "ip" ? "address" : name, () => toggle(name, value)));
    }
  if (state.from !== null || state.to !== null) {
    const text = `${state.from === null ? "…" : time(state.from)} – ${state.to === null ? "…" : time(state.to)}`;
    chips.push(chip(text, "time", () => change({ from: null, to: null })));
  }
  if (chips.length > 1) chips.push(button("Clear all", clearAll, { class: "chip all" }));
  byId("chips").replaceChildren(...chips);
}

// --- rows

function buildFindings() {
  byId("findings").replaceChildren(heading("findings", "Findings"), h("p", { class: "remark", id: "shown", role: "status" }), h("ol", { class: "rows", id: "rows" }), h("div", { id: "rows-pager" }));
  byId("rows").addEventListener("keydown", walkRows);
}

function drawFindings(result) {
  const found = result.found;
  const pages = Math.max(1, Math.ceil(found.length / kPageSize));
  if (state.page > pages) state.page = pages;
  // A link to one finding shows the page that has it.
  if (state.open && drawFindings.opened !== state.open) {
    const at = found.findIndex((entry) => entry.windows.some((window) => window[W.id] === state.open));
    if (at >= 0) state.page = Math.floor(at / kPageSize) + 1;
    drawFindings.opened = state.open;
  }
  const from = printing ? 0 : (state.page - 1) * kPageSize;
  const shown = found.slice(from, printing ? kPrintedRows : from + kPageSize);
  byId("shown").replaceChildren(document.createTextNode(shownText(found)));
  const focused = document.activeElement?.closest?.("#rows li")?.dataset.group;
  byId("rows").replaceChildren(...shown.map(row));
  byId("rows").setAttribute("start", String(from + 1));
  if (focused !== undefined) byId("rows").querySelector(`li[data-group="${focused}"] .title`)?.focus({ preventScroll: true });
  const links = pager({
    total: found.length,
    size: kPageSize,
    page: state.page,
    label: "Pages of findings",
    onPage: (page) => {
      change({ page, open: "" }, true);
      byId("findings").scrollIntoView({ block: "start" });
      byId("findings").focus({ preventScroll: true });
    },
  });
  byId("rows-pager").replaceChildren(...(links ? [links] : []));
}

function shownText(found) {
  if (groups.length === 0) return report.events.read === 0 ? "There were no events to look at." : "No rule matched. What could not have been seen is under Coverage.";
  const calls = found.reduce((sum, entry) => sum + entry.count, 0);
  const text = isFiltered() ? `${count(found.length)} of ${plural(groups.length, "finding")} shown, ${plural(calls, "call")}` : `${plural(groups.length, "finding")}, ${plural(calls, "call")}`;
  const not_kept = report.events.not_kept > 0 ? `; ${plural(report.events.not_kept, "window")} above the limit are in timeline.csv only` : "";
  if (printing && found.length > kPrintedRows) return `${text}; the first ${kPrintedRows} are printed${not_kept}.`;
  return `${text}${not_kept}. Each is one rule and one principal.`;
}

/** Distinct values of one list over the windows of an entry, as texts. */
function valuesOf(entry, at, limit = 50) {
  const seen = new Set();
  for (const window of entry.windows) {
    for (const id of ids(window[at])) seen.add(id);
    if (seen.size >= limit) break;
  }
  return [...seen].map((id) => strings[id]);
}
function mostOf(entry, listAt, countAt) {
  return entry.windows.reduce((most, window) => Math.max(most, window[countAt]), valuesOf(entry, listAt).length);
}

/** What was done, as sentences: those of refused calls say so. */
function deedsOf(entry, limit) {
  const deeds = new Map();
  for (const window of entry.windows) {
    const list = window[W.deeds];
    for (let i = 0; i < list.length && deeds.size < limit; i += 2) deeds.set(`${list[i]} ${list[i + 1]}`, [strings[list[i]], strings[list[i + 1]]]);
    if (deeds.size >= limit) break;
  }
  return [...deeds.values()];
}

function clientsOf(entry) {
  const names = new Set();
  for (const window of entry.windows) for (const agent of ids(window[W.agents])) names.add(strings[clientOf.get(agent) ?? agent]);
  return [...names];
}

function whoLine(entry) {
  const names = valuesOf(entry, W.principals).map(nameOf);
  const sessions = valuesOf(entry, W.sessions);
  const keys = valuesOf(entry, W.keys);
  const addresses = valuesOf(entry, W.ips);
  const clients = clientsOf(entry);
  const accounts = valuesOf(entry, W.accounts);
  const part = (label, text) => h("span", { class: "part" }, label ? `${label} ` : null, data(text));
  const same = clients.length === 1 && addresses.length === 1 && clients[0] === addresses[0];
  return h(
    "p",
    { class: "who" },
    h("span", { class: "part name" }, data(brief(few(names, 2, mostOf(entry, W.principals, W.principalCount)), 120))),
    names.length === 1 && sessions.length > 0 ? part("as", brief(few(sessions, 1), 80)) : null,
    report.events.accounts.length > 1 && accounts.length > 0 ? part("account", few(accounts, 2)) : null,
    keys.length > 0 ? part("key", few(keys, 1)) : null,
    addresses.length > 0 ? part("from", brief(few(addresses, 2, mostOf(entry, W.ips, W.ipCount)), 120)) : null,
    clients.length > 0 && !same ? part("with", brief(few(clients, 2), 80)) : null,
    valuesOf(entry, W.regions).length > 0 ? part("in", few(valuesOf(entry, W.regions), 2)) : null,
  );
}

function deedLine(entry) {
  const shown = 3;
  const all = deedsOf(entry, shown + 1);
  return h(
    "p",
    { class: "deeds" },
    all.slice(0, shown).map(([words, error], i) => [i > 0 ? h("span", { class: "between" }, "; ") : null, data(brief(words, 220)), error ? h("span", { class: "refused" }, " refused: ", data(brief(error, 60))) : null]),
    all.length > shown ? " …" : null,
  );
}

function callsText(entry) {
  if (entry.failed === 0) return plural(entry.count, "call");
  if (entry.failed === entry.count) return entry.count === 1 ? "1 call, failed" : `${plural(entry.count, "call")}, all failed`;
  return `${plural(entry.count, "call")}, ${count(entry.failed)} failed`;
}

function row(entry) {
  const { group } = entry;
  const rule = report.rules[group[G.rule]];
  const open = entry.windows.some((window) => window[W.id] === state.open);
  const panel = `finding-${entry.index}`;
  const title = h("button", { type: "button", class: "title", "aria-expanded": String(open), "aria-controls": panel, onClick: () => toggleRow(entry) }, rule.title);
  const item = h(
    "li",
    { class: `finding ${kLevels[group[G.level]]}${open ? " open" : ""}`, "data-group": entry.index },
    h(
      "div",
      { class: "row", onClick: (event) => rowClicked(event, entry) },
      levelLabel(group[G.level]),
      h("div", { class: "what" }, h("h3", {}, title, h("span", { class: "code" }, data(brief(rule.code, 30)))), deedLine(entry), whoLine(entry)),
      h("div", { class: "when" }, whenLines(entry), entry.windows.length > 1 ? h("p", { class: "faint" }, `in ${plural(entry.windows.length, "window")}`) : null),
    ),
    h("div", { class: "detail", id: panel, role: "region", "aria-label": `Evidence: ${rule.title}`, hidden: !open }),
  );
  if (open) item.lastChild.replaceChildren(...detail(entry));
  return item;
}

function whenLines(entry) {
  if (entry.first === null) return [h("p", {}, "at an unknown time"), h("p", {}, callsText(entry))];
  const start = h("p", { class: "clock" }, day(entry.first), " ", h("b", {}, time(entry.first).slice(11)));
  if (entry.last - entry.first < 1) return [start, h("p", {}, callsText(entry))];
  const end = day(entry.first) === day(entry.last) ? time(entry.last).slice(11) : time(entry.last);
  return [start, h("p", {}, `to ${end}`), h("p", {}, callsText(entry))];
}

function rowClicked(event, entry) {
  if (event.target.closest("a, button, input, select, label")) return;
  if (String(getSelection()) !== "") return; // somebody is copying
  toggleRow(entry);
}

function toggleRow(entry) {
  const item = byId("rows").querySelector(`li[data-group="${entry.index}"]`);
  const panel = item.querySelector(".detail");
  const open = panel.hidden;
  if (open && panel.childElementCount === 0) panel.replaceChildren(...detail(entry));
  panel.hidden = !open;
  item.classList.toggle("open", open);
  item.querySelector(".title").setAttribute("aria-expanded", String(open));
  state.open = open ? entry.windows[0][W.id] : "";
  drawFindings.opened = state.open;
  writeFragment(false);
}

/** j and k, or the arrows, walk from title to title. */
function walkRows(event) {
  const down = event.key === "j" || event.key === "ArrowDown";
  const up = event.key === "k" || event.key === "ArrowUp";
  if ((!down && !up) || event.ctrlKey || event.metaKey || event.altKey || !event.target.classList.contains("title")) return;
  const titles = [...byId("rows").querySelectorAll(".title")];
  const next = titles[titles.indexOf(event.target) + (down ? 1 : -1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// --- one finding

function detail(entry) {
  const rule = report.rules[entry.group[G.rule]];
  return [
    rule.next ? h("p", { class: "next" }, h("b", {}, "Next: "), rule.next) : null,
    rule.description ? h("p", { class: "description" }, rule.description) : null,
    h("div", { class: "facts" }, facts(entry, rule)),
    pivots(entry),
    evidence(entry),
  ].filter((node) => node !== null);
}

function facts(entry, rule) {
  const fact = (name, nodes) => (nodes && (!Array.isArray(nodes) || nodes.length > 0) ? h("div", { class: "fact" }, h("h4", {}, name), nodes) : null);
  const values = (at, total, filter) => {
    const all = valuesOf(entry, at, kListShown + 1);
    if (all.length === 0) return null;
    const rest = Math.max(total ?? 0, all.length) - Math.min(all.length, kListShown);
    const item = (text) => (filter ? button(data(brief(filter === "who" ? whoText(text) : text, 200)), () => add(filter, text), { class: "link", title: "Show only this" }) : data(brief(text, 400)));
    return h("ul", {}, all.slice(0, kListShown).map((text) => h("li", {}, item(text))), rest > 0 ? h("li", { class: "faint" }, `and ${count(rest)} more`) : null);
  };
  return [
    fact("Principal", values(W.principals, mostOf(entry, W.principals, W.principalCount), "who")),
    fact("Session", values(W.sessions)),
    fact("Access key", values(W.keys)),
    fact("Account", values(W.accounts, 0, "account")),
    fact("Source address", values(W.ips, mostOf(entry, W.ips, W.ipCount), "ip")),
    fact("Region", values(W.regions, 0, "region")),
    fact("User agent", values(W.agents)),
    fact("Target", values(W.targets, mostOf(entry, W.targets, W.targetCount))),
    fact("Calls", values(W.calls, mostOf(entry, W.calls, W.callCount))),
    fact("Errors", values(W.errors)),
    fact(
      "ATT&CK",
      rule.techniques.length > 0
        ? h("ul", {}, rule.techniques.map((id) => h("li", {}, button(`${id} ${techniqueName(id)}`, () => add("technique", id), { class: "link", title: "Show only this" }))))
        : null,
    ),
    fact("Frameworks", rule.frameworks?.length > 0 ? h("p", {}, data(rule.frameworks.join(", "))) : null),
    fact("Expected when", rule.false_positives?.length > 0 ? h("ul", {}, rule.false_positives.map((text) => h("li", {}, data(text)))) : null),
    fact("Rule", h("p", {}, data(`${rule.code} · ${rule.file ?? ""}`))),
  ];
}

function pivots(entry) {
  const principals = valuesOf(entry, W.principals, 2);
  const addresses = valuesOf(entry, W.ips, 2);
  const around = 1800;
  return h(
    "p",
    { class: "pivots" },
    principals.length === 1 ? button("Everything of this principal", () => replaceFilters({ who: principals[0] })) : null,
    addresses.length === 1 ? button("Everything from this address", () => replaceFilters({ ip: addresses[0] })) : null,
    entry.first !== null ? button("The half hour around it", () => replaceFilters({ from: entry.first - around, to: entry.last + around })) : null,
  );
}

function evidence(entry) {
  const byWindow = evidenceOf(entry.index);
  const windows = entry.group[G.windows];
  const events = [];
  windows.forEach((window, i) => {
    if (!entry.windows.includes(window)) return;
    for (const event of byWindow[i]) events.push([window, event]);
  });
  const title = entry.count > events.length ? `Evidence: the first ${plural(events.length, "event")} of ${count(entry.count)}` : `Evidence: ${plural(events.length, "event")}`;
  const list = paged({
    total: events.length,
    size: kEventsShown,
    label: "Pages of events",
    draw: (from, to) => h("ol", { class: "events", start: from + 1 }, events.slice(from, to).map(([window, event]) => eventItem(window, event))),
  });
  return h("div", { class: "evidence" }, h("h4", {}, title), list);
}

const kFieldNames = {
  time: "eventTime",
  event_id: "eventID",
  event_source: "eventSource",
  event_name: "eventName",
  region: "awsRegion",
  account: "account",
  principal: "principal",
  session: "session",
  access_key: "accessKeyId",
  source_ip: "sourceIPAddress",
  user_agent: "userAgent",
  error_code: "errorCode",
  error_message: "errorMessage",
  target: "target",
  words: "in words",
  file: "file",
  offset: "at byte",
  file_verdict: "its file is",
  finding: "finding",
};

function eventItem(window, event) {
  const fields = { ...event, time: event.time === null ? "" : iso(event.time), finding: window[W.id], offset: count(event.offset) };
  const error = event.error_code || event.error_message;
  const all = Object.entries(kFieldNames).filter(([name]) => String(fields[name]) !== "");
  return h(
    "li",
    {},
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", { class: "clock" }, event.time === null ? "no time" : time(event.time)),
        h("span", { class: "call" }, data(brief(`${service(event.event_source)}:${event.event_name}`, 90))),
        h("span", { class: "words" }, data(brief(event.words, 200)), error ? h("span", { class: "refused" }, " refused: ", data(brief(error, 60))) : null),
        h("span", { class: "from" }, data(brief(event.source_ip, 60))),
      ),
      h("dl", { class: "fields" }, all.map(([name, label]) => h("div", {}, h("dt", {}, label), h("dd", {}, data(fields[name]))))),
    ),
  );
}
