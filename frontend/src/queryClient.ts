import { QueryClient } from "@tanstack/react-query";
import { ApiError, mayPass } from "./api/client";

const MOST_RETRIES = 8;

function delayMs(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfterS : null;
  return 1000 * (asked ?? Math.min(2 ** failures, 10));
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < MOST_RETRIES && mayPass(error),
      retryDelay: delayMs,
      staleTime: 60_000,
      refetchOnWindowFocus: false,
    },
  },
});

/** Refetches what a write to the catalogue may have changed. */
export function refreshAfterWrite(): void {
  for (const kind of ["item", "search", "facets"]) {
    void queryClient.invalidateQueries({ queryKey: [kind] });
  }
}
