import { expect, test } from "vitest";
import { expectResults, facets, idsOf, search, shownIds } from "./harness/api";
import { expectProblem, visit } from "./harness/visiting";

test("words find what the API finds, while they are typed", async () => {
  const page = await visit("/");
  await page.getByRole("searchbox").pressSequentially("blue shirt", { delay: 20 });
  const results = await expectResults(page, { text: "blue shirt" });
  expect(results.length).toBeGreaterThan(5);
  expect(await page.locator("[data-item]").first().innerText()).toContain(results[0]?.caption);
  expect(new URL(page.url()).search).toBe("?text=blue+shirt");
  const { total } = await search({ text: "blue shirt" });
  await page.getByText(`among ${total} items`, { exact: true }).waitFor();
  await page.getByRole("button", { name: "Clear the words" }).click();
  await expectResults(page, {});
});

test("what the server read in the words is said", async () => {
  const page = await visit("/?text=shirt+without+stripes");
  await page.getByText(/Understood: without Striped/i).waitFor();
});

test("words about nothing here find nothing, and say what to do", async () => {
  const page = await visit("/?text=differential+equations");
  await page.getByText("Nothing found").waitFor();
  expect(await page.getByText(/\d items?$/).count(), "how many there are").toBe(0);
  await page.getByRole("button", { name: "Show the nearest all the same" }).click();
  await expectResults(page, { text: "differential equations", min_relevance: 0 });
});

test("further results come while one scrolls", async () => {
  const page = await visit("/");
  const first = await search({ top_k: 24 });
  const second = await search({ top_k: 24, cursor: first.cursor ?? null });
  await expect.poll(() => shownIds(page)).toEqual(idsOf(first.results));
  await page.getByRole("button", { name: "Loading more…" }).scrollIntoViewIfNeeded();
  const both = [...idsOf(first.results), ...idsOf(second.results)];
  await expect.poll(async () => (await shownIds(page)).slice(0, 48)).toEqual(both);
  expect(new Set(both).size).toBe(48);
});

test("filters have counts, narrow the results, exclude, and leave as chips", async () => {
  const page = await visit("/");
  const [most] = (await facets()).colour ?? [];
  if (most === undefined) throw new Error("the catalogue has no colours");
  const name = String(most.value);
  const row = page
    .getByRole("group", { name: "Colour" })
    .getByRole("listitem")
    .filter({ has: page.getByText(name, { exact: true }) });
  await row.waitFor();
  expect(await row.innerText()).toMatch(new RegExp(`\\b${most.count}$`));

  await row.getByRole("checkbox").check();
  const tag = `colour=${name}`;
  await expectResults(page, { filters: { tag } });
  await page.getByText(`${most.count} items`, { exact: true }).waitFor();
  expect(page.url()).toContain(`?is.colour=${name}`);

  await page.getByRole("button", { name: `Remove the filter ${name}` }).click();
  await expectResults(page, {});
  await page.getByRole("button", { name: `Without ${name}` }).click();
  await expectResults(page, { must_not: [tag] });
});

test("more and less like an item, as chips that can be taken out", async () => {
  const page = await visit("/?text=shirt");
  const [one, two] = await expectResults(page, { text: "shirt" });
  if (one === undefined || two === undefined) throw new Error("too few shirts");
  const cards = page.getByRole("list", { name: "Results" }).getByRole("listitem");
  await cards.nth(0).hover();
  await cards.nth(0).getByRole("button", { name: "More like this" }).click();
  await expectResults(page, { queries: [{ text: "shirt" }, { id: one.id }] });
  await cards.locator(`[data-item="${two.id}"]`).hover();
  await cards
    .filter({ has: page.locator(`[data-item="${two.id}"]`) })
    .getByRole("button", { name: "Less like this" })
    .click();
  const queries = [{ text: "shirt" }, { id: one.id }, { id: two.id, weight: -0.5 }];
  await expectResults(page, { queries });
  await page.getByRole("button", { name: `No longer less like ${two.id}` }).click();
  await expectResults(page, { queries: queries.slice(0, 2) });
});

test("a colour is picked, and results sorted", async () => {
  const page = await visit("/?text=shirt");
  await page.getByRole("button", { name: "Colour" }).click();
  await page.getByRole("button", { name: "#1f3a70" }).click();
  await page.keyboard.press("Escape");
  const queries = [{ text: "shirt" }, { colour: "#1f3a70" }];
  await expectResults(page, { queries });
  const sorting = page.getByRole("combobox", { name: "Sort" });
  await sorting.selectOption({ label: "Colour, descending" });
  await expectResults(page, { queries, sort: "-colour" });
});

test("a link with an item and a filter that are gone leads on without them", async () => {
  expectProblem(/40[04]/);
  const page = await visit("/?text=shirt&like=no-such-item&is.colour=No+Colour");
  const main = page.locator("main [role=alert]").filter({ hasText: "The server refused this" });
  await main.getByRole("button", { name: "Search without it" }).click();
  await main.getByRole("button", { name: "Remove the filters" }).click();
  await expectResults(page, { text: "shirt" });
  await page.getByRole("group", { name: "Colour" }).waitFor();
});
