import { expect, test } from "vitest";
import {
  type Action,
  EMPTY,
  MOST_AT_ONCE,
  nextStart,
  problemsOf,
  type Progress,
  type Queue,
  reduce,
  startable,
  summaryOf,
} from "./queue";

function queueOf(...names: string[]): Queue {
  return reduce(EMPTY, { type: "added", files: names.map((name) => new File(["x"], name)) });
}

function after(queue: Queue, ...actions: Action[]): Queue {
  return actions.reduce(reduce, queue);
}

function to(key: number, progress: Progress): Action {
  return { type: "progressed", key, progress };
}

const UPLOAD: Action = { type: "uploadAsked" };
const SENDING: Progress = { step: "sending", share: 0 };
const DONE: Progress = { step: "done", outcome: "created" };

function steps(queue: Queue): string[] {
  return queue.rows.map(({ progress }) => progress.step);
}

test("nothing is sent before it is asked for, then three at a time", () => {
  const queue = queueOf("a.jpg", "b.jpg", "c.jpg", "d.jpg");
  expect(startable(queue, 0)).toEqual([]);
  const asked = after(queue, UPLOAD);
  expect(startable(asked, 0).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  const busy = after(asked, to(0, SENDING), to(1, { step: "encoding" }));
  expect(startable(busy, 0)).toHaveLength(MOST_AT_ONCE - 2);
});

test("equal and bad ids are marked and left out; numbering mends the equal ones", () => {
  const queue = after(queueOf("a.jpg", "a.png", "c.jpg"), {
    type: "edited",
    key: 2,
    change: { id: "x/image" },
  });
  expect(Object.fromEntries(problemsOf(queue.rows))).toEqual({
    0: "twice",
    1: "twice",
    2: "image",
  });
  expect(steps(after(queue, UPLOAD))).toEqual(["ready", "ready", "ready"]);
  const numbered = after(queue, { type: "numbered" });
  expect(numbered.rows.map(({ id }) => id)).toEqual(["a", "a-2", "x/image"]);
  expect(steps(after(numbered, UPLOAD))).toEqual(["waiting", "waiting", "ready"]);
});

test("what was uploaded keeps its id: a later equal one is marked", () => {
  const uploaded = after(queueOf("a.jpg"), UPLOAD, to(0, SENDING), to(0, DONE));
  const more = after(uploaded, { type: "added", files: [new File(["y"], "a.jpg")] });
  expect([...problemsOf(more.rows)]).toEqual([[1, "twice"]]);
});

test("a picture keeps what was set for all when it was asked to be uploaded", () => {
  const both = after(
    queueOf("a.jpg"),
    { type: "sharedEdited", change: { given: { season: ["Summer"], fit: [] } } },
    { type: "sharedEdited", change: { keepExisting: false } },
    UPLOAD,
    { type: "added", files: [new File(["y"], "b.jpg")] },
    { type: "sharedEdited", change: { given: {}, keepExisting: true } },
    UPLOAD,
  );
  expect(both.rows.map(({ shared, mayReplace }) => ({ shared, mayReplace }))).toEqual([
    { shared: { labels: { season: ["Summer"] }, metadata: {} }, mayReplace: true },
    { shared: { labels: {}, metadata: {} }, mayReplace: false },
  ]);
});

test("paused, nothing starts; what is under way goes on", () => {
  const paused = after(queueOf("a.jpg", "b.jpg"), UPLOAD, to(0, SENDING), { type: "paused" });
  expect(startable(paused, 0)).toEqual([]);
  expect(steps(after(paused, to(0, DONE)))).toEqual(["done", "waiting"]);
  expect(startable(after(paused, { type: "resumed" }), 0)).toHaveLength(1);
});

test("cancelled, all may be edited again but what the server has; late news is ignored", () => {
  const queue = after(
    queueOf("a.jpg", "b.jpg", "c.jpg"),
    UPLOAD,
    to(0, { step: "encoding" }),
    to(1, SENDING),
    { type: "cancelled" },
  );
  expect(steps(queue)).toEqual(["encoding", "ready", "ready"]);
  expect(steps(after(queue, to(1, DONE)))[1]).toBe("ready");
});

test("a postponed picture waits for its time", () => {
  const queue = after(queueOf("a.jpg"), UPLOAD, to(0, SENDING), {
    type: "postponed",
    key: 0,
    notBefore: 5000,
  });
  expect(startable(queue, 4999)).toEqual([]);
  expect(nextStart(queue, 4999)).toBe(5000);
  expect(startable(queue, 5000)).toHaveLength(1);
});

test("a refused key stops all, and loses nothing", () => {
  const error = new Error("unknown key");
  const queue = after(queueOf("a.jpg", "b.jpg"), UPLOAD, to(0, SENDING), {
    type: "refused",
    key: 0,
    error,
  });
  expect(steps(queue)).toEqual(["waiting", "waiting"]);
  expect(queue.refusal).toBe(error);
  const resumed = after(queue, { type: "resumed" });
  expect(startable(resumed, 0)).toHaveLength(2);
  expect(resumed.refusal).toBeNull();
});

test("only those that exist are replaced, only the failed are tried again", () => {
  const queue = after(
    queueOf("a.jpg", "b.jpg"),
    UPLOAD,
    to(0, SENDING),
    to(0, { step: "exists" }),
    to(1, SENDING),
    to(1, { step: "failed", error: new Error("damaged") }),
  );
  const keys = [0, 1];
  const replaced = after(queue, { type: "replaceAsked", keys });
  expect(replaced.rows.map(({ mayReplace }) => mayReplace)).toEqual([true, false]);
  expect(steps(replaced)).toEqual(["waiting", "failed"]);
  expect(steps(after(queue, { type: "retryAsked", keys }))).toEqual(["exists", "waiting"]);
});

test("the share counts what was asked for alone", () => {
  const queue = after(queueOf("a.jpg", "b.jpg"), UPLOAD, to(0, SENDING), to(0, DONE));
  const more = after(queue, { type: "added", files: [new File(["z"], "z.jpg")] });
  expect(summaryOf(more.rows)).toMatchObject({ share: 0.5, outcomes: { created: 1 } });
  const half = after(more, to(1, { step: "sending", share: 0.5 }));
  expect(summaryOf(half.rows).share).toBe(0.75);
});

test("rows that do not change stay the same objects", () => {
  const queue = after(queueOf("a.jpg", "b.jpg"), UPLOAD);
  expect(after(queue, to(0, SENDING)).rows[1]).toBe(queue.rows[1]);
});
