// Measures how long reports take to open: elapsed, and processor time of the page's main thread.
//   node measure.mjs REPORT...      in a folder with node_modules (tests/browser/run.sh leaves one)

import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { chromiumOptions } from "./checks.mjs";

const kRounds = 5;
const browser = await chromium.launch(chromiumOptions);
for (const file of process.argv.slice(2)) {
  const elapsed = [];
  const cpu = [];
  let heap = 0;
  for (let round = 0; round < kRounds; round += 1) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const begun = Date.now();
    await page.goto(pathToFileURL(path.resolve(file)).href);
    await page.waitForSelector("html[data-ready=yes]", { state: "attached" });
    elapsed.push((Date.now() - begun) / 1000);
    const { metrics } = await session.send("Performance.getMetrics");
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    cpu.push(of("TaskDuration"));
    heap = of("JSHeapUsedSize") / 2 ** 20;
    await page.close();
  }
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(2);
  console.log(`${file}: ${median(elapsed)} s elapsed, ${median(cpu)} s of processor time, ${heap.toFixed(0)} MiB of objects`);
}
await browser.close();
