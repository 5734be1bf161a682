// The page as a whole: verdict, theme, one place where the state changes, and the start.

let lastResult = null;

function drawAll() {
  lastResult = applyFilters();
  drawFilters(lastResult);
  drawTimeline(lastResult.spans);
  drawFindings(lastResult);
  drawPeople(lastResult);
  drawAttack(lastResult);
  drawPlaces(lastResult);
}

/** Every change of what is shown goes through here. */
function change(changes, step = false) {
  const stays = Object.keys(changes).every((name) => ["page", "open", "axisFrom", "axisTo"].includes(name));
  Object.assign(state, changes);
  if (!stays) state.page = 1;
  writeFragment(step);
  drawAll();
}
function toggle(name, value) {
  const values = new Set(state[name]);
  if (!values.delete(value)) values.add(value);
  change({ [name]: values }, true);
}
function add(name, value) {
  change({ [name]: new Set(state[name]).add(value) }, true);
}
function noFilters() {
  const none = { q: "", from: null, to: null };
  for (const name of kSets) none[name] = new Set();
  return none;
}
function clearAll() {
  change(noFilters(), true);
  byId("search").focus();
}
/** From one finding to everything around it. */
function replaceFilters({ who, ip, from = null, to = null }) {
  const wanted = { ...noFilters(), from: from === null ? null : Math.floor(from), to: to === null ? null : Math.ceil(to) };
  if (who !== undefined) wanted.who = new Set([who]);
  if (ip !== undefined) wanted.ip = new Set([ip]);
  change(wanted, true);
  byId("filters").scrollIntoView({ block: "start" });
}

function buildVerdict() {
  const { verdict } = report;
  byId("verdict").replaceChildren();
  // "4 critical" in the sentence gets its level's colour.
  const parts = verdict.findings.split(/([\d,]+ (?:critical|high|medium)\b)/);
  const sentence = parts.map((part, i) => (i % 2 === 1 ? h("span", { class: `said ${part.split(" ")[1]}` }, part) : part));
  append(byId("verdict"), [
    h("h1", {}, sentence),
    verdict.worst && h("p", { class: "worst" }, brief(verdict.worst, 400)),
    h("p", {}, brief(verdict.scope, 600)),
    verdict.filters && h("p", {}, verdict.filters),
    report.integrity && h("p", { class: report.integrity.outcome === "proven" ? "" : "notice" }, `Integrity: ${report.integrity.verdict}`),
    verdict.completeness && h("p", { class: verdict.complete ? "" : "notice" }, verdict.completeness.replace("(see COVERAGE)", "(see Coverage)")),
  ]);
  const title = verdict.findings.split(" (")[0].replace(/\.$/, "");
  document.title = `${title} – Cairn`;
}

function buildTheme() {
  const select = byId("theme");
  const apply = (theme) => {
    if (theme === "auto") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme);
  };
  try {
    const kept = localStorage.getItem("cairn-theme");
    if (["light", "dark"].includes(kept)) select.value = kept;
  } catch {
    // no storage for files in this browser: the choice lasts as long as the page
  }
  apply(select.value);
  select.addEventListener("change", () => {
    apply(select.value);
    try {
      localStorage.setItem("cairn-theme", select.value);
    } catch {
      // as above
    }
  });
}

function goTo(id) {
  const section = byId(id);
  section.scrollIntoView({ block: "start" });
  section.focus({ preventScroll: true });
}

function listen() {
  for (const link of document.querySelectorAll("[data-go]"))
    link.addEventListener("click", (event) => {
      event.preventDefault(); // the fragment holds the filters
      goTo(link.dataset.go);
    });
  byId("print").addEventListener("click", () => window.print());
  const moved = () => {
    if (location.hash.slice(1) === fragmentOf()) return;
    readFragment();
    drawAll();
  };
  window.addEventListener("popstate", moved);
  window.addEventListener("hashchange", moved);
  window.addEventListener("beforeprint", () => printed(true));
  window.addEventListener("afterprint", () => printed(false));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      byId("search").focus();
      byId("search").select();
    }
    if (event.key === "Escape" && event.target.id === "search" && state.q !== "") change({ q: "" });
  });
}

/** Paper shows everything at once, not a page of each list. */
function printed(on) {
  printing = on;
  buildIncidents();
  drawFindings(lastResult);
  drawPeople(lastResult);
  drawPlaces(lastResult);
  buildCoverage();
}

readFragment();
buildTheme();
buildVerdict();
buildIncidents();
buildTimeline();
buildFilters();
buildFindings();
buildIntegrity();
buildCoverage();
buildMade();
drawAll();
listen();
if (/^#[a-z]+$/.test(location.hash) && byId(location.hash.slice(1))?.matches("section")) goTo(location.hash.slice(1));
else if (state.open) byId("rows").querySelector("li.open")?.scrollIntoView({ block: "start" });
document.documentElement.dataset.ready = "yes";
