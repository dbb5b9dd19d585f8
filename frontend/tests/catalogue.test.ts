import { expect, inject, test } from "vitest";
import type { Item } from "@/api/types";
import { idsOf, search } from "./harness/api";
import { giveKey } from "./harness/key";
import { expectProblem, visit } from "./harness/visiting";

const [PICTURE = "", OTHER = ""] = inject("pictures");

async function fetchItem(id: string): Promise<Item | null> {
  const response = await fetch(`${inject("url")}/items/${id}`);
  return response.ok ? ((await response.json()) as Item) : null;
}

test("a picture is added, found, edited and removed", async () => {
  const page = await visit("/add");
  await giveKey(page, inject("key"));
  await page.locator("input[type=file]").first().setInputFiles(PICTURE);
  await page.getByLabel(/^Id of /).fill("new/picture 1");
  await page.getByLabel(/^Caption of /).fill("Quilted gazebo cover");
  await page.getByRole("button", { name: "Upload 1 picture" }).click();
  await page.getByText("1 created", { exact: true }).last().waitFor();
  expect((await fetchItem("new/picture%201"))?.caption).toBe("Quilted gazebo cover");

  await page.getByRole("link", { name: "Search", exact: true }).click();
  await page.getByRole("searchbox").fill("gazebo");
  await page.locator('[data-item="new/picture 1"]').click();
  await page.getByRole("heading", { level: 1, name: "Quilted gazebo cover" }).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Caption").fill("Quilted pavilion cover");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "Quilted pavilion cover" }).waitFor();
  expect((await fetchItem("new/picture%201"))?.caption).toBe("Quilted pavilion cover");

  await page.getByRole("button", { name: "Remove" }).click();
  const confirmation = page.getByRole("alertdialog");
  await confirmation.getByRole("button", { name: "Remove it" }).click();
  await page.getByText("“Quilted pavilion cover” was removed").first().waitFor();
  expect(await fetchItem("new/picture%201")).toBeNull();
  expect(idsOf((await search({ text: "pavilion" })).results)).not.toContain("new/picture 1");
});

test("each picture of an upload has its own outcome", async () => {
  expectProblem(/4\d\d.*\/items\//);
  const page = await visit("/add");
  await giveKey(page, inject("key"));
  const broken = { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture") };
  const input = page.locator("input[type=file]").first();
  await input.setInputFiles([PICTURE, OTHER]);
  await input.setInputFiles([broken]);
  await page.getByRole("button", { name: "Upload 3 pictures" }).click();
  await page.getByText("2 created", { exact: true }).last().waitFor();
  await page.getByText("1 failed", { exact: true }).last().waitFor();
});

test("without a key the page asks for one, refuses a mistyped one, and goes on with a right one", async () => {
  expectProblem(/401.*\/metrics/);
  const [item] = (await search({})).results;
  const page = await visit(`/item?id=${item?.id}`);
  await page.getByRole("button", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  const field = dialog.getByLabel("Key", { exact: true });
  await field.fill("wdr_mistyped");
  await field.press("Enter");
  await dialog.getByText("the API key is unknown").waitFor();
  await field.fill(inject("key"));
  await field.press("Enter");
  const cancel = page.getByRole("alertdialog").getByRole("button", { name: "Cancel" });
  await cancel.waitFor();
  await expect.poll(() => cancel.evaluate((node) => node === document.activeElement)).toBe(true);
  expect(await dialog.count()).toBe(0);
});

test("an item shows its labels and its neighbours, as the API says", async () => {
  const [first] = (await search({})).results;
  const id = first?.id ?? "";
  const page = await visit(`/item?id=${id}`);
  const similar = page.getByRole("region", { name: "Similar items" }).getByRole("link");
  await similar.first().waitFor();
  const { results } = await search({ id });
  const shown = await similar.evaluateAll((links) =>
    links.map((link) => new URL((link as HTMLAnchorElement).href).searchParams.get("id")),
  );
  const expected = idsOf(results).filter((other) => other !== id);
  expect(shown).toEqual(expected.slice(0, shown.length));
  const labels = page.getByRole("region", { name: "Labels and tags" });
  for (const [label] of Object.values(first?.given ?? {})) {
    expect(await labels.innerText()).toContain(label);
  }
  await page.getByRole("link", { name: "More like this" }).click();
  await page.waitForURL(`**/?like=${id}`);
});
