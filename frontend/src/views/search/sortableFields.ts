import type { FoundItem } from "@/api/types";
import type { Facets } from "./useResults";

/** Returns what results can be sorted by: fields that are counted, and the metadata they have. */
export function sortableFields(facets: Facets, results: readonly FoundItem[]): string[] {
  const metadata = results.flatMap((item) =>
    Object.entries(item.metadata)
      .filter(([, value]) => ["number", "string", "boolean"].includes(typeof value))
      .map(([key]) => `metadata.${key}`),
  );
  return [...new Set([...facets.map(([field]) => field), ...metadata])];
}
