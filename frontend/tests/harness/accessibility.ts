import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds on the page as it is now, readable. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(transitionsEnd);
  await page.evaluate(axe.source);
  const results: AxeResults = await page.evaluate("axe.run()");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`),
  );
}

/** Half faded in, a text has half its contrast. */
async function transitionsEnd(): Promise<void> {
  const ending = document
    .getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
  await Promise.allSettled(ending.map((animation) => animation.finished));
}
