/** Figures for people, from the samples of `/metrics`; NaN where nothing was counted. */
import { parseNumber, type Sample } from "./exposition";
import { growth, type History, type Scrape } from "./history";

/** Calls whose latency is shown. */
export const CALLS = ["/search", "/predict"] as const;
export const STAGES = [
  "read",
  "decode_wait",
  "decode",
  "queue",
  "encode",
  "search",
  "serialise",
] as const;
export const RELEASES = ["idle", "drained", "full", "pixels", "delay", "closing"] as const;
export const LOOKUPS = ["hit", "remote_hit", "shared", "miss"] as const;
export const REFUSALS = ["key_required", "unknown_key", "scope_too_small", "rate_limited"] as const;
export const OUTCOMES = ["switched", "failed"] as const;
export const QUANTILES = [0.5, 0.95, 0.99] as const;
export type Call = (typeof CALLS)[number];

/** Routes that only watch the server, as this view does: no work was asked for. */
const WATCHING = new Set(["/healthz", "/livez", "/metrics", "/admin/swap", "/admin/doctor"]);

/** A chart's point tells of this long before it, so that few requests make no saw. */
const SMOOTHING_MS = 10_000;

const REQUESTS = "wardrobe_http_requests_total";
const DURATIONS = "wardrobe_http_request_duration_seconds";

export interface RouteFigures {
  method: string;
  route: string;
  requests: number;
  refused: number;
  failed: number;
}

/** What was counted from one moment to another. */
type Period = ReturnType<typeof periodOf>;

interface Point {
  atMs: number;
  requestsPerS: number;
  /** Seconds, for each of `QUANTILES`. */
  latency: Record<Call, number[]>;
  foundShare: number;
}

export interface Figures {
  atMs: number;
  recent: Period;
  recentS: number;
  sinceStart: Period;
  queued: number;
  oldestWaitS: number;
  cacheBytes: number;
  ready: number;
  points: Point[];
}

export function figuresOf(history: History): Figures | null {
  const [first, last] = [history.at(0), history.at(-1)];
  if (first === undefined || last === undefined) return null;
  const samples = [...last.samples.values()];
  return {
    atMs: last.atMs,
    recent: periodOf(growth(first, last)),
    recentS: (last.atMs - first.atMs) / 1000,
    sinceStart: periodOf(samples),
    queued: total(samples, "wardrobe_queue_inputs"),
    oldestWaitS: total(samples, "wardrobe_queue_oldest_wait_seconds"),
    cacheBytes: total(samples, "wardrobe_cache_bytes"),
    ready: total(samples, "wardrobe_ready"),
    points: history.slice(1).map((scrape) => pointOf(scrape, history)),
  };
}

function pointOf(scrape: Scrape, history: History): Point {
  const since = scrape.atMs - SMOOTHING_MS;
  const earlier = history.findLast((other) => other.atMs <= since) ?? history[0] ?? scrape;
  const { worked, latency, foundShare } = periodOf(growth(earlier, scrape));
  const requestsPerS = worked.requests / ((scrape.atMs - earlier.atMs) / 1000);
  return { atMs: scrape.atMs, requestsPerS, latency, foundShare };
}

function periodOf(samples: readonly Sample[]) {
  const routes = routesOf(samples);
  const lookups = byLabel(samples, "wardrobe_cache_lookups_total", "result", LOOKUPS);
  const lookedUp = LOOKUPS.reduce((sum, result) => sum + lookups[result], 0);
  return {
    routes,
    worked: summed(routes.filter(({ route }) => !WATCHING.has(route))),
    latency: record(CALLS, (route) =>
      QUANTILES.map((q) => quantile(samples, DURATIONS, q, { route })),
    ),
    asked: record(CALLS, (route) => total(samples, `${DURATIONS}_count`, { route })),
    stageS: record(STAGES, (stage) => mean(samples, "wardrobe_stage_duration_seconds", { stage })),
    batchSize: mean(samples, "wardrobe_batch_inputs"),
    releases: byLabel(samples, "wardrobe_batches_total", "reason", RELEASES),
    lookups,
    foundShare: 1 - lookups.miss / lookedUp,
    evictions: total(samples, "wardrobe_cache_evictions_total"),
    refusals: byLabel(samples, "wardrobe_refused_requests_total", "reason", REFUSALS),
    swaps: byLabel(samples, "wardrobe_swaps_total", "outcome", OUTCOMES),
  };
}

/** Returns requests by route and method, in the order of names: rows do not change places. */
function routesOf(samples: readonly Sample[]): RouteFigures[] {
  const routes = new Map<string, RouteFigures>();
  for (const { labels, value } of select(samples, REQUESTS)) {
    const { method = "", route = "", status = "" } = labels;
    const name = `${route} ${method}`;
    const figures = routes.get(name) ?? { method, route, requests: 0, refused: 0, failed: 0 };
    figures.requests += value;
    if (status.startsWith("4")) figures.refused += value;
    if (status.startsWith("5")) figures.failed += value;
    routes.set(name, figures);
  }
  return [...routes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, figures]) => figures);
}

function summed(routes: readonly RouteFigures[]) {
  const sum = (of: "requests" | "refused" | "failed") =>
    routes.reduce((so_far, route) => so_far + route[of], 0);
  return { requests: sum("requests"), refused: sum("refused"), failed: sum("failed") };
}

/**
 * Estimates a quantile of a histogram, as Prometheus' `histogram_quantile` does: values are taken
 * to lie evenly in their bucket; beyond the highest bound that bound is returned.
 */
export function quantile(
  samples: readonly Sample[],
  name: string,
  q: number,
  labels: Readonly<Record<string, string>> = {},
): number {
  const counts = new Map<number, number>();
  for (const sample of select(samples, `${name}_bucket`, labels)) {
    const bound = parseNumber(sample.labels.le ?? "");
    counts.set(bound, (counts.get(bound) ?? 0) + sample.value);
  }
  const rank = q * (counts.get(Infinity) ?? 0);
  if (rank === 0) return NaN;
  let [lower, below] = [0, 0];
  for (const [bound, count] of [...counts].sort(([a], [b]) => a - b)) {
    if (bound === Infinity) break;
    if (count >= rank) return lower + ((bound - lower) * (rank - below)) / (count - below);
    [lower, below] = [bound, count];
  }
  return lower;
}

function mean(samples: readonly Sample[], name: string, labels = {}): number {
  return total(samples, `${name}_sum`, labels) / total(samples, `${name}_count`, labels);
}

function total(samples: readonly Sample[], name: string, labels = {}): number {
  return select(samples, name, labels).reduce((sum, sample) => sum + sample.value, 0);
}

function byLabel<T extends string>(
  samples: readonly Sample[],
  name: string,
  label: string,
  values: readonly T[],
): Record<T, number> {
  return record(values, (value) => total(samples, name, { [label]: value }));
}

function select(samples: readonly Sample[], name: string, labels = {}): Sample[] {
  const wanted = Object.entries<string>(labels);
  return samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  );
}

function record<K extends string, V>(keys: readonly K[], valueOf: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, V>;
}
