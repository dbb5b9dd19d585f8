/** Answers of `/metrics` over the last minutes, and what grew between two of them. */
import type { Sample } from "./exposition";

export const WINDOW_MS = 120_000;

export interface Scrape {
  atMs: number;
  /** What the server said, by series. */
  samples: ReadonlyMap<string, Sample>;
  /** Counts as they would be had the server never started anew since the first scrape. */
  counted: ReadonlyMap<string, Sample>;
}

/** Scrapes of the window, the oldest first. */
export type History = readonly Scrape[];

/** Returns the history with one more scrape, without those that left the window. */
export function append(history: History, answer: readonly Sample[], atMs: number): History {
  const samples = new Map(answer.map((sample) => [seriesOf(sample), sample]));
  const counts = new Map([...samples].filter(([, sample]) => sample.accumulates));
  const last = history.at(-1);
  const counted = last === undefined ? counts : countOn(last, counts);
  const kept = history.filter((scrape) => scrape.atMs >= atMs - WINDOW_MS && scrape.atMs < atMs);
  return [...kept, { atMs, samples, counted }];
}

/** Returns how much each count grew from one scrape to a later one. */
export function growth(earlier: Scrape, later: Scrape): Sample[] {
  return [...later.counted].map(([series, sample]) => ({
    ...sample,
    value: sample.value - (earlier.counted.get(series)?.value ?? 0),
  }));
}

function countOn(last: Scrape, counts: ReadonlyMap<string, Sample>): Map<string, Sample> {
  const restarted = [...last.samples].some(
    ([series, before]) =>
      before.accumulates && fell(before.value, counts.get(series)?.value ?? -Infinity),
  );
  const counted = new Map(last.counted);
  for (const [series, sample] of counts) {
    const known = restarted ? 0 : (last.samples.get(series)?.value ?? 0);
    const before = last.counted.get(series)?.value ?? 0;
    counted.set(series, { ...sample, value: before + sample.value - known });
  }
  return counted;
}

/** Seconds are summed over workers, whose order may change the last digits. */
function fell(before: number, now: number): boolean {
  return now < before * (1 - 1e-9);
}

function seriesOf({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
