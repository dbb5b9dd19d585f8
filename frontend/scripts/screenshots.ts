/** Takes pictures of every view on the drawn demo catalogue: npm run screenshots → docs/page/ */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { draw, heldOut } from "../tests/harness/catalogue";
import { launchChromium } from "../tests/harness/chromium";
import { giveKey } from "../tests/harness/key";
import { python, ROOT } from "../tests/harness/project";
import { createKey, startWardrobe } from "../tests/harness/wardrobe";
import { settle } from "./observing";

const OUT = join(ROOT, "docs", "page");
const DRAWN = 600;
const DESKTOP = { width: 1200, height: 760 };
const PHONE = { width: 390, height: 844 };
/** Rounds every colour to six bits a channel, which nobody sees and which spares a quarter. */
const ROUND = `
import sys
from PIL import Image
for path in sys.argv[1:]:
    picture = Image.open(path).convert("RGB")
    picture.point(lambda value: value & 0xFC | value >> 6).save(path, optimize=True)
`;
const LOOKS: Record<string, BrowserContextOptions> = {
  light: { viewport: DESKTOP },
  dark: { viewport: DESKTOP, colorScheme: "dark" },
  phone: { viewport: PHONE, isMobile: true, hasTouch: true },
};

interface View {
  path: string;
  prepare: (page: Page) => Promise<unknown>;
}

function views(pictures: readonly string[], key: string): Record<string, View> {
  const choose = (page: Page, count: number) =>
    page.locator("input[type=file]").first().setInputFiles(pictures.slice(0, count));
  const results = (page: Page) => page.locator("[data-item]").first().waitFor();
  const openFirst = async (page: Page) => {
    await page.locator("[data-item]").first().click();
    await page.getByRole("heading", { name: "Similar items" }).waitFor();
  };
  return {
    search: { path: "/?text=striped+dress&not.colour=Black", prepare: results },
    picture: {
      path: "/?text=blue",
      prepare: async (page) => {
        await choose(page, 1);
        await page.getByRole("heading", { name: "Your picture" }).waitFor();
        await results(page);
      },
    },
    tag: {
      path: "/tag",
      prepare: async (page) => {
        await choose(page, 4);
        await page.getByText("4 of 4 tagged").waitFor();
        await page.getByRole("button", { name: /^Why / }).first().click();
        await page.getByText(/^Coloured: /).waitFor({ timeout: 60_000 });
      },
    },
    item: { path: "/?text=red+dress", prepare: openFirst },
    add: {
      path: "/add",
      prepare: async (page) => {
        await giveKey(page, key);
        await choose(page, 4);
        await page
          .getByLabel(/^Caption of /)
          .first()
          .waitFor();
      },
    },
    health: {
      path: "/health",
      prepare: async (page) => {
        await giveKey(page, key);
        await page.getByText(/^\d+ failures? · /).waitFor();
        for (let number = 0; number < 60; number++) {
          await page.request.get(`/search?text=red+shirt+${number}`);
          await page.waitForTimeout(150); // for ten seconds, so that the charts have points
        }
      },
    },
  };
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "wardrobe-screenshots-"));
  await draw(folder, DRAWN);
  const pictures = await heldOut(join(folder, "data"));
  await python(["build_index.py", join(folder, "data"), "--out", join(folder, "index")]);
  const server = await startWardrobe(folder, join(folder, "index"));
  const browser = await launchChromium();
  const files: string[] = [];
  try {
    await mkdir(OUT, { recursive: true });
    const shown = views(pictures, await createKey(folder, "admin"));
    for (const [name, view] of Object.entries(shown)) {
      for (const [look, options] of Object.entries(LOOKS)) {
        const file = join(OUT, `${name}-${look}.png`);
        await take(browser, view, { ...options, baseURL: server.url }, file);
        files.push(file);
      }
    }
    await python(["-c", ROUND, ...files]);
  } finally {
    await browser.close();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function take(
  browser: Browser,
  view: View,
  options: BrowserContextOptions,
  file: string,
): Promise<void> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  await page.goto(view.path);
  await view.prepare(page);
  await page.evaluate(settle);
  await page.waitForTimeout(300);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: file });
  await context.close();
}

await main();
