// Incidents: what one origin did, as a story. Each opens to its sessions, its sentences with their event ids, and what to do.

const kIncidentsShown = 10;
const kIdsTold = 5;

function buildIncidents() {
  const { incidents } = report;
  const section = byId("incidents");
  if (incidents.list.length === 0) return;
  section.hidden = false;
  for (const link of document.querySelectorAll('[data-go="incidents"]')) link.hidden = false;
  const rest = incidents.count - incidents.list.length;
  section.replaceChildren(
    heading("incidents", "Incidents", `Findings of one origin, and of what it made, joined to a story.${rest > 0 ? ` ${plural(rest, "more incident")} in incidents.jsonl.` : ""}`),
    paged({
      total: incidents.list.length,
      size: printing ? incidents.list.length : kIncidentsShown,
      label: "Pages of incidents",
      draw: (from, to) => h("ol", { class: "incidents" }, incidents.list.slice(from, to).map(incidentItem)),
    }),
  );
}

function incidentItem(incident) {
  const level = kLevels.indexOf(incident.level);
  const panel = h("div", { class: "story", id: `story-${incident.id}`, role: "region", "aria-label": `Story: ${incident.title}`, hidden: !printing });
  const title = h("button", { type: "button", class: "title", "aria-expanded": String(printing), "aria-controls": panel.id }, incident.title);
  if (printing) panel.append(...storyOf(incident));
  title.addEventListener("click", () => {
    panel.hidden = !panel.hidden;
    title.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.firstChild) panel.append(...storyOf(incident));
  });
  return h(
    "li",
    { class: `incident ${incident.level}` },
    h(
      "div",
      { class: "row" },
      levelLabel(level),
      h(
        "div",
        { class: "what" },
        h("h3", {}, title, h("span", { class: "code" }, incident.id)),
        h("p", { class: "deeds" }, data(brief(incident.because, 400))),
        h("p", { class: "who" }, incidentWho(incident)),
        incident.joined.map((text) => h("p", { class: "who" }, "with ", data(brief(text, 200)))),
      ),
      h("div", { class: "when" }, h("p", { class: "clock" }, stamp(incident.first)), incident.first === incident.last ? null : h("p", {}, `to ${sinceThen(incident.last, incident.first)}`), h("p", {}, callsText({ count: incident.events, failed: incident.failed }))),
    ),
    panel,
  );
}

function incidentWho(incident) {
  const part = (label, text) => (text ? h("span", { class: "part" }, label ? `${label} ` : null, data(brief(text, 120))) : null);
  const { origin } = incident;
  return [
    h("span", { class: "part name" }, data(brief(nameOf(origin.name), 120))),
    part("", origin.certain ? origin.kind : `${origin.kind}, not certain`),
    part("account", few(incident.accounts, 2)),
    part("from", few(incident.source_ips.map((ip) => placed(ip, incident)), 2)),
    part("in", few(incident.regions, 2)),
  ];
}

/** "aws-cli/2.15.30" of "[aws-cli/2.15.30 Python/3.11 …]", each once. */
function clientNames(agents) {
  return [...new Set(agents.map((agent) => agent.replace(/^\[/, "").split(" ")[0]))];
}

/** An address with its country and network, where they are known. */
function placed(address, incident) {
  const place = incident.places[address];
  return place ? `${address} (${place})` : address;
}

/** "2024-06-03 22:24:42" of "2024-06-03T22:24:42Z". */
function stamp(text) {
  return text.slice(0, 19).replace("T", " ");
}
/** Only the time, on the day of another one. */
function sinceThen(text, began) {
  return text.slice(0, 10) === began.slice(0, 10) ? text.slice(11, 19) : stamp(text);
}

function storyOf(incident) {
  const parts = [
    incident.tactics.length > 0 ? h("p", { class: "tactics" }, incident.tactics.map((tactic) => h("span", { class: "tactic" }, tactic))) : null,
    incident.origin.because ? h("p", { class: "faint" }, "The origin is not certain: ", data(incident.origin.because)) : null,
    h("details", { class: "tree" }, h("summary", {}, `Sessions: ${plural(incident.sessions.length, "credential")}`), h("ul", {}, incident.sessions.map((session) => sessionItem(session, incident)))),
    h("h4", {}, "Story"),
    h("ol", { class: "sentences" }, incident.story.map((sentence, i) => sentenceItem(sentence, incident.story[i - 1], incident))),
    incident.resources.length > 0 ? [h("h4", {}, "Affected"), h("p", { class: "deeds" }, incident.resources.map((text, i) => [i > 0 ? ", " : null, data(brief(text, 120))]))] : null,
    incident.next.length > 0
      ? [h("h4", {}, "What to do, in this order"), h("ol", { class: "advice" }, incident.next.map(({ words, command }) => h("li", {}, data(words), command ? h("pre", { tabindex: "0" }, h("code", {}, command)) : null)))]
      : null,
  ];
  return parts.flat(Infinity).filter(Boolean);
}

function sessionItem(session, incident) {
  const name = `${nameOf(session.principal)}${session.session ? ` as ${session.session}` : ""}`;
  const facts = [
    session.first ? `${stamp(session.first)} – ${sinceThen(session.last, session.first)}` : "at an unknown time",
    plural(session.events, "call"),
    session.failed > 0 ? `${count(session.failed)} failed` : null,
    session.writes > 0 ? `${count(session.writes)} writing` : null,
    session.mfa ? "with MFA" : null,
    session.source_ips.length > 0 ? `from ${few(session.source_ips.map((ip) => placed(ip, incident)), 3)}${session.countries?.length > 0 ? ` (${few(session.countries, 3)})` : ""}` : null,
    session.regions.length > 0 ? few(session.regions, 3) : null,
    session.user_agents.length > 0 ? `with ${few(clientNames(session.user_agents), 2)}` : null,
  ].filter(Boolean);
  return h(
    "li",
    { class: "session", style: { "--depth": Math.min(session.depth, 6) } },
    h("p", {}, h("b", {}, data(brief(name, 200))), session.access_key ? [" ", h("code", {}, session.access_key)] : null),
    h("p", { class: "faint" }, data(facts.join(", "))),
    session.how ? h("p", { class: "faint" }, data(brief(session.how, 300)), session.event_id ? [" ", h("code", {}, session.event_id)] : null) : null,
    session.calls?.length > 0 ? h("p", { class: "faint" }, "called ", data(session.calls.map(([call, times]) => (times > 1 ? `${call} ×${count(times)}` : call)).join(", "))) : null,
    session.marks.map((text) => h("p", { class: "marked" }, data(text))),
  );
}

function sentenceItem(sentence, before, incident) {
  const told = sentence.event_ids.slice(0, kIdsTold);
  return h(
    "li",
    { class: `sentence${sentence.mark ? " how" : ""}` },
    h("span", { class: "at" }, sinceThen(sentence.first, incident.first)),
    h(
      "div",
      {},
      incident.sessions.length > 1 && sentence.actor !== before?.actor ? h("p", { class: "actor" }, data(brief(sentence.actor, 200))) : null,
      h("p", {}, mark(kLevels.indexOf(sentence.level)), " ", data(brief(sentence.words, 600))),
      h("p", { class: "ids faint" }, told.map((id) => [h("code", {}, id), " "]), sentence.events > told.length ? `and ${plural(sentence.events - told.length, "more event")} · ` : "· ", few(sentence.rules, 4)),
    ),
  );
}
