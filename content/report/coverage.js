// What could not have been seen, what could not be read, and how the report was made.

const kRowsShown = 12;

function table(caption, columns, rows, draw) {
  return paged({
    total: rows.length,
    size: printing ? 200 : kRowsShown,
    label: `Pages: ${caption}`,
    draw: (from, to) =>
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        h("table", {}, h("caption", {}, caption), h("thead", {}, h("tr", {}, columns.map(([name, className]) => h("th", { scope: "col", class: className }, name)))), h("tbody", {}, rows.slice(from, to).map((entry) => h("tr", {}, draw(entry).map((content, i) => h("td", { class: columns[i][1] }, content)))))),
      ),
  });
}

const kReasons = {
  source: ["No event of their services", "service"],
  data: ["Only data events could show it, and none were logged", "service"],
  field: ["Their events never carry a field that they need", "field"],
};

function buildCoverage() {
  const { coverage } = report;
  const quiet = coverage.rules - coverage.matched - coverage.blind;
  const blind = report.rules.filter((rule) => rule.blind).sort((a, b) => b.level - a.level);
  const section = byId("coverage");
  section.replaceChildren(heading("coverage", "Coverage", "What these logs could have shown. Silence is worth something only beside this."));
  section.append(
    h(
      "div",
      { class: "three" },
      h("div", {}, h("h3", {}, "Rules"), ruleBar(coverage.matched, quiet, coverage.blind), h("ul", { class: "plain" }, h("li", {}, h("b", {}, count(coverage.matched)), ` of ${plural(coverage.rules, "rule")} matched`), h("li", {}, h("b", {}, count(quiet)), " could have and did not"), h("li", {}, h("b", {}, count(coverage.blind)), " could not have fired on these logs"))),
      h("div", {}, h("h3", {}, "Time"), timeFacts(coverage)),
      h("div", {}, h("h3", {}, "Files"), fileFacts(coverage)),
    ),
  );
  for (const [reason, [caption, label]] of Object.entries(kReasons)) {
    const rows = blind.filter((rule) => rule.blind === reason);
    if (rows.length === 0) continue;
    section.append(h("h3", {}, caption, h("span", { class: "total" }, ` ${count(rows.length)}`)), table(caption, [["Level", "narrow"], ["Rule", "narrow"], ["Title", ""], [label === "field" ? "Missing field" : "Service", ""]], rows, (rule) => [levelLabel(rule.level), data(rule.code), rule.title, data(label === "field" ? rule.detail : rule.detail.split(", ").map(service).join(", "))]));
  }
  if (coverage.gaps.length > 0)
    section.append(h("h3", {}, "Silences", h("span", { class: "total" }, ` ${count(coverage.gaps.length)} longest`)), table("Time without any event", [["Account", "narrow"], ["From", "narrow"], ["To", "narrow"], ["Length", ""]], coverage.gaps, ([account, begin, end]) => [account === "" ? "all" : data(account), time(begin), time(end), duration(end - begin)]));
  if (coverage.skipped.length > 0) section.append(h("h3", {}, "Skipped files", h("span", { class: "total" }, ` ${count(coverage.skipped.length)} listed`)), table("Files that were left alone", [["File", "path"], ["Why", ""]], coverage.skipped, ([path, reason]) => [data(path), data(reason)]));
  if (coverage.quarantine.length > 0)
    section.append(h("h3", {}, "Quarantine", h("span", { class: "total" }, ` ${count(coverage.quarantine.length)} listed`)), table("Input that did not become an event, or only after repair", [["Kind", "narrow"], ["File", "path"], ["At byte", "number"], ["Bytes", "number"], ["Why", ""]], coverage.quarantine, ([kind, file, offset, length, reason]) => [kind, data(file), count(offset), length === 0 ? "" : count(length), data(reason)]));
}

function ruleBar(matched, quiet, blind) {
  const total = Math.max(1, matched + quiet + blind);
  const part = (n, className) => h("div", { class: className, style: { width: `${(100 * n) / total}%` } });
  return h("div", { class: "stack", "aria-hidden": "true" }, part(matched, "matched"), part(quiet, "quiet"), part(blind, "blind"));
}

