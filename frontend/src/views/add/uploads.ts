/** Runs the queue. It goes on while other views are shown, and until the page is left. */
import { useSyncExternalStore } from "react";
import { ApiError, mayPass } from "@/api/client";
import { leavingWarning } from "@/leaving";
import { queryClient, refreshAfterWrite } from "@/queryClient";
import {
  type Action,
  EMPTY,
  isUnderWay,
  MOST_RETRIES,
  nextStart,
  type Queue,
  reduce,
  type Row,
  startable,
} from "./queue";
import { type Send, sendRow } from "./send";

export class Uploads {
  #queue: Queue = EMPTY;
  #listeners = new Set<() => void>();
  #sending = new Map<number, AbortController>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #warnOfLeaving = leavingWarning();

  constructor(
    private readonly send: Send,
    private readonly onFinished: () => void,
  ) {}

  readonly current = (): Queue => this.#queue;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly dispatch = (action: Action): void => {
    const wasBusy = this.#isBusy();
    this.#queue = reduce(this.#queue, action);
    if (action.type === "cancelled") this.#giveUp();
    this.#startNext();
    this.#warnOfLeaving(this.#isBusy());
    if (wasBusy && !this.#isBusy()) this.onFinished();
    for (const listener of this.#listeners) listener();
  };

  #isBusy(): boolean {
    return this.#queue.rows.some(isUnderWay);
  }

  /** Gives up what is not at the server yet; what is there is written anyway. */
  #giveUp(): void {
    const kept = new Set(this.#queue.rows.filter(isUnderWay).map(({ key }) => key));
    for (const [key, controller] of this.#sending) if (!kept.has(key)) controller.abort();
  }

  #startNext(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const rows = startable(this.#queue, now);
    for (const { key } of rows) {
      const progress = { step: "sending", share: 0 } as const;
      this.#queue = reduce(this.#queue, { type: "progressed", key, progress });
    }
    for (const row of rows) void this.#run(row);
    const next = nextStart(this.#queue, now);
    if (next !== null) this.#timer = setTimeout(() => this.#tick(), next - now);
  }

  #tick(): void {
    this.#startNext();
    for (const listener of this.#listeners) listener();
  }

  async #run(row: Row): Promise<void> {
    const { key } = row;
    const controller = new AbortController();
    this.#sending.set(key, controller);
    const report = (action: Action) => !controller.signal.aborted && this.dispatch(action);
    try {
      const outcome = await this.send(
        row,
        (progress) => report({ type: "progressed", key, progress }),
        controller.signal,
      );
      report({ type: "progressed", key, progress: { step: "done", outcome } });
    } catch (error) {
      report(consequence(row, error as Error));
    } finally {
      if (this.#sending.get(key) === controller) this.#sending.delete(key);
    }
  }
}

/** Returns what follows from an error: a refused key stops all, what may pass is tried again. */
function consequence({ key, retries }: Row, error: Error): Action {
  const answered = error instanceof ApiError;
  if (answered && error.needsKey) return { type: "refused", key, error };
  if (answered && error.status === 412) {
    return { type: "progressed", key, progress: { step: "exists" } };
  }
  if (mayPass(error) && retries < MOST_RETRIES) {
    const delayS = (answered ? error.retryAfterS : null) ?? Math.min(2 ** retries, 30);
    return { type: "postponed", key, notBefore: Date.now() + 1000 * delayS };
  }
  return { type: "progressed", key, progress: { step: "failed", error } };
}

const uploads = new Uploads(async (row, ...rest) => {
  const outcome = await sendRow(row, ...rest);
  void queryClient.invalidateQueries({ queryKey: ["item", row.id] });
  return outcome;
}, refreshAfterWrite);

export const dispatch = uploads.dispatch;

export function useQueue(): Queue {
  return useSyncExternalStore(uploads.subscribe, uploads.current);
}
