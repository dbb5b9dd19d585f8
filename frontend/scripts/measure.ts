/**
 * Measures the page of a running server in Chromium and writes the figures as JSON:
 * `python -m benchmarks.page` runs it. WARDROBE_URL, LOADS and QUERIES say where and how much.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../tests/harness/chromium";
import { observe, paintedAfterTyping, settle, type Shifts, shifts } from "./observing";

const ASSETS = fileURLToPath(new URL("../dist/assets", import.meta.url));
const SERVER = setting("WARDROBE_URL");
const LOADS = Number(setting("LOADS"));
const QUERIES = Number(setting("QUERIES"));
const COLOURS = ["red", "blue", "black", "white", "green", "pink", "brown", "grey"];
const GARMENTS = ["shirt", "dress", "jeans", "handbag", "shoes", "t-shirt", "jacket", "watch"];
/** Faster than the pause after which the page searches, as somebody who types fast. */
const KEY_DELAY_MS = 60;

async function main(): Promise<void> {
  const browser = await launchChromium();
  try {
    const loads = [];
    for (let load = 0; load < LOADS; load++) loads.push(await measureLoad(browser));
    const measured = {
      browser: `Chromium ${browser.version()}`,
      node: process.version,
      script_gzip_bytes: await scriptBytes(),
      first_contentful_paint_ms: loads.map((load) => load.paint),
      layout_shift: {
        load: {
          cumulative: Math.max(...loads.map((load) => load.shift.cumulative)),
          all: Math.max(...loads.map((load) => load.shift.all)),
        },
        ...(await measureShifts(browser)),
      },
      typing: await measureTyping(browser),
    };
    process.stdout.write(JSON.stringify(measured));
  } finally {
    await browser.close();
  }
}

/** Opens the page as a first visitor: nothing of it is kept from before. */
async function open(browser: Browser): Promise<Page> {
  const context = await browser.newContext({
    baseURL: SERVER,
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.goto("/");
  await page.locator("[data-item]").first().waitFor();
  await page.evaluate(settle);
  return page;
}

async function measureLoad(browser: Browser): Promise<{ paint: number; shift: Shifts }> {
  const page = await open(browser);
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  );
  const shift = await page.evaluate(shifts);
  await page.context().close();
  return { paint: rounded(paint), shift };
}

/** What moves by itself while somebody does something else. */
async function measureShifts(browser: Browser): Promise<Record<string, Shifts>> {
  const page = await open(browser);
  const during = async (act: () => Promise<unknown>) => {
    const before = await page.evaluate(shifts);
    await act();
    await page.waitForTimeout(1500);
    await page.evaluate(settle);
    const after = await page.evaluate(shifts);
    return { cumulative: after.cumulative - before.cumulative, all: after.all - before.all };
  };
  const typing = await during(() =>
    page.getByRole("searchbox").pressSequentially("blue shirt", { delay: KEY_DELAY_MS }),
  );
  const scrolling = await during(async () => {
    for (let turn = 0; turn < 20; turn++) {
      await page.mouse.move(700, 600);
      await page.mouse.wheel(0, 400);
      await page.waitForTimeout(100);
    }
  });
  await page.mouse.wheel(0, -10_000);
  const image = page.locator("[data-item] img").first();
  const response = await page.request.get((await image.getAttribute("src")) ?? "");
  const buffer = await response.body();
  const picture = await during(() =>
    page
      .locator("input[type=file]")
      .first()
      .setInputFiles({ name: "picture.jpg", mimeType: "image/jpeg", buffer }),
  );
  await page.context().close();
  return { typing, scrolling, picture };
}

/** From the last key of a query until its pictures in view are painted, and its call's part. */
async function measureTyping(browser: Browser): Promise<Record<string, number[]>> {
  const page = await open(browser);
  const box = page.getByRole("searchbox");
  const painted: number[] = [];
  const calls: number[] = [];
  for (const query of queries().slice(0, QUERIES)) {
    await box.fill("");
    await page.waitForURL((url) => !url.searchParams.has("text"));
    await page.waitForTimeout(500);
    const measuring = page.evaluate(paintedAfterTyping, query);
    await box.pressSequentially(query, { delay: KEY_DELAY_MS });
    const { milliseconds, call } = await measuring;
    painted.push(rounded(milliseconds));
    calls.push(rounded(call));
  }
  await page.context().close();
  return { painted_ms: painted, search_call_ms: calls };
}

/** Colours and garments in turns, so that neighbours in the list have nothing in common. */
function queries(): string[] {
  return COLOURS.flatMap((_, turn) =>
    GARMENTS.map((garment, i) => `${COLOURS[(i + turn) % COLOURS.length] ?? ""} ${garment}`),
  );
}

async function scriptBytes(): Promise<Record<string, number>> {
  const scripts = (await readdir(ASSETS)).filter((name) => name.endsWith(".js"));
  const sizes = scripts.map(async (name) => {
    const content = await readFile(join(ASSETS, name));
    return [basename(name), gzipSync(content, { level: 9 }).length] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}

function rounded(milliseconds: number): number {
  return Number(milliseconds.toFixed(1));
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

await main();