function timeFacts(coverage) {
  const facts = [];
  if (report.events.first !== null) facts.push(h("li", {}, period(report.events.first, report.events.last)));
  if (coverage.hours > 0) facts.push(h("li", {}, coverage.silent_hours === 0 ? `each of the ${plural(coverage.hours, "hour")} has events` : [h("b", {}, count(coverage.silent_hours)), ` of ${plural(coverage.hours, "hour")} without any event`]));
  if (report.events.without_time > 0) facts.push(h("li", {}, `${plural(report.events.without_time, "event")} without a readable time`));
  if (facts.length === 0) facts.push(h("li", {}, "no event with a time"));
  return h("ul", { class: "plain" }, facts);
}

function fileFacts(coverage) {
  const facts = [];
  const add_ = (n, text) => n > 0 && facts.push(h("li", {}, h("b", {}, count(n)), ` ${text}`));
  facts.push(h("li", {}, `${plural(coverage.files, "file")}, ${bytes(coverage.stored_bytes)}${coverage.text_bytes > coverage.stored_bytes ? ` (${bytes(coverage.text_bytes)} of text)` : ""}`));
  const names = { cloudtrail: "with CloudTrail events", digest: "digests", config: "of AWS Config", empty: "empty", other: "something else" };
  for (const [kind, n] of Object.entries(coverage.kinds)) add_(n, names[kind] ?? kind);
  for (const [reason, n] of coverage.skipped_reasons) add_(n, ["skipped: ", data(brief(reason, 80))]);
  add_(coverage.partial_files, "read only in part");
  add_(coverage.files_unread, "found but not read");
  add_(coverage.passed_over, "passed over by name");
  for (const [kind, n] of Object.entries(coverage.quarantine_kinds)) add_(n, `in quarantine: ${kind}`);
  add_(report.events.duplicates, "duplicate events counted once");
  add_(coverage.events_filtered, "events left out by filters");
  return h("ul", { class: "plain" }, facts);
}

function buildMade() {
  const { made, coverage, events } = report;
  const fact = (name, ...content) => h("div", {}, h("dt", {}, name), h("dd", {}, content));
  const rules = [`${plural(made.rules.loaded, "rule")} from ${plural(made.rules.files, "file")}`, made.rules.builtin > 0 ? `${count(made.rules.builtin)} of them built in` : null, made.rules.rejected > 0 ? `${count(made.rules.rejected)} rejected with errors` : null, made.rules.correlations > 0 ? `${count(made.rules.correlations)} of them over several events` : null, made.rules.other > 0 ? `${count(made.rules.other)} for other logs` : null].filter(Boolean);
  byId("made").replaceChildren(
    heading("made", "How it was made"),
    h(
      "dl",
      { class: "made" },
      made.command ? fact("Command", h("code", {}, data(made.command))) : null,
      fact("Program", `Cairn ${made.version}`),
      made.started !== null ? fact("Started", `${time(made.started)} UTC`) : null,
      fact("Rules", rules.join(", "), made.rules.fingerprint ? [h("br"), h("span", { class: "faint" }, "fingerprint (XXH3) "), h("code", {}, made.rules.fingerprint)] : null),
      fact("Level", `findings from ${made.min_level} up`),
      fact("Input", h("ul", { class: "plain" }, made.inputs.map((path) => h("li", {}, data(path === "-" ? "standard input" : path))))),
      coverage.shapes.length > 0 ? fact("Shapes", coverage.shapes.map(([shape, files, n]) => `${shape}: ${plural(files, "file")}, ${plural(n, "event")}`).join("; ")) : null,
      fact("Filters", made.filters.length === 0 ? "none" : h("ul", { class: "plain" }, made.filters.map((text) => h("li", {}, data(text))))),
      fact("Events", `${count(events.read)} read, ${count(events.duplicates)} duplicates, ${count(events.failed)} of failed calls; ${count(events.matched)} in findings`),
      fact("Cost", `${made.seconds.toFixed(2)} s before files were written (${made.phases.map(([name, seconds]) => `${name} ${seconds.toFixed(2)} s`).join(", ")}), ${plural(made.threads, "thread")}, ${bytes(made.memory_bytes)} of memory`),
    ),
  );
  document.querySelector(".colophon").replaceChildren(h("p", {}, `Made by Cairn ${made.version}. This file holds all of its data and loads nothing. Texts in it come from logs: trust none of them.`), h("p", { class: "faint" }, attack.about));
}
