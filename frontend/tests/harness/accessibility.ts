import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** What axe finds on the page as it is now, readable. */
export async function violations(page: Page): Promise<string[]> {
  // What is skipped out of sight keeps the colours of the theme before.
  await page.addStyleTag({ content: "* { content-visibility: visible !important }" });
  await page.evaluate(painted);
  await page.evaluate(axe.source);
  const results: AxeResults = await page.evaluate("axe.run()");
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`),
  );
}

/**
 * Waits until the page is painted as it is now: a new theme reaches it with the next frame, and
 * half faded in, a text has half its contrast.
 */
async function painted(): Promise<void> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await frame();
  await frame();
  const ending = document
    .getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
  await Promise.allSettled(ending.map((animation) => animation.finished));
}
