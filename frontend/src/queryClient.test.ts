import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "./api/client";
import { queryClient } from "./queryClient";

const HOUR_MS = 3_600_000;
const LONGEST_PAUSE_MS = 10_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  queryClient.clear();
  vi.useRealTimers();
});

/** Asks a server that fails for an hour; returns how often, and what comes of it once it is back. */
async function askFor(failure: Error) {
  let failing = true;
  const call = vi.fn(() => (failing ? Promise.reject(failure) : Promise.resolve("answer")));
  queryClient.query({ queryKey: ["test"], queryFn: call }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  failing = false;
  await vi.advanceTimersByTimeAsync(LONGEST_PAUSE_MS);
  return { calls: call.mock.calls.length, data: queryClient.getQueryData(["test"]) };
}

test.each([
  ["is gone", new TypeError("Failed to fetch")],
  ["starts", new ApiError(503, "starting", "It loads")],
])("a server that %s is asked until it answers, however late", async (_, failure) => {
  expect((await askFor(failure)).data).toBe("answer");
});

test("a busy server is spared after some tries, and what is refused is not asked again", async () => {
  expect(await askFor(new ApiError(429, "busy", "Busy"))).toEqual({ calls: 9, data: undefined });
  const refused = await askFor(new ApiError(400, "bad_request", "Nonsense"));
  expect(refused).toEqual({ calls: 1, data: undefined });
});
