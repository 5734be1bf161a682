// Where: regions, accounts, and the addresses that the findings came from.

const kPlacesShown = 10;

function drawPlaces(result) {
  const counted = result.counted;
  const totals = (pairs) => new Map(pairs);
  const regions = totals(report.events.regions);
  const accounts = totals(report.events.accounts);
  byId("places").replaceChildren(
    heading("places", "Where", "By findings; regions and accounts with all their events."),
    h("div", { class: "three" }, placeList("Regions", "region", counted.region, regions), placeList("Accounts", "account", counted.account, accounts), placeList("Source addresses", "ip", counted.ip, null)),
  );
}

function placeList(title, name, found, totals) {
  const places = new Map();
  for (const [id, value] of found) places.set(strings[id], { value, events: totals?.get(strings[id]) ?? null });
  if (totals && !isFiltered()) for (const [text, events] of totals) if (!places.has(text)) places.set(text, { value: null, events });
  const list = [...places].sort(([a, x], [b, y]) => (y.value?.worst ?? -1) - (x.value?.worst ?? -1) || (y.value?.groups ?? 0) - (x.value?.groups ?? 0) || (y.events ?? 0) - (x.events ?? 0) || (a < b ? -1 : 1));
  const most = Math.max(1, ...list.map(([, place]) => place.events ?? place.value?.calls ?? 0));
  const line = ([text, { value, events }]) => {
    const size = events ?? value?.calls ?? 0;
    const facts = [events !== null ? plural(events, "event") : null, value && events === null ? plural(value.calls, "call") : null].filter(Boolean).join(", ");
    const label = text === "" ? "none given" : text;
    return h(
      "li",
      { class: "place" },
      h("div", { class: "place-head" }, value ? button(data(brief(label, 60)), () => toggle(name, text), { class: "link", "aria-pressed": String(state[name].has(text)), title: "Show only this" }) : data(brief(label, 60)), value ? levelCounts(value.levels) : null),
      h("div", { class: "bar", "aria-hidden": "true" }, h("div", { style: { width: `${(100 * size) / most}%` } })),
      h("p", { class: "faint" }, facts),
    );
  };
  return h(
    "div",
    {},
    h("h3", {}, title, h("span", { class: "total" }, ` ${count(list.length)}`)),
    list.length === 0
      ? h("p", { class: "nothing" }, "None in what is shown.")
      : paged({ total: list.length, size: printing ? 40 : kPlacesShown, label: `Pages of ${title.toLowerCase()}`, draw: (from, to) => h("ul", { class: "places" }, list.slice(from, to).map(line)) }),
  );
}
