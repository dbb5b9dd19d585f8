import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { UnreadablePictureError } from "@/query/picture";
import { usePicture } from "./usePicture";

/** How the reading of each picture ends, by the name of its file. */
const reading = vi.hoisted(() => new Map<string, (read: Promise<string>) => void>());

vi.mock(import("@/query/picture"), async (original) => ({
  ...(await original()),
  reducedPicture: (file) => new Promise((end) => reading.set((file as File).name, end)),
}));

function give(...names: string[]) {
  const change = vi.fn();
  const { result, rerender, unmount } = renderHook(() => usePicture(change));
  for (const name of names) result.current[1]([new File(["x"], name)]);
  return { change, rerender, unmount, problem: () => result.current[0] };
}

async function end(name: string, read: Promise<string>) {
  await act(async () => {
    reading.get(name)?.(read);
    await read.catch(() => undefined);
  });
}

test("the picture given last is searched with, whichever is read first", async () => {
  const { change, problem } = give("slow.jpg", "broken.jpg", "quick.jpg");
  await end("quick.jpg", Promise.resolve("quick"));
  await end("slow.jpg", Promise.resolve("slow"));
  await end("broken.jpg", Promise.reject(new UnreadablePictureError()));
  expect(change.mock.calls).toEqual([[{ picture: "quick", crop: null }]]);
  expect(problem()).toBeNull();
});

test("a picture still being read pulls nobody back who left for another view", async () => {
  const { change, unmount } = give("slow.jpg");
  unmount();
  await end("slow.jpg", Promise.resolve("slow"));
  expect(change).not.toHaveBeenCalled();
});

test("that a picture cannot be read is said until the next search", async () => {
  const { problem, rerender } = give("broken.jpg");
  await end("broken.jpg", Promise.reject(new UnreadablePictureError()));
  expect(problem()).toContain("broken.jpg");
  window.history.pushState(null, "", "?text=shirt");
  rerender();
  expect(problem()).toBeNull();
});
