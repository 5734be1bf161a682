// Draws the page from its data. Texts become text nodes: nothing from a log or a template is markup.

const page = JSON.parse(document.getElementById("cairn-data").textContent);
const grid = document.getElementById("grid");
const kParts = 20; // of a picture of log lines
const kRow = 46; // pixels of one row of CloudWatch's grid
const kColours = { light: ["#0b6560", "#b5450a", "#5a4a9c", "#806000", "#2a6492", "#9d0f3c", "#4f7a28", "#7a4a2b", "#6b6963", "#b0407f"],
                   dark: ["#6fcabf", "#ff9d5c", "#b9a7ff", "#e6c352", "#7dbbee", "#ff7d9c", "#a5d46a", "#d8a583", "#a5a199", "#ef8fc4"] };

// --- Elements and words ---------------------------------------------------------------------------------------------------------

function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}
function svg(tag, properties) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  return element;
}
function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function colour(series, index) {
  if (/^#[0-9a-f]{6}$/i.test(series.color)) return series.color;
  const list = kColours[isDark() ? "dark" : "light"];
  return list[index % list.length];
}
const kWhole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const kFine = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
function amount(value) {
  if (value === null || value === undefined) return "–";
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? kWhole.format(value) : kFine.format(value);
}
function moment(seconds) { return new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " "); }
function period(seconds) {
  if (seconds % 86400 === 0) return `${seconds / 86400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
function plural(n, one) { return `${kWhole.format(n)} ${one}${n === 1 ? "" : "s"}`; }

/** The one number of a series: over the whole stretch, or its newest. */
function newest(widget, series) {
  if (widget.wholeRange) return series.whole;
  return (series.values ?? []).findLast((value) => value !== null) ?? null;
}

// --- Text: a little Markdown ----------------------------------------------------------------------------------------------------

function inline(text) {
  const parts = [];
  const pattern = /\*\*(.+?)\*\*|\*(.+?)\*|`(.+?)`|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(text.slice(last, match.index));
    if (match[1] !== undefined) parts.push(h("strong", {}, match[1]));
    else if (match[2] !== undefined) parts.push(h("em", {}, match[2]));
    else if (match[3] !== undefined) parts.push(h("code", {}, match[3]));
    else parts.push(h("a", { href: match[5], rel: "noreferrer noopener" }, match[4]));
    last = match.index + match[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}
function cells(line) { return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim()); }
function markdown(text) {
  const result = [];
  const lines = String(text ?? "").split("\n");
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const heading = /^(#{1,6})\s+(.*)/.exec(line);
    if (heading) result.push(h(`h${Math.min(3, heading[1].length)}`, {}, inline(heading[2])));
    else if (/^\s*[-*]\s+/.test(line)) {
      const items = [];
      for (; i < lines.length && /^\s*[-*]\s+/.test(lines[i]); i += 1) items.push(h("li", {}, inline(lines[i].replace(/^\s*[-*]\s+/, ""))));
      i -= 1;
      result.push(h("ul", {}, items));
    } else if (line.includes("|") && /^[\s|:-]+$/.test(lines[i + 1] ?? "") && (lines[i + 1] ?? "").includes("-")) {
      const head = h("tr", {}, cells(line).map((cell) => h("th", {}, inline(cell))));
      const rows = [];
      for (i += 2; i < lines.length && lines[i].includes("|"); i += 1) rows.push(h("tr", {}, cells(lines[i]).map((cell) => h("td", {}, inline(cell)))));
      i -= 1;
      result.push(h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
    } else if (/^\s*---+\s*$/.test(line)) result.push(h("hr", {}));
    else if (line.trim()) result.push(h("p", {}, inline(line)));
  }
  return h("div", { class: "prose" }, result);
}

// --- Metrics --------------------------------------------------------------------------------------------------------------------

function legend(widget, shown) {
  if (widget.properties.legend?.position === "hidden") return null;
  return h("ul", { class: "legend" }, shown.map((series) =>
    h("li", {}, h("span", { class: "key", style: { background: series.paint } }), series.label,
      series.values && h("b", {}, amount(series.statistic === "Sum" ? series.whole : newest({ wholeRange: false }, series))))));
}

/** Lines of uPlot, stacked when asked: then each stands on those before it. */
function timeSeries(widget, body) {
  const times = Array.from({ length: widget.count }, (_, i) => widget.start + i * widget.period);
  const visible = widget.series.filter((series) => series.visible && !series.problem);
  const columns = [], options = [], bands = [], shown = [];
  const stacked = widget.properties.stacked === true;
  let ground = new Array(widget.count).fill(0);
  visible.forEach((series, index) => {
    const paint = colour(series, index);
    shown.push({ ...series, paint });
    const scale = series.right ? "right" : "y";
    if (series.upper) {
      columns.push(series.upper, series.lower);
      options.push({ scale, stroke: paint, width: 0, points: { show: false } }, { scale, stroke: paint, width: 0, points: { show: false } });
      bands.push({ series: [columns.length - 1, columns.length], fill: css("--band") });
      return;
    }
    let values = series.values;
    if (stacked) {
      ground = ground.map((sum, i) => sum + (values[i] ?? 0));
      values = ground.slice();
    }
    columns.push(values);
    const few = values.filter((value) => value !== null).length <= 1;
    options.push({ scale, stroke: paint, width: stacked ? 1 : 1.75, fill: stacked ? `${paint}` : undefined, spanGaps: false,
                   paths: stacked ? uPlot.paths.stepped({ align: 1 }) : undefined, points: { show: few, size: 5 } });
  });
  if (stacked) { // drawn from the top of the stack down, so that each covers what stands below it
    columns.reverse();
    options.reverse();
  }
  const lines = (widget.properties.annotations?.horizontal ?? []).flat().filter((line) => typeof line.value === "number" && line.visible !== false);
  const marks = (widget.properties.annotations?.vertical ?? []).flat().filter((line) => line.value && line.visible !== false);
  const side = widget.properties.yAxis ?? {};
  const range = (axis, from, to) => {
    const tallest = Math.max(to ?? 1, axis === "left" ? Math.max(0, ...lines.map((line) => line.value)) : 0);
    const low = side[axis]?.min ?? Math.min(0, from ?? 0);
    return [low, side[axis]?.max ?? (tallest <= low ? low + 1 : tallest + (tallest - low) * 0.08)];
  };
  const holder = h("div", { class: "chart", role: "img", tabindex: 0, "aria-label": `${widget.title}: ${visible.map((series) => series.label).join(", ")}` });
  const tip = h("p", { class: "tip", role: "status", hidden: true });
  body.append(h("div", { class: "frame" }, holder, tip));
  const axis = { stroke: css("--faint"), grid: { stroke: css("--hair"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const draw = () => {
    const width = holder.clientWidth, height = Math.max(180, holder.clientHeight);
    const plot = new uPlot({
      width, height, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"), legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { x: { time: true }, y: { range: (_, from, to) => range("left", from, to) }, right: { range: (_, from, to) => range("right", from, to) } },
      axes: [{ ...axis, space: 80, size: 30, values: (_, splits, index, space, step) => splits.map((at) => moment(at).slice(...(step >= 86400 || at % 86400 === 0 ? [5, 10] : [11, 16]))) }, { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : amount(tick))), label: side.left?.label },
             ...(visible.some((series) => series.right) ? [{ ...axis, side: 1, scale: "right", size: 52, grid: { show: false }, label: side.right?.label }] : [])],
      series: [{}, ...options], bands,
      hooks: { draw: [(chart) => annotate(chart, lines, marks)], setCursor: [(chart) => tell(chart)] },
    }, [times, ...columns], holder);
    return plot;
  };
  const tell = (chart) => {
    const at = chart.cursor.idx;
    tip.hidden = at === null || at === undefined;
    if (!tip.hidden) tip.textContent = `${moment(times[at])}  ${shown.filter((series) => series.values && series.values[at] !== null).map((series) => `${series.label} ${amount(series.values[at])}`).join(" · ")}`;
  };
  const list = legend(widget, shown);
  if (list) body.append(list);
  const chart = { holder, draw, plot: null };
  charts.push(chart);
  holder.addEventListener("keydown", (event) => step(event, chart.plot, times));
  holder.addEventListener("blur", () => chart.plot.setCursor({ left: -10, top: -10 }));
}

/** Arrow keys move along the values, Home and End to the ends; Escape leaves, and shows all of the time again. */
function step(event, plot, times) {
  const at = plot.cursor.idx ?? null, last = times.length - 1;
  const next = { ArrowLeft: at === null ? last : Math.max(0, at - 1), ArrowRight: at === null ? 0 : Math.min(last, at + 1), Home: 0, End: last }[event.key];
  if (event.key === "Escape") {
    plot.setCursor({ left: -10, top: -10 });
    plot.setScale("x", { min: times[0], max: times[last] });
  } else if (next !== undefined) plot.setCursor({ left: plot.valToPos(times[next], "x"), top: 0 });
  else return;
  event.preventDefault();
}

/** A label on the lines of a chart: the paper shows around its letters. */
function label({ ctx, bbox }, text, x, y) {
  if (!text) return;
  ctx.save();
  ctx.setLineDash([]);
  ctx.lineJoin = "round";
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.strokeStyle = css("--sheet");
  const place = Math.min(x, bbox.left + bbox.width - ctx.measureText(text).width - 4 * devicePixelRatio);
  ctx.strokeText(text, place, y);
  ctx.fillText(text, place, y);
  ctx.restore();
}
function annotate(chart, lines, marks) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const line of lines) {
    const y = chart.valToPos(line.value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = line.color ?? css("--alarm");
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 16 * devicePixelRatio;
    label(chart, line.label, bbox.left + 6 * devicePixelRatio, y + (above ? -4 : 12) * devicePixelRatio);
    if (line.fill === "above" || line.fill === "below") {
      ctx.globalAlpha = 0.08;
      if (line.fill === "above") ctx.fillRect(bbox.left, bbox.top, bbox.width, y - bbox.top);
      else ctx.fillRect(bbox.left, y, bbox.width, bbox.top + bbox.height - y);
      ctx.globalAlpha = 1;
    }
  }
  for (const mark of marks) {
    const x = chart.valToPos(Date.parse(mark.value) / 1000, "x", true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.strokeStyle = ctx.fillStyle = mark.color ?? css("--accent");
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    label(chart, mark.label, x + 4 * devicePixelRatio, bbox.top + 12 * devicePixelRatio);
  }
  ctx.restore();
}

function spark(widget, series, paint) {
  const values = series.values ?? [];
  const top = Math.max(1e-9, ...values.map((value) => value ?? 0));
  const picture = svg("svg", { class: "spark", viewBox: `0 0 ${Math.max(1, values.length)} 28`, preserveAspectRatio: "none", "aria-hidden": "true" });
  let path = "";
  values.forEach((value, i) => {
    if (!value) return;
    const height = Math.max(1.5, (26 * value) / top);
    path += `M${i} 28v${-height}h1v${height}z`;
  });
  picture.append(svg("path", { d: `M0 27.5h${values.length}v.5h${-values.length}z`, fill: css("--hair-strong") }), svg("path", { d: path, fill: paint }));
  return picture;
}

function singleValues(widget, body) {
  const visible = widget.series.filter((series) => series.visible && !series.problem && series.values);
  body.append(h("div", { class: "numbers" }, visible.map((series, index) => {
    const value = newest(widget, series);
    return h("div", { class: "number" }, h("span", { class: value ? "value" : "value zero" }, amount(value)), h("span", { class: "name" }, series.label),
      widget.properties.sparkline !== false && spark(widget, series, colour(series, index)));
  })));
}

function gauge(widget, body) {
  const { min = 0, max = 100 } = widget.properties.yAxis?.left ?? {};
  body.append(h("div", { class: "numbers" }, widget.series.filter((series) => series.visible && series.values).map((series, index) => {
    const value = newest(widget, series);
    const share = value === null ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min || 1)));
    const picture = svg("svg", { class: "dial", viewBox: "0 0 120 70", role: "img", "aria-label": `${series.label}: ${amount(value)} of ${amount(max)}` });
    const arc = (part) => `M10 64A50 50 0 0 1 ${60 - 50 * Math.cos(Math.PI * part)} ${64 - 50 * Math.sin(Math.PI * part)}`;
    picture.append(svg("path", { d: arc(1), fill: "none", stroke: css("--hair-strong"), "stroke-width": 9 }),
      svg("path", { d: arc(Math.max(0.001, share)), fill: "none", stroke: colour(series, index), "stroke-width": 9 }));
    return h("div", { class: "number" }, picture, h("span", { class: "value" }, amount(value)), h("span", { class: "name" }, `${series.label} (${amount(min)} to ${amount(max)})`));
  })));
}

function parts(widget) {
  return widget.series.filter((series) => series.visible && !series.problem && series.values)
    .map((series, index) => ({ label: series.label, value: newest(widget, series) ?? 0, paint: colour(series, index) }));
}
function pie(list, body) {
  const slices = list.filter((part) => part.value > 0).sort((a, b) => b.value - a.value);
  const sum = slices.reduce((total, part) => total + part.value, 0);
  if (!sum) {
    body.append(h("p", { class: "problem" }, "Nothing in this time."));
    return;
  }
  const picture = svg("svg", { viewBox: "-52 -52 104 104", role: "img", "aria-label": slices.map((part) => `${part.label} ${amount(part.value)}`).join(", ") });
  let angle = -Math.PI / 2;
  for (const part of slices) {
    const next = angle + (2 * Math.PI * Math.min(part.value / sum, 0.99999));
    const point = (at, radius) => `${radius * Math.cos(at)} ${radius * Math.sin(at)}`;
    const large = next - angle > Math.PI ? 1 : 0;
    picture.append(svg("path", { d: `M${point(angle, 50)}A50 50 0 ${large} 1 ${point(next, 50)}L${point(next, 30)}A30 30 0 ${large} 0 ${point(angle, 30)}z`,
                                 fill: part.paint, stroke: css("--sheet"), "stroke-width": 1 }));
    angle = next;
  }
  body.append(h("div", { class: "pie" }, picture, h("ul", { class: "legend" }, slices.map((part) =>
    h("li", {}, h("span", { class: "key", style: { background: part.paint } }), part.label, h("b", {}, amount(part.value)), ` ${Math.round((100 * part.value) / sum)} %`)))));
}
function bars(list, body) {
  const top = Math.max(1e-9, ...list.map((part) => part.value));
  body.append(h("div", { class: "bars" }, list.flatMap((part) => [h("span", {}, part.label),
    h("span", { class: "bar", style: { background: part.paint, width: `${(100 * part.value) / top}%` } }), h("span", {}, amount(part.value))])));
}
function metricTable(widget, body) {
  const fold = (values, how) => (values.length ? how(values) : null);
  body.append(h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, ["metric", "least", "most", "mean", "sum"].map((title, i) => h("th", { class: i && "amount" }, title)))),
    h("tbody", {}, widget.series.filter((series) => series.visible && series.values).map((series) => {
      const values = series.values.filter((value) => value !== null);
      const sum = fold(values, (all) => all.reduce((a, b) => a + b, 0));
      return h("tr", {}, h("td", {}, series.label), [fold(values, (all) => Math.min(...all)), fold(values, (all) => Math.max(...all)),
        sum === null ? null : sum / values.length, sum].map((value) => h("td", { class: "amount" }, amount(value))));
    })))));
}

function metric(widget, body) {
  const view = widget.properties.view ?? "timeSeries";
  if (!widget.series.length && widget.alarms) return alarmList(widget, body);
  if (view === "singleValue") singleValues(widget, body);
  else if (view === "gauge") gauge(widget, body);
  else if (view === "pie") pie(parts(widget), body);
  else if (view === "bar") bars(parts(widget), body);
  else if (view === "table") metricTable(widget, body);
  else timeSeries(widget, body);
  for (const series of widget.series) if (series.problem) body.append(h("p", { class: "problem" }, `${series.label}: ${series.problem}`));
  return null;
}

// --- Alarms ---------------------------------------------------------------------------------------------------------------------

const kMarks = { ALARM: "▲ ALARM", OK: "● OK", INSUFFICIENT_DATA: "○ no data" };

/** A strip of the stretch: where the alarm was raised. */
function strip(alarm) {
  const picture = svg("svg", { class: "strip", viewBox: "0 0 1000 8", preserveAspectRatio: "none", role: "img", "aria-label": `raised ${alarm.raised} times` });
  picture.append(svg("rect", { width: 1000, height: 8, fill: css("--hair") }));
  const x = (time) => Math.max(0, Math.min(1000, (1000 * (time - page.from)) / (page.to - page.from)));
  alarm.changes.forEach(([time, state], i) => {
    const end = alarm.changes[i + 1]?.[0] ?? page.to;
    if (state === "ALARM" && end > page.from) picture.append(svg("rect", { x: x(time), width: Math.max(3, x(end) - x(time)), height: 8, fill: css("--alarm") }));
  });
  return picture;
}
/** Raised within the stretch that is shown. */
function raisedHere(alarm) { return (alarm.changes ?? []).filter(([time, state]) => state === "ALARM" && time >= page.from).length; }
const kWords = { aws: "AWS", iam: "IAM", kms: "KMS", s3: "S3", acl: "ACL", vpc: "VPC", api: "API", mfa: "MFA", cloudtrail: "CloudTrail", config: "Config", signin: "sign-in" };
/** "CIS-04-IamPolicyChanges" as words: "IAM policy changes". Names of others stay as they are. */
function title(name) {
  const own = /^(?:CIS-\d\d|Cairn)-(.+)/.exec(name);
  if (!own) return name;
  const words = own[1].replace("CloudTrail", "Cloudtrail").replace(/([a-z\d])([A-Z])/g, "$1 $2").toLowerCase().split(/[ _-]+/);
  return words.map((word) => kWords[word] ?? word).join(" ").replace(/^./, (first) => first.toUpperCase());
}

function alarmList(widget, body) {
  const wanted = widget.properties.states;
  const list = (widget.alarms ?? []).filter((alarm) => !wanted?.length || wanted.includes(alarm.state));
  const weight = (alarm) => (alarm.state === "ALARM" ? 0 : raisedHere(alarm) ? 1 : alarm.state === "OK" ? 2 : 3);
  list.sort((a, b) => weight(a) - weight(b) || (widget.properties.sortBy ? (b.since ?? 0) - (a.since ?? 0) : 0));
  const quiet = list.filter((alarm) => alarm.state === "OK" && !raisedHere(alarm));
  const told = list.filter((alarm) => !quiet.includes(alarm));
  if (told.length) body.append(h("ul", { class: "alarms" }, told.map((alarm) => {
    if (!alarm.state) return h("li", {}, h("div", { class: "title" }, h("span", {}, alarm.name), h("span", { class: "state INSUFFICIENT_DATA" }, "not here")));
    const raised = raisedHere(alarm);
    return h("li", { class: alarm.state === "ALARM" && "raised", title: `${alarm.name}: ${alarm.reason}` },
      h("div", { class: "title" }, h("span", {}, title(alarm.name)), h("span", { class: `state ${alarm.state}` }, kMarks[alarm.state])),
      raised ? h("p", {}, `${plural(raised, "time")} raised, last ${moment(alarm.changes.findLast(([, state]) => state === "ALARM")[0])}`) : null,
      alarm.evidence.map((sentence) => h("p", {}, sentence)),
      alarm.changes.length ? strip(alarm) : null);
  })));
  if (quiet.length) body.append(h("p", { class: "quiet" }, h("span", { class: "state OK" }, `● ${told.length ? "quiet" : "all quiet"}`), " ",
    quiet.map((alarm, i) => [i ? " · " : "", h("span", { title: `${alarm.name}: ${alarm.reason}` }, title(alarm.name))])));
  return null;
}

// --- Logs -----------------------------------------------------------------------------------------------------------------------

/** An ARN's end; its account only where there are several. The roles of IAM Identity Center say what they are for. */
function person(arn, several) {
  const found = /^arn:aws[\w-]*:(?:iam|sts)::(\d+):(.+)$/.exec(arn);
  if (!found) return arn;
  const name = found[2].replace(/^assumed-role\/AWSReservedSSO_(.+)_[0-9a-f]{16}\//, "sso/$1/").replace(/^assumed-role\//, "role/");
  return several ? [name, " ", h("small", {}, found[1])] : name;
}
function logTable(widget, body, amounts) {
  const several = widget.columns.map((_, i) => new Set(widget.rows.map((row) => /^arn:aws[\w-]*:(?:iam|sts)::(\d+):/.exec(row[i])?.[1]).filter(Boolean)).size > 1);
  const cell = (text, i) => {
    const time = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z$/.exec(text);
    return h("td", { class: amounts[i] ? "amount" : time ? "when" : text.length > 36 && "long", title: text, "data-label": widget.columns[i] },
      h("span", {}, amounts[i] ? amount(Number(text)) : time ? `${time[1]} ${time[2]}` : person(text, several[i])));
  };
  body.append(h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": widget.title || "Log lines" }, h("table", { class: widget.columns.length > 2 && "rows" },
    h("thead", {}, h("tr", {}, widget.columns.map((column, i) => h("th", { class: amounts[i] && "amount" }, column)))),
    h("tbody", {}, widget.rows.map((row) => h("tr", {}, row.map(cell)))))));
}
/** What a query answered: as a table, or its first amount of each row as a picture. */
function log(widget, body) {
  if (!widget.rows.length) {
    body.append(h("p", { class: "problem" }, "Nothing in this time."));
    return;
  }
  const amounts = widget.columns.map((_, i) => widget.rows.every((row) => /^-?\d+(\.\d+)?$/.test(row[i])));
  const draw = { bar: bars, pie }[widget.properties.view];
  const measured = amounts.indexOf(true);
  if (!draw || measured < 0 || !amounts.includes(false)) {
    logTable(widget, body, amounts);
    return;
  }
  draw(widget.rows.slice(0, kParts).map((row, index) => ({ label: row.filter((_, i) => !amounts[i]).map((text) => person(text, false)).join(", ") || "none", value: Number(row[measured]), paint: colour({}, index) })), body);
  if (widget.rows.length > kParts) body.append(h("p", { class: "problem" }, `The first ${kParts} of ${plural(widget.rows.length, "row")}.`));
}

// --- The page -------------------------------------------------------------------------------------------------------------------

const charts = [];

/** The first names, and how many more there are. */
function some(names, count) { return names.slice(0, count).join(", ") + (names.length > count ? ` and ${names.length - count} more` : ""); }
/** Who is behind most alarms of this time. */
function suspects(alarms) {
  const counts = new Map();
  for (const alarm of alarms) {
    const names = new Set(alarm.changes.filter(([time, , who]) => who && time >= page.from).map(([, , who]) => who));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const list = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 3);
  if (!list.length) return "";
  return alarms.length === 1 ? `Behind it: ${list.map(([name]) => name).join(", ")}. `
    : `Behind them: ${list.map(([name, n]) => `${name} (${plural(n, "alarm")})`).join(", ")}. `;
}
function verdict() {
  const alarms = new Map(page.widgets.flatMap((widget) => widget.alarms ?? []).filter((alarm) => alarm.state).map((alarm) => [alarm.name, alarm]));
  if (!alarms.size) return [];
  const now = [...alarms.values()].filter((alarm) => alarm.state === "ALARM");
  const before = [...alarms.values()].filter((alarm) => alarm.state !== "ALARM" && raisedHere(alarm));
  const blind = [...alarms.values()].filter((alarm) => alarm.state === "INSUFFICIENT_DATA" && !raisedHere(alarm)).length;
  const quiet = alarms.size - now.length - before.length - blind;
  const unknown = blind ? ` ${blind} ${blind === 1 ? "has" : "have"} no data.` : "";
  if (!now.length && !before.length) return [h("span", { class: "calm" }, `● All quiet: none of ${plural(alarms.size, "alarm")} was raised in this time.`), unknown];
  const earlier = some(before.map((alarm) => title(alarm.name)), 3);
  const parts = now.length
    ? [h("strong", {}, `▲ ${plural(now.length, "alarm")} raised at the end`), `: ${some(now.map((alarm) => title(alarm.name)), 4)}. `,
       before.length ? `${before.length} more ${before.length === 1 ? "was" : "were"} raised earlier in this time: ${earlier}. ` : ""]
    : [h("strong", {}, `▲ ${before.length} of ${plural(alarms.size, "alarm")} ${before.length === 1 ? "was" : "were"} raised in this time`), `: ${earlier}. None is at the end. `];
  return [...parts, suspects([...now, ...before]), quiet ? `${quiet} stayed quiet.` : "", unknown];
}

function draw() {
  charts.length = 0;
  grid.replaceChildren();
  const ordered = page.widgets.map((widget, i) => [widget, i]).sort(([a, i], [b, j]) => a.y - b.y || a.x - b.x || i - j);
  for (const [widget] of ordered) {
    const text = widget.type === "text";
    const body = h("section", { class: text && widget.properties.background === "transparent" ? "widget clear" : "widget", style: { "--width": widget.width } });
    if (!text) body.style.minHeight = `${Math.min(widget.height, 20) * kRow * (widget.type === "metric" && (widget.properties.view ?? "timeSeries") === "timeSeries" ? 1 : 0.3)}px`;
    if (widget.title) body.append(h("h2", {}, widget.title, widget.series && widget.period && !widget.wholeRange && h("small", {}, period(widget.period))));
    if (widget.problem) body.append(h("p", { class: "problem" }, `Not drawn: ${widget.problem}.`));
    else if (text) body.append(markdown(widget.properties.markdown));
    else if (widget.type === "metric") metric(widget, body);
    else if (widget.type === "alarm") alarmList(widget, body);
    else if (widget.type === "log") log(widget, body);
    grid.append(body);
  }
  for (const chart of charts) chart.plot = chart.draw();
}

document.getElementById("name").textContent = page.name;
document.title = page.name;
document.getElementById("range").textContent = `${moment(page.from)} to ${moment(page.to)} UTC`;
document.getElementById("origin").textContent = page.origin;
document.getElementById("verdict").replaceChildren(...verdict());
draw();
document.getElementById("theme").addEventListener("change", (event) => {
  if (event.target.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = event.target.value;
  draw();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  for (const chart of charts) chart.plot.setSize({ width: chart.holder.clientWidth, height: Math.max(180, chart.holder.clientHeight) });
});
