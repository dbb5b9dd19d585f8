/** What the view asks the server, and how often. */
import { type QueryFunctionContext, useQuery } from "@tanstack/react-query";
import { answerOf, api, ApiError } from "@/api/client";
import { useKey } from "@/api/key";
import { parseExposition } from "./exposition";
import { append, type History } from "./history";

const POLL_MS = 2_000;

/** A polled query goes on through every failure but a missing key, and says the last one. */
const POLLED = {
  staleTime: 0,
  retry: (_: number, error: Error) => !needsKey(error),
  retryDelay: (_: number, error: Error) =>
    error instanceof ApiError && error.retryAfterS !== null ? 1000 * error.retryAfterS : POLL_MS,
  refetchInterval: (query: { state: { error: Error | null } }) =>
    query.state.error === null ? POLL_MS : (false as const),
};

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answerOf(api.GET("/healthz", { signal })),
    ...POLLED,
  });
}

/** Keeps the answers of the last minutes: they are the query's data. */
export function useMetrics() {
  return useQuery({
    queryKey: ["metrics"],
    queryFn: scrape,
    structuralSharing: false,
    ...POLLED,
  });
}

async function scrape({ client, queryKey, signal }: QueryFunctionContext): Promise<History> {
  const text = await answerOf(api.GET("/metrics", { parseAs: "text", signal }));
  const history = client.getQueryData<History>(queryKey) ?? [];
  return append(history, parseExposition(text), Date.now());
}

export function useSwap() {
  const key = useKey();
  return useQuery({
    queryKey: ["swap"],
    queryFn: ({ signal }) => answerOf(api.GET("/admin/swap", { signal })),
    enabled: key !== null,
    ...POLLED,
  });
}

/** Asked once, then when somebody wants it. */
export function useDoctor() {
  const key = useKey();
  return useQuery({
    queryKey: ["doctor"],
    queryFn: ({ signal }) => answerOf(api.GET("/admin/doctor", { signal })),
    enabled: key !== null,
    staleTime: Infinity,
  });
}

export function needsKey(error: Error | null): boolean {
  return error instanceof ApiError && error.needsKey;
}
