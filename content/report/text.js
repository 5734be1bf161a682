// Text: what comes from logs is shown, never run. Characters that would hide or reorder text are made visible.

const kHidden =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

function visible(text) {
  return String(text).replace(kHidden, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** Cuts long text for a line; the whole of it is in the details. */
function brief(text, limit = 160) {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

const kNumbers = new Intl.NumberFormat("en-US");
function count(n) {
  return kNumbers.format(n);
}
function plural(n, one, many = `${one}s`) {
  return `${count(n)} ${n === 1 ? one : many}`;
}

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? n : n.toFixed(1)} ${units[unit]}`;
}

/** "7.9 %": a share of a whole. */
function share(part, whole) {
  if (!whole || !part) return "–";
  const percent = (100 * part) / whole;
  return percent < 0.1 ? "< 0.1 %" : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

// Times are seconds since 1970, shown in UTC.
function iso(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().replace(/\.000Z$/, "Z");
}
function time(seconds) {
  return iso(seconds).slice(0, 19).replace("T", " ");
}
function day(seconds) {
  return iso(seconds).slice(0, 10);
}
function parseTime(text) {
  const milliseconds = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(" ", "T")}Z`);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
/** "2024-06-03 22:24:42 – 22:26:24". */
function period(first, last) {
  if (first === null) return "at an unknown time";
  if (last - first < 1) return time(first);
  return `${time(first)} – ${day(first) === day(last) ? time(last).slice(11) : time(last)}`;
}
function duration(seconds) {
  const parts = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const at = parts.findIndex(([length]) => seconds >= length);
  if (at < 0) return "0 s";
  const whole = Math.floor(seconds / parts[at][0]);
  const rest = at + 1 < parts.length ? Math.floor((seconds % parts[at][0]) / parts[at + 1][0]) : 0;
  return `${whole} ${parts[at][1]}${rest ? ` ${rest} ${parts[at + 1][1]}` : ""}`;
}

/** "iam" for "iam.amazonaws.com". */
function service(source) {
  return source.replace(/\.amazonaws\.com$/, "");
}

/** "a, b and 3 more". */
function few(values, shown, total = values.length) {
  const first = values.slice(0, shown);
  const rest = total - first.length;
  if (rest > 0) return `${first.join(", ")} and ${count(rest)} more`;
  return first.length > 1 ? `${first.slice(0, -1).join(", ")} and ${first.at(-1)}` : first.join("");
}
