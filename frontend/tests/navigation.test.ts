import type { Route } from "playwright-core";
import { expect, test } from "vitest";
import { expectResults, shownIds } from "./harness/api";
import { expectProblem, visit } from "./harness/visiting";

test("a link opens the same results in another browser", async () => {
  const page = await visit("/");
  await page.getByRole("searchbox").fill("shirt");
  await page.waitForURL(/text=shirt/);
  await page.getByRole("group", { name: "Gender" }).getByRole("checkbox").first().check();
  await page.waitForURL(/is\.gender=/);
  await page.getByRole("checkbox", { name: "Fold near-duplicates" }).uncheck();
  await page.waitForURL(/duplicates=shown/);
  await page
    .getByRole("list", { name: "Results" })
    .and(page.locator("[aria-busy=false]"))
    .waitFor();
  const other = await visit(page.url());
  await other.locator("[data-item]").first().waitFor();
  await expect.poll(() => shownIds(page)).toEqual(await shownIds(other));
  expect(await other.getByRole("searchbox").inputValue()).toBe("shirt");
});

test("back and forward go through searches, not through letters", async () => {
  const page = await visit("/");
  await expectResults(page, {});
  const box = page.getByRole("searchbox");
  await box.pressSequentially("red dress", { delay: 150 });
  await box.press("Enter");
  await expectResults(page, { text: "red dress" });
  await box.fill("blue jeans");
  await expectResults(page, { text: "blue jeans" });
  await page.goBack();
  await expectResults(page, { text: "red dress" });
  expect(await box.inputValue()).toBe("red dress");
  await page.goBack();
  await expectResults(page, {});
  expect(await box.inputValue()).toBe("");
  await page.goForward();
  await expectResults(page, { text: "red dress" });
  await box.fill("white shoes"); // the box was not left since the jeans
  await expectResults(page, { text: "white shoes" });
  await page.goBack();
  await expectResults(page, { text: "red dress" });
});

test("search, an item and back, without a mouse", async () => {
  const page = await visit("/");
  await expectResults(page, {});
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to content");
  await page.keyboard.press("/");
  await page.keyboard.type("blue shirt");
  await page.keyboard.press("Enter");
  const [first] = await expectResults(page, { text: "blue shirt" });
  const id = first?.id ?? "";
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("data-item"));
    if (focused === id) break;
  }
  const outline = await page.evaluate(
    () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
  );
  expect(outline, "the focus is seen").not.toBe("none");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/item?id=${encodeURIComponent(id)}`);
  await page.goBack(); // what Alt and the left arrow do where there is a window around the page
  await expectResults(page, { text: "blue shirt" });
});

test("links lead from view to view, each with a title of its own", async () => {
  const page = await visit("/");
  for (const [link, path, title] of [
    ["Tag", "/tag", "Tag"],
    ["Add", "/add", "Add pictures"],
    ["Health", "/health", "Health"],
    ["Search", "/", "Search"],
  ] as const) {
    await page.getByRole("link", { name: link, exact: true }).click();
    await page.waitForURL(path);
    await expect.poll(() => page.title()).toBe(`${title} · Wardrobe`);
  }
});

test("being offline is said; what is there stays, and searching goes on afterwards", async () => {
  expectProblem(/ERR_INTERNET_DISCONNECTED/);
  const page = await visit("/?text=shirt");
  const results = await expectResults(page, { text: "shirt" });
  await page.context().setOffline(true);
  const message = page.getByText(/You are offline/);
  await message.waitFor();
  expect(await shownIds(page)).toEqual(results.map((item) => item.id));
  await page.getByRole("searchbox").fill("blue jeans");
  await page.waitForURL(/blue/);
  await page.context().setOffline(false);
  await message.waitFor({ state: "detached" });
  await expectResults(page, { text: "blue jeans" });
});

test("a view that cannot be loaded is told from a defect, and comes once it can be", async () => {
  expectProblem(/ERR_(INTERNET_DISCONNECTED|FAILED)/);
  const page = await visit("/");
  await expectResults(page, {});
  const code = /assets\/AddView/;
  await page.context().setOffline(true);
  await page.getByText(/You are offline/).waitFor();
  await page.getByRole("link", { name: "Tag", exact: true }).click();
  await page.getByRole("status").filter({ hasText: "Loading" }).waitFor();
  await page.context().setOffline(false);
  await page.getByRole("heading", { level: 1, name: "Tag" }).waitFor();

  await page.route(code, (route) => route.abort());
  await page.getByRole("link", { name: "Add", exact: true }).click();
  await page.getByText("This view could not be loaded").waitFor();
  await page.unroute(code);
  await page.getByRole("heading", { level: 1, name: "Add pictures" }).waitFor();
});

test("a server that fails is said, and asked again", async () => {
  expectProblem(/500|503/);
  const page = await visit("/health");
  let failing = true;
  await page.route("**/search", (route) =>
    failing
      ? route.fulfill({
          status: 500,
          json: { error: { code: "internal", message: "It broke", detail: null } },
        })
      : route.continue(),
  );
  const failed = page.waitForResponse(
    (response) =>
      response.status() === 500 && response.request().postData()?.includes("shirt") === true,
  );
  await page.getByRole("link", { name: "Search", exact: true }).click();
  await page.getByRole("searchbox").fill("shirt");
  // The whole catalogue was asked for before, and failed in the same words.
  await failed;
  await page.getByText("The server failed").waitFor();
  failing = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expectResults(page, { text: "shirt" });
});

test("a server that fails where there are results is said, and asked again by itself", async () => {
  expectProblem(/500|503/);
  const page = await visit("/?text=shirt");
  await expectResults(page, { text: "shirt" });
  const refuse = (status: number, message: string) => (route: Route) =>
    route.fulfill({ status, json: { error: { code: "x", message, detail: null } } });
  await page.route("**/search", refuse(503, "It warms up"));
  await page.route("**/facets?*", refuse(500, "It broke"));
  const filters = page.getByRole("complementary", { name: "Filters" });
  await filters.getByRole("group", { name: "Gender" }).getByRole("checkbox").first().click();
  await page.getByText("The server is getting ready").waitFor();
  expect(await shownIds(page), "results of another query").toEqual([]);
  expect(await page.getByText(/\d+ items$/).count(), "nor their number").toBe(0);
  await filters.getByText("It broke").waitFor();

  await page.unroute("**/search");
  await page.unroute("**/facets?*");
  const gender = new URL(page.url()).searchParams.get("is.gender");
  await expectResults(page, { text: "shirt", filters: { tag: `gender=${gender}` } });
  await filters.getByRole("button", { name: "Try again" }).click();
  await filters.getByRole("group", { name: "Colour" }).waitFor();
});
