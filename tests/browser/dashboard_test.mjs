// Opens dashboards in Chromium and looks at them: run.sh calls it.
//   node dashboard_test.mjs FOLDER CAIRN
// The overview inside the program and a page with every kind of widget, over simulated logs, light and dark, wide and narrow.
// Every check runs; what failed is listed at the end. Exit code 1 when anything failed.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { checks, chromiumOptions, finish, quiet, watch } from "./checks.mjs";

const [folder, cairn] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const made = (name) => path.join(folder, name);

// --- the pages

function dashboard(page, ...options) {
  execFileSync(cairn, ["monitor", "dashboard", made("dashboard-logs/AWSLogs"), "-o", made(page), "--quiet", "--state", made("dashboard-state"), ...options]);
}
fs.rmSync(made("dashboard-logs"), { recursive: true, force: true });
execFileSync(cairn, ["simulate", made("dashboard-logs"), "--seed", "7", "--length", "2d", "--attack", "all", "--quiet"]);
dashboard("overview.html");
dashboard("kinds.html", "--template", made("every_widget.yaml"));

// --- the browser

const browser = await chromium.launch(chromiumOptions);
const kLooks = [1280, 390].flatMap((width) => ["light", "dark"].map((theme) => ({ width, theme })));

/** Opens a page; whatever it complains about or asks the network for ends in `trouble`. */
async function open(name, { width = 1280, theme = "light" } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  watch(page, /willReadFrequently/); // that reading pixels back is slow is said about this test, not about the page
  await page.goto(pathToFileURL(made(name)).href);
  await page.waitForFunction(() => document.querySelector("#grid").children.length > 0);
  return page;
}
const { check, failed } = checks(async () => {
  for (const context of browser.contexts()) await context.close();
});
/** The widget of a title. */
const widget = (page, title) => page.locator(".widget", { has: page.locator("h2", { hasText: new RegExp(`^${title}`) }) });
/** How many pixels of a widget's chart have the colour of its nth key. */
const pixels = (page, title, key) => widget(page, title).evaluate((section, index) => {
  const canvas = section.querySelector("canvas");
  const [red, green, blue] = getComputedStyle(section.querySelectorAll(".key")[index]).backgroundColor.match(/\d+/g).map(Number);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 30) count += 1;
  return count;
}, key);

// --- what every page must hold to

for (const name of ["overview.html", "kinds.html"]) {
  for (const look of kLooks) {
    await check(`${name} at ${look.width}, ${look.theme}: fits, draws, asks nobody`, async () => {
      const page = await open(name, look);
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), look.theme);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, "too wide");
      const beyond = await page.$$eval(".widget", (list) => list.filter((one) => one.getBoundingClientRect().right > innerWidth).length);
      assert.equal(beyond, 0, "widgets beyond the edge");
      const charts = await page.$$eval("canvas", (list) => list.map((canvas) => [canvas.width, canvas.height]));
      assert.ok(charts.length >= 3);
      for (const [width, height] of charts) assert.ok(width >= 250 && height >= 150, `${width} × ${height}`);
      await page.screenshot({ path: made(`${name.replace(".html", "")}-${look.width}-${look.theme}.png`), fullPage: true });
      quiet(page);
    });
    await check(`${name} at ${look.width}, ${look.theme}: axe finds nothing`, async () => {
      const page = await open(name, look);
      // Through the debugger, past the page's own policy: axe is not part of the page.
      const session = await page.context().newCDPSession(page);
      await session.send("Runtime.evaluate", { expression: axe });
      const { result } = await session.send("Runtime.evaluate", { expression: "axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary)])))", awaitPromise: true, returnByValue: true });
      assert.deepEqual(JSON.parse(result.value), []);
    });
  }
}

// --- the overview

await check("the overview answers what is wrong, what changed and who", async () => {
  const page = await open("overview.html");
  const verdict = await page.textContent("#verdict");
  assert.match(verdict, /^▲ \d+ (of \d+ alarms were raised in this time|alarms? raised at the end): /);
  assert.match(verdict, /Behind them: \S+ \(\d+ alarms?\)/);
  // The sentence counts the same alarms as the tiles.
  const raised = await page.$$eval(".alarms li", (list) => list.filter((one) => /raised/.test(one.textContent)).length);
  const told = [...verdict.matchAll(/(\d+)(?= of \d+ alarms were| alarms? raised at| more (?:was|were) raised)/g)].reduce((sum, [n]) => sum + Number(n), 0);
  assert.equal(told, raised);
  assert.match(await page.textContent(".alarms"), /by (user|role)\//);
  assert.ok((await widget(page, "Who changed the most").locator("tbody tr").count()) > 3);
  assert.match(await widget(page, "Changes by kind").locator("svg[role=img]").getAttribute("aria-label"), /[a-z] \d+/);
  const place = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top + scrollY);
  assert.ok((await place(page.locator("#verdict"))) < 200);
  assert.ok((await place(widget(page, "Is anything wrong"))) < 700);
  quiet(page);
});

