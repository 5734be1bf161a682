// The timeline: events as a silhouette, findings of each level as bars in their own lane, and a brush over both.

const kLaneHeight = 30;
const kEventsHeight = 64;
const kAxisHeight = 30;
const kLaneGap = 6;
const kBarWidth = 4; // pixels of one bar

const timeline = { axis: null, width: 0, left: 0, spans: null, bars: null };

/** Steps of the axis, in seconds. */
const kTicks = [1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 15552000, 31536000, 63072000, 157680000];

function tickStep(seconds, width) {
  const room = Math.max(2, Math.floor(width / 110));
  return kTicks.find((step) => seconds / step <= room) ?? kTicks.at(-1);
}
function tickLabel(seconds, step) {
  if (step >= 31536000) return iso(seconds).slice(0, 4);
  if (step >= 2592000) return iso(seconds).slice(0, 7);
  if (seconds % 86400 === 0) return day(seconds);
  return time(seconds).slice(11, step < 60 ? 19 : 16);
}

function axisOf() {
  if (!wholePeriod) return null;
  const whole = { first: wholePeriod.first, last: Math.max(wholePeriod.last, wholePeriod.first + 60) };
  if (state.axisFrom === null) return whole;
  return { first: state.axisFrom, last: state.axisTo };
}

/** Sums of events in each bar of the axis. */
function eventBars(bars) {
  const { unit, begin, counts } = report.activity;
  const sums = new Float64Array(bars.number);
  let at = begin;
  for (let i = 0; i < counts.length; i += 2) {
    at += counts[i];
    addSpan(sums, bars, at * unit, (at + 1) * unit, counts[i + 1]);
  }
  return sums;
}
/** Divides a count over the bars that a span of time touches. */
function addSpan(sums, bars, first, last, amount) {
  if (last < bars.first || first > bars.last) return;
  const from = Math.floor((first - bars.first) / bars.seconds);
  const to = Math.max(from, Math.ceil((last - bars.first) / bars.seconds) - 1);
  const each = amount / (to - from + 1);
  for (let i = Math.max(0, from); i <= Math.min(bars.number - 1, to); i += 1) sums[i] += each;
}
function levelBars(bars, spans) {
  return spans.map((list) => {
    const sums = new Float64Array(bars.number);
    for (let i = 0; i < list.length; i += 3) addSpan(sums, bars, list[i], list[i + 1], list[i + 2]);
    return sums;
  });
}

/** One path for all bars of a lane: heights by square root, so that one call beside a thousand is still seen. */
function barsPath(sums, top, height, left, least) {
  let highest = 0;
  for (const sum of sums) highest = Math.max(highest, sum);
  if (highest === 0) return "";
  let path = "";
  sums.forEach((sum, i) => {
    if (sum === 0) return;
    const tall = Math.max(least, height * Math.sqrt(sum / highest));
    path += `M${left + i * kBarWidth} ${(top + height - tall).toFixed(1)}h${kBarWidth - 1}v${tall.toFixed(1)}h${1 - kBarWidth}z`;
  });
  return path;
}
function silhouette(sums, top, height, left) {
  let highest = 0;
  for (const sum of sums) highest = Math.max(highest, sum);
  if (highest === 0) return "";
  let path = `M${left} ${top + height}`;
  sums.forEach((sum, i) => {
    path += `V${(top + height - (height * sum) / highest).toFixed(1)}H${left + (i + 1) * kBarWidth}`;
  });
  return `${path}V${top + height}z`;
}

function buildTimeline() {
  const section = byId("timeline");
  if (!wholePeriod) {
    section.replaceChildren(heading("timeline", "Timeline"), h("p", { class: "nothing" }, "No event has a time that can be read."));
    return;
  }
  const input = (id, text) =>
    h("label", {}, text, " ", h("input", { type: "datetime-local", step: "1", id, onChange: () => typedTime() }));
  section.replaceChildren(
    heading("timeline", "Timeline", "Drag over it to see a part of the time; times are UTC."),
    h("p", { class: "readout", id: "readout", "aria-hidden": "true" }),
    h(
      "div",
      { class: "strip", id: "strip" },
      svg("svg", { id: "strip-drawing", role: "img", "aria-label": "Events and findings over time" }),
      h("div", { class: "shade", id: "shade-left" }),
      h("div", { class: "shade", id: "shade-right" }),
      handle("from", "Beginning of the time shown"),
      handle("to", "End of the time shown"),
    ),
    h(
      "div",
      { class: "strip-tools" },
      input("time-from", "From"),
      input("time-to", "to"),
      button("Clear time", () => change({ from: null, to: null }), { id: "time-clear" }),
      button("Zoom in", zoomIn, { id: "zoom-in" }),
      button("Whole period", () => change({ axisFrom: null, axisTo: null }), { id: "zoom-out" }),
    ),
  );
  const strip = byId("strip");
  strip.addEventListener("pointerdown", beginBrush);
  strip.addEventListener("pointermove", readOut);
  strip.addEventListener("pointerleave", () => drawReadout(null));
  new ResizeObserver(() => {
    if (strip.clientWidth !== timeline.width && timeline.spans) drawTimeline(timeline.spans);
  }).observe(strip);
}

