import { ApiError } from "@/api/client";
import { parseQuery, type SearchQuery } from "@/query/query";

interface Refusal {
  part: "item" | "picture" | "filters" | "sort" | "query";
  /** Leaves that part out. */
  changes: Partial<SearchQuery>;
}

export const NO_FILTERS = { chosen: [], excluded: [] };

/** Returns what of a query the server can never answer; null where it may work another time. */
export function refusalOf(query: SearchQuery, error: Error): Refusal | null {
  if (!(error instanceof ApiError)) return null;
  const { status, code, detail } = error;
  if (code === "unknown_item") {
    const others = (ids: string[]) => ids.filter((id) => id !== detail.id);
    return { part: "item", changes: { like: others(query.like), unlike: others(query.unlike) } };
  }
  if (code === "unreadable_picture") return { part: "picture", changes: { picture: null } };
  if (status !== 400) return null;
  const parameters = Array.isArray(detail.parameters) ? detail.parameters.map(String) : [];
  if (parameters.some((name) => /^(filters|must_not)\b/.test(name))) {
    return { part: "filters", changes: NO_FILTERS };
  }
  if (parameters.includes("sort")) return { part: "sort", changes: { sort: null } };
  return { part: "query", changes: parseQuery("", "") };
}
