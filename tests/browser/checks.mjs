// What the browser tests share: how Chromium is started, what a page complains about, and checks that all run.

import assert from "node:assert/strict";

export const chromiumOptions = {
  executablePath: process.env.CAIRN_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};

/** Collects in `page.trouble` what a page complains about or asks the network for; `expected`: what it may say. */
export function watch(page, expected = /^$/) {
  page.trouble = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && !expected.test(message.text()) && page.trouble.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.trouble.push(`error: ${error.message}`));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || page.trouble.push(`request: ${request.url()}`));
}
export const quiet = (page) => assert.deepEqual(page.trouble, []);

/** Returns `check(name, work)`, which runs a check and then `cleanUp`, and `failed`, the names of those that failed. */
export function checks(cleanUp) {
  const failed = [];
  async function check(name, work) {
    try {
      await work();
      console.log(`ok      ${name}`);
    } catch (error) {
      failed.push(name);
      console.log(`FAILED  ${name}\n${error.stack.replace(/^/gm, "        ")}`);
    }
    await cleanUp();
  }
  return { check, failed };
}

/** Says how it went, and ends the program. */
export function finish(failed) {
  console.log(failed.length ? `${failed.length} failed: ${failed.join("; ")}` : "all checks passed");
  process.exit(failed.length ? 1 : 0);
}