function handle(edge, name) {
  return h("div", { class: "handle", id: `handle-${edge}`, role: "slider", tabindex: "0", "aria-label": name, "aria-orientation": "horizontal", onKeydown: (event) => moveHandle(edge, event) });
}

function drawTimeline(spans) {
  if (!wholePeriod) return;
  const strip = byId("strip");
  const width = strip.clientWidth || 900;
  const left = width < 560 ? 0 : 92;
  const axis = axisOf();
  const number = Math.max(10, Math.floor((width - left) / kBarWidth));
  const bars = { first: axis.first, last: axis.last, number, seconds: (axis.last - axis.first) / number };
  Object.assign(timeline, { axis, width, left, spans, bars });
  timeline.events = eventBars(bars);
  timeline.levels = levelBars(bars, spans);

  const lanes = [4, 3, 2, 1, 0].filter((level) => groups.some((group) => group[G.level] === level));
  const named = left === 0 ? 16 : 0; // without a margin, names stand above their lanes
  const drawing = byId("strip-drawing");
  const parts = [];
  let top = named;
  const name = (text, y, className) =>
    svg("text", { class: `lane-name ${className ?? ""}`, x: 0, y: left === 0 ? y - 4 : y, "dominant-baseline": left === 0 ? "auto" : "middle" }, text);
  const base = (y) => svg("line", { class: "base", x1: left, x2: width, y1: y + 0.5, y2: y + 0.5 });

  for (const gap of report.coverage.gaps.filter(([account]) => account === "")) {
    const x = Math.max(left, xOf(gap[1]));
    const end = Math.min(width, xOf(gap[2]));
    if (end > x) parts.push(svg("rect", { class: "silence", x, width: end - x, y: top, height: kEventsHeight }, svg("title", {}, `No event, ${period(gap[1], gap[2])}`)));
  }
  parts.push(svg("path", { class: "events", d: silhouette(timeline.events, top, kEventsHeight, left) }), base(top + kEventsHeight));
  parts.push(name("events", left === 0 ? top : top + kEventsHeight / 2));
  top += kEventsHeight + kLaneGap * 2;
  for (const level of lanes) {
    top += named;
    parts.push(svg("path", { class: `bars ${kLevels[level]}`, d: barsPath(timeline.levels[level], top, kLaneHeight, left, 5) }));
    parts.push(base(top + kLaneHeight));
    parts.push(name(kLevels[level], left === 0 ? top : top + kLaneHeight / 2 + 3, kLevels[level]));
    top += kLaneHeight + kLaneGap;
  }
  const step = tickStep(axis.last - axis.first, width - left);
  for (let at = Math.ceil(axis.first / step) * step; at <= axis.last; at += step) {
    const x = Math.round(xOf(at)) + 0.5;
    parts.push(svg("line", { class: `tick${at % 86400 === 0 ? " midnight" : ""}`, x1: x, x2: x, y1: named, y2: top + 4 }));
    if (x < width - 40) parts.push(svg("text", { class: "tick-label", x: x + 3, y: top + 16 }, tickLabel(at, step)));
  }
  const height = top + kAxisHeight - 6;
  drawing.setAttribute("width", String(width));
  drawing.setAttribute("height", String(height));
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("aria-label", timelineSummary());
  drawing.replaceChildren(...parts);
  drawBrush();
  drawReadout(null);
}

function timelineSummary() {
  const calls = kLevels.map((level, i) => [level, timeline.levels[i].reduce((a, b) => a + b, 0)]).filter(([, n]) => n > 0);
  const said = calls.reverse().map(([level, n]) => `${count(Math.round(n))} ${level}`);
  return `Events and findings from ${time(timeline.axis.first)} to ${time(timeline.axis.last)} UTC. Calls in findings: ${said.join(", ") || "none"}.`;
}

function xOf(seconds) {
  const { first, last } = timeline.axis;
  return timeline.left + ((seconds - first) / (last - first)) * (timeline.width - timeline.left);
}
function timeAt(x) {
  const { first, last } = timeline.axis;
  const part = (x - timeline.left) / (timeline.width - timeline.left);
  return first + Math.min(1, Math.max(0, part)) * (last - first);
}

