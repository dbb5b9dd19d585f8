import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./api/client";

const MOST_RETRIES = 8;

/** Only what may pass by itself is asked again: a starting or busy server, a broken connection. */
function mayPass(failures: number, error: Error): boolean {
  return failures < MOST_RETRIES && (error instanceof ApiError ? error.passing : true);
}

function delayMs(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfterS : null;
  return 1000 * (asked ?? Math.min(2 ** failures, 10));
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: mayPass,
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
