/** What the API says, asked beside the page: the oracle of what the page shows. */
import type { Page } from "playwright-core";
import { expect, inject } from "vitest";
import type { FacetResponse, FoundItem, SearchRequest, SearchResponse } from "@/api/types";

/** What the page asks with every search. */
export const USUAL: SearchRequest = { top_k: 24, collapse: 0.98 };

export async function search(request: SearchRequest): Promise<SearchResponse> {
  const response = await fetch(`${inject("url")}/search`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...USUAL, ...request }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as SearchResponse;
}

export function idsOf(results: readonly FoundItem[]): string[] {
  return results.map((item) => item.id);
}

/** Ids of the results on the page, in order. */
export function shownIds(page: Page): Promise<(string | null)[]> {
  return page
    .locator("[data-item]")
    .evaluateAll((links) => links.map((link) => link.getAttribute("data-item")));
}

/** Waits until the page shows what a search finds, further pages aside; returns the items. */
export async function expectResults(page: Page, request: SearchRequest): Promise<FoundItem[]> {
  const { results } = await search(request);
  const firstIds = async () => (await shownIds(page)).slice(0, USUAL.top_k);
  await expect.poll(firstIds, { timeout: 10_000 }).toEqual(idsOf(results));
  return results;
}

/** Counts of the values of each field. */
export async function facets(): Promise<FacetResponse["facets"]> {
  const response = await fetch(`${inject("url")}/facets`);
  return ((await response.json()) as FacetResponse).facets;
}
