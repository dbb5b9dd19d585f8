import type { Page } from "playwright-core";
import { inject } from "vitest";

/** Gives the page the key that may do everything, as somebody would. */
export async function giveKey(page: Page): Promise<void> {
  await page.getByRole("banner").getByRole("button", { name: "API key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Key", { exact: true }).fill(inject("key"));
  await dialog.getByRole("button", { name: "Use this key" }).click();
  await dialog.waitFor({ state: "detached" });
}
