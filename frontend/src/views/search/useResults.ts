import {
  infiniteQueryOptions,
  keepPreviousData,
  noop,
  type UseBaseQueryResult,
  useInfiniteQuery,
  useQueries,
} from "@tanstack/react-query";
import { api, answerOf } from "@/api/client";
import type { FacetResponse, FacetValue, SearchRequest } from "@/api/types";
import { queryClient } from "@/queryClient";
import { type Choice, filtersOf, requestOf, type SearchQuery, tagOf } from "@/query/query";

export type Facets = [field: string, values: FacetValue[]][];

/** Pages of results; those of the query before stay until the first of the new one is there. */
export function useResults(query: SearchQuery) {
  return useInfiniteQuery({ ...pagesOf(query), placeholderData: keepPreviousData });
}

type State = Pick<
  UseBaseQueryResult,
  "error" | "failureReason" | "isPending" | "isPlaceholderData"
>;

/** Why there is no answer, or none but that before; also while the call is tried again by itself. */
export function problemOf({ error, failureReason, isPending, isPlaceholderData }: State) {
  return error ?? (isPending || isPlaceholderData ? failureReason : null);
}

/** Asks for results that are about to be shown: the call need not wait until the page is drawn. */
export function askAhead(query: SearchQuery): void {
  void queryClient.infiniteQuery(pagesOf(query)).catch(noop); // whoever shows them says why
}

function pagesOf(query: SearchQuery) {
  const request = requestOf(query);
  return infiniteQueryOptions({
    queryKey: ["search", request],
    queryFn: ({ pageParam, signal }) => search(request, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
  });
}

function search(request: SearchRequest, cursor: string | null, signal: AbortSignal) {
  // The types of the call mix JSON with forms; what goes as JSON is a `SearchRequest`.
  const body = { ...request, cursor } as never;
  return answerOf(api.POST("/search", { body, signal }));
}

/**
 * Fields and their values, counted among the items that the filters leave. Other values of a field
 * that is filtered by are alternatives, so they are counted as if it were not.
 */
export function useFacets(query: SearchQuery) {
  const fields = [...new Set(query.chosen.map(({ field }) => field))];
  return useQueries({
    combine: combined,
    queries: [null, ...fields].map((field) => {
      const chosen = query.chosen.filter((choice) => choice.field !== field);
      return {
        queryKey: ["facets", field, chosen, query.excluded],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          count(field, chosen, query.excluded, signal),
        placeholderData: keepPreviousData,
      };
    }),
  });
}

function combined(answers: (State & { data: FacetResponse | undefined })[]) {
  const counted: FacetResponse["facets"] = {};
  for (const { data } of answers) Object.assign(counted, data?.facets);
  const facets: Facets = Object.entries(counted).filter(([, values]) => values.length > 0);
  return {
    facets,
    problem: answers.map(problemOf).find((problem) => problem !== null) ?? null,
  };
}

function count(field: string | null, chosen: Choice[], excluded: Choice[], signal: AbortSignal) {
  const filters = filtersOf(chosen);
  // In a query string a filter is its JSON, which the document's types do not say.
  const written = filters === null ? {} : { filters: JSON.stringify(filters) as never };
  const query = {
    fields: field === null ? [] : [field],
    must_not: excluded.map(tagOf),
    ...written,
  };
  return answerOf(api.GET("/facets", { params: { query }, signal }));
}
