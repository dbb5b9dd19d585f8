/** What the Item view asks of the service. */
import { queryOptions } from "@tanstack/react-query";
import { answerOf, api } from "@/api/client";
import type { Item } from "@/api/types";
import { type ItemFields, itemForm } from "@/editing/itemForm";
import { NEAR_DUPLICATE } from "@/query/query";

const NEIGHBOURS = 24;

export function itemQuery(id: string) {
  return queryOptions({
    queryKey: ["item", id],
    queryFn: ({ signal }) =>
      answerOf(api.GET("/items/{id}", { params: { path: { id } }, signal, cache: "no-store" })),
  });
}

/** Asks anew with each version: another picture has other neighbours. */
export function neighboursQuery({ id, etag }: Item) {
  return queryOptions({
    queryKey: ["search", "neighbours", id, etag],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET("/search", {
          params: { query: { id, top_k: NEIGHBOURS, collapse: NEAR_DUPLICATE } },
          signal,
        }),
      ),
  });
}

export function patchItem({ id, etag }: Item, changes: ItemFields, picture: File | null) {
  return answerOf(
    api.PATCH("/items/{id}", {
      params: { path: { id }, header: { "If-Match": `"${etag}"` } },
      body: {},
      bodySerializer: () => itemForm(changes, picture),
    }),
  );
}

export function removeItem({ id, etag }: Item) {
  return answerOf(
    api.DELETE("/items/{id}", { params: { path: { id }, header: { "If-Match": `"${etag}"` } } }),
  );
}