function drawBrush(from = state.from, to = state.to) {
  const limit = (x) => Math.min(timeline.width, Math.max(timeline.left, x));
  const begin = from === null ? timeline.left : limit(xOf(from));
  const end = to === null ? timeline.width : limit(xOf(to));
  const place = (id, left, right) => {
    byId(id).style.setProperty("left", `${left}px`);
    byId(id).style.setProperty("width", `${Math.max(0, right - left)}px`);
  };
  place("shade-left", timeline.left, begin);
  place("shade-right", end, timeline.width);
  for (const [edge, x, seconds] of [
    ["from", begin, from ?? timeline.axis.first],
    ["to", end, to ?? timeline.axis.last],
  ]) {
    const element = byId(`handle-${edge}`);
    element.style.setProperty("left", `${x}px`);
    element.classList.toggle("set", (edge === "from" ? from : to) !== null);
    element.setAttribute("aria-valuemin", String(Math.floor(timeline.axis.first)));
    element.setAttribute("aria-valuemax", String(Math.ceil(timeline.axis.last)));
    element.setAttribute("aria-valuenow", String(Math.round(Math.min(timeline.axis.last, Math.max(timeline.axis.first, seconds)))));
    element.setAttribute("aria-valuetext", `${time(seconds)} UTC`);
  }
  const typed = (id, seconds) => {
    const value = seconds === null ? "" : iso(Math.round(seconds)).slice(0, 19);
    if (byId(id).value !== value) byId(id).value = value;
  };
  typed("time-from", from);
  typed("time-to", to);
  const chosen = from !== null || to !== null;
  byId("time-clear").hidden = !chosen;
  byId("zoom-in").hidden = !chosen;
  byId("zoom-out").hidden = state.axisFrom === null;
}

function beginBrush(event) {
  if (event.button !== 0 || event.target.closest("button")) return;
  const strip = byId("strip");
  const box = strip.getBoundingClientRect();
  const edge = event.target.closest(".handle")?.id.replace("handle-", "");
  const start = event.clientX - box.left;
  if (!edge && start < timeline.left) return;
  event.preventDefault();
  let from = edge === "from" || !edge ? null : (state.from ?? timeline.axis.first);
  let to = edge === "to" || !edge ? null : (state.to ?? timeline.axis.last);
  const anchor = edge === "from" ? to : edge === "to" ? from : timeAt(start);
  let moved = false;
  const move = (to_) => {
    const x = to_.clientX - box.left;
    if (Math.abs(x - start) > 3) moved = true;
    if (!moved) return;
    const at = timeAt(x);
    from = Math.floor(Math.min(anchor, at));
    to = Math.ceil(Math.max(anchor, at));
    drawBrush(from, to);
  };
  const end = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    window.removeEventListener("pointercancel", cancel);
    if (moved) change({ from: from <= timeline.axis.first ? null : from, to: to >= timeline.axis.last ? null : to }, true);
    else if (!edge) change({ from: null, to: null }, true);
  };
  const cancel = () => {
    moved = false;
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    drawBrush();
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", cancel);
}

/** Arrow keys move an edge by one bar, with Shift by ten; Home and End to the ends; Delete takes the edge away. */
function moveHandle(edge, event) {
  const { first, last } = timeline.axis;
  const step = Math.max(1, Math.round(timeline.bars.seconds)) * (event.shiftKey ? 10 : 1);
  const now = state[edge] ?? (edge === "from" ? Math.floor(first) : Math.ceil(last));
  const moves = { ArrowLeft: now - step, ArrowDown: now - step, ArrowRight: now + step, ArrowUp: now + step, Home: first, End: last };
  let value = moves[event.key];
  if (event.key === "Delete" || event.key === "Backspace") value = null;
  else if (value === undefined) return;
  event.preventDefault();
  if (value !== null) {
    value = Math.min(Math.ceil(last), Math.max(Math.floor(first), Math.round(value)));
    if (edge === "from") value = Math.min(value, state.to ?? last);
    else value = Math.max(value, state.from ?? first);
    if (edge === "from" ? value <= first : value >= last) value = null;
  }
  change({ [edge]: value });
}

function typedTime() {
  const from = parseTime(byId("time-from").value);
  const to = parseTime(byId("time-to").value);
  if (from !== null && to !== null && from > to) change({ from: to, to: from });
  else change({ from, to });
}

function zoomIn() {
  const axis = timeline.axis;
  const from = Math.floor(state.from ?? axis.first);
  const to = Math.ceil(state.to ?? axis.last);
  const margin = Math.max(30, Math.round((to - from) / 20));
  change({ axisFrom: from - margin, axisTo: to + margin }, true);
}

function readOut(event) {
  const x = event.clientX - byId("strip").getBoundingClientRect().left;
  if (x < timeline.left) return drawReadout(null);
  drawReadout(Math.min(timeline.bars.number - 1, Math.max(0, Math.floor((x - timeline.left) / kBarWidth))));
}
function drawReadout(bar) {
  const readout = byId("readout");
  if (bar === null) {
    const text = state.from === null && state.to === null ? "" : `Shown: ${period(state.from ?? timeline.axis.first, state.to ?? timeline.axis.last)}`;
    readout.replaceChildren(document.createTextNode(text || `${time(timeline.axis.first)} – ${time(timeline.axis.last)}`));
    return;
  }
  const { first, seconds } = timeline.bars;
  const parts = [period(Math.round(first + bar * seconds), Math.round(first + (bar + 1) * seconds)), `about ${plural(Math.round(timeline.events[bar]), "event")}`];
  for (const level of [4, 3, 2, 1, 0]) {
    const calls = timeline.levels[level][bar];
    if (calls > 0) parts.push(`${count(Math.max(1, Math.round(calls)))} ${kLevels[level]}`);
  }
  readout.replaceChildren(document.createTextNode(parts.join(" · ")));
}
