/** What the view asks the server, and how often. */
import { type QueryFunctionContext, useQuery } from "@tanstack/react-query";
import { answerOf, api, ApiError, errorOf, keyHeaders } from "@/api/client";
import { useKey } from "@/api/key";
import { parseExposition } from "./exposition";
import type { DoctorReport } from "./findings";
import { append, type History } from "./history";

const POLL_MS = 2_000;

/** What is served changes seldom; while the server cannot say, it is asked every `POLL_MS`. */
const HEALTH_POLL_MS = 10_000;

/** A polled query goes on through every failure but a missing key, and says the last one. */
const polled = (everyMs: number) => ({
  staleTime: 0,
  retry: (_: number, error: Error) => !needsKey(error),
  retryDelay: (_: number, error: Error) =>
    error instanceof ApiError && error.retryAfterS !== null ? 1000 * error.retryAfterS : POLL_MS,
  refetchInterval: (query: { state: { error: Error | null } }) =>
    query.state.error === null ? everyMs : (false as const),
});

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => answerOf(api.GET("/healthz", { signal })),
    ...polled(HEALTH_POLL_MS),
  });
}

/** Keeps the answers of the last minutes: they are the query's data. */
export function useMetrics() {
  return useQuery({
    queryKey: ["metrics"],
    queryFn: scrape,
    structuralSharing: false,
    ...polled(POLL_MS),
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
    ...polled(POLL_MS),
  });
}

/** Checks everything, some of it slowly: asked once, then when somebody wants it. */
export function useDoctor() {
  const key = useKey();
  return useQuery({
    queryKey: ["doctor"],
    queryFn: async ({ signal }) => {
      const response = await fetch("/admin/doctor", { headers: keyHeaders(), signal });
      const body: unknown = await response.json().catch(() => null);
      if (!response.ok) throw errorOf(response, body);
      return body as DoctorReport;
    },
    enabled: key !== null,
    staleTime: Infinity,
  });
}

export function needsKey(error: Error | null): boolean {
  return error instanceof ApiError && error.needsKey;
}
