import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/api/client";
import { MOST_RETRIES } from "./queue";
import type { Send } from "./send";
import { Uploads } from "./uploads";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start(send: Send, ...names: string[]) {
  const onFinished = vi.fn();
  const uploads = new Uploads(send, onFinished);
  uploads.dispatch({ type: "added", files: names.map((name) => new File(["x"], name)) });
  uploads.dispatch({ type: "uploadAsked" });
  return { uploads, onFinished };
}

function progressOf(uploads: Uploads) {
  return uploads.current().rows.map(({ progress }) => progress);
}

function mayLeave(): boolean {
  return window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
}

test("all are sent, three at a time, and only then is it finished", async () => {
  const answers: (() => void)[] = [];
  const send = vi.fn<Send>(() => new Promise((resolve) => answers.push(() => resolve("created"))));
  const { uploads, onFinished } = start(send, "a.jpg", "b.jpg", "c.jpg", "d.jpg");
  expect(send).toHaveBeenCalledTimes(3);
  expect(mayLeave()).toBe(false);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(send).toHaveBeenCalledTimes(4);
  expect(onFinished).not.toHaveBeenCalled();
  for (const answer of answers) answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(progressOf(uploads).every(({ step }) => step === "done")).toBe(true);
  expect(onFinished).toHaveBeenCalledTimes(1);
  expect(mayLeave()).toBe(true);
});

test("a busy server is asked again when it says, and given up after some times", async () => {
  const error = new ApiError(429, "queue_full", "full", 7);
  const send = vi.fn<Send>(() => Promise.reject(error));
  const { uploads } = start(send, "a.jpg");
  await vi.advanceTimersByTimeAsync(6900);
  expect(send).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(send).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(send).toHaveBeenCalledTimes(1 + MOST_RETRIES);
  expect(progressOf(uploads)).toEqual([{ step: "failed", error }]);
});

const DAMAGED = new ApiError(400, "unreadable_picture", "damaged");

test.each([
  [new ApiError(412, "precondition_failed", "there"), { step: "exists" }],
  [DAMAGED, { step: "failed", error: DAMAGED }],
])("%s is not tried again", async (error, progress) => {
  const send = vi.fn<Send>(() => Promise.reject(error));
  const { uploads } = start(send, "a.jpg");
  await vi.advanceTimersByTimeAsync(100_000);
  expect(send).toHaveBeenCalledTimes(1);
  expect(progressOf(uploads)).toEqual([progress]);
});

test("a refused key stops the others before they are sent", async () => {
  const send = vi.fn<Send>(() => Promise.reject(new ApiError(401, "unknown_key", "unknown")));
  const { uploads } = start(send, "a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg");
  await vi.advanceTimersByTimeAsync(1000);
  expect(send).toHaveBeenCalledTimes(3);
  expect(uploads.current().refusal?.message).toBe("unknown");
});

test("cancelling gives up what is being sent, and lets the server finish what it has", async () => {
  const signals: AbortSignal[] = [];
  const { uploads } = start(
    (row, onProgress, signal) => {
      signals.push(signal);
      if (row.id === "a") onProgress({ step: "encoding" });
      return new Promise(() => undefined);
    },
    "a.jpg",
    "b.jpg",
  );
  await vi.advanceTimersByTimeAsync(0);
  uploads.dispatch({ type: "cancelled" });
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  expect(progressOf(uploads).map(({ step }) => step)).toEqual(["encoding", "ready"]);
});
