/** The pictures to add and how far each is: a state machine without effects. */
import { type Given, withoutEmpty } from "@/editing/given";
import type { ItemFields } from "@/editing/itemForm";
import { type MetadataRow, readRows } from "@/editing/metadata";
import { freeId, idProblem, type IdProblem, proposeCaption, proposeId } from "./proposals";

export type Outcome = "created" | "replaced" | "unchanged";

export type Progress =
  | { step: "ready" } // may be edited
  | { step: "waiting"; notBefore: number } // ms since 1970: earlier it is not tried again
  | { step: "sending"; share: number }
  | { step: "encoding" }
  | { step: "done"; outcome: Outcome }
  | { step: "exists" }
  | { step: "failed"; error: Error };

export type Step = Progress["step"];

export interface Row {
  key: number;
  file: File;
  id: string;
  caption: string;
  progress: Progress;
  /** Labels and metadata, as they were for all when it was asked to be uploaded. */
  shared: Pick<ItemFields, "labels" | "metadata">;
  /** An item that has this id may be overwritten. */
  mayReplace: boolean;
  /** Times it was tried in vain and is tried again by itself. */
  retries: number;
}

/** What the next upload goes by, for all its pictures. */
export interface Shared {
  given: Given;
  metadataRows: MetadataRow[];
  keepExisting: boolean;
}

export interface Queue {
  rows: readonly Row[];
  shared: Shared;
  isPaused: boolean;
  nextKey: number;
  /** Why all stands still: the key was refused. */
  refusal: Error | null;
}

export type Action =
  | { type: "added"; files: readonly File[] }
  | { type: "edited"; key: number; change: Partial<Pick<Row, "id" | "caption">> }
  | { type: "removed"; key: number }
  | { type: "finishedRemoved" }
  | { type: "numbered" }
  | { type: "sharedEdited"; change: Partial<Shared> }
  | { type: "uploadAsked" }
  | { type: "replaceAsked"; keys: readonly number[] }
  | { type: "retryAsked"; keys: readonly number[] }
  | { type: "paused" }
  | { type: "resumed" }
  | { type: "cancelled" }
  | { type: "refused"; key: number; error: Error }
  | { type: "progressed"; key: number; progress: Progress }
  | { type: "postponed"; key: number; notBefore: number };

export const MOST_AT_ONCE = 3;
export const MOST_RETRIES = 5;

export const EMPTY: Queue = {
  rows: [],
  shared: { given: {}, metadataRows: [], keepExisting: true },
  isPaused: false,
  nextKey: 0,
  refusal: null,
};

export function reduce(queue: Queue, action: Action): Queue {
  switch (action.type) {
    case "added":
      return withFiles(queue, action.files);
    case "edited":
      return mapRows(
        queue,
        ({ key }) => key === action.key,
        (row) => ({ ...row, ...action.change }),
      );
    case "removed":
      return { ...queue, rows: queue.rows.filter(({ key }) => key !== action.key) };
    case "finishedRemoved":
      return { ...queue, rows: queue.rows.filter((row) => row.progress.step !== "done") };
    case "numbered":
      return { ...queue, rows: withNumbers(queue.rows) };
    case "sharedEdited":
      return { ...queue, shared: { ...queue.shared, ...action.change } };
    case "uploadAsked": {
      const { given, metadataRows, keepExisting } = queue.shared;
      const shared = { labels: withoutEmpty(given), metadata: readRows(metadataRows).metadata };
      const good = readyKeys(queue.rows);
      const resumed = { ...queue, isPaused: false, refusal: null };
      return mapRows(
        resumed,
        ({ key }) => good.has(key),
        (row) => waiting({ ...row, mayReplace: !keepExisting, shared, retries: 0 }),
      );
    }
    case "replaceAsked":
      return mapRows(queue, isAmong(action.keys, "exists"), (row) =>
        waiting({ ...row, mayReplace: true, retries: 0 }),
      );
    case "retryAsked":
      return mapRows(queue, isAmong(action.keys, "failed"), (row) =>
        waiting({ ...row, retries: 0 }),
      );
    case "paused":
      return { ...queue, isPaused: true };
    case "resumed":
      return { ...queue, isPaused: false, refusal: null };
    case "cancelled":
      return mapRows(
        { ...queue, isPaused: false, refusal: null },
        (row) => isUnderWay(row) && row.progress.step !== "encoding",
        (row) => ({ ...row, progress: { step: "ready" } }),
      );
    case "refused":
      return mapRows(
        { ...queue, isPaused: true, refusal: action.error },
        isActive(action.key),
        waiting,
      );
    case "progressed":
      return mapRows(queue, isActive(action.key), (row) => ({ ...row, progress: action.progress }));
    case "postponed":
      return mapRows(queue, isActive(action.key), (row) => ({
        ...row,
        retries: row.retries + 1,
        progress: { step: "waiting", notBefore: action.notBefore },
      }));
  }
}

