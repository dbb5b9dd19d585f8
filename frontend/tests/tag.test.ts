import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect, inject, test } from "vitest";
import type { Prediction, Tag } from "@/api/types";
import { readableField } from "@/names";
import { expectProblem, visit } from "./harness/visiting";

const [PICTURE = "", OTHER = ""] = inject("pictures");

async function predict(path: string): Promise<Prediction> {
  const body = new FormData();
  body.append("files", new Blob([await readFile(path)]), basename(path));
  const response = await fetch(`${inject("url")}/predict`, { method: "POST", body });
  const { results } = (await response.json()) as { results: [Prediction] };
  return results[0];
}

test("a picture gets the tags that the API selects, with their probabilities", async () => {
  const page = await visit("/tag");
  await page.locator("input[type=file]").first().setInputFiles(PICTURE);
  await page.getByText("1 of 1 tagged").waitFor();
  const { tags } = await predict(PICTURE);
  const selected = Object.values(tags).flatMap((labels) => labels.filter((tag) => tag.selected));
  expect(selected.length).toBeGreaterThan(2);
  const panel = page.getByRole("region", { name: "Tags" });
  const chosen = panel.getByRole("listitem").filter({ hasText: /^chosen/ });
  await expect.poll(() => chosen.count()).toBe(selected.length);
  const shown = await chosen.allInnerTexts();
  for (const { label, probability } of selected) {
    const percent = `${Math.round(100 * probability)} %`;
    expect(shown.some((text) => text.includes(label) && text.includes(percent))).toBe(true);
  }
});

test("strictness takes tags away, a verdict stays, and both are exported", async () => {
  const { tags } = await predict(PICTURE);
  const survives = ({ selected, probability, threshold }: Tag) =>
    selected && probability >= Math.min(1, threshold + 0.5);
  const selected = Object.entries(tags).flatMap(([attribute, labels]) =>
    labels.filter((tag) => tag.selected).map((tag) => ({ attribute, tag })),
  );
  const accepted = selected.find(({ tag }) => !survives(tag));
  const rejected = selected.find(({ tag }) => survives(tag));
  if (!accepted || !rejected) throw new Error(`tags of ${PICTURE} are all sure, or none is`);
  const cells = Object.values(tags).map((labels) =>
    labels
      .filter((tag) => tag === accepted.tag || (survives(tag) && tag !== rejected.tag))
      .map((tag) => tag.label)
      .join(";"),
  );

  const page = await visit("/tag");
  await page.locator("input[type=file]").first().setInputFiles([PICTURE, OTHER]);
  await page.getByText("2 of 2 tagged").waitFor();
  for (const [name, { attribute, tag }] of [
    ["Accept", accepted],
    ["Reject", rejected],
  ] as const) {
    const labels = page.getByRole("region", { name: readableField(attribute), exact: true });
    await labels.getByRole("button", { name: `${name} ${tag.label}`, exact: true }).click();
  }
  await page.getByRole("slider", { name: "Strictness" }).focus();
  await page.keyboard.press("End");
  await page.getByText(/This picture: 0 more, [1-9]\d* fewer tags?\./).waitFor();
  await page.waitForURL(/[?&]strictness=50\b/);
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "CSV" }).click();
  const csv = await readFile(await (await download).path(), "utf8");
  const [header, row, ...others] = csv.trim().split("\r\n");
  expect(header).toBe(["image_path", ...Object.keys(tags)].join(","));
  expect(row).toBe([basename(PICTURE), ...cells].join(","));
  expect(others).toHaveLength(1);
});

test("why a tag: a heatmap lies over the picture", async () => {
  const page = await visit("/tag");
  await page.locator("input[type=file]").first().setInputFiles(PICTURE);
  await page.getByRole("button", { name: /^Why / }).first().click();
  await page.getByText(/^Coloured: what .* looked at$/).waitFor({ timeout: 25_000 });
  await page.getByRole("button", { name: "Hide the heatmap" }).click();
  await page.getByText(/^Coloured/).waitFor({ state: "detached" });
});

test("a broken file fails alone, and says why", async () => {
  expectProblem(/400.*\/predict/);
  const page = await visit("/tag");
  const buffer = (await readFile(PICTURE)).subarray(0, 200);
  await page
    .locator("input[type=file]")
    .first()
    .setInputFiles([
      { name: "broken.jpg", mimeType: "image/jpeg", buffer },
      { name: "whole.jpg", mimeType: "image/jpeg", buffer: await readFile(PICTURE) },
    ]);
  const counts = page.getByRole("status").filter({ hasText: "1 of 2 tagged" });
  await counts.getByText("1 failed").waitFor();
  await page
    .getByRole("alert")
    .filter({ hasText: /truncated|damaged|cannot be read/i })
    .waitFor();
  await page.getByRole("button", { name: /whole\.jpg/ }).click();
  await page.getByRole("region", { name: "Tags" }).getByText("chosen").first().waitFor();
});
