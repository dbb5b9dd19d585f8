/** Geometry of a line chart of 100 by 100 over the window, the latest moment at its right edge. */
import { WINDOW_MS } from "./history";

/** Returns the `points` of polylines; a line is broken where there is no value. */
export function lines(
  timesMs: readonly number[],
  values: readonly number[],
  highest: number,
): string[] {
  const latest = timesMs.at(-1) ?? 0;
  const parts: string[][] = [[]];
  timesMs.forEach((timeMs, index) => {
    const value = values[index] ?? NaN;
    if (!Number.isFinite(value)) {
      parts.push([]);
      return;
    }
    const x = 100 * (1 - (latest - timeMs) / WINDOW_MS);
    const y = 100 * (1 - Math.min(1, value / highest));
    parts.at(-1)?.push(`${x.toFixed(2)},${y.toFixed(2)}`);
  });
  return parts.filter((part) => part.length > 0).map(drawn);
}

/** A point alone is drawn as a line to itself: its round ends show. */
function drawn(part: readonly string[]): string {
  return (part.length === 1 ? [...part, ...part] : part).join(" ");
}

/** Returns the least of 1, 2 or 5 times a power of ten that is not less: a calm scale. */
export function ceiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * power >= value) ?? 10) * power;
}
