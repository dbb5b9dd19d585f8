import { expect, test } from "vitest";
import type { FoundItem } from "@/api/types";
import { sortableFields } from "./sortableFields";

test("results can be sorted by what is counted, and by metadata of too many values for that", () => {
  const item = { metadata: { price: 10, brand: "Acme", sizes: [38, 40] } } as unknown as FoundItem;
  const facets = [
    ["colour", []],
    ["metadata.brand", []],
  ] as [string, []][];
  expect(sortableFields(facets, [item, item])).toEqual([
    "colour",
    "metadata.brand",
    "metadata.price",
  ]);
});
