import { QueryClient } from "@tanstack/react-query";
import { ApiError, mayPass } from "./api/client";

const MOST_RETRIES = 8;

/**
 * What the page says it tries again by itself, a server that is not there or not ready, is tried
 * without end; a busy one is spared after some tries, and what cannot pass is not asked again.
 */
function isAskedAgain(failures: number, error: Error): boolean {
  if (!(error instanceof ApiError) || error.status === 503) return true;
  return mayPass(error) && failures < MOST_RETRIES;
}

function delayMs(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfterS : null;
  return 1000 * (asked ?? Math.min(2 ** failures, 10));
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isAskedAgain,
      retryDelay: delayMs,
      staleTime: 60_000,
      refetchOnWindowFocus: false,
    },
  },
});

/** Asks at once for what has no answer, also where the next try would be due in a while. */
export function askAgain(kind: "search" | "facets" | "item" | "doctor"): void {
  void queryClient.resetQueries({
    queryKey: [kind],
    type: "active",
    predicate: ({ state }) => state.status !== "success",
  });
}

/** Refetches what a write to the catalogue may have changed. */
export function refreshAfterWrite(): void {
  for (const kind of ["item", "search", "facets"]) {
    void queryClient.invalidateQueries({ queryKey: [kind] });
  }
}
