// Principals by risk, and what is unusual about them.

const kPeopleShown = 10;

function drawPeople(result) {
  const section = byId("people");
  const keyOf = new Map([...result.counted.who].map(([id, value]) => [strings[id], value]));
  let people = report.principals.map((principal) => ({ principal, found: keyOf.get(principal.key) }));
  const filtered = isFiltered();
  if (filtered) people = people.filter(({ found }) => found);
  else people = people.filter(({ principal }) => principal.levels.some((n, level) => level > 0 && n > 0) || principal.unusual.length > 0);
  const rest = report.events.principals - people.length;
  const remark = filtered
    ? `${plural(people.length, "principal")} with findings in what is shown.`
    : `By risk. ${rest > 0 ? `${plural(rest, "more principal")} without findings or anything unusual.` : ""}`;
  section.replaceChildren(heading("people", "Principals", remark));
  if (people.length === 0) {
    section.append(h("p", { class: "nothing" }, filtered ? "Nobody in what is shown." : "Nobody stands out."));
    return;
  }
  const highest = Math.max(...people.map(({ principal }) => principal.risk), 1);
  section.append(
    paged({
      total: people.length,
      size: printing ? people.length : kPeopleShown,
      label: "Pages of principals",
      draw: (from, to) => h("ol", { class: "people", start: from + 1 }, people.slice(from, to).map(({ principal, found }) => person(principal, found, filtered, highest))),
    }),
  );
}

function person(principal, found, filtered, highest) {
  const own = state.who.has(principal.key);
  return h(
    "li",
    { class: "person" },
    h(
      "div",
      { class: "person-head" },
      h("h3", {}, button(data(brief(principal.name, 90)), () => toggle("who", principal.key), { class: "link", "aria-pressed": String(own), title: own ? "Show everybody" : "Show only this principal" })),
      h("span", { class: "risk", title: "Risk: a number for sorting, without a unit" }, h("span", { class: "unseen" }, "risk "), count(Math.round(principal.risk))),
    ),
    h("div", { class: "risk-bar", "aria-hidden": "true" }, h("div", { style: { width: `${(100 * principal.risk) / highest}%` } })),
    h("p", { class: "person-facts" }, levelCounts(filtered && found ? found.levels : principal.levels), h("span", {}, plural(principal.events, "call")), principal.errors > 0 ? h("span", {}, `${share(principal.errors, principal.events)} failed`) : null, principal.account ? h("span", {}, "account ", data(principal.account)) : null, seen(principal)),
    whoPage(principal),
    principal.unusual.length > 0 ? h("ul", { class: "unusual" }, principal.unusual.map((text) => h("li", {}, data(brief(text, 300))))) : null,
  );
}

/** All that the report knows of somebody, filled when it is unfolded. */
function whoPage(principal) {
  const fill = () => [whoFacts(principal), incidentsOf(principal), report.sessions.filter((tree) => tree.sessions.some((session) => session.principal === principal.key)).map((tree) => sessionTree(tree, principal))];
  const page = h("details", { class: "who-page", open: printing }, h("summary", {}, "Who it is, and what it did"), printing ? fill() : null);
  page.addEventListener("toggle", () => {
    if (page.open && page.childElementCount === 1) append(page, fill());
  });
  return page;
}

function whoFacts(principal) {
  const facts = [
    ["Principal", principal.key],
    ["Calls", `${plural(principal.events, "call")} of ${plural(principal.calls, "kind")}, ${count(principal.writes)} writing, ${count(principal.errors)} failed`],
    ["Seen", period(principal.first, principal.last)],
    ["From", few(principal.ips, 6, principal.ip_count)],
    ["Regions", few(principal.regions, 6, principal.region_count)],
    ["Clients", few(clientNames(principal.agents), 4)],
    ["Keys", few(principal.keys, 6)],
  ];
  return h("dl", { class: "who-facts" }, facts.filter(([, text]) => text).map(([label, text]) => [h("dt", {}, label), h("dd", {}, data(brief(text, 400)))]));
}

function incidentsOf(principal) {
  const own = report.incidents.list.filter((incident) => incident.sessions.some((session) => session.principal === principal.key));
  return own.map((incident) => h("p", { class: "in-incident" }, levelLabel(kLevels.indexOf(incident.level)), " ", h("code", {}, incident.id), " ", incident.title));
}

/** From the origin down: each session stands below the one that its credential was taken with. */
function sessionTree(tree, principal) {
  const own = tree.sessions.filter((session) => session.principal === principal.key).length;
  const kind = tree.certain ? tree.kind : `${tree.kind}, not certain`;
  return h(
    "details",
    { class: "tree", open: printing },
    h("summary", {}, "Origin ", data(brief(tree.name || "unknown", 120)), ` (${kind}): ${plural(tree.sessions.length, "session")}${own < tree.sessions.length ? `, ${count(own)} of this principal` : ""}`),
    tree.because ? h("p", { class: "faint" }, "because ", data(tree.because)) : null,
    h("ul", {}, tree.sessions.map((session) => sessionItem(session, { places: {} }))),
  );
}

/** Said when it was not there all the time. */
function seen(principal) {
  if (principal.first === null || !wholePeriod) return null;
  const whole = wholePeriod.last - wholePeriod.first;
  if (principal.last - principal.first > 0.9 * whole) return null;
  return h("span", {}, `seen ${period(principal.first, principal.last)}`);
}
