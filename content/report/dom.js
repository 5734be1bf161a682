// Building the page: elements and text nodes only. Nothing here, or anywhere, takes markup from data.

const kSvg = "http://www.w3.org/2000/svg";

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return element;
}

/** h("p", { class: "who", onClick: f, title: "…" }, children…). Properties are attributes; on… are listeners. */
function build(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
    else element.setAttribute(name, value === true ? "" : visible(value));
  }
  return append(element, children);
}
function h(tag, properties, ...children) {
  return build(document.createElement(tag), properties, children);
}
function svg(tag, properties, ...children) {
  return build(document.createElementNS(kSvg, tag), properties, children);
}
function byId(id) {
  return document.getElementById(id);
}

/** Text of a log, in its own direction. */
function data(text, properties) {
  return h("bdi", { class: "data", ...properties }, text);
}

// A shape for each level, so that colour is never all that tells them apart.
const kShapes = [
  "M8 3.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9zm0 1.8a2.7 2.7 0 1 1 0 5.4a2.7 2.7 0 1 1 0-5.4z",
  "M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10z",
  "M3 3h10v10H3z",
  "M8 2l6.5 11.5h-13z",
  "M8 .8l7.2 7.2L8 15.2.8 8z",
];
function mark(level) {
  return svg("svg", { class: `mark ${kLevels[level]}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: kShapes[level], "fill-rule": "evenodd" }));
}
function levelLabel(level) {
  return h("span", { class: `level ${kLevels[level]}` }, mark(level), h("span", {}, kLevels[level]));
}

/** The five levels of something, as shapes with numbers; nothing for zeros. */
function levelCounts(levels) {
  return h(
    "span",
    { class: "level-counts" },
    [4, 3, 2, 1, 0]
      .filter((level) => levels[level] > 0)
      .map((level) => h("span", { class: `level ${kLevels[level]}` }, mark(level), h("span", {}, count(levels[level])), h("span", { class: "unseen" }, ` ${kLevels[level]} `))),
  );
}

function heading(id, title, remark) {
  return h("div", { class: "heading" }, h("h2", { id: `${id}-title` }, title), remark ? h("p", { class: "remark" }, remark) : null);
}

function button(text, onClick, properties) {
  return h("button", { type: "button", onClick, ...properties }, text);
}

/** Pages of a long list. `draw(from, to)` gives the nodes of one page. */
function pager({ total, size, page, onPage, label }) {
  const pages = Math.ceil(total / size);
  if (pages <= 1) return null;
  const go = (to, text, name) => button(text, () => onPage(to), { disabled: to < 1 || to > pages || to === page, "aria-label": name });
  return h(
    "nav",
    { class: "pager", "aria-label": label },
    go(1, "First", "First page"),
    go(page - 1, "Back", "Page before"),
    h("span", { class: "where" }, `${count((page - 1) * size + 1)} – ${count(Math.min(total, page * size))} of ${count(total)}`),
    go(page + 1, "Next", "Next page"),
    go(pages, "Last", "Last page"),
  );
}

/** A list that pages itself: for parts whose page is not worth a link. */
function paged({ total, size, label, draw }) {
  const holder = h("div", { class: "paged" });
  const show = (page, focus) => {
    const from = (page - 1) * size;
    const nodes = draw(from, Math.min(total, from + size));
    const links = pager({ total, size, page, label, onPage: (to) => show(to, true) });
    holder.replaceChildren(nodes, ...(links ? [links] : []));
    if (focus) holder.querySelector(".pager button:not([disabled])")?.focus();
  };
  show(1, false);
  return holder;
}
