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
    principal.unusual.length > 0 ? h("ul", { class: "unusual" }, principal.unusual.map((text) => h("li", {}, data(brief(text, 300))))) : null,
  );
}

/** Said when it was not there all the time. */
function seen(principal) {
  if (principal.first === null || !wholePeriod) return null;
  const whole = wholePeriod.last - wholePeriod.first;
  if (principal.last - principal.first > 0.9 * whole) return null;
  return h("span", {}, `seen ${period(principal.first, principal.last)}`);
}
