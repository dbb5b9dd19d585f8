import type { Page } from "playwright-core";

/** Gives the page an API key, as somebody would. */
export async function giveKey(page: Page, key: string): Promise<void> {
  await page.getByRole("banner").getByRole("button", { name: "API key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Key", { exact: true }).fill(key);
  await dialog.getByRole("button", { name: "Use this key" }).click();
  await dialog.waitFor({ state: "detached" });
}
