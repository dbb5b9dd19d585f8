import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { expect, inject, test } from "vitest";
import { expectResults, shownIds } from "./harness/api";
import { visit } from "./harness/visiting";

const [PICTURE = ""] = inject("pictures");

/** What the page is to search with: its own, smaller copy of the picture, which its URL has. */
function imageOf(page: Page): { image: string; crop?: number[] } {
  const { hash, searchParams } = new URL(page.url());
  const kept = new URLSearchParams(hash.slice(1)).get("picture");
  if (kept === null) throw new Error(`no picture in ${page.url()}`);
  const image = Buffer.from(kept, "base64url").toString("base64");
  const crop = searchParams.get("crop")?.split(",").map(Number);
  return crop === undefined ? { image } : { image, crop };
}

async function choosePicture(page: Page): Promise<void> {
  await page.locator("input[type=file]").first().setInputFiles(PICTURE);
  await page.waitForURL(/#picture=/);
}

test("a picture finds what the API finds, and a frame on it finds something else", async () => {
  const page = await visit("/");
  await choosePicture(page);
  const whole = await expectResults(page, { queries: [imageOf(page)] });
  expect(whole.length).toBeGreaterThan(3);

  const picture = page.getByRole("region", { name: "Your picture" }).getByRole("img").first();
  const box = await picture.boundingBox();
  if (box === null) throw new Error("the picture is not shown");
  await page.mouse.move(box.x + 0.25 * box.width, box.y + 0.55 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.9 * box.width, box.y + 0.95 * box.height, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/crop=/);
  const part = imageOf(page);
  expect(part.crop?.[0]).toBeCloseTo(0.25, 1);
  expect(part.crop?.[3]).toBeCloseTo(0.95, 1);
  const cropped = await expectResults(page, { queries: [part] });
  expect(cropped.map((item) => item.score)).not.toEqual(whole.map((item) => item.score));

  await page.getByRole("button", { name: "Search the whole picture" }).click();
  await expectResults(page, { queries: [imageOf(page)] });
  await page.getByRole("button", { name: "Remove the picture" }).click();
  await expectResults(page, {});
});

test("a picture and words are searched for together, and the link opens the same", async () => {
  const page = await visit("/");
  await choosePicture(page);
  await page.getByRole("searchbox").fill("red");
  await page.waitForURL(/text=red/);
  const image = imageOf(page);
  await expectResults(page, { queries: [{ text: "red" }, image] });
  const elsewhere = await visit(page.url());
  await expect.poll(() => shownIds(elsewhere)).toEqual(await shownIds(page));
  expect(imageOf(elsewhere)).toEqual(image);
});

test("skipping to the content keeps the picture", async () => {
  const page = await visit("/");
  await choosePicture(page);
  const image = imageOf(page);
  await page.getByRole("link", { name: "Skip to content" }).press("Enter");
  expect(imageOf(page)).toEqual(image);
  await page.keyboard.press("Tab");
  const box = page.getByRole("searchbox");
  expect(await box.evaluate((element) => element === document.activeElement)).toBe(true);
});

test("a picture is dropped, and pasted", async () => {
  const page = await visit("/");
  const bytes = (await readFile(PICTURE)).toString("base64");
  const transfer = await page.evaluateHandle((base64) => {
    const transfer = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([content], "dropped.jpg", { type: "image/jpeg" }));
    return transfer;
  }, bytes);
  await page.getByRole("searchbox").dispatchEvent("drop", { dataTransfer: transfer });
  await page.waitForURL(/#picture=/);
  const dropped = await expectResults(page, { queries: [imageOf(page)] });

  const other = await visit("/");
  await other.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    clipboardData.items.add(new File([content], "pasted.jpg", { type: "image/jpeg" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  }, bytes);
  await other.waitForURL(/#picture=/);
  await expect.poll(() => shownIds(other)).toEqual(dropped.map((item) => item.id));
});

test("a file that is no picture says so, and what may be read", async () => {
  const page = await visit("/?text=shirt");
  const results = await expectResults(page, { text: "shirt" });
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles({
      name: "broken.jpg",
      mimeType: "image/jpeg",
      buffer: (await readFile(PICTURE)).subarray(0, 200),
    });
  const alert = page.getByRole("alert").filter({ hasText: "broken.jpg" });
  await alert.waitFor();
  expect(await alert.innerText()).toMatch(/damaged; JPEG, PNG, WebP and GIF are read/);
  expect(await shownIds(page)).toEqual(results.map((item) => item.id));
});
