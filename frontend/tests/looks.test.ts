/** Every view, in both themes and on a phone: axe finds nothing, nothing is cut off. */
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { violations } from "./harness/accessibility";
import { search } from "./harness/api";
import { giveKey } from "./harness/key";
import { expectProblem, PHONE, visit } from "./harness/visiting";

const [PICTURE = ""] = inject("pictures");
/** What a page has to fit into without scrolling sideways (WCAG 1.4.10). */
const NARROWEST = { width: 320, height: 640 };

interface Scene {
  path: string;
  /** Brings the view to where it is looked at. */
  prepare: (page: Page) => Promise<void>;
  problem?: RegExp;
}

const results = (page: Page) => page.locator("[aria-busy=false] [data-item]").first().waitFor();
const upload = (page: Page) => page.locator("input[type=file]").first().setInputFiles(PICTURE);
const [item] = (await search({})).results;

const SCENES: Record<string, Scene> = {
  "search without a query": { path: "/", prepare: results },
  "search with words, a colour, likes and filters": {
    path: `/?text=shirt&colour=1f3a70&like=${item?.id}&not.colour=Red`,
    prepare: results,
  },
  "search with a picture": {
    path: "/",
    prepare: async (page) => {
      await upload(page);
      await page.getByRole("heading", { name: "Your picture" }).waitFor();
      await results(page);
    },
  },
  "nothing found": {
    path: "/?text=differential+equations",
    prepare: (page) => page.getByText("Nothing found").waitFor(),
  },
  "a refused search": {
    path: "/?like=no-such-item",
    prepare: (page) => page.getByText("The server refused this").waitFor(),
    problem: /404/,
  },
  "tag without pictures": {
    path: "/tag",
    prepare: (page) => page.getByText("Drop pictures of clothing here").waitFor(),
  },
  "tag with a picture": {
    path: "/tag",
    prepare: async (page) => {
      await upload(page);
      await page.getByText("1 of 1 tagged").waitFor();
    },
  },
  "an item": {
    path: `/item?id=${item?.id}`,
    prepare: (page) => page.getByRole("heading", { name: "Similar items" }).waitFor(),
  },
  "no item": {
    path: "/item?id=no-such-item",
    prepare: (page) => page.getByText("There is no item").waitFor(),
    problem: /404/,
  },
  "add without pictures": {
    path: "/add",
    prepare: (page) => page.getByRole("heading", { level: 1 }).waitFor(),
  },
  "add with a picture": {
    path: "/add",
    prepare: async (page) => {
      await upload(page);
      await page.getByLabel(/^Caption of /).waitFor();
    },
  },
  "health with a key": {
    path: "/health",
    prepare: async (page) => {
      await page.request.get("/items/none/image"); // the longest route
      await giveKey(page, inject("key"));
      await page.getByText(/^0 failures/).waitFor();
      await page.getByText("/image").waitFor();
    },
  },
};

test.each(Object.entries(SCENES))("%s: axe finds nothing, nothing is cut off", async (_, scene) => {
  if (scene.problem) expectProblem(scene.problem);
  const page = await visit(scene.path);
  await scene.prepare(page);
  expect(await violations(page), "light").toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(PHONE);
  expect(await violations(page), "dark, on a phone").toEqual([]);
  expect(await page.evaluate(cutOff), "cut off on a phone").toEqual([]);
  await page.setViewportSize(NARROWEST);
  expect(await page.evaluate(cutOff), "cut off at the least width").toEqual([]);
});

/** What makes the page scroll sideways, and lists whose choice is not to be read in full. */
function cutOff(): string[] {
  const { clientWidth, scrollWidth } = document.documentElement;
  const lists = [...document.querySelectorAll("select")].filter((list) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(list);
    const measure = document.createElement("canvas").getContext("2d");
    if (measure === null) return true;
    measure.font = font;
    const text = measure.measureText(list.selectedOptions[0]?.label ?? "").width;
    return text > list.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  });
  return [
    ...(scrollWidth > clientWidth ? [`the page: ${scrollWidth} of ${clientWidth}`] : []),
    ...lists.map((list) => `${list.ariaLabel}: ${list.clientWidth}`),
  ];
}

test("the theme follows the device, and what one chooses is kept", async () => {
  const background = (page: Page) =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const page = await visit("/", { colorScheme: "dark" });
  const dark = await background(page);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("radio", { name: "Light" }).click();
  await expect.poll(() => background(page)).not.toBe(dark);
  const light = await background(page);
  await page.reload();
  expect(await background(page)).toBe(light);
});
