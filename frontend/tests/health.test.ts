import { expect, inject, test } from "vitest";
import type { Health } from "@/api/types";
import { giveKey } from "./harness/key";
import { visit } from "./harness/visiting";

test("what is served, as the API says it", async () => {
  const health = (await (await fetch(`${inject("url")}/healthz`)).json()) as Health;
  const page = await visit("/health");
  await page.getByText("Encoder and index agree").waitFor();
  const text = await page.getByRole("main").innerText();
  expect(text).toContain(health.fingerprint.slice(0, 8));
  expect(text).toContain(`${health.index.count} items`);
});

test("live figures move with the searches that are made", async () => {
  const page = await visit("/health");
  const median = page
    .getByRole("region", { name: "Latency of /search" })
    .getByRole("definition")
    .first();
  // Of what was searched before the page was opened it has no more than the overall figure.
  expect(await median.innerText()).toMatch(/^–\n\d.* overall$/);
  for (let number = 0; number < 5; number++) {
    await fetch(`${inject("url")}/search?text=jacket+${number}`);
  }
  await expect.poll(() => median.innerText(), { timeout: 15_000 }).toMatch(/^\d.* m?s\n/);
});

test("doctor is for an admin key, and then finds no failure", async () => {
  const page = await visit("/health");
  await page.getByText("They tell where things are kept").waitFor();
  await giveKey(page, inject("key"));
  await page.getByText(/^0 failures · /).waitFor();
});