await check("a chart shows its series, and its zoom", async () => {
  const page = await open("overview.html");
  for (const theme of ["light", "dark"]) {
    await page.selectOption("#theme", theme);
    assert.ok((await pixels(page, "Calls, and what is usual", 1)) > 300, theme);
    assert.ok((await pixels(page, "What changed", 0)) > 20, theme);
  }
  await widget(page, "Calls, and what is usual").scrollIntoViewIfNeeded();
  const over = await widget(page, "Calls, and what is usual").locator(".u-over").boundingBox();
  const before = await pixels(page, "Calls, and what is usual", 1);
  await page.mouse.move(over.x + over.width * 0.3, over.y + 40);
  assert.match(await widget(page, "Calls, and what is usual").locator(".tip").textContent(), /^\d{4}-\d\d-\d\d \d\d:\d\d {2}calls [\d,]+$/);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.5, over.y + 40, { steps: 5 });
  await page.mouse.up();
  assert.notEqual(await pixels(page, "Calls, and what is usual", 1), before);
  quiet(page);
});

await check("the keyboard reaches the theme, the charts and the tables", async () => {
  const page = await open("overview.html");
  const reached = new Set();
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
  }
  for (const name of ["theme", "chart", "scroll"]) assert.ok(reached.has(name), name);
  const chart = widget(page, "Calls, and what is usual");
  const tip = chart.locator(".tip");
  await chart.locator(".chart").focus();
  assert.equal(await tip.isVisible(), false);
  await page.keyboard.press("End");
  const last = await tip.textContent();
  await page.keyboard.press("ArrowLeft");
  assert.ok((await tip.textContent()) < last);
  await page.keyboard.press("Home");
  assert.match(await tip.textContent(), /00:00 {2}calls/);
  await page.keyboard.press("Escape");
  assert.equal(await tip.isVisible(), false);
  await page.selectOption("#theme", "dark");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
  quiet(page);
});

// --- every kind

await check("every kind of widget is drawn as its view asks", async () => {
  const page = await open("kinds.html");
  const text = (title) => widget(page, title).first().textContent();
  assert.match(await page.textContent("#verdict"), /Many errors.*Behind it: (user|role)\/.* 1 has no data\.$/);
  assert.equal(await page.locator(".prose h1").textContent(), "Every kind");
  assert.equal(await page.locator(".prose table td").count(), 4);
  assert.equal(await page.locator(".prose a").getAttribute("href"), "https://example.com/");
  assert.match(await text("Alarms"), /Many errors.*raised.*by .*Nothing ever○ no data.*elsewherenot here/);
  assert.ok((await pixels(page, "Lines and a band", 2)) > 20);
  assert.ok((await pixels(page, "Stacked", 0)) > 300);
  assert.equal(await widget(page, "Numbers").locator(".spark").count(), 3);
  assert.match(await text("Numbers"), /[\d,]+Calls.*[\d,]+Errors.*–Nobody/);
  assert.match(await text("Gauge"), /Errors \(0 to 1,000\)/);
  assert.equal(await widget(page, "Pie").locator("path").count(), 2);
  assert.equal(await widget(page, "Bars").locator(".bar").count(), 3);
  assert.match(await text("Table"), /metricleastmostmeansumCalls/);
  assert.match(await text("Of an alarm"), /Many errors/);
  assert.match(await text("Nothing comes"), /Nobody–/);
  assert.ok((await widget(page, "Who").locator("tbody tr").count()) > 2);
  assert.equal(await widget(page, "Lines of logs as bars").locator(".bar").count(), 8);
  assert.ok((await widget(page, "Lines of logs as a pie").locator("path").count()) > 1);
  assert.equal(await text("Explorer"), "ExplorerNot drawn: explorer widgets need AWS.");
  assert.equal(await text("Custom"), "CustomNot drawn: custom widgets need AWS.");
  quiet(page);
});

await check("rows of many columns stand one under the other where it is narrow", async () => {
  for (const { width, shown } of [{ width: 1280, shown: "table-row" }, { width: 390, shown: "block" }]) {
    const page = await open("kinds.html", { width });
    assert.equal(await widget(page, "Who").locator("tbody tr").first().evaluate((row) => getComputedStyle(row).display), shown);
    const cell = widget(page, "Who").locator("tbody td").first();
    assert.equal(await cell.evaluate((element) => element.scrollWidth > element.clientWidth), false);
    quiet(page);
  }
});

await browser.close();
finish(failed);
