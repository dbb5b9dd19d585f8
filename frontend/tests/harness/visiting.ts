/** Pages in a real browser; a test fails with any error in a console that it does not expect. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";
import { launchChromium } from "./chromium";

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

let browser: Browser;
const contexts: BrowserContext[] = [];
const problems: string[] = [];
const expected: RegExp[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
afterEach(async () => {
  const unexpected = problems.filter((text) => !expected.some((pattern) => pattern.test(text)));
  await Promise.all(contexts.map((context) => context.close()));
  for (const list of [contexts, problems, expected]) list.length = 0;
  expect(unexpected).toEqual([]);
});

/** Opens an address of the page, in a browser that knows nothing of others. */
export async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    baseURL: inject("url"),
    viewport: DESKTOP,
    reducedMotion: "reduce",
    ...options,
  });
  contexts.push(context);
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  watch(page);
  await page.goto(path);
  return page;
}

/** Says that a test provokes an error. */
export function expectProblem(pattern: RegExp): void {
  expected.push(pattern);
}

function watch(page: Page): void {
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    problems.push(`${message.text()} ${message.location().url}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText ?? "";
    // The page gives a search up when the next one begins.
    if (reason !== "net::ERR_ABORTED") problems.push(`${request.url()}: ${reason}`);
  });
}
