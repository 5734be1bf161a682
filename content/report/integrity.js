// Whether the logs are what CloudTrail delivered, when they were verified: the answer, what is wrong, and a calendar.

const kCalendarWords = { "#": "proven", ".": "proven, without logs", "?": "not proven", "!": "broken", "-": "nothing" };
const kCalendarClasses = { "#": "proven", ".": "empty", "?": "unproven", "!": "broken", "-": "none" };

function buildIntegrity() {
  const { integrity } = report;
  if (!integrity) return;
  const section = byId("integrity");
  section.hidden = false;
  for (const link of document.querySelectorAll('[data-go="integrity"]')) link.hidden = false;
  section.replaceChildren(heading("integrity", "Integrity", "What CloudTrail's signed digests prove of these logs."), h("p", { class: integrity.outcome === "broken" ? "integrity-broken" : "" }, integrity.verdict));
  if (integrity.findings.length > 0)
    section.append(
      paged({
        total: integrity.findings.length,
        size: printing ? 200 : kRowsShown,
        label: "Pages of what digests contradict",
        draw: (from, to) => h("ul", { class: "plain integrity-findings" }, integrity.findings.slice(from, to).map(([level, title, account, region, first, last, next]) => h("li", {}, levelLabel(kLevels.indexOf(level)), " ", title, ", account ", data(account), ", ", data(region), ", delivered ", period(first, last), h("p", { class: "faint" }, next)))),
      }),
    );
  if (integrity.calendar.length > 0) section.append(calendar(integrity));
}

/** A row for each account's region, a cell for each stretch of time; broken rows come first. */
function calendar({ begin, hours, regions, calendar: rows }) {
  const unit = hours === 1 ? "an hour" : duration(hours * 3600);
  const legend = Object.entries(kCalendarWords).map(([letter, words]) => h("span", { class: "key" }, h("i", { class: `stone ${kCalendarClasses[letter]}`, "aria-hidden": "true" }), words));
  return h(
    "div",
    {},
    h("h3", {}, "Calendar", h("span", { class: "total" }, ` one cell is ${unit}, from ${time(begin)}`)),
    h("p", { class: "legend" }, legend),
    paged({
      total: rows.length,
      size: printing ? 200 : 24,
      label: "Pages of the calendar",
      draw: (from, to) =>
        h(
          "div",
          { class: "scroll", tabindex: "0", role: "region", "aria-label": "Calendar" },
          rows.slice(from, to).map(([account, region, marks]) => h("div", { class: "calendar-row" }, h("span", { class: "calendar-name" }, data(account), " ", data(region)), h("span", { class: "cells", role: "img", "aria-label": calendarWords(marks) }, [...marks].map((mark, i) => h("i", { class: `stone ${kCalendarClasses[mark]}`, title: `${time(begin + i * hours * 3600)}: ${kCalendarWords[mark]}` }))))),
        ),
    }),
    regions > rows.length ? h("p", { class: "faint" }, `${count(regions - rows.length)} more accounts' regions, none of them worse than these, are in verify.json.`) : null,
  );
}

function calendarWords(marks) {
  return Object.entries(kCalendarWords)
    .map(([letter, words]) => [[...marks].filter((mark) => mark === letter).length, words])
    .filter(([n]) => n > 0)
    .map(([n, words]) => `${n} ${words}`)
    .join(", ");
}
