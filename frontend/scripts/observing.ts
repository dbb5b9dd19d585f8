/** Functions that run in the page: what they use has to be within them. */

/** Sums of layout shifts. */
export interface Shifts {
  /** Those that "cumulative layout shift" counts: not in the half second after an input. */
  cumulative: number;
  all: number;
}

declare global {
  interface Window {
    shifted: Shifts;
  }
  interface PerformanceEntry {
    /** Of a layout shift. */
    value?: number;
    hadRecentInput?: boolean;
  }
}

/** Adds up layout shifts from the start of the page. */
export function observe(): void {
  window.shifted = { cumulative: 0, all: 0 };
  new PerformanceObserver((list) => {
    for (const { value = 0, hadRecentInput } of list.getEntries()) {
      window.shifted.all += value;
      if (hadRecentInput !== true) window.shifted.cumulative += value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}

export function shifts(): Shifts {
  return window.shifted;
}

/** Waits until the pictures in view are decoded and painted. */
export async function settle(): Promise<void> {
  const inView = [...document.images].filter((image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  await Promise.all(inView.map((image) => image.decode().catch(() => undefined)));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/**
 * Waits until a query is typed, its results are there and their pictures in view decoded; returns
 * the time from the last key until the frame after, and that of the call in between.
 */
export async function paintedAfterTyping(
  query: string,
): Promise<{ milliseconds: number; call: number }> {
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  let lastKey = performance.now();
  const note = (event: Event) => (lastKey = event.timeStamp);
  document.addEventListener("keydown", note, true);
  // The address is ahead of the results, so the call for them must be over too.
  const answer = () =>
    performance
      .getEntriesByType("resource")
      .find(({ name, startTime }) => name.endsWith("/search") && startTime > lastKey);
  const isShown = () =>
    new URLSearchParams(location.search).get("text") === query &&
    document.querySelector('[aria-busy="false"] [data-item]') !== null;
  while (answer() === undefined || !isShown()) await frame();
  const inView = [...document.images].filter((image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  await Promise.all(inView.map((image) => image.decode()));
  await frame();
  const painted = performance.now();
  document.removeEventListener("keydown", note, true);
  const call = answer()?.duration ?? NaN;
  performance.clearResourceTimings();
  return { milliseconds: painted - lastKey, call };
}