/** Returns the rows to send now. */
export function startable(queue: Queue, now: number): Row[] {
  if (queue.isPaused) return [];
  const free = MOST_AT_ONCE - queue.rows.filter(isSending).length;
  return queue.rows
    .filter(({ progress }) => progress.step === "waiting" && progress.notBefore <= now)
    .slice(0, Math.max(0, free));
}

/** Returns when a row that waits for its time may be sent; null if none does. */
export function nextStart(queue: Queue, now: number): number | null {
  if (queue.isPaused) return null;
  const times = queue.rows.flatMap(({ progress }) =>
    progress.step === "waiting" && progress.notBefore > now ? [progress.notBefore] : [],
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** Returns why rows that are ready cannot be uploaded as they are. */
export function problemsOf(rows: readonly Row[]): Map<number, IdProblem> {
  const uses = new Map<string, number>();
  for (const { id } of rows) uses.set(id, (uses.get(id) ?? 0) + 1);
  return new Map(
    rows.flatMap((row) => {
      if (row.progress.step !== "ready") return [];
      const problem = idProblem(row.id) ?? ((uses.get(row.id) ?? 0) > 1 ? "twice" : null);
      return problem === null ? [] : [[row.key, problem] as const];
    }),
  );
}

export interface Summary {
  counts: Record<Step, number>;
  outcomes: Record<Outcome, number>;
  /** Of what was asked to be uploaded, how much is over; from 0 to 1. */
  share: number;
}

export function summaryOf(rows: readonly Row[]): Summary {
  const counts = { ready: 0, waiting: 0, sending: 0, encoding: 0, done: 0, exists: 0, failed: 0 };
  const outcomes = { created: 0, replaced: 0, unchanged: 0 };
  let over = 0;
  for (const { progress } of rows) {
    counts[progress.step] += 1;
    if (progress.step === "done") outcomes[progress.outcome] += 1;
    if (["done", "exists", "failed", "encoding"].includes(progress.step)) over += 1;
    if (progress.step === "sending") over += progress.share;
  }
  const asked = rows.length - counts.ready;
  return { counts, outcomes, share: asked === 0 ? 0 : over / asked };
}

/** Whether it was asked to be uploaded and that is not over. */
export function isUnderWay({ progress }: Row): boolean {
  return ["waiting", "sending", "encoding"].includes(progress.step);
}

function isSending({ progress }: Row): boolean {
  return progress.step === "sending" || progress.step === "encoding";
}

/** What comes of a request that was given up meanwhile counts for nothing. */
function isActive(key: number) {
  return (row: Row) => row.key === key && (isSending(row) || row.progress.step === "waiting");
}

function isAmong(keys: readonly number[], step: Step) {
  return (row: Row) => row.progress.step === step && keys.includes(row.key);
}

function waiting(row: Row): Row {
  return { ...row, progress: { step: "waiting", notBefore: 0 } };
}

function readyKeys(rows: readonly Row[]): Set<number> {
  const problems = problemsOf(rows);
  const good = rows.filter(({ key, progress }) => progress.step === "ready" && !problems.has(key));
  return new Set(good.map(({ key }) => key));
}

function withFiles(queue: Queue, files: readonly File[]): Queue {
  const added = files.map((file, index): Row => ({
    key: queue.nextKey + index,
    file,
    id: proposeId(file.name),
    caption: proposeCaption(file.name),
    progress: { step: "ready" },
    shared: {},
    mayReplace: false,
    retries: 0,
  }));
  return { ...queue, rows: [...queue.rows, ...added], nextKey: queue.nextKey + added.length };
}

/** Gives rows whose id another row has an id of their own. */
function withNumbers(rows: readonly Row[]): Row[] {
  const taken = new Set(
    rows.filter(({ progress }) => progress.step !== "ready").map(({ id }) => id),
  );
  const all = new Set(rows.map(({ id }) => id));
  return rows.map((row) => {
    if (row.progress.step !== "ready") return row;
    const id = taken.has(row.id) ? freeId(row.id, all) : row.id;
    taken.add(id);
    all.add(id);
    return id === row.id ? row : { ...row, id };
  });
}

/** Rows that stay as they are stay the same objects, so that they are not drawn again. */
function mapRows(queue: Queue, chosen: (row: Row) => boolean, change: (row: Row) => Row): Queue {
  return { ...queue, rows: queue.rows.map((row) => (chosen(row) ? change(row) : row)) };
}
